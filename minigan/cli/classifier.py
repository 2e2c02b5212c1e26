"""Show how well the classifiers behind the measures read their test sets, or train a new one.

digitnet reads MNIST's digits, portraitnet the attributes of portraits.
"""

import argparse

from minigan.cli.parser import CommandParser, add_threads, output, path

EXAMPLE = "minigan classifier portraitnet --train --epochs 3 --out mine.safetensors"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan classifier`."""
    parser.add_argument("name", nargs="?", default="digitnet", metavar="NAME", help="digitnet (default) or portraitnet")
    parser.add_argument("--train", action="store_true", help="train a new one on its training set")
    parser.add_argument("--seed", type=int, help="of --train: first weights, order, shifts, dropout (default: 0)")
    parser.add_argument("--epochs", type=int, metavar="N", help="of --train (default: those of the shipped one)")
    parser.add_argument("--out", type=output(), metavar="FILE", help="of --train: the file (default: NAME.safetensors)")
    parser.add_argument("--folder", type=path, metavar="DIR", help="where MNIST or the test portraits are")
    parser.add_argument("--download", action="store_true", help="let MNIST be fetched if it is not on this machine")
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the share of the test set that is read correctly."""
    from minigan.measure import classifier

    options = ("seed", "epochs", "out", "threads", "download", "folder")
    return classifier.run(arguments.name, arguments.train, **{name: getattr(arguments, name) for name in options})
