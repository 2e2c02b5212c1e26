"""An exercise: what is asked, how an answer is examined, and the words it gets.

    Formula     the reader writes a function; it is called on a few cases and compared with the right one.  If it is wrong,
                the known mistakes are tried, each itself a function: one that gives the same numbers names what is wrong.
    Exercise    anything else (a layer, a whole step): `examine(answer)` returns None or what is wrong.
    Prediction  the reader commits to a letter before the experiment; every letter has its explanation.

Each verdict opens with one of three marks: "✓ right", "✗ not yet", "· not written yet".  A wrong answer is never an exception.
"""

import copy
import inspect
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from minigan.teach.exercises.mistakes import agree, explain

LIBRARY = Path(__file__).parents[2]


class NotWritten(Exception):
    """The answer is still the stub."""


class Wrong(Exception):
    """What is wrong with the answer, in a sentence."""


class Verdict(int):
    """True or False; said already, so a notebook does not echo it when the check is a cell's last line."""

    def __repr__(self):
        return str(bool(self))

    def _ipython_display_(self):
        pass


class Exercise:
    """examine(answer) -> None if right, else one sentence on what is wrong; it may raise whatever the answer raises.

    todo: what to begin with, said to the stub.  praise: said to the right answer, one thing worth knowing more.
    """

    def __init__(self, todo: str, praise: str, examine: Callable[[object], str | None]):
        self.todo, self.praise, self.examine = todo, praise, examine

    def __call__(self, answer) -> Verdict:
        """Print the verdict; True if the answer is right."""
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
    """The reader's function against the right one.

    right       the right function
    cases       the arguments, one tuple a case; odd sizes, so that no two axes can be confused
    mistakes    {what is wrong: a function that makes the mistake}
    sizes       {"N": 5}: the sizes a forgotten factor may be named after, the same in all cases
    names       of the results, if there are several
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
    ):
        super().__init__(todo, praise, self.compare)
        self.right, self.cases, self.mistakes = right, cases, mistakes or {}
        self.sizes, self.names = sizes or {}, names

    def compare(self, answer) -> str | None:
        fits(answer, self.right)
        results = [call(answer, case) for case in self.cases]
        expected = [self.right(*copy.deepcopy(case)) for case in self.cases]
        if all(result is None or result is ... for result in results):
            raise NotWritten
        if all(map(agree, results, expected)):
            return None
        for wrong, mistake in self.mistakes.items():
            made = [outcome(mistake, case) for case in self.cases]
            if all(map(agree, results, made)) and all(
                map(agree, made, results)
            ):  # both ways: each relative to the other
                return wrong
        return next(
            filter(None, (explain(*pair, self.sizes, self.names) for pair in zip(results, expected, strict=True)))
        )


class Prediction:
    """The answer to a question asked before the experiment: Prediction("c", a="why not a", ..., c="why c").

    Called with a letter, it says what speaks for and against it; with anything else, that a guess is missing.
    """

    def __init__(self, right: str, **options: str):
        self.right, self.options = right, options
        if right not in options:
            raise ValueError(f"the right answer {right!r} is none of the options {', '.join(options)}")

    def __call__(self, guess) -> Verdict:
        letter = guess.strip().lower() if isinstance(guess, str) else guess
        if letter not in self.options:
            print(f"· no prediction yet: choose one of {', '.join(self.options)} above and run the cells again")
        elif letter == self.right:
            print(f"✓ {letter} it is: {self.options[letter]}")
        else:
            print(f"✗ you said {letter}: {self.options[letter]}\n  It is {self.right}: {self.options[self.right]}")
        return Verdict(letter == self.right)


def fits(answer, right) -> None:
    """The answer has to be a function that takes as many arguments as the right one."""
    if not callable(answer):
        raise Wrong(f"pass the function itself, without calling it; this is {type(answer).__name__} {answer!r}"[:200])
    wanted = [name for name, p in inspect.signature(right).parameters.items() if p.default is p.empty]
    try:
        inspect.signature(answer).bind(*wanted)
    except TypeError:
        raise Wrong(f"the function has to take {len(wanted)} arguments, ({', '.join(wanted)})") from None
    except ValueError:  # a function of C has no signature: call it and see
        pass


def call(answer, case: tuple):
    """answer(*case) on a copy; the arguments have to be left as they were."""
    mine = copy.deepcopy(case)
    result = answer(*mine)
    for given, kept in zip(mine, case, strict=True):
        if isinstance(kept, np.ndarray) and not np.array_equal(given, kept, equal_nan=True):
            raise Wrong(
                "the function changes its argument: `a += b` and `a[...] = b` write into the caller's array; make a new one, a + b"
            )
    return result


def outcome(mistake, case):
    """What a mistake makes of a case; nothing if it fails there."""
    try:
        return mistake(*copy.deepcopy(case))
    except Exception:
        return None


def raised(error: Exception) -> str:
    """The error of the reader's code in one line, with the line of theirs it came from."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if theirs(Path(frame.filename))]
    return f"{type(error).__name__}: {error}{f', at `{lines[-1]}`' if lines and lines[-1] else ''}"


def theirs(path: Path) -> bool:
    return LIBRARY not in path.parents and "site-packages" not in path.parts
