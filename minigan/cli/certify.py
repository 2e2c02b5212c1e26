"""Check every gradient of the library against differences, or prove it on symbols."""

import argparse

from minigan.cli.parser import CommandParser, output

EXAMPLE = "minigan certify --only Conv2d"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan certify`."""
    parser.add_argument("--only", metavar="NAME", help="only this section or subject, such as Conv2d, losses or steps")
    parser.add_argument(
        "--symbolic",
        action="store_true",
        help="prove the gradients for all inputs: run the library on symbols and compare with SymPy's derivatives",
    )
    parser.add_argument(
        "--write", type=output(), metavar="FILE", help="with --symbolic: write the table into FILE, between its markers"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table of checks; the status says whether all are within their bounds."""
    from minigan.measure import certify, symbolic

    if arguments.symbolic:
        return symbolic.run(arguments.only, arguments.write)
    if arguments.write:
        raise ValueError("--write is for the table of --symbolic: add it, or leave --write out")
    return certify.run(only=arguments.only)
