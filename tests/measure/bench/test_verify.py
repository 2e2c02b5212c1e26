"""verify() finds the terms that differ."""

import numpy as np
import pytest

from minigan.measure.bench.verify import BOUND, differences, verify

pytestmark = pytest.mark.slow


@pytest.fixture
def answers(tiny):
    return tiny().answers()


def test_equal_answers_do_not_differ(answers):
    found = differences(answers, answers)
    assert found.keys() == answers.keys()
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize("name", ["loss D", "loss G", "penalty", "D 0 W", "D 1 b", "G 1 W"])
def test_a_wrong_term_is_named(answers, name):
    wrong = answers | {name: answers[name] + 0.01 * (1 + np.abs(answers[name]).max())}
    found = differences(answers, wrong)
    assert max(found, key=found.get) == name
    assert found[name] > BOUND
    assert [key for key, error in found.items() if error > 0] == [name]


def test_rounding_is_allowed(answers):
    wrong = {name: value * (1 + 1e-6) for name, value in answers.items()}
    assert max(differences(answers, wrong).values()) < BOUND


def test_a_missing_surplus_misshapen_or_nan_term_is_infinitely_wrong(answers):
    inf = float("inf")
    assert differences(answers, {k: v for k, v in answers.items() if k != "D 0 W"})["D 0 W"] == inf
    assert differences(answers, answers | {"D 9 W": np.ones(1)})["D 9 W"] == inf
    assert differences(answers, answers | {"D 0 W": answers["D 0 W"].T})["D 0 W"] == inf
    assert differences(answers, answers | {"D 0 W": answers["D 0 W"] * np.nan})["D 0 W"] == inf


def test_gradients_that_are_all_zero_agree_with_zero():
    zero = {"D 0 W": np.zeros((2, 3))}
    assert differences(zero, zero) == {"D 0 W": 0.0}


def test_verify_compares_all_workers_at_the_same_weights(only_tiny):
    from minigan.measure.bench.worker import Contestant

    class Here:
        """A worker in this process."""

        def __init__(self, model):
            self.made = Contestant({"side": "minigan", "model": model})

        def ask(self, do, **message):
            return getattr(self.made, do)(**message)

    ours, same, other = Here("tiny"), Here("tiny"), Here("tiny_critic")
    before = ours.made.benchmark.weights()
    found = verify({"ours": ours, "same": same, "other": other}, "ours")
    assert set(found) == {"same", "other"}
    assert set(found["same"].values()) == {0.0}
    assert found["other"]["loss G"] == float("inf")
    assert found["other"]["penalty"] > BOUND
    np.testing.assert_array_equal(ours.made.benchmark.weights()["D"], before["D"])
