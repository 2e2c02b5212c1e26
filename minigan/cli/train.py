"""Train a recipe, by default a GAN on the embedded handwritten digits.

The options are those of the recipe, so they are known only once its name is: the word after `train`, or the entry in --config.
"""

import argparse
from contextlib import ExitStack

from minigan.cli.parser import CommandParser, add_threads, path

EXAMPLE = "minigan train --data ring --steps 2000"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan train`, with the options of the recipe that is named in the words to parse."""
    from minigan import zoo
    from minigan.running import options

    recipe = zoo.load(_recipe(parser.words))
    parser.description = f"{parser.description}\n\n{zoo.name_of(recipe)}: {zoo.summary(recipe)[0]}"
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="what to train: minigan zoo (default: gan)")
    parser.add_argument(
        "--out", type=path, metavar="DIR", help="folder of the run (default: runs/<data>-<recipe>-<time>)"
    )
    parser.add_argument("--config", type=path, metavar="FILE", help="a TOML file of these options; flags win over it")
    add_threads(parser)
    options.add_flags(parser, recipe)
    parser.set_defaults(chosen=recipe)


def run(arguments: argparse.Namespace) -> int:
    """Start a run, train it and say where everything is."""
    from minigan import zoo
    from minigan.cli.progress import data_described, go, use_threads
    from minigan.running import folder, options
    from minigan.running.place import refuse_strangers
    from minigan.running.ranks import together

    recipe, name = arguments.chosen, zoo.name_of(arguments.chosen)
    if arguments.recipe not in (None, name):
        zoo.load(arguments.recipe)  # raises if there is no such recipe
        raise ValueError(f"the recipe comes first: minigan train {arguments.recipe} ...")
    flags = options.from_flags(arguments, recipe)
    if arguments.config:
        config = options.read(arguments.config, name, **flags)
    else:
        config = options.Config(recipe, recipe.Options(**flags))
    config.options.check(given=flags)
    use_threads(arguments.threads)
    if arguments.out:
        refuse_strangers(arguments.out)
    with ExitStack() as held:  # the folder stays locked until the run is trained
        with data_described():
            started = held.enter_context(together(folder.starting(config, arguments.out), folder.open_run))
        return go(started)


def _recipe(words: list[str]) -> str:
    """The recipe named by the first word, or by the file in --config, or the default."""
    from minigan import zoo
    from minigan.data import CLIPS, NAMES
    from minigan.running import options
    from minigan.zoo.recipe import POINTS

    if words and not words[0].startswith("-"):
        if words[0] in (*NAMES, *POINTS, *CLIPS):
            first = "mocogan " * (words[0] in CLIPS)
            raise ValueError(f"{words[0]} is a data set, not a recipe: minigan train {first}--data {words[0]}")
        return words[0]
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--config", type=path)
    try:
        config = early.parse_known_args(words)[0].config
    except argparse.ArgumentError:  # --config without a file: the full parser will say so
        config = None
    return options.recipe_in(config) if config else zoo.DEFAULT
