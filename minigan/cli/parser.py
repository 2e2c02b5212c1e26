"""What the commands share: exit statuses, the parser of one command, and options that several commands have."""

import argparse
from pathlib import Path

WRONG = 1  # exit status of a command that could not do its work
INTERRUPTED = 130  # the shell's number for Ctrl-C


class CommandParser(argparse.ArgumentParser):
    """The parser of one command."""

    words: list[str] = []  # what it will parse, for a command whose options depend on it


def add_run(parser: argparse.ArgumentParser) -> None:
    """RUN, the folder of a run."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")


def add_threads(parser: argparse.ArgumentParser) -> None:
    """--threads N"""
    text = "threads of the kernels (default: MINIGAN_THREADS, else the cores, at most 8); their number decides the last bits"
    parser.add_argument("--threads", type=int, metavar="N", help=text)


def add_seed(parser: argparse.ArgumentParser, text: str = "seed of the noise") -> None:
    """--seed N"""
    parser.add_argument("--seed", type=int, default=0, help=f"{text} (default: 0)")
