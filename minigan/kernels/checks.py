"""What a kernel accepts.  Compiled code checks no index: given a wrong length it would read, or write, beyond an array.

Each public kernel declares its arrays in one line, such as

    conv2d_dW    x N H W C | dy N R S O | *dW k k C O

One letter is one size wherever it appears, 2H is twice H, and ... is any number of axes, the same in all arrays.  An array
with * is changed in place: it must be writable, and must not share memory with another argument.  One with ? may be None.

The check of shapes takes some ten microseconds, so each combination of shapes is checked once and then remembered.  A call with
remembered shapes is checked by one expression, written out for each kernel: a loop over its arrays would take several
microseconds, a twentieth of a training step with small arrays.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import may_share_memory, ndarray

COMPILED = (np.dtype(np.float32), np.dtype(np.float64))  # NumPy has one object for each native dtype
MANY = 10_000  # combinations of shapes that are remembered


class Array(NamedTuple):
    """One array of a declaration."""

    name: str
    sizes: tuple[str, ...]
    in_place: bool
    optional: bool

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.sizes)}{',' * (len(self.sizes) == 1)})"


def _declared(text: str) -> Array:  # "*dW k k C O"
    name, *sizes = text.split()
    return Array(name.strip("*?"), tuple(sizes), name.startswith("*"), name.endswith("?"))


class Arguments:
    """The declared arguments of a kernel.

    Parameters
    ----------
    kernel : str
        Its name, for messages.
    names : list of str
        All its parameters.
    declaration : str
        Its arrays, separated by |.
    rule : callable, optional
        rule(sizes, **others): what else must hold between the sizes of all letters and the parameters that are not arrays.  It
        returns a sentence if that does not hold, else "".
    """

    def __init__(self, kernel: str, names: list[str], declaration: str, rule: Callable[..., str] | None = None) -> None:
        self.kernel, self.names, self.rule = kernel, names, rule
        self.arrays = {names.index(a.name): a for a in map(_declared, declaration.split("|"))}
        self.in_place = [i for i, a in self.arrays.items() if a.in_place]
        self.others = [[j for j in self.arrays if j not in self.in_place[: k + 1]] for k in range(len(self.in_place))]
        self.numbers = [i for i, name in enumerate(names) if rule and i not in self.arrays]
        self.geometry = 1 + max([*self.arrays, *self.numbers])  # so many arguments decide whether the shapes fit
        self.fitting: dict[tuple, bool] = {}  # shapes and whole numbers that fit -> True if no array is empty
        self.known = self._known()

    def _known(self) -> Callable[..., bool]:
        """The function (*args) -> True if the shapes are remembered, and types, dtypes and memory are right too.

        For `dense_dW`, whose arrays are x, dy and *dW, it is

            lambda x, dy, dW, *_: (x.dtype is float32 or x.dtype is float64) and fitting.get((x.shape, dy.shape, dW.shape))
                and type(x) is ndarray and type(dy) is ndarray and x.dtype is dy.dtype and ... and dW.flags.writeable
                and apart(dW, x) and apart(dW, dy)

        If it is not True, or raises an error, `compiled` decides.
        """
        first, *rest = self.names[: self.geometry]
        key, conditions = [], []
        for i, name in enumerate([first, *rest]):
            array = self.arrays.get(i)
            shape, right = f"{name}.shape", f"type({name}) is ndarray and {name}.dtype is {first}.dtype"
            if array and array.optional:
                shape, right = f"None if {name} is None else {shape}", f"({name} is None or {right})"
            key.append(shape if array else name)
            conditions += [right] if array else []
        for i, others in zip(self.in_place, self.others, strict=True):
            conditions.append(f"{self.names[i]}.flags.writeable")
            conditions += [f"apart({self.names[i]}, {self.names[j]})" for j in others]
        given = ", ".join([first, *(f"{name}=None" for name in rest), "*_"])
        source = (
            f"lambda {given}: ({first}.dtype is float32 or {first}.dtype is float64) "
            f"and fitting.get(({', '.join(key)},)) and {' and '.join(conditions)}"
        )
        names = {"ndarray": ndarray, "apart": _apart, "fitting": self.fitting}
        return eval(source, names | dict(zip(("float32", "float64"), COMPILED, strict=True)))

    def compiled(self, args: tuple) -> bool:
        """True if compiled code can compute this call, False if the twin has to.

        Raises
        ------
        TypeError, ValueError
            If the arguments do not fit; the message names what is expected and what was given.
        """
        try:
            known = self.known(*args)
        except (AttributeError, TypeError):  # wrong types, which the checks below name
            known = False
        return known or self._compiled(args)

    def _compiled(self, args: tuple) -> bool:  # the same, for shapes that may be new
        given = (*args, *[None] * self.geometry)[: self.geometry]
        try:
            key = tuple([a.shape if type(a) is ndarray else a for a in given])
            compiled = self.fitting.get(key)
        except TypeError:  # not hashable
            key, compiled = (), None
        like_shape = any(
            type(args[i]) is tuple for i in self.arrays if i < len(args)
        )  # not an array, but found in `fitting`
        if compiled is None or like_shape:
            compiled = self._check(args)
            if len(self.fitting) >= MANY:
                self.fitting.clear()
            if key:
                self.fitting[key] = compiled
        if self.in_place:
            self._check_memory(args)
        dtype = args[0].dtype
        if compiled and dtype in COMPILED:  # equal, not identical: an unpickled array has a dtype object of its own
            for i in self.arrays:
                if i < len(args) and args[i] is not None and args[i].dtype != dtype:
                    break
            else:
                return True
        self._check_dtypes(args)
        return False

    def _check(self, args: tuple) -> bool:
        """Do all shapes and whole numbers fit?  -> True if no array is empty."""
        sizes: dict[str, Any] = {}
        for i, array in self.arrays.items():
            a = args[i] if i < len(args) else None
            if a is None and array.optional:
                continue
            if type(a) is not np.ndarray:
                raise TypeError(f"{self.kernel}: {array.name} must be a NumPy array, got {type(a).__name__}")
            if not _fits(a.shape, array.sizes, sizes):
                raise ValueError(self._shapes(args))
        numbers = {self.names[i]: args[i] if i < len(args) else None for i in self.numbers}
        if self.rule and (sentence := self.rule(sizes, **numbers)):
            raise ValueError(
                f"{self._shapes(args)}, " + ", ".join(f"{k} {v}" for k, v in numbers.items()) + f": {sentence}"
            )
        return all(args[i].size for i in self.arrays if i < len(args) and args[i] is not None)

    def _shapes(self, args: tuple) -> str:
        given = [f"{a.name} {getattr(args[i], 'shape', args[i])}" for i, a in self.arrays.items() if i < len(args)]
        return f"{self.kernel} expects {', '.join(map(str, self.arrays.values()))}, got {', '.join(given)}"

    def _check_memory(self, args: tuple) -> None:
        for k, i in enumerate(self.in_place):
            if not args[i].flags.writeable:
                raise ValueError(f"{self.kernel} changes {self.names[i]} in place, but {self.names[i]} is read-only")
            for j in self.others[k]:
                if not _apart(args[i], args[j]) and _overlap(args[i], args[j]):
                    a, b = self.names[i], self.names[j]
                    raise ValueError(f"{self.kernel} changes {a} in place, but {a} and {b} share memory")

    def _check_dtypes(self, args: tuple) -> None:  # for the twin: compiled code has one dtype
        arrays = {a.name: args[i] for i, a in self.arrays.items() if i < len(args) and args[i] is not None}
        for name, a in arrays.items():
            if a.dtype.kind not in "biufc":
                raise TypeError(f"{self.kernel} computes with numbers, got {name} of dtype {a.dtype}")
        together = np.result_type(*(a.dtype for a in arrays.values()))
        for i in self.in_place:
            name, dtype = self.names[i], args[i].dtype
            if dtype.kind not in "fc" or not np.can_cast(together, dtype, "same_kind"):
                raise TypeError(
                    f"{self.kernel} cannot change {name} of dtype {dtype} in place: the result is {together}"
                )


def _fits(shape: tuple[int, ...], declared: tuple[str, ...], sizes: dict[str, Any]) -> bool:
    """Has an array of this shape the declared sizes?  Enters the sizes that were not known before."""
    if declared[0] == "...":
        declared = declared[1:]
        free = len(shape) - len(declared)
        if free < 0 or sizes.setdefault("...", shape[:free]) != shape[:free]:
            return False
        shape = shape[free:]
    if len(shape) != len(declared):
        return False
    for n, letter in zip(shape, declared, strict=True):
        if letter[0] == "2":
            n, odd = divmod(n, 2)
            letter = letter[1:]
            if odd:
                return False
        if sizes.setdefault(letter, n) != n:
            return False
    return True


def _apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Is it quickly seen that two arrays have no memory in common, because each is, or is a view of, another array?"""
    owner, other = a if a.base is None else a.base, b if b.base is None else b.base
    if owner is not other and type(owner) is ndarray is type(other) and owner.base is None and other.base is None:
        return True
    return not may_share_memory(a, b)


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Do two arrays whose memory ranges overlap have a number in common?  If that is hard to find out: yes."""
    try:
        return np.shares_memory(a, b, max_work=100_000)  # type: ignore[arg-type]  # NumPy takes any number
    except np.exceptions.TooHardError:
        return True
