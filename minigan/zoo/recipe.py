"""What every recipe has: Options, a frozen record of all that a run depends on.

A field of a recipe's Options is declared once, with its default, its help text and its bounds.  The flags of `minigan train`,
the entries of a run's config.toml and the checks of both are made from it:

    @dataclass(frozen=True)
    class Options(recipe.Options):
        lr: float = option(1e-3, "Adam's learning rate", least=0)
"""

import dataclasses
import difflib
import math
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import NAMES, Source
from minigan.data.published import PUBLISHED
from minigan.data.registry import CLIPS, POINTS  # drawn from the run's seed
from minigan.running.arguments import short

LARGEST = 2**128  # of a whole number, which is a seed: everything else is far smaller
TYPES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def option(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    below: float | None = None,
    choices: Iterable[str] | None = None,
) -> Any:
    """A field of Options.

    Parameters
    ----------
    default : int, float, bool or str
    help : str
        One line for `--help` and for config.toml.
    least, below : float, optional
        The value must be in [least, below).  A float must be finite in any case.
    choices : iterable of str, optional
        The values that are allowed.
    """
    bounds = {"least": least, "below": below, "choices": None if choices is None else tuple(choices)}
    return dataclasses.field(default=default, metadata={"help": help, **bounds})


def changed(options: type, name: str, default: Any) -> Any:
    """The field `name` of these Options, with another default."""
    (metadata,) = (item.metadata for item in dataclasses.fields(options) if item.name == name)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """The options that every run has.  A recipe inherits them and adds its own.

    Raises ValueError for a value of the wrong type, out of bounds, or not among the choices; an unknown name is
    answered with the nearest one.  An int is accepted where a float is expected.
    """

    data: str = option(
        "mnist10k",
        "mnist10k, digits8, emoji, emoji_noto, portraits, ring, grid, mnist, fashion_mnist, folder:PATH, or clips",
    )
    labels: bool = option(True, "let the networks see the labels, if the data has any")
    condition: str = option("", "the attribute that serves as label, such as hair_color of portraits; empty: none")
    size: int = option(32, "folder:PATH: crop and shrink pictures to this side", least=1)
    channels: int = option(3, "folder:PATH: 3 for colour, 1 for grey")
    download: bool = option(False, "let mnist and fashion_mnist be fetched if they are not on this machine")
    batch: int = option(64, "images a step", least=1)
    steps: int = option(5000, "training steps", least=1)
    seed: int = option(0, "seed of all randomness: the same seed gives the same bits", least=0)
    deterministic: bool = option(False, "cut all work in two, so that one thread and two give the same bits")

    def __post_init__(self) -> None:
        types = field_types(type(self))
        for item in dataclasses.fields(self):
            value, wanted = getattr(self, item.name), types[item.name]
            if wanted is float and type(value) is int:
                object.__setattr__(self, item.name, float(value) if abs(value) < LARGEST else math.inf)
            elif type(value) is not wanted:
                raise ValueError(f"{item.name} must be {TYPES[wanted]}, got {short(value)}")
            _check_bounds(item.name, getattr(self, item.name), item.metadata)
        if self.condition and not self.labels:
            raise ValueError(
                f"condition {self.condition!r} is a label, and labels are switched off: leave one of them out"
            )
        if not self.data.startswith("folder:"):
            one_of("data set", self.data, [*NAMES, *POINTS, *CLIPS])

    def unused(self) -> dict[str, str]:
        """The options that have no effect beside the others, each with the reason; a recipe adds its own."""
        found: dict[str, str] = {}
        if not self.data.startswith("folder:"):
            why = f"only the pictures of a folder (data folder:PATH) are cropped and shrunk, not {self.data}"
            found |= {"size": why, "channels": why}
        if self.data not in PUBLISHED:
            found["download"] = f"only {' and '.join(PUBLISHED)} can be downloaded, not {self.data}"
        return found

    def check(self, given: Iterable[str] = ()) -> None:
        """Before a run starts: raise ValueError for an option without an effect that is among `given` or has not its default.

        A run that was started by an earlier version may have such options, so a config is not checked when it is read.
        """
        defaults = {item.name: item.default for item in dataclasses.fields(self)}
        given = set(given)
        for name, why in self.unused().items():
            if name in given or getattr(self, name) != defaults[name]:
                raise ValueError(f"{name} = {getattr(self, name)!r} would have no effect: {why}; leave it out")

    def frame(self, images: np.ndarray) -> np.ndarray:
        """The images as the networks will see them, uint8 (N, H, W, C) -> (N, H', W', C); a recipe may pad them."""
        return images

    def source(self, order: np.random.Generator, draws: np.random.Generator) -> Source | None:
        """The recipe's own source of batches; None for the samples of `data`, in random order.

        order : draws the order of the samples;  draws : draws samples that are made on the fly
        """
        return None


def field_types(options: type[Options]) -> dict[str, type]:
    """name -> int, float, bool or str, for every field of a class of Options.  Raises ValueError for another type."""
    hints = typing.get_type_hints(options)
    types = {item.name: hints[item.name] for item in dataclasses.fields(options)}
    for name, found in types.items():
        if found not in TYPES:
            raise ValueError(f"the option {name} must be an int, a float, a bool or a str, got {found}")
    return types


def one_of(what: str, name: str, names: Iterable[str], where: str = "") -> None:
    """Raise ValueError, with the nearest name there is, unless `name` is one of `names`."""
    names = list(names)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        guess = f": did you mean {close[0]!r}? Choose" if close else "; choose"
        raise ValueError(f"unknown {what} {short(name)}{where}{guess} from {', '.join(names)}")


def _check_bounds(name: str, value: Any, metadata: typing.Mapping[str, Any]) -> None:
    least, below, choices = (metadata.get(bound) for bound in ("least", "below", "choices"))
    if choices is not None:
        one_of(name, value, choices)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:  # a lone surrogate: how Python shows a file name that is not UTF-8
            raise ValueError(f"{name} must be UTF-8, got {value!a}: rename the file or folder") from error
    if not isinstance(value, int | float):
        return
    if abs(value) >= LARGEST and isinstance(value, int):
        raise ValueError(f"{name} must be less than 2**128, got {short(value)}")
    finite = "finite and " * isinstance(value, float)
    if below is not None and not (least is None or least <= value < below):
        raise ValueError(f"{name} must be in [{least:g}, {below:g}), got {value}")
    if least is not None and not least <= value < math.inf:
        raise ValueError(f"{name} must be {finite}at least {least:g}, got {value}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
