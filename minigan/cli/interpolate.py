"""Film the way from one sample to another: a walk through the latent space of a trained model."""

import argparse

from minigan.cli.parser import CommandParser, add_model, output, whole

EXAMPLE = "minigan interpolate vaegan-portraits --from-seed 3 --to-seed 8 --out walk.gif"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan interpolate`."""
    add_model(parser)
    parser.add_argument(
        "--from-seed", type=whole, default=0, metavar="SEED", help="noise of the first frame (default: 0)"
    )
    parser.add_argument("--to-seed", type=whole, default=1, metavar="SEED", help="noise of the last frame (default: 1)")
    parser.add_argument("--n", type=int, default=1, help="images in a frame, each on its own way (default: 1)")
    parser.add_argument("--frames", type=int, default=48, help="frames from the first to the last (default: 48)")
    parser.add_argument("--label", help="only this class, by its name or number (default: all classes in turn)")
    parser.add_argument(
        "--out",
        type=output(".gif", ".apng", ".mp4"),
        metavar="FILE",
        help="the film, .gif, .apng or .mp4 (default: a .gif in the run's folder, or in this one)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written."""
    from minigan.running import use

    options = ("from_seed", "to_seed", "n", "frames", "label", "out")
    print(use.interpolate(arguments.model, **{name: getattr(arguments, name) for name in options}))
