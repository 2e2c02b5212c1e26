"""What holds for the exercises of every lesson: they know their own mistakes, and each is tested against three at least."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import minigan.teach.exercises
from minigan.teach import exercises as check
from minigan.teach.exercises.exercise import Exercise, Formula, Prediction

MODULES = [
    importlib.import_module(f"minigan.teach.exercises.{m.name}")
    for m in pkgutil.iter_modules(minigan.teach.exercises.__path__)
    if m.name[:2] == "nb"
]
EXERCISES = [(m, name) for m in MODULES for name, thing in vars(m).items() if isinstance(thing, Exercise)]
PREDICTIONS = [(m, name) for m in MODULES for name, thing in vars(m).items() if isinstance(thing, Prediction)]


def lesson(module) -> str:
    return module.__name__.rpartition(".")[2]


def named(part) -> str:
    return part if isinstance(part, str) else lesson(part)


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=named)
def test_three_typical_wrong_answers_are_tested(module, name):
    tests = importlib.import_module(f"test_{lesson(module)}")
    wrong = tests.WRONG[name]
    assert len(wrong) >= 3
    assert len({inspect.getsource(answer) for answer in wrong.values()}) >= 3


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=named)
def test_the_stub_hears_what_to_begin_with_and_the_words_are_sentences(module, name, verdict):
    exercise = getattr(module, name)
    assert getattr(check, f"{lesson(module)}_{name}") is exercise
    for words in (exercise.todo, exercise.praise):
        assert words.strip()[-1] in ".?!"
        assert words.strip() == words

    def unwritten(*arguments):
        raise NotImplementedError

    if isinstance(exercise, Formula):
        count = len(exercise.cases[0])
        stub = eval(f"lambda {', '.join(f'a{i}' for i in range(count))}: None")
        assert verdict(exercise, stub) == f"· not written yet: {exercise.todo}\n"
    assert verdict(exercise, unwritten) == f"· not written yet: {exercise.todo}\n"


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=named)
def test_the_right_answer_is_right_and_every_known_mistake_is_told_by_its_own_words(module, name, verdict):
    exercise = getattr(module, name)
    if not isinstance(exercise, Formula):
        return
    assert verdict(exercise, exercise.right) == f"✓ right: {exercise.praise}\n"
    with np.errstate(all="ignore"):
        for words, mistake in exercise.mistakes.items():
            assert verdict(exercise, mistake) == f"✗ not yet: {words}\n"


@pytest.mark.parametrize(("module", "name"), PREDICTIONS, ids=named)
def test_every_option_of_a_prediction_is_answered(module, name, verdict):
    prediction = getattr(module, name)
    assert getattr(check, f"{lesson(module)}_{name}") is prediction
    assert list(prediction.options) == list("abcdef"[: len(prediction.options)])
    assert len(prediction.options) >= 2
    for letter, words in prediction.options.items():
        assert words.strip()[-1] in ".?!"
        assert words in verdict(prediction, letter)
    assert verdict(prediction, "?").startswith("· no prediction yet")
