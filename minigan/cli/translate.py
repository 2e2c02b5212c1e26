"""Turn a picture into a picture: with a trained pix2pix or CycleGAN into another style, with super-resolution into a larger one."""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_threads, output, path

EXAMPLE = "minigan translate runs/twemoji emoji_noto:5 --out five.png"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan translate`."""
    add_model(parser)
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a picture, or DATASET:INDEX, or DATASET:FIRST-LAST; several make a sheet",
    )
    parser.add_argument(
        "--out", type=output(), metavar="FILE", help="default: translated.png, in the run's folder or in this one"
    )
    parser.add_argument("--back", action="store_true", help="of a CycleGAN: draw in the other direction")
    parser.add_argument("--compare", action="store_true", help="show each picture beside what was drawn from it")
    parser.add_argument(
        "--held-out", type=path, metavar="DIR", help="folder of the data set's test images; INDEX then counts these"
    )
    add_threads(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written."""
    from minigan.cli.progress import use_threads
    from minigan.running.place import shown
    from minigan.running.translate import translate

    use_threads(arguments.threads)
    chosen = {name: getattr(arguments, name) for name in ("held_out", "back", "compare")}
    found = translate(arguments.images, arguments.model, arguments.out, **chosen)
    print(shown(found.path))
