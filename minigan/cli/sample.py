"""Draw new samples from a trained model: one sheet, or one PNG each."""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_seed, output, path

EXAMPLE = "minigan sample runs/digits --n 64 --label 7 --out sevens.png"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan sample`."""
    add_model(parser)
    parser.add_argument("--n", type=int, default=64, help="how many (default: 64)")
    parser.add_argument(
        "--out", type=output(), metavar="FILE", help="the sheet to write (default: in the run's folder, or in this one)"
    )
    parser.add_argument("--label", help="only this class, by its name or number (default: all classes in turn)")
    parser.add_argument(
        "--evaluations", type=int, metavar="N",
        help="evaluations of the network for each sample, of a model that can choose (default: as it was trained)",
    )  # fmt: skip
    parser.add_argument("--separate", type=path, metavar="DIR", help="write one PNG for each sample into this folder")
    add_seed(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written, or the folder of separate ones."""
    from minigan.running import use

    options = ("n", "out", "seed", "label", "separate", "evaluations")
    written = use.sample(arguments.model, **{name: getattr(arguments, name) for name in options})
    if arguments.separate:
        print(f"{arguments.separate}: {arguments.n} images")
    if arguments.out or not arguments.separate:
        print(written[-1])
