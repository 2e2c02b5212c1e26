"""Show the equations, shapes and source of a layer, loss, penalty or optimizer, and check its gradient."""

import argparse

from minigan.cli.parser import WRONG, CommandParser, add_seed

EXAMPLE = "minigan explain Conv2d --shape 2,9,7,2"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan explain`."""
    parser.add_argument("name", metavar="NAME", help="a name, a call such as 'Dense(5, 3)', or an equation, eq:conv.dW")
    parser.add_argument("--shape", type=shape, metavar="N,...", help="shape of the input, batch first, such as 2,9,7,3")
    add_seed(parser, "seed of the numbers it is checked at")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation; the status says whether the check held."""
    from minigan.teach.formulas import explain

    explanation = explain(arguments.name, arguments.shape, arguments.seed)
    print(explanation, end="")
    return 0 if explanation.ok else WRONG


def shape(text: str) -> tuple[int, ...]:
    """2,9,7,3 -> (2, 9, 7, 3)"""
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"expected whole numbers from 1 on, by commas, such as 2,9,7,3, got {text!r}")
    return tuple(map(int, text.split(",")))
