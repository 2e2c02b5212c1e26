"""List the recipes that minigan train knows, each with its measured result."""

import argparse

from minigan.cli.parser import CommandParser

EXAMPLE = "minigan zoo"


def add(parser: CommandParser) -> None:
    """`minigan zoo` has no options."""


def run(arguments: argparse.Namespace) -> None:
    """Print one line for each recipe, and its measured result on a second one."""
    from minigan import zoo

    names = zoo.names()
    width = max(map(len, names))
    for name in names:
        try:
            line, result = zoo.summary(zoo.load(name))
        except ValueError as error:  # a recipe of the user that cannot be imported must not hide the others
            line, result = f"cannot be loaded: {error}", ""
        print(f"{name:<{width}}  {line}")
        if result:
            print(f"{'':<{width}}  measured: {result}")
    print(f"\nTrain one: minigan train {names[0]}; its options: minigan train {names[0]} --help")
    print(f"Your own: a .py file in the folder that the environment variable {zoo.VARIABLE} names")
