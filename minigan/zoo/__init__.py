"""Recipes: each file is one, a complete method with its options.  Copy gan.py to write your own.

    recipe.py  Options, the base of every recipe's options
    gan.py     the default of `minigan train`

translation.py and denoise.py are not recipes: the one holds what pix2pix.py, cyclegan.py and superres.py share, the other what
flow.py, ddpm.py, distil.py and ddgan.py share.

A recipe is a module with `Options`, a frozen dataclass that inherits recipe.Options, and
`build(options, source, rng) -> Game`.  The first line of its docstring, and RESULT if it has one, are its lines in
`minigan zoo`.  The files are found by listing this folder and the folder in the environment variable MINIGAN_RECIPES:
a new recipe needs no edit elsewhere.
"""

import importlib.util
import os
import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from minigan.zoo.recipe import Options, field_types, one_of

DEFAULT = "gan"  # the recipe of `minigan train` without a name, and of a config that names none
VARIABLE = "MINIGAN_RECIPES"
SHARED = ("recipe", "denoise", "translation")  # files of this folder that are not recipes

__all__ = ["DEFAULT", "load", "name_of", "names", "summary"]


def names() -> list[str]:
    """The names of all recipes: those of minigan, then those in the folder MINIGAN_RECIPES."""
    return [*_built_in(), *_own()]


def load(name: str = DEFAULT) -> ModuleType:
    """The recipe of this name: a module with `Options` and `build`.

    Raises ValueError for a name that does not exist, with the nearest one; for a file that cannot be imported, with
    its line; and for a module that is not a recipe.
    """
    own = "" if os.environ.get(VARIABLE) else f" ({VARIABLE} names no folder of your own ones)"
    one_of("recipe", name, names(), own)
    module = import_module(f"{__name__}.{name}") if name in _built_in() else _import(_own()[name])
    _check(module)
    return module


def name_of(recipe: ModuleType) -> str:
    """The name under which `load` finds this recipe."""
    return recipe.__name__.rpartition(".")[2]


def summary(recipe: ModuleType) -> tuple[str, str]:
    """What it does, in a line, and its measured result or ''."""
    return (recipe.__doc__ or "").strip().partition("\n")[0], getattr(recipe, "RESULT", "")


def _built_in() -> list[str]:
    return sorted(item.name for item in pkgutil.iter_modules(__path__) if item.name not in SHARED)


def _own() -> dict[str, Path]:
    """name -> file, of the user's recipes."""
    folder = os.path.expanduser(os.environ.get(VARIABLE, ""))
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{VARIABLE} must be a folder of recipes, got {folder!r}")
    files = {
        path.stem: path.resolve()
        for path in sorted(Path(folder).glob("*.py"))
        if path.stem[0] not in "._" and path.is_file()
    }
    for name in files.keys() & {*_built_in(), *SHARED}:
        raise ValueError(f"{files[name]} has the name of a recipe of minigan: rename it")
    return files


def _import(path: Path) -> ModuleType:
    name = f"minigan_recipes.{path.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(path):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        trace = error.__traceback__
        lines = [getattr(error, "lineno", None)]  # of a SyntaxError
        while trace is not None:
            lines += [trace.tb_lineno] * (trace.tb_frame.f_code.co_filename == str(path))
            trace = trace.tb_next
        line = next((line for line in reversed(lines) if line), "?")
        raise ValueError(f"{path}, line {line}: {type(error).__name__}: {error}") from error
    return module


def _check(module: ModuleType) -> None:
    """Raise ValueError unless the module is a recipe."""
    where = f"{module.__file__} is not a recipe:"
    options = getattr(module, "Options", None)
    if not (isinstance(options, type) and issubclass(options, Options)):
        raise ValueError(f"{where} it needs a class Options that inherits minigan.zoo.recipe.Options")
    if not callable(getattr(module, "build", None)):
        raise ValueError(f"{where} it needs a function build(options, source, rng) that returns a Game")
    if "__dataclass_fields__" not in vars(options):
        raise ValueError(f"{where} put @dataclass(frozen=True) above its class Options")
    field_types(options)
