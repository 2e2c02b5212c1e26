"""Functions of one array or of a pair."""

import numpy as np
import pytest

from minigan.teach.tracing.trees import as_float64, direction, dot, movable, moved, norm, shape, tree

pytestmark = pytest.mark.slow

X, LABELS = np.array([[3.0, -4.0]], np.float32), np.array([2])


def test_parts_that_cannot_move_count_as_zero():
    assert tree(np.negative, (X, None))[1] is None
    assert dot((X, None), (X, LABELS)) == 25
    assert norm((X, LABELS)) == 5
    assert norm(LABELS) == 0
    assert movable((X, LABELS))[1] is None
    assert moved((X, LABELS), (X, None), 2.0)[0].tolist() == [[9.0, -12.0]]
    assert moved((X, LABELS), (X, None), 2.0)[1] is LABELS


def test_copies_are_float64_and_labels_stay_labels():
    x, labels = as_float64((X, LABELS))
    assert (x.dtype, labels.dtype) == (np.float64, LABELS.dtype)
    assert not np.shares_memory(labels, LABELS)


def test_shapes():
    assert shape((X, LABELS)) == ((1, 2), (1,))
    assert shape(X) == (1, 2)


def test_a_direction_has_the_size_of_what_it_moves():
    rng = np.random.default_rng(0)
    u, nothing = direction((1e-3 * np.ones((100, 50)), LABELS), rng)
    assert nothing is None
    assert 0.9e-3 < u.std() < 1.1e-3
    assert 0.9 < direction(np.zeros((100, 50)), rng).std() < 1.1
