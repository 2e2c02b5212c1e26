"""The table of rounding: the kernels keep the bound, and a product in half precision does not."""

import numpy as np
import pytest

from minigan.layers import Dense
from minigan.measure.results import rounding
from minigan.measure.results.table import Cell


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in rounding.LAYERS if name != "BatchNorm(64)"])
def test_twins_and_kernels_keep_the_bound(name):
    build, shape, lengths = rounding.LAYERS[name]
    found = rounding.layer(build, shape, lengths, 6, np.random.default_rng(0))
    for part in ("y", "dx", "dW"):
        assert 0 < found[f"twin_{part}"] < found[f"n_{part}"]
        assert 0 < found[f"fast_{part}"] < found[f"n_{part}"]


def test_half_precision_exceeds_the_bound():
    def product(a, b):
        return (a.astype(np.float16) @ b.astype(np.float16)).astype(a.dtype)

    class Half(Dense):
        def forward(self, x):
            y, cache = super().forward(x)
            return (product(x, self.W) + self.b if x.dtype == np.float32 else y), cache

    found = rounding.layer(lambda: [Half(7, 5)], (7,), (8, 5, 1, 0), 6, np.random.default_rng(0))
    assert found["twin_y"] > found["n_y"]
    assert found["twin_dW"] < found["n_dW"]


def test_digits():
    exact = np.array([1.0, -2.0])
    found = rounding.digits(exact, exact + [0, 2e-5], exact + [2e-3, 0])
    assert found == pytest.approx({"digits_twin": 5, "digits_fast": 3})


def test_a_step_counts_flipped_kinks():
    found = rounding.run_cell(Cell(rounding.STEP, 0, {"batch": 6}), quick=True)
    assert 4 < found["digits_twin"] < 8
    assert found["kinks_twin"] >= 0
