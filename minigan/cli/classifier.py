"""Show how well the classifier behind the measures reads MNIST's test digits, or train a new one."""

import argparse

from minigan.cli.parser import CommandParser, add_threads, path

EXAMPLE = "minigan classifier --train --epochs 3 --out mine.safetensors"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan classifier`."""
    parser.add_argument("--train", action="store_true", help="train a new one on MNIST's 60,000 training digits")
    parser.add_argument("--seed", type=int, help="of --train: first weights, order, shifts, dropout (default: 0)")
    parser.add_argument("--epochs", type=int, metavar="N", help="of --train (default: those of the shipped one)")
    parser.add_argument("--out", type=path, metavar="FILE", help="of --train: the file (default: digitnet.safetensors)")
    parser.add_argument("--download", action="store_true", help="let MNIST be fetched if it is not on this machine")
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the share of test digits that are read correctly."""
    from minigan.measure import classifier

    options = ("seed", "epochs", "out", "threads", "download")
    return classifier.run(arguments.train, **{name: getattr(arguments, name) for name in options})
