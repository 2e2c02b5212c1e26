"""Check every gradient of the library against differences, prove it on symbols, or test the checks with mutants."""

import argparse

from minigan.cli.parser import CommandParser, output

EXAMPLE = "minigan certify --only Conv2d"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan certify`."""
    parser.add_argument("--only", metavar="NAME", help="only this section or subject, such as Conv2d, losses or steps")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--symbolic",
        action="store_true",
        help="prove the gradients for all inputs: run the library on symbols and compare with SymPy's derivatives",
    )
    how.add_argument(
        "--mutants",
        action="store_true",
        help="test the checks: put one error at a time into the library and count how many a check notices;"
        " --only is then the beginning of a file or function, such as layers/norm or Dense.",
    )
    parser.add_argument(
        "--share", type=float, metavar="PERCENT", help="with --mutants: only a random share of them (default: 100)"
    )
    parser.add_argument("--seed", metavar="TEXT", help="with --share: which share, for example a commit (default: 0)")
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="with --mutants: stop after S seconds; the next call continues"
    )
    parser.add_argument(
        "--least", type=float, metavar="PERCENT", help="with --mutants: status 1 if fewer are killed (default: 99)"
    )
    parser.add_argument(
        "--write",
        type=output(),
        metavar="FILE",
        help="with --symbolic or --mutants: write the table into FILE, between its markers",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table of checks; the status says whether all are within their bounds."""
    from minigan.measure import certify, mutants, symbolic

    if arguments.symbolic or not arguments.mutants:
        for name in ("share", "seed", "seconds", "least"):
            if getattr(arguments, name) is not None:
                raise ValueError(f"--{name} is for --mutants: add it, or leave --{name} out")
    if arguments.symbolic:
        return symbolic.run(arguments.only, arguments.write)
    if arguments.mutants:
        share = 100.0 if arguments.share is None else arguments.share
        least = 99.0 if arguments.least is None else arguments.least
        return mutants.run(arguments.only, share, arguments.seed or "0", arguments.write, arguments.seconds, least)
    if arguments.write:
        raise ValueError("--write is for the table of --symbolic or --mutants: add one, or leave --write out")
    return certify.run(only=arguments.only)
