"""The recipe icp: the best motion, a law that every round obeys, and the way home."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Epochs, WithoutData
from minigan.zoo import icp as recipe
from minigan.zoo.icp import best_motion, icp, turned


def test_the_motion_by_hand():  # eq:icp.motion
    y = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    R, t = best_motion(y, turned(y, 90) + [3, 4])
    np.testing.assert_allclose(R, [[0, -1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(t, [3, 4])


def test_the_motion_against_the_best_angle_and_for_a_mirror_image():
    rng = np.random.default_rng(0)
    for x in (rng.standard_normal((9, 2)), turned(rng.standard_normal((9, 2)), 50)):
        for y in (turned(x, 75) + 0.1 * rng.standard_normal((9, 2)), x * [1, -1]):
            R, t = best_motion(y, x)
            assert np.linalg.det(R) == pytest.approx(1)
            angles = np.radians(np.arange(0, 360, 0.05))
            a, b = y - y.mean(axis=0), x - x.mean(axis=0)
            H = a.T @ b
            traces = np.cos(angles) * (H[0, 0] + H[1, 1]) + np.sin(angles) * (H[0, 1] - H[1, 0])
            assert np.trace(R @ H) == pytest.approx(traces.max(), rel=1e-5)
            np.testing.assert_allclose(t, x.mean(axis=0) - R @ y.mean(axis=0))


@pytest.mark.parametrize("degrees", [10, 60, 150])
def test_it_never_rises_and_comes_home_from_a_start_near_by(degrees):
    x = np.random.default_rng(0).standard_normal((60, 2)) * [2, 1]
    order = np.random.default_rng(1).permutation(60)
    y, partner, way = icp(turned(x[order], degrees), x)
    assert (np.diff(way) <= 1e-12).all()
    if degrees == 10:
        np.testing.assert_array_equal(partner, order)
        np.testing.assert_allclose(y, x[order], atol=1e-9)


@pytest.mark.parametrize(("name", "turn"), [("ring", 20.0), ("grid", 10.0)])
def test_the_recipe_moves_the_cloud_onto_the_data(name, turn):
    rng = np.random.default_rng(0)
    source = Epochs(getattr(data, name)(5000, rng), rng=rng)
    game = recipe.build(recipe.Options(data=name, turn=turn, points=200), source, rng)
    before = game.sample(500, np.random.default_rng(1))
    rows = [game.step(lambda: source.batch(1000), rng)["loss"] for _ in range(15)]
    assert rows[-1] < 0.05 * rows[0]
    after = game.sample(500, np.random.default_rng(1))
    modes = data.RING_MODES if name == "ring" else data.GRID_MODES
    near = [np.linalg.norm(modes[:, None] - points, axis=2).min(axis=0).mean() for points in (before, after)]
    assert near[1] < 0.5 * near[0]


def test_without_data_there_is_no_cloud():
    game = recipe.build(recipe.Options(), WithoutData((2,)), np.random.default_rng(0))
    with pytest.raises(ValueError, match="without the data there is none"):
        game.sample(3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="unknown data 'emoji'"):
        recipe.Options(data="emoji")
