"""Say what is wrong with a run, why, and what to try: finished, stopped or still being trained."""

import argparse

from minigan.cli.parser import CommandParser, add_run, add_seed, output

EXAMPLE = "minigan doctor runs/digits --out report.png"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan doctor`."""
    add_run(parser)
    parser.add_argument(
        "--out",
        type=output(".png", ".svg", ".pdf"),
        metavar="FILE",
        help="also draw the curves, with what was found marked",
    )
    add_seed(parser, "seed of the samples it looks at")


def run(arguments: argparse.Namespace) -> None:
    """Print the findings; the status is 0 whatever they are."""
    from minigan.running.doctor import diagnose
    from minigan.running.folder import open_run
    from minigan.running.place import shown

    opened = open_run(arguments.folder)
    found = diagnose(opened, seed=arguments.seed)
    print(f"{arguments.folder}, step {opened.trainer.t} of {opened.steps}\n\n{found}")
    if arguments.out:
        found.picture(arguments.out, opened.watch.floor if opened.watch else {})
        print(f"\n  picture    {shown(arguments.out)}")
