"""A run that is driven on beyond the end of its schedule says that nothing moves."""

import warnings

import numpy as np
import pytest

from minigan.game import Game
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.optim import Adam, cosine, linear
from minigan.running import rates
from minigan.trainer import Trainer


class Pull(Game):
    """theta goes to 0."""

    def __init__(self, lr):
        self.net = Sequential(Dense(2, 2), rng=0)
        self.networks, self.optimizers = {"net": self.net}, {"net": Adam(self.net, lr)}

    def step(self, draw, rng):
        self.net.grad[:] = self.net.theta
        self.optimizers["net"].step()
        return {"loss": 1.0}


def trainer(lr, steps=10):
    return Trainer(Pull(lr), np.zeros((40, 2)), batch=8, steps=steps)


@pytest.mark.parametrize("schedule", [cosine(1e-2, 10), linear(1e-2, 10)])
def test_a_finished_run_that_is_driven_on_is_told_and_the_way_that_is_named_works(schedule):
    mine = trainer(schedule)
    with warnings.catch_warnings(action="error"):
        mine.run()
    mine.steps = 20
    before = mine.game.net.theta.copy()
    with pytest.warns(UserWarning, match="the learning rate of net is 0 from its step 10 on") as caught:
        mine.run()
    assert len(caught) == 1
    assert "game.optimizers['net'].lr = 1e-4, or cosine(lr, steps) with the new total" in str(caught[0].message)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(mine.game.net.theta, before)
    mine.steps, mine.game.optimizers["net"].lr = 40, cosine(1e-2, 40)
    with warnings.catch_warnings(action="error"):
        mine.run()
    assert np.abs(mine.game.net.theta).sum() < np.abs(before).sum()


def test_a_schedule_that_ends_before_the_run_is_told_once():
    with pytest.warns(UserWarning, match="from its step 10 on") as caught:
        trainer(cosine(1e-2, 10), steps=20).run()
    assert len(caught) == 1


@pytest.mark.parametrize("lr", [0.0, 1e-3, linear(0.0, 5, end=1e-2), cosine(1e-2, 10, end=1e-3)])
def test_a_rate_that_was_asked_for_is_no_reason_to_warn(lr):
    with warnings.catch_warnings(action="error"):
        trainer(lr, steps=15).run()


@pytest.mark.parametrize(
    ("lr", "still"), [(0.0, True), (cosine(0.0, 10), True), (1e-3, False), (linear(0.0, 5, end=1e-2), False)]
)
def test_a_game_stands_still_when_all_rates_are_0(lr, still):
    assert rates.stands_still(Pull(lr)) == still


def test_a_schedule_that_was_never_more_than_0_has_not_ended():
    mine = trainer(cosine(0.0, 20))
    mine.game.optimizers["net"].t = 5
    with warnings.catch_warnings(action="error"):
        mine.run()


def test_a_run_that_was_interrupted_goes_on_in_the_same_process():
    """In Jupyter one presses stop and runs the cell again."""
    import signal

    def press(t, row):
        if t == 3:
            signal.raise_signal(signal.SIGINT)

    mine = trainer(1e-3)
    with pytest.raises(KeyboardInterrupt):
        mine.run(press)
    assert mine.t == 3
    mine.run()
    assert mine.t == 10
