"""What the commands share: exit statuses, the parser of one command, types of arguments, and options that several have."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from minigan.running.place import refuse_run_file

WRONG = 1  # exit status of a command that could not do its work
INTERRUPTED = 130  # the shell's number for Ctrl-C


class CommandParser(argparse.ArgumentParser):
    """The parser of one command."""

    words: list[str] = []  # what it will parse, for a command whose options depend on it


def say(line: str) -> None:
    """Print to standard error, if there is anybody to read it."""
    with suppress(OSError, ValueError):  # a terminal that is gone, a stream that is closed
        print(line, file=sys.stderr, flush=True)


def path(text: str) -> Path:
    """The type of an option that is a path: ~ is the home folder, which a shell does not expand in --out=~/runs."""
    if not text:
        raise argparse.ArgumentTypeError("expected a path, got an empty text")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def output(*suffixes: str) -> Callable[[str], Path]:
    """The type of an option that is a file to write: `path`, with one of these suffixes (any if there are none), or a pipe or
    device.  It is neither a folder nor a file that a run writes."""

    def parse(text: str) -> Path:
        file = path(text)
        if text.endswith(("/", os.sep)) and not file.is_dir():  # one that is there is refused later
            raise argparse.ArgumentTypeError(f"{text!r} is the name of a folder: give the name of a file in it")
        if suffixes and file.suffix.lower() not in suffixes and (not file.exists() or file.is_file()):
            raise argparse.ArgumentTypeError(f"{text!r}: expected a name that ends in {' or '.join(suffixes)}")
        try:
            refuse_run_file(file)
        except FileExistsError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return file

    return parse


def whole(text: str) -> int:
    """The type of an option that is a whole number from 0 to 2^63 - 1."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 0, got {text[:40]!r}")
    return value


def add_run(parser: argparse.ArgumentParser) -> None:
    """RUN, the folder of a run."""
    parser.add_argument("folder", type=path, metavar="RUN", help="folder of the run")


def add_model(parser: argparse.ArgumentParser, name: str = "model", **settings: Any) -> None:
    """RUN, FILE or NAME: what `running.model.open_model` opens.   settings: as of `add_argument`."""
    text = "folder of a run, weights file, or name of a model in the package, such as vaegan-portraits"
    parser.add_argument(name, type=path, metavar="RUN|FILE|NAME", help=text, **settings)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """--threads N"""
    text = "threads of the kernels (default: MINIGAN_THREADS, else the cores, at most 8; 1 under mpiexec); they decide the last bits"
    parser.add_argument("--threads", type=int, metavar="N", help=text)


def add_seed(parser: argparse.ArgumentParser, text: str = "seed of the noise") -> None:
    """--seed N"""
    parser.add_argument("--seed", type=whole, default=0, help=f"{text} (default: 0)")
