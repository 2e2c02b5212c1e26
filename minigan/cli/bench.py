"""Time whole training steps, and PyTorch's where it is installed, in turn."""

import argparse

from minigan.cli.parser import CommandParser, output

EXAMPLE = "minigan bench --only mlp --rounds 3"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan bench`."""
    parser.add_argument("--only", metavar="NAMES", help="only these models, by commas, or all that begin so")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.6, help="length of a turn (default: 0.6)")
    parser.add_argument("--threads", type=int, metavar="N", help="threads, on as many cores (default: as in training)")
    parser.add_argument(
        "--quick", action="store_true", help="three rounds, the two main variants of PyTorch, few sizes"
    )
    parser.add_argument("--layers", action="store_true", help="instead: each layer and pass against its NumPy twin")
    parser.add_argument(
        "--scaling", type=output(), metavar="FILE", help="instead: cost against size; FILE gets the curves"
    )
    parser.add_argument(
        "--features",
        action="store_true",
        help="instead: VGG-16's features and their gradient in the image, at 224 x 224",
    )
    parser.add_argument(
        "--ranks", action="store_true", help="instead: steps on 1, 2 and 4 MPI ranks, and a prediction for up to 1,024"
    )
    parser.add_argument("--json", type=output(".json"), metavar="FILE", help="write all numbers, each round's too")
    parser.add_argument("--markdown", action="store_true", help="print the tables as docs/performance.md has them")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; the status is 1 if two sides do not compute the same thing."""
    from minigan.measure import bench

    options = (
        "only",
        "rounds",
        "seconds",
        "threads",
        "quick",
        "layers",
        "scaling",
        "features",
        "ranks",
        "json",
        "markdown",
    )
    return bench.run(**{name: getattr(arguments, name) for name in options})
