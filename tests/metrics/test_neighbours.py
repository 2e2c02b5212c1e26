import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.metrics import nearest

rng = np.random.default_rng(0)


def brute(queries, points, k):
    distance = np.array([[np.sqrt(np.sum((q - p) ** 2)) for p in points] for q in queries])
    index = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return index, np.take_along_axis(distance, index, axis=1)


def test_by_hand():
    index, distance = nearest([[0, 0], [3, 3]], [[3, 4], [0, 1], [-2, 0]], k=2)
    assert index.tolist() == [[1, 2], [0, 1]]
    np.testing.assert_allclose(distance, [[1, 2], [1, 13**0.5]], rtol=1e-15)
    assert (index.dtype, distance.dtype) == (np.int64, np.float64)


@pytest.mark.parametrize(
    ("n", "m", "d", "k"), [(1, 1, 1, 1), (1, 9, 5, 4), (13, 7, 3, 7), (301, 709, 41, 3), (31, 709, 3, 450)]
)
def test_against_all_pairs(n, m, d, k):
    queries, points = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    index, distance = nearest(queries, points, k)
    expected = brute(queries, points, k)
    assert (index == expected[0]).all()
    np.testing.assert_allclose(distance, expected[1], rtol=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_distances_with_many_ties(data):
    n, m, d = (data.draw(st.integers(1, 6)) for _ in range(3))
    rows = st.lists(st.lists(st.integers(-2, 2), min_size=d, max_size=d), min_size=max(n, m), max_size=max(n, m))
    queries, points = np.array(data.draw(rows))[:n], np.array(data.draw(rows))[:m]
    k = data.draw(st.integers(1, m))
    index, distance = nearest(queries, points, k)
    np.testing.assert_allclose(distance, brute(queries, points, k)[1], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(
        np.linalg.norm(queries[:, None] - points[index], axis=2), distance, rtol=1e-13, atol=1e-14
    )
    assert all(len(set(row)) == k for row in index.tolist())


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_copy_is_found_at_distance_0(dtype):
    points = (255 * rng.random((50, 30))).astype(dtype)
    order = rng.permutation(50)[:20]
    index, distance = nearest(points[order], points)
    assert (index[:, 0] == order).all()
    assert (distance == 0).all()


def test_close_neighbours_far_from_the_origin():
    points = 1e6 + np.array([[0.0, 0], [1e-3, 0], [5, 5]])
    # |x|^2 = 2e12: in float32 every distance from the matrix product would be 0
    index, distance = nearest(points + [[4e-4, 0]], points)
    assert index[:2, 0].tolist() == [0, 1]
    np.testing.assert_allclose(distance, 4e-4, rtol=1e-5)


def test_order_shift_and_scale():
    queries, points = rng.standard_normal((6, 4)), rng.standard_normal((11, 4))
    index, distance = nearest(queries, points, 3)
    order = rng.permutation(11)
    again, same = nearest(3 * queries + 7, 3 * points[order] + 7, 3)
    assert (order[again] == index).all()
    np.testing.assert_allclose(same, 3 * distance, rtol=1e-12)
