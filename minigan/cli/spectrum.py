"""The eigenvalues of a run's next training step, and the periods with which its scores really swing."""

import argparse

from minigan.cli.parser import CommandParser, add_run, output, whole

EXAMPLE = "minigan spectrum runs/ring --lr 0.002 --out spectrum.png"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan spectrum`."""
    add_run(parser)
    parser.add_argument(
        "--batch", type=whole, default=1024, metavar="N", help="real and fake samples of the step (default: 1024)"
    )
    parser.add_argument(
        "--products", type=whole, default=200, metavar="M", help="Krylov steps of a large game (default: 200)"
    )
    parser.add_argument(
        "--steps",
        type=whole,
        default=2048,
        metavar="N",
        help="steps for which the training goes on, in memory (default: 2048)",
    )
    parser.add_argument(
        "--lr",
        type=float,
        help="learning rate of G and D from here on, if the run's schedule has ended (default: the run's)",
    )
    parser.add_argument("--out", type=output(".png"), metavar="FILE", help="draw the eigenvalues and the spectrum")


def run(arguments: argparse.Namespace) -> None:
    """Print the modes and the measured periods; draw them."""
    from minigan.measure.spectrum.of_run import spectrum_of, text
    from minigan.running.files import atomic_file

    found = spectrum_of(arguments.folder, arguments.batch, arguments.products, arguments.steps, arguments.lr)
    print(text(found))
    if arguments.out:
        with atomic_file(arguments.out) as file:
            found.picture().savefig(file, format="png")
        print(arguments.out)
