"""The command line: minigan, or python -m minigan.  Each command is a file here, a few lines around a function of the library.

A command's module has a docstring, whose first line is its help; EXAMPLE, a command that works; add(parser), which adds its
options; and run(arguments), which does the work and returns the exit status, or None for 0.  Heavy modules are imported
inside `run`, so that `minigan --help` answers at once; progress.py is the bar of train and resume.
"""

import argparse
import difflib
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from minigan import __version__
from minigan.cli.parser import INTERRUPTED, WRONG, CommandParser, say
from minigan.running import job

BROKEN_PIPE = 141  # the shell's number for a reader that went away (| head)
COMMANDS = (
    "train", "zoo", "data", "resume", "sample", "interpolate", "video", "inpaint", "translate", "evaluate", "doctor", "export",
    "trace", "spectrum", "certify", "explain", "bench", "results", "classifier", "notebooks",
)  # fmt: skip
FAILURES = (ValueError, TypeError, OSError, FloatingPointError, OverflowError, MemoryError, RecursionError, Warning)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status.  Errors that a user can fix are one sentence, without a traceback."""
    argv = sys.argv[1:] if argv is None else argv
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show é still gets the path
    try:
        try:
            arguments = parse(argv)
            return arguments.run(arguments) or 0
        finally:
            if sys.stdout:
                sys.stdout.flush()  # a broken pipe or a full disk shows here, not at exit
    except KeyboardInterrupt as error:
        say(f"minigan {chosen(argv)}: {error if str(error) else 'stopped by Ctrl-C'}")
        return getattr(error, "status", INTERRUPTED)
    except BrokenPipeError:
        _abandon(sys.stdout, sys.stderr)
        return BROKEN_PIPE
    except FAILURES as error:
        signature = _signature()
        say(f"minigan {chosen(argv)}: {sentence(error)}{signature}")
        _abandon(sys.stdout)
        return WRONG


def sentence(error: BaseException) -> str:
    """What is said of an error: its message, which may be missing."""
    if isinstance(error, FileNotFoundError) and error.errno and error.filename is None:  # what os.getcwd raises
        return "the current folder does not exist any more: change to another one (cd)"
    if notes := getattr(error, "__notes__", ()):
        return " ".join([str(error) or type(error).__name__, *notes])
    return str(error) or ("there is not enough memory" if isinstance(error, MemoryError) else type(error).__name__)


def _signature() -> str:
    """What an error of another rank of an MPI job than rank 0 ends with."""
    if job.count() == 1:
        return ""
    from minigan.running.ranks import let_rank_0_speak

    return let_rank_0_speak()


def _abandon(*streams: Any) -> None:
    """Send what is left in the buffer of a stream that cannot be written to nowhere, else Python complains at exit."""
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            with suppress(OSError, ValueError, AttributeError):  # closed, or no file at all
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments of a command; an unknown option is answered with the nearest one there is."""
    name = chosen(argv)
    parser = argparse.ArgumentParser(prog="minigan", description="How GANs work, down to the last gradient.")
    parser.add_argument("--version", action="version", version=f"minigan {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=CommandParser)
    for each in COMMANDS:
        module = import_module(f"minigan.cli.{each}")
        text = (module.__doc__ or "").partition("\n")[0]
        made = commands.add_parser(
            each,
            help=text,
            description=text,
            epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if each == name:
            made.words = argv[argv.index(name) + 1 :]
            made.set_defaults(run=module.run)
            module.add(made)
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        _refuse(parser, unknown[0], arguments)
    return arguments


def chosen(argv: list[str]) -> str:
    """The command among the words: the first that is not an option, '' if there is none."""
    return next((word for word in argv if not word.startswith("-")), "")


def _refuse(parser: argparse.ArgumentParser, word: str, arguments: argparse.Namespace) -> NoReturn:
    own = vars(arguments).keys() - {"command", "run", "folder", "model", "table", "recipe", "chosen"}
    close = difflib.get_close_matches(word.split("=")[0], [f"--{name.replace('_', '-')}" for name in own], n=1)
    guess = f"did you mean {close[0]}?" if close else f"see minigan {arguments.command} --help"
    parser.error(f"unknown option {word}: {guess}")
