import numpy as np
import pytest

from minigan.data import GRID_MODES, GRID_STD, RING_MODES, RING_STD, grid, ring

BOTH = [(ring, RING_MODES, RING_STD), (grid, GRID_MODES, GRID_STD)]


def test_modes_are_where_the_papers_put_them():
    np.testing.assert_allclose(RING_MODES[[0, 1, 2, 4]], [[1, 0], [0.5**0.5, 0.5**0.5], [0, 1], [-1, 0]], atol=1e-15)
    np.testing.assert_allclose(np.hypot(*RING_MODES.T), 1)
    assert {tuple(mode) for mode in GRID_MODES} == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert (RING_STD, GRID_STD) == (0.01, 0.05)


@pytest.mark.parametrize(("draw", "modes", "std"), BOTH)
def test_each_mode_gets_its_share_and_its_width(draw, modes, std):  # eq:data.ring eq:data.grid
    n = 40_000
    x = draw(n, np.random.default_rng(1))
    assert x.shape == (n, 2)
    assert x.dtype == np.float32
    nearest = ((x[:, None] - modes) ** 2).sum(axis=2).argmin(axis=1)
    counts, expected = np.bincount(nearest, minlength=len(modes)), n / len(modes)
    assert (abs(counts - expected) < 5 * expected**0.5).all()
    noise = (x - modes[nearest]) / std  # ~ N(0, I)
    assert abs(noise.mean(axis=0)).max() < 5 / n**0.5
    np.testing.assert_allclose(np.cov(noise.T), np.eye(2), atol=5 * (2 / n) ** 0.5)


@pytest.mark.parametrize(("draw", "modes", "std"), BOTH)
def test_the_seed_sets_the_points_and_the_modes_are_read_only(draw, modes, std):
    a, b, c = (draw(9, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert (a == b).all()
    assert (a != c).any()
    with pytest.raises(ValueError, match="read-only"):
        modes[0] = 0


@pytest.mark.parametrize("draw", [ring, grid])
def test_bad_arguments(draw):
    with pytest.raises(
        TypeError, match=r"rng must be a numpy\.random\.Generator, got int; use np\.random\.default_rng"
    ):
        draw(5, 0)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        draw(0, np.random.default_rng(0))
