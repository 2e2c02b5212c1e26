"""VGG-16 as a contestant: what it computes, and how its row is printed."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from minigan.measure.bench import features
from minigan.measure.bench.features import Features, cells

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ours():
    made = Features({"pass": "gradient", "batch": 1})
    made.x = features.image(2, 32)
    return made


def test_what_is_timed(ours):
    found = ours.compute(ours.net, ours.x)
    assert (found["y"].shape, found["dx"].shape) == ((2, 2, 2, 512), (2, 32, 32, 3))
    np.testing.assert_array_equal(ours.compute(ours.net, ours.x, gradient=False)["y"], found["y"])
    assert not ours.net.features.grad.any()
    ours.step()


class Told:
    """A worker whose answers are given."""

    def __init__(self, **answers):
        self.answers = answers

    def ask(self, do, file):
        save_file({name: np.full(3, value) for name, value in self.answers.items()}, file)
        return {}


def test_contestants_that_disagree_are_not_timed():
    features._verify({"minigan": Told(y=1.0, dx=2.0), "peer": Told(y=1.0, dx=2.0)})
    with pytest.raises(ArithmeticError, match=r"VGG-16: dx of peer differs by 1.0e-03"):
        features._verify({"minigan": Told(y=1.0, dx=2.0), "peer": Told(y=1.0, dx=2.001)})


def test_a_row_of_the_table():
    row = {
        "batch": 8, "pass": "gradient", "crowded": True, "best": "channels_last", "megabytes": {"minigan": 900.4, "channels_last": 2000},
        "ms": {"minigan": {"median": 2300}, "channels first": {"median": 3800}, "channels_last": {"median": 3400}},
        "ratios": {"channels_last": {"median": 1.48, "low": 1.4, "high": 1.5}},
    }  # fmt: skip
    expected = ("features and gradient *", "8", "2300", "3800", "3400", "1.48 (1.40 to 1.50)", "900 : 2000")
    assert cells(row) == expected
    assert len(expected) == len(features.HEAD)
    alone = row | {"best": None, "ratios": {}, "ms": {"minigan": {"median": 2300}}, "pass": "forward", "crowded": False}
    assert cells(alone) == ("features", "8", "2300", "-", "-", "-", "900")
