"""Numbers, flags and paths that would compute something else than was meant, or fail a long way from the mistake.

The library calls these functions where an object is built, in one line each. parts.py does the same for networks, optimizers
and games, arrays.py for arrays.
"""

import math
import numbers
import os
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

MOST = 2**63  # of a whole number that is no seed


def check_whole(owner: str, least: int = 1, below: int = MOST, **sizes: Any) -> None:
    """Raise ValueError, naming the argument, unless every number is a Python or NumPy int in [least, below)."""
    for name, n in sizes.items():
        if not is_whole(n) or not least <= n < below:
            top = "" if below == MOST and not (is_whole(n) and n >= MOST) else f" and < {below}"
            raise ValueError(f"{owner} needs a whole number {name} >= {least}{top}, got {name}={short(n)}{_as_int(n)}")


def check_range(owner: str, least: float = 0, below: float = math.inf, or_equal: bool = False, **values: Any) -> None:
    """Raise ValueError, naming the argument, unless every number is in [least, below), or with or_equal in [least, below]."""
    for name, value in values.items():
        if not is_number(value) or not (least <= value < below or (or_equal and value == below)):
            top = "" if below == math.inf else f" {'<=' if or_equal else '<'} {below:g}"
            bounds = f"{least:g} <= {name}{top}" if top else f"a finite {name} >= {least:g}"
            raise ValueError(f"{owner} needs {bounds}, got {short(value)}")


def check_positive(owner: str, **values: Any) -> None:
    """Raise ValueError, naming the argument, unless every number is finite and above 0."""
    for name, value in values.items():
        if not is_number(value) or not value > 0:
            raise ValueError(f"{owner} needs {name} > 0, got {short(value)}")


def check_flag(owner: str, **flags: Any) -> None:
    """Raise TypeError, naming the argument, unless every flag is True or False."""
    for name, flag in flags.items():
        if not isinstance(flag, bool | np.bool_):
            raise TypeError(f"{owner} needs {name}=True or {name}=False, got {short(flag)}")


def check_path(owner: str, **paths: Any) -> None:
    """Raise TypeError, naming the argument, unless every path is a text or a pathlib.Path; a number would be an open file."""
    for name, path in paths.items():
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"{owner} needs a path as {name}, such as 'picture.png', got {short(path)}")


def check_function(owner: str, **functions: Any) -> None:
    """Raise TypeError, naming the argument, unless each can be called or is None."""
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{owner} needs a function as {name}, or None, got {short(function)}")


def check_shape(owner: str, shape: Any) -> None:
    """Raise ValueError unless shape is that of an image, three whole numbers (H, W, C) >= 1."""
    if not is_shape(shape):
        raise ValueError(f"{owner} needs the shape of an image, such as (32, 32, 3), got {short(shape)}")


def check_generator(rng: Any) -> np.random.Generator:
    """rng itself.  Raises TypeError if it is not a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        seed = rng if is_whole(rng) and rng >= 0 else 0
        raise TypeError(
            f"rng must be a numpy.random.Generator, got {type(rng).__name__}: use np.random.default_rng({short(seed)})"
        )
    return rng


def check_sample(n: Any, *rng: Any) -> None:
    """Raise ValueError unless n is a whole number of samples, at least 1, and TypeError unless rng is a generator."""
    if not is_whole(n) or n < 1:
        raise ValueError(f"sample needs n >= 1 images, got {short(n)}{_as_int(n)}")
    for each in rng:
        check_generator(each)


def check_linear(layer: str, bias: Any, gain: Any) -> None:
    """Raise an error unless bias is True or False and gain a finite number >= 0."""
    check_flag(layer, bias=bias)
    check_range(layer, gain=gain)


def check_norm(layer: str, n: Any, eps: Any, momentum: Any = 0.0) -> None:
    """Raise ValueError unless n is a number of channels, eps a finite number >= 0 and momentum in [0, 1]."""
    check_whole(layer, n=n)
    check_range(layer, eps=eps)
    check_range(layer, momentum=momentum, below=1, or_equal=True)


def check_branch(branch: Any) -> Sequence:
    """The branch itself.  Raises TypeError unless it is a list or tuple, of layers."""
    if not isinstance(branch, list | tuple):
        raise TypeError(f"a branch is a list of layers, such as [Dense(3, 4), Tanh()], got {short(branch)}")
    return branch


# ---- what they are made of -------------------------------------------------------------------------------------------


def is_whole(value: Any) -> bool:
    """Is it an int of Python or NumPy?  True and False are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_shape(value: Any) -> bool:
    """Is it the shape of an image, three whole numbers (H, W, C) >= 1?"""
    return isinstance(value, Sequence) and len(value) == 3 and all(is_whole(n) and n >= 1 for n in value)


def is_number(value: Any) -> bool:
    """Is it one finite real number?  True and False are not."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond the largest float
        return False


def short(value: Any) -> str:
    """repr(value), with an ellipsis where it is long or deeply nested."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 100
    try:
        return brief.repr(value)
    except ValueError:  # Python does not print a whole number of more than 4,300 digits
        return f"{type(value).__name__} of a huge number"


def _as_int(value: Any) -> str:
    """The remedy for 5.0, where 5 is needed."""
    is_float = isinstance(value, float | np.floating)
    return f": it must be an int, {int(value)}" if is_float and math.isfinite(value) and value == int(value) else ""
