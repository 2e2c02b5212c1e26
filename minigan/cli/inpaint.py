"""Fill the hidden part of images with a trained model: before, mask, after and truth side by side.

A model of the recipe context fills it in one pass. With all others, a search finds the code whose image fits the known pixels.
"""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_seed, add_threads, output, path

EXAMPLE = "minigan inpaint mnist10k:0-7 --mask half:left --model gan-mnist --out filled.png"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan inpaint`."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a picture, or DATASET:INDEX, or DATASET:FIRST-LAST; several make several rows",
    )
    add_model(parser, "--model", required=True)
    parser.add_argument(
        "--mask",
        default="centre:16",
        help="centre:PIXELS, random:SHARE, half:left|right|top|bottom, or a PNG, white where hidden (default: centre:16)",
    )
    parser.add_argument(
        "--out", type=output(), metavar="FILE", help="default: inpaint.png, in the run's folder or in this one"
    )
    parser.add_argument(
        "--restarts", type=int, metavar="N", help="searches for each image (default: 4, or one for each class)"
    )
    parser.add_argument("--steps", type=int, metavar="N", help="steps of a search (default: 200)")
    parser.add_argument("--critic", type=float, metavar="W", help="weight of D's verdict in a search (default: 0.1)")
    parser.add_argument(
        "--blend",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="Poisson blending, so that no edge is seen (default)",
    )
    parser.add_argument(
        "--held-out", type=path, metavar="DIR", help="folder of the data set's test images; INDEX then counts these"
    )
    add_seed(parser, "seed of the mask and of the search")
    add_threads(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written, and how close the filled images are to the true ones."""
    from minigan.cli.progress import use_threads
    from minigan.running.inpaint import inpaint
    from minigan.running.place import shown

    use_threads(arguments.threads)
    options = ("held_out", "seed", "blend", "critic", "restarts", "steps")
    chosen = {name: getattr(arguments, name) for name in options}
    found = inpaint(arguments.images, arguments.mask, arguments.model, arguments.out, **chosen)
    alike = "" if found.ssim is None else f", SSIM {found.ssim:.3f}"
    n = len(found.images)
    print(shown(found.path))
    print(f"{n} image{'s' * (n != 1)} in {found.seconds:.1f} s: PSNR {found.psnr:.1f} dB{alike}, in the mean")
