"""What holds for the exercises of all lessons: each names its own mistakes, and at least three wrong answers are tested."""

import importlib
import inspect

import numpy as np
import pytest

from minigan.teach import exercises as check
from minigan.teach.exercises.exercise import Exercise, Formula, Prediction

MODULES = [importlib.import_module(f"minigan.teach.exercises.{name}") for name in check.lessons()]
EXERCISES = [(m, name) for m in MODULES for name, thing in vars(m).items() if isinstance(thing, Exercise)]
PREDICTIONS = [(m, name) for m in MODULES for name, thing in vars(m).items() if isinstance(thing, Prediction)]


def lesson(module) -> str:
    return module.__name__.rpartition(".")[2]


def id_of(part) -> str:
    return part if isinstance(part, str) else lesson(part)


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=id_of)
def test_three_typical_wrong_answers_are_tested(module, name):
    tests = importlib.import_module(f".test_{lesson(module)}", __package__)
    wrong = tests.WRONG[name]
    assert len(wrong) >= 3
    assert len({inspect.getsource(answer) for answer in wrong.values()}) >= 3


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=id_of)
def test_the_stub_gets_the_todo_and_all_messages_are_sentences(module, name, verdict):
    exercise = getattr(module, name)
    assert getattr(getattr(check, lesson(module)), name) is exercise
    for message in (exercise.todo, exercise.praise):
        assert message.strip()[-1] in ".?!"
        assert message.strip() == message

    def unwritten(*arguments):
        raise NotImplementedError

    if isinstance(exercise, Formula):
        count = len(exercise.cases[0])
        stub = eval(f"lambda {', '.join(f'a{i}' for i in range(count))}: None")
        assert verdict(exercise, stub) == f"· not written yet: {exercise.todo}\n"
    assert verdict(exercise, unwritten) == f"· not written yet: {exercise.todo}\n"


@pytest.mark.parametrize(("module", "name"), EXERCISES, ids=id_of)
def test_the_right_answer_is_right_and_each_known_mistake_gets_its_own_message(module, name, verdict):
    exercise = getattr(module, name)
    if not isinstance(exercise, Formula):
        return
    assert verdict(exercise, exercise.right) == f"✓ right: {exercise.praise}\n"
    with np.errstate(all="ignore"):
        for message, mistake in exercise.mistakes.items():
            assert verdict(exercise, mistake) == f"✗ not yet: {message}\n"


@pytest.mark.parametrize(("module", "name"), PREDICTIONS, ids=id_of)
def test_each_option_of_a_prediction_has_its_explanation(module, name, verdict):
    prediction = getattr(module, name)
    assert getattr(getattr(check, lesson(module)), name) is prediction
    assert list(prediction.options) == list("abcdef"[: len(prediction.options)])
    assert len(prediction.options) >= 2
    for letter, message in prediction.options.items():
        assert message.strip()[-1] in ".?!"
        assert message in verdict(prediction, letter)
    assert verdict(prediction, "?").startswith("· no prediction yet")
