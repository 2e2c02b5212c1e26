"""Copy the lessons to a folder of yours and open Jupyter Lab there."""

import argparse
from pathlib import Path

from minigan.cli.parser import CommandParser, path, whole

EXAMPLE = "minigan notebooks lessons"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan notebooks`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=path,
        metavar="FOLDER",
        help="where to (default: minigan-lessons, or minigan-lessons-zh); what you have edited there is kept",
    )
    parser.add_argument(
        "--lang",
        choices=("en", "zh"),
        default="en",
        help="zh: goals, headings, exercises, summaries and captions in Chinese, lesson 0 completely; the rest is English",
    )
    parser.add_argument("--force", action="store_true", help="overwrite edited lessons too")
    parser.add_argument("--no-open", action="store_true", help="only copy")
    parser.add_argument(
        "--check",
        action="store_true",
        help="instead: run every lesson, with its stubs and with its solutions, and report",
    )
    parser.add_argument(
        "--only", metavar="LESSON", help="of --check and --count: one lesson, such as 4 (MINIGAN_QUICK=1 shortens all)"
    )
    parser.add_argument(
        "--count",
        type=whole,
        metavar="SEEDS",
        help="instead: run every lesson at this many seeds, on one and on two threads, and store how often its statements hold",
    )
    parser.add_argument(
        "--workers", type=whole, metavar="N", help="of --check: how many lessons run at a time (default: 1)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Copy the lessons, or check them."""
    from minigan.teach.lessons.command import check_all, count_all, hand_out

    if arguments.check:
        if arguments.lang != "en":
            raise ValueError("--lang does not go with --check: the code of the lessons is the same in each language")
        return check_all(arguments.only, arguments.workers or 1)
    if arguments.count:
        return count_all(arguments.only, arguments.count)
    for flag in ("only", "workers"):
        if getattr(arguments, flag):
            raise ValueError(f"--{flag} goes with --check; without it all lessons are copied")
    folder = arguments.folder or Path(
        "minigan-lessons" if arguments.lang == "en" else f"minigan-lessons-{arguments.lang}"
    )
    return hand_out(folder, arguments.force, not arguments.no_open, arguments.lang)
