"""Write the weights of a run to one file that samples without the run's folder and without its data."""

import argparse

from minigan.cli.parser import CommandParser, add_model, output

EXAMPLE = "minigan export runs/digits --weights digits.safetensors"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan export`."""
    add_model(parser)
    parser.add_argument(
        "--weights", type=output(".safetensors"), required=True, metavar="FILE", help="the file to write, *.safetensors"
    )
    parser.add_argument(
        "--float16", action="store_true", help="half as large; samples then differ by about 1 %% of a grey level"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the file that was written, its size and what it holds."""
    from minigan.running import weights
    from minigan.running.model import open_model

    found = open_model(arguments.model)
    weights.write(found, arguments.weights, "float16" if arguments.float16 else "float32")
    held = ", ".join(weights.networks(found.trainer.game))
    print(f"{arguments.weights}: {held} after {found.trainer.t} steps, {arguments.weights.stat().st_size / 1e6:.2f} MB")
