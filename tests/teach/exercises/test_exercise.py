"""An answer may be right, a stub, nonsense, or a function that raises an exception; the check itself never raises one."""

from pathlib import Path

import numpy as np
import pytest

from minigan.teach import exercises as check
from minigan.teach.exercises import derivatives
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, Verdict

N, x = 5, np.random.default_rng(0).standard_normal((5, 3))
mean = Formula(
    right=lambda x, scale=1.0: scale * x.mean(axis=0),
    cases=[(x,), (2 * x,)],
    todo="sum, then divide.",
    praise="good.",
    mistakes={
        "the other axis": lambda x: x.mean(axis=1),
        "never the same": lambda x: x.reshape(7),  # fails on every case, so it matches no answer
    },
    sizes={"N": N},
)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x.mean(axis=0), "✓ right: good."),
        (lambda a: a.sum(0) / len(a), "✓ right: good."),
        (lambda x, p=1: x.mean(0), "✓ right: good."),
        (lambda x: None, "· not written yet: sum, then divide."),
        (lambda x: ..., "· not written yet: sum, then divide."),
        (lambda x: x.mean(axis=1), "✗ not yet: the other axis"),
        (lambda x: x.sum(axis=0), "✗ not yet: it is N = 5 times too large: a factor 1/N is missing"),
        (lambda x: x.mean(0) if x[0, 0] == mean.cases[0][0][0, 0] else None, "✗ not yet: the function returned None"),
        (lambda: 1, "✗ not yet: the function has to take 1 argument, (x)"),
        (lambda x, y: 1, "✗ not yet: the function has to take 1 argument, (x)"),
        (x.mean(axis=0), "✗ not yet: pass the function itself, without calling it; this is ndarray"),
        (lambda x: x @ x, "✗ not yet: ValueError: matmul"),
        (lambda x: undefined, "✗ not yet: NameError: name 'undefined' is not defined, at `"),  # noqa: F821
        (lambda x: x.__imul__(2).mean(axis=0), "✗ not yet: the function changes its argument"),
        (np.negative, "✗ not yet: its shape is (5, 3), but (3,) was expected"),
    ],
)  # fmt: skip
def test_each_answer_gets_its_message(answer, message, verdict):
    assert message in verdict(mean, answer)


def test_a_built_in_function_without_a_signature_is_called(verdict):
    biggest = Formula(right=lambda a: a.max(), cases=[(ROW,)], todo="look.", praise="good.")
    assert "✓ right" in verdict(biggest, max)


ROW = np.array([1.0, 3.0, 2.0])


def test_the_reader_s_line_that_raised_is_shown(verdict):
    def answer(x):
        y = x.T
        return y + x

    assert verdict(mean, answer).strip().endswith("at `return y + x`")


def test_an_answer_cannot_change_the_cases(verdict):
    before = mean.cases[0][0].copy()
    verdict(mean, lambda x: x.fill(0))
    assert np.array_equal(mean.cases[0][0], before)


def test_warnings_of_a_wrong_answer_are_not_shown(verdict):
    assert "it contains" in verdict(mean, lambda x: x.mean(axis=0) / 0)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [(None, "✓ right: p."), ("too small", "✗ not yet: too small"), (NotWritten(), "· not written yet: t."),
     (NotImplementedError(), "· not written yet: t."), (KeyError("a"), "✗ not yet: KeyError: 'a'")],
)  # fmt: skip
def test_each_outcome_of_examine_has_its_message(outcome, message, verdict):
    def examine(answer):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert message in verdict(Exercise("t.", "p.", examine), 1)


def test_ctrl_c_is_not_caught():
    def answer(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mean(answer)


def test_predictions(verdict):
    guess = Prediction("b", a="no, since.", b="yes, since.")
    assert verdict(guess, "b") == "✓ b is right: yes, since.\n"
    assert verdict(guess, " B ") == "✓ b is right: yes, since.\n"
    assert verdict(guess, "a") == "✗ you said a: no, since.\n  It is b: yes, since.\n"
    for nothing in ("?", "", None, 3, "ab"):
        assert verdict(guess, nothing).startswith("· no prediction yet: choose one of a, b")
    with pytest.raises(ValueError, match="'c' is not one of the options a"):
        Prediction("c", a="no.")


@pytest.mark.parametrize("truth", [True, False])
def test_a_verdict_is_a_truth_value_that_a_notebook_does_not_echo(truth, capsys):
    said = Verdict(truth)
    assert said == truth
    assert bool(said) is truth
    assert repr(said) == str(truth)
    said._ipython_display_()
    assert capsys.readouterr().out == ""


def test_lessons_are_imported_on_first_use():
    assert check.derivatives is derivatives
    with pytest.raises(
        AttributeError, match=r"no lesson has the name 'derivation'; exercises: .*derivatives, dirac_gan"
    ):
        check.derivation  # noqa: B018
    notebooks = Path(__file__).parents[3] / "notebooks"
    assert check.lessons() == sorted(path.stem[3:] for path in notebooks.glob("[0-9]*.py"))
