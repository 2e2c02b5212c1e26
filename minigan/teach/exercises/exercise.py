"""The three kinds of exercise: a function, an object to examine, a prediction.

    Formula     the reader writes a function, which is compared with the right one on a few cases.  If it is wrong, it is also
                compared with functions that make known mistakes: the one with the same results names what is wrong.
    Exercise    the reader writes anything else (a layer, a training step): `examine(answer)` says what is wrong, or None.
    Prediction  the reader chooses a letter before the experiment; every letter has its explanation.

Each verdict opens with one of three marks: "✓ right", "✗ not yet", "· not written yet".  A wrong answer never raises an
exception.
"""

import copy
import inspect
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan.teach.exercises.mistakes import agree, explain

LIBRARY = Path(__file__).parents[2]


class NotWritten(Exception):
    """The answer is still the stub."""


class Wrong(Exception):
    """What is wrong with the answer, as one sentence."""


class Verdict(int):
    """True or False.  A notebook does not display it as the result of a cell, since the check has already printed it."""

    def __repr__(self) -> str:
        return str(bool(self))

    def _ipython_display_(self) -> None:
        pass


class Exercise:
    """An exercise whose answer is examined by a function.

    Parameters
    ----------
    todo : str
        What to begin with; printed for the stub.
    praise : str
        One more thing worth knowing; printed for the right answer.
    examine : callable
        examine(answer) -> None if the answer is right, else one sentence on what is wrong.  It may let an exception of the
        answer pass, and raises NotWritten for the stub.
    """

    def __init__(self, todo: str, praise: str, examine: Callable[[Any], str | None]) -> None:
        self.todo, self.praise, self.examine = todo, praise, examine

    def __call__(self, answer: Any) -> Verdict:
        """Print the verdict; return True if the answer is right."""
        try:
            with np.errstate(all="ignore"):
                wrong = self.examine(answer)
        except (NotWritten, NotImplementedError):
            print(f"· not written yet: {self.todo}")
            return Verdict(False)
        except Wrong as error:
            wrong = str(error)
        except Exception as error:
            wrong = raised(error)
        print(f"✗ not yet: {wrong}" if wrong else f"✓ right: {self.praise}")
        return Verdict(not wrong)


class Formula(Exercise):
    """An exercise whose answer is a function, compared with the right one.

    Parameters
    ----------
    right : callable
        The right function.
    cases : sequence of tuple
        The arguments of each call.  Their sizes are odd and different, so that no two axes can be confused.
    todo, praise : str
        As in `Exercise`.
    mistakes : dict, optional
        {what is wrong: a function that makes this mistake}.
    sizes : dict, optional
        {"N": 5}: the sizes by which an answer may be off, the same in all cases.
    names : tuple of str, optional
        The names of the results, if there are several.
    """

    def __init__(
        self,
        right: Callable,
        cases: Sequence[tuple],
        todo: str,
        praise: str,
        mistakes: dict[str, Callable] | None = None,
        sizes: dict[str, int] | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        super().__init__(todo, praise, self.compare)
        self.right, self.cases, self.mistakes = right, cases, mistakes or {}
        self.sizes, self.names = sizes or {}, names

    def compare(self, answer: Callable) -> str | None:
        """None if `answer` gives the right results in all cases, else one sentence on what is wrong."""
        require_function(answer, self.right)
        results = [call(answer, case) for case in self.cases]
        expected = [self.right(*copy.deepcopy(case)) for case in self.cases]
        if all(result is None or result is ... for result in results):
            raise NotWritten
        if all(map(agree, results, expected)):
            return None
        for wrong, mistake in self.mistakes.items():
            made = [outcome(mistake, case) for case in self.cases]
            if all(map(agree, results, made)) and all(map(agree, made, results)):  # each relative to the other
                return wrong
        return next(
            filter(None, (explain(*pair, self.sizes, self.names) for pair in zip(results, expected, strict=True)))
        )


class Prediction:
    """A question that is asked before the experiment: Prediction("c", a="why not a", ..., c="why c").

    Called with a letter, it prints what speaks for or against it; with anything else, that no letter was chosen yet.  Raises
    ValueError if the right letter is not one of the options.
    """

    def __init__(self, right: str, **options: str) -> None:
        self.right, self.options = right, options
        if right not in options:
            raise ValueError(f"the right answer {right!r} is not one of the options {', '.join(options)}")

    def __call__(self, guess: Any) -> Verdict:
        """Print the explanation; return True if the guess is right."""
        letter = guess.strip().lower() if isinstance(guess, str) else guess
        if letter not in self.options:
            print(f"· no prediction yet: choose one of {', '.join(self.options)} above and run the cells again")
        elif letter == self.right:
            print(f"✓ {letter} is right: {self.options[letter]}")
        else:
            print(f"✗ you said {letter}: {self.options[letter]}\n  It is {self.right}: {self.options[self.right]}")
        return Verdict(letter == self.right)


def require_function(answer: Any, right: Callable) -> None:
    """Raise Wrong unless the answer is a function that takes as many arguments as the right one."""
    if not callable(answer):
        raise Wrong(f"pass the function itself, without calling it; this is {type(answer).__name__} {answer!r}"[:200])
    wanted = [name for name, p in inspect.signature(right).parameters.items() if p.default is p.empty]
    count = f"{len(wanted)} argument{'s' if len(wanted) > 1 else ''}"
    try:
        inspect.signature(answer).bind(*wanted)
    except TypeError:
        raise Wrong(f"the function has to take {count}, ({', '.join(wanted)})") from None
    except ValueError:  # some built-in functions have no signature
        pass


def call(answer: Callable, case: tuple) -> Any:
    """answer(*case) on a copy of the case.  Raises Wrong if the function changes its arguments."""
    mine = copy.deepcopy(case)
    result = answer(*mine)
    for given, kept in zip(mine, case, strict=True):
        if isinstance(kept, np.ndarray) and not np.array_equal(given, kept, equal_nan=True):
            raise Wrong(
                "the function changes its argument: `a += b` and `a[...] = b` write into the caller's array; "
                "make a new array instead, a + b"
            )
    return result


def outcome(mistake: Callable, case: tuple) -> Any:
    """The result of a mistake on a case; None if it fails there."""
    try:
        return mistake(*copy.deepcopy(case))
    except Exception:
        return None


def raised(error: Exception) -> str:
    """The exception in one line, with the reader's line of code that raised it."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if is_readers(Path(frame.filename))]
    return f"{type(error).__name__}: {error}{f', at `{lines[-1]}`' if lines and lines[-1] else ''}"


def is_readers(path: Path) -> bool:
    """Is this file the reader's, neither minigan's nor an installed package's?"""
    return LIBRARY not in path.parents and "site-packages" not in path.parts
