"""Measure a trained model's samples, next to real images.

Tables and pictures go into the run's folder; for a weights file or a named model into NAME_evaluation.
"""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_seed, path

FEATURES = {
    "digitnet": "DigitNet",
    "portraitnet": "PortraitNet",
    "vgg16": "VGG-16 conv3_3",
    "pixels": "pixels 8x8",
}  # as in evaluation/features.py
EXAMPLE = "minigan evaluate runs/digits --n 5000"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan evaluate`."""
    add_model(parser)
    parser.add_argument("--n", type=int, help="how many samples (default: 10000 images, or 2500 points in the plane)")
    parser.add_argument(
        "--features",
        choices=tuple(FEATURES),
        help="the space in which images are compared (default: digitnet for MNIST, vgg16 for most other images)",
    )
    parser.add_argument(
        "--held-out", type=path, metavar="DIR", help="folder of the data set's test images, to compare distances with"
    )
    add_seed(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the table of measures and the files written."""
    from minigan.evaluation import table
    from minigan.running import use
    from minigan.running.place import shown

    result, written = use.evaluate(
        arguments.model, arguments.n, arguments.seed, arguments.held_out, FEATURES.get(arguments.features)
    )
    print(f"{arguments.model}, step {result['step']}\n\n{table(result)}\n")
    for name, file in written.items():
        print(f"  {name:<10} {shown(file)}")
