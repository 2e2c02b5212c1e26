"""Check every gradient of the library against differences."""

import argparse

from minigan.cli.parser import CommandParser

EXAMPLE = "minigan certify --only Conv2d"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan certify`."""
    parser.add_argument("--only", metavar="NAME", help="only this section or subject, such as Conv2d, losses or steps")


def run(arguments: argparse.Namespace) -> int:
    """Print the table of checks; the status says whether all are within their bounds."""
    from minigan.measure import certify

    return certify.run(only=arguments.only)
