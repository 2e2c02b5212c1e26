"""Two threads never train one network at the same time."""

import multiprocessing
import sys
import threading

import numpy as np
import pytest

from minigan import losses, models
from minigan.data.source import Epochs
from minigan.game import GAN
from minigan.optim import Adam
from minigan.running.exclusive import exclusively
from minigan.trainer import Trainer

X = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)


def game():
    G, D = models.toy(3, 4, rng=0)
    return GAN(G, D, losses.non_saturating, [], Adam(G), Adam(D), 3)


def trainer(g, out=None, x=X):
    return Trainer(g, x, batch=8, steps=30, out=out, log_every=1)


def held(first, second):
    """Run `first` until its third step, then `second` in this thread -> what second raised; first goes on to its end."""
    reached, go_on = threading.Event(), threading.Event()

    def wait(t, row):
        if t == 3:
            reached.set()
            assert go_on.wait(60)

    thread = threading.Thread(target=first.run, args=(wait,))
    thread.start()
    try:
        assert reached.wait(60)
        with pytest.raises((RuntimeError, BlockingIOError)) as error:
            second.run()
    finally:
        go_on.set()
        thread.join(60)
    return error.value


@pytest.mark.parametrize("folder", [False, True])
def test_a_second_run_of_one_trainer_is_refused_and_nothing_is_mixed(tmp_path, folder):
    expected = trainer(game())
    expected.run()
    t = trainer(game(), tmp_path / "run" if folder else None)
    error = held(t, t)
    assert isinstance(error, RuntimeError)
    assert "this trainer is already running" in str(error)
    assert "process" not in str(error)
    assert t.t == 30
    assert [row["step"] for row in t.rows] == list(range(1, 31))
    for name, array in t.arrays().items():
        np.testing.assert_array_equal(array, expected.arrays()[name])


def test_two_trainers_of_one_game_or_one_source():
    g = game()
    assert isinstance(held(trainer(g), trainer(g)), RuntimeError)
    source = Epochs(X, rng=np.random.default_rng(0))
    assert isinstance(held(trainer(game(), x=source), trainer(game(), x=source)), RuntimeError)


def test_two_trainers_of_one_folder_are_told_that_it_is_this_process(tmp_path):
    error = held(trainer(game(), tmp_path), trainer(game(), tmp_path))
    assert isinstance(error, BlockingIOError)
    assert "another Trainer of this process" in str(error)


def test_trainers_with_a_game_of_their_own_run_side_by_side():
    trainers = [trainer(game()) for _ in range(2)]
    threads = [threading.Thread(target=t.run) for t in trainers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [t.t for t in trainers] == [30, 30]


def test_a_run_that_failed_can_be_run_again():
    t = trainer(game())

    def fail(step, row):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        t.run(fail)
    assert len(t.run()) == 30


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_forked_child_may_train_what_its_parent_trains():
    def child(queue):
        with exclusively([things]):
            queue.put("entered")

    things, context = object(), multiprocessing.get_context("fork")
    queue = context.Queue()
    with exclusively([things]):
        process = context.Process(target=child, args=(queue,))
        process.start()
        assert queue.get(timeout=60) == "entered"
        process.join(60)
