"""Measure a trained model's samples, or the images in a folder, next to real images.

Tables and pictures go into the run's folder; for a weights file or a named model into NAME_evaluation. With --real and --fake,
two folders of images are compared, and a model is needed only to have its D score both.
"""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_seed, path

FEATURES = {
    "digitnet": "DigitNet",
    "portraitnet": "PortraitNet",
    "vgg16": "VGG-16 conv3_3",
    "pixels": "pixels 8x8",
    "motion": "motion 4x4",
}  # as in evaluation/features.py
EXAMPLE = "minigan evaluate runs/digits --n 5000"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan evaluate`."""
    add_model(parser, nargs="?")
    parser.add_argument("--real", type=path, metavar="DIR", help="a folder of real images, instead of a run's data")
    parser.add_argument(
        "--fake", type=path, metavar="DIR", help="a folder of generated images, instead of a run's samples"
    )
    parser.add_argument(
        "--out", type=path, metavar="DIR", help="of --real and --fake: where tables and pictures go (default: nowhere)"
    )
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

    features = FEATURES.get(arguments.features)
    if arguments.real or arguments.fake:
        refuse_mixed(arguments)
        result, written = use.compare(
            arguments.real, arguments.fake, features, arguments.seed, arguments.out, arguments.model
        )
        heading = f"{arguments.fake} against {arguments.real}"
    elif arguments.model is None:
        raise ValueError(
            "what is to be measured? minigan evaluate RUN, or --real DIR --fake DIR for two folders of images"
        )
    elif arguments.out:
        raise ValueError("--out goes with --real and --fake; what is measured of a run goes into its folder")
    else:
        result, written = use.evaluate(arguments.model, arguments.n, arguments.seed, arguments.held_out, features)
        heading = f"{arguments.model}, step {result['step']}"
    print(f"{heading}\n\n{table(result)}")
    if written:
        print()
    for name, file in written.items():
        print(f"  {name:<10} {shown(file)}")


def refuse_mixed(arguments: argparse.Namespace) -> None:
    """Raise ValueError unless two folders are given, without options that belong to a run."""
    if not (arguments.real and arguments.fake):
        raise ValueError("two folders are compared: give both --real DIR and --fake DIR")
    for name in ("n", "held_out"):
        if getattr(arguments, name) is not None:
            raise ValueError(
                f"--{name.replace('_', '-')} goes with the samples of a run; all images of the folders are compared"
            )
    if arguments.model and not arguments.out:
        raise ValueError("the scores of a run's D are drawn into a picture: give --out DIR, or leave the run out")
