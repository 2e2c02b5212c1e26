"""Stacked MNIST: a stack is three digits, read in order; modes and KL by hand."""

import math
from functools import partial

import numpy as np
import pytest

from minigan import data
from minigan.measure.results import stacked
from minigan.measure.results.table import Cell
from minigan.models import digitnet
from minigan.trainer import Trainer

pytestmark = pytest.mark.slow

TINY = {"data": "mnist10k", "samples": 30, "steps": 2, "width": 2, "batch": 4, "latent": 3}


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist10k")


def test_a_stack_is_three_digits_in_a_frame(digits):
    stacks = stacked.stacks(digits.images[:50], np.random.default_rng(0))
    x, y = stacks.reference(7)
    assert (stacks.length, stacks.shape, y) == (None, (32, 32, 3), None)
    assert (x.shape, x.dtype) == ((7, 32, 32, 3), np.uint8)
    assert not x[:, :2].any()
    assert not x[:, :, 30:].any()
    known = {image.tobytes() for image in digits.images[:50, ..., 0]}
    assert all(np.ascontiguousarray(x[i, 2:30, 2:30, c]).tobytes() in known for i in range(7) for c in range(3))
    batches = [stacks.batch(7)[0] for _ in range(2)]
    np.testing.assert_array_equal(batches[0], x / np.float32(127.5) - np.float32(1))
    assert not np.array_equal(*batches)  # new ones each time


def test_the_number_is_read_red_green_blue(digits):
    starts = np.searchsorted(digits.labels, [7, 0, 4])
    images = np.pad(digits.images[starts + 1, ..., 0], ((0, 0), (2, 2), (2, 2)))  # a 7, a 0, a 4
    number, features = stacked.read(np.stack([images[[0, 1, 2]], images[[2, 2, 0]]]).transpose(0, 2, 3, 1))
    assert number.tolist() == [704, 447]
    alone = digitnet.features(images[..., None])[0]
    # the last bits of a float32 sum depend on the place of a row in the product and on how the batch is split
    same = partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6 * np.abs(alone).max())
    same(features[[0, 1, 2]], features[[5, 1, 3]])  # 7 0 4, 4 4 7
    same(features[:3], alone)


def test_noise_is_far_from_digits(digits):
    stacks, rng = stacked.stacks(digits.images, np.random.default_rng(1)), np.random.default_rng(0)
    real = stacked.judged(lambda n: stacks.draw(n, rng), 100, digits.images[::50])
    noise = stacked.judged(lambda n: rng.uniform(-1, 1, (n, 32, 32, 3)).astype(np.float32), 100, digits.images[::50])
    assert noise["frechet"] > 20 * real["frechet"] > 0


def test_modes_and_kl_by_hand():
    assert stacked.spread(np.full(1000, 1e-3)) == {"modes": 1000, "kl": pytest.approx(0, abs=1e-12)}
    one = np.zeros(1000)
    one[5] = 1
    assert stacked.spread(one) == {"modes": 1, "kl": pytest.approx(math.log(1000))}
    assert stacked.spread(np.array([0.5, 0.25, 0.25, 0]))["kl"] == pytest.approx(0.5 * math.log(2))


def test_samples_are_drawn_block_by_block(digits):
    asked = []

    def draw(n):
        asked.append(n)
        return stacks.draw(n, stacks.rng)

    stacks = stacked.stacks(digits.images, np.random.default_rng(1))
    found = stacked.judged(draw, 25, digits.images[::50], block=10)
    assert asked == [10, 10, 5]
    assert found["modes"] >= 23


@pytest.mark.parametrize("method", stacked.METHODS)
def test_each_method_runs(method):
    settings = {name: TINY.get(name, value) for name, value in stacked.METHODS[method].items()}
    found = stacked.run_cell(Cell(method, 0, settings), True)
    assert found.keys() == stacked.COLUMNS.keys()
    assert 1 <= found["modes"] <= 30
    assert 0 < found["kl"] <= math.log(1000) + 1e-9


def test_the_stream_is_in_the_checkpoint(digits, tmp_path):
    s = stacked.RECIPE | TINY | {"steps": 4}  # the schedules end with the run

    def trainer(out=None):
        game = stacked.built(s, np.random.default_rng(0))
        source = stacked.stacks(digits.images[:50], np.random.default_rng(1))
        return Trainer(game, source, batch=4, steps=4, out=out)

    full, stopped = trainer(), trainer(tmp_path)
    full.run()
    stopped.step(), stopped.step(), stopped.save(), stopped.step()
    resumed = trainer(tmp_path).restore()
    resumed.run()
    for name, array in full.arrays().items():
        assert array.tobytes() == resumed.arrays()[name].tobytes(), name
