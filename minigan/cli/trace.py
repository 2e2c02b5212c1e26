"""Step through a run's next training step: every stage, every layer, every gradient checked."""

import argparse

from minigan.cli.parser import WRONG, CommandParser, add_run, output

EXAMPLE = "minigan trace runs/digits --step 0 --html trace.html"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan trace`."""
    add_run(parser)
    parser.add_argument(
        "--step", type=int, metavar="N", help="0: before any training (default: as the checkpoint left it)"
    )
    parser.add_argument(
        "--html",
        type=output(".html", ".htm"),
        metavar="FILE",
        help="write a page to open layer by layer, with pictures",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the trace, or write its page; the status says whether every check held."""
    from minigan.running.files import atomic_write
    from minigan.teach.tracing.of_run import trace_run

    found = trace_run(arguments.folder, arguments.step)
    if arguments.html:
        from minigan.teach.tracing.html import page

        atomic_write(arguments.html, page(found))
        print(arguments.html)
    else:
        print(found, end="")
    return WRONG if found.failed else 0
