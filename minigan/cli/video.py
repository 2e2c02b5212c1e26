"""Draw new clips from a trained model of videos, and write them as a film."""

import argparse

from minigan.cli.parser import CommandParser, add_model, add_seed, output

EXAMPLE = "minigan video mocogan-digits --frames 64 --out clip.gif"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan video`."""
    add_model(parser)
    parser.add_argument("--n", type=int, default=8, help="how many clips (default: 8)")
    parser.add_argument("--frames", type=int, help="of each clip (default: as many as in the training)")
    parser.add_argument("--fps", type=float, default=8.0, help="frames a second (default: 8)")
    parser.add_argument("--scale", type=int, default=3, help="side of the square that shows a pixel (default: 3)")
    parser.add_argument(
        "--out",
        type=output(".gif", ".png", ".apng", ".mp4"),
        metavar="FILE",
        help=".gif, .apng or .mp4: a film; .png: one strip for each clip (default: a .gif in the run's folder, or in this one)",
    )
    add_seed(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written."""
    from minigan.running import use

    options = ("n", "frames", "fps", "scale", "out", "seed")
    print(use.video(arguments.model, **{name: getattr(arguments, name) for name in options}))
