import numpy as np
import pytest

from minigan.layers import Keep, Parallel, ShapeError, Shift, Take, TimeEmbedding
from minigan.network import Sequential


def test_the_embedding_by_hand():  # eq:time.embedding eq:time.derivative eq:time.dt eq:time.curvature
    layer = TimeEmbedding(4, scale=3.0)  # w = 3 (1, 1/100)
    t = np.array([0.5])
    y, cache = layer.forward(t)
    np.testing.assert_allclose(y, [[np.sin(1.5), np.sin(0.015), np.cos(1.5), np.cos(0.015)]])
    moved = [3 * np.cos(1.5), 0.03 * np.cos(0.015), -3 * np.sin(1.5), -0.03 * np.sin(0.015)]
    np.testing.assert_allclose(layer.tangent(np.array([2.0]), cache)[0], [2 * np.array(moved)])
    dy = np.array([[1.0, 10.0, 100.0, 1000.0]])
    np.testing.assert_allclose(layer.backward(dy, cache), dy @ moved)
    bent = -(9 * np.sin(1.5) + 0.009 * np.sin(0.015) + 900 * np.cos(1.5) + 0.9 * np.cos(0.015))
    np.testing.assert_allclose(layer.curvature(dy, np.array([2.0]), cache), [2 * bent])


def test_the_default_tells_a_thousand_steps_apart():
    y = TimeEmbedding(32)(np.arange(1001) / 1000)
    distance = np.linalg.norm(y[1:] - y[:-1], axis=1)
    assert distance.min() > 0.5


def test_a_step_number_is_refused():
    with pytest.raises(
        ValueError, match=r"takes times from 0 to 1, got 0 to 999: if these are numbers of steps, divide by"
    ):
        TimeEmbedding(8)(np.arange(1000.0))
    with pytest.raises(
        ShapeError, match=r"floats from 0 to 1, got int64 of shape .*: divide the number of a step by how many"
    ):
        TimeEmbedding(8)(np.arange(5))
    with pytest.raises(ValueError, match=r"got -1\.5 to 1"):
        TimeEmbedding(8)(np.array([-1.5, 1.0]))
    assert np.isfinite(TimeEmbedding(8)(np.array([-0.5, 1.5]))).all()  # where a finite difference may step
    with pytest.raises(ShapeError, match=r"expected times \(N,\).* got float64 of shape \(5, 1\): one for each sample"):
        TimeEmbedding(8)(np.zeros((5, 1)))
    with pytest.raises(ValueError, match=r"times from 0 to 1, got nan"):
        TimeEmbedding(8)(np.array([np.nan]))


@pytest.mark.parametrize("dim", [0, 3, 2.0])
def test_sizes(dim):
    with pytest.raises(ValueError, match="dim"):
        TimeEmbedding(dim)


def test_the_shift_by_hand():  # eq:shift eq:shift.db
    h, b = np.arange(8.0).reshape(1, 2, 2, 2), np.array([[10.0, 20.0]])
    y, cache = Shift().forward((h, b))
    np.testing.assert_array_equal(y[0, :, :, 0], [[10, 12], [14, 16]])
    np.testing.assert_array_equal(y[0, :, :, 1], [[21, 23], [25, 27]])
    dh, db = Shift().backward(h, cache)
    np.testing.assert_array_equal(dh, h)
    np.testing.assert_array_equal(db, [[0 + 2 + 4 + 6, 1 + 3 + 5 + 7]])


def test_a_shift_that_does_not_fit():
    with pytest.raises(ShapeError, match=r"adds b \(N, C\) to h \(N, ..., C\), got \(2, 2\) and \(2, 3\)"):
        Shift()((np.zeros((2, 3)), np.zeros((2, 2))))
    with pytest.raises(TypeError, match=r"takes a pair \(h, b\), got ndarray"):
        Shift()(np.zeros((2, 3)))


def test_take_by_hand():  # eq:take eq:take.dx
    a, b, c = (np.full((1, 2), value) for value in (1.0, 2.0, 3.0))
    y, n = Take(2, 0).forward((a, b, c))
    assert y[0] is c
    assert y[1] is a
    dx = Take(2, 0).backward((a, b), n)
    assert dx[0] is b
    assert dx[1] is None
    assert dx[2] is a
    assert Take(1)((a, b)) is b


@pytest.mark.parametrize("which", [(), (-1,), (0, 0), (1.0,)])
def test_what_cannot_be_taken(which):
    with pytest.raises(ValueError, match="Take needs numbers of inputs"):
        Take(*which)


def test_a_tuple_that_is_too_short():
    with pytest.raises(TypeError, match="a tuple of at least 2 inputs, got a tuple of 1"):
        Take(1)((np.zeros((1, 1)),))
    with pytest.raises(TypeError, match="got ndarray"):
        Take(1)(np.zeros((3, 1)))


def test_keep_by_hand():  # eq:keep
    net = Sequential(Keep(Parallel([], []), Shift()), rng=0, dtype=np.float64)
    h, e = np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])
    (y, kept), caches = net.forward((h, e))
    np.testing.assert_array_equal(y, [[11, 22]])
    np.testing.assert_array_equal(kept, e)
    dh, de = net.backward((np.array([[1.0, 2.0]]), np.array([[5.0, 7.0]])), caches)
    np.testing.assert_array_equal(dh, [[1, 2]])
    np.testing.assert_array_equal(de, [[6, 9]])  # e was used in the block and handed on
