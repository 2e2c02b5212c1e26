import numpy as np
import pytest

from minigan.layers import Embedding


def test_worked_by_hand():  # eq:embedding.forward eq:embedding.dW
    layer = Embedding(3, 2).init(0, np.float64)
    layer.W[...] = [[1, 2], [3, 4], [5, 6]]
    y, cache = layer.forward(np.array([2, 0, 2]))
    np.testing.assert_array_equal(y, [[5, 6], [1, 2], [5, 6]])
    assert layer.backward(np.ones((3, 2)), cache) is None  # a label cannot move
    layer.accumulate(np.array([[1.0, 10], [2, 20], [4, 40]]), cache)
    np.testing.assert_array_equal(layer.dW, [[2, 20], [0, 0], [5, 50]])  # label 2 twice: 1 + 4, 10 + 40


def test_its_tangent_is_zero_and_moves_nothing():
    layer = Embedding(3, 2).init(0, np.float64)
    _, cache = layer.forward(np.array([2, 0]))
    w, tcache = layer.tangent(None, cache)
    np.testing.assert_array_equal(w, np.zeros((2, 2)))
    layer.accumulate(np.ones((2, 2)), tcache)
    assert not layer.grad.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_any_integer_will_do(dtype):
    layer = Embedding(10, 3).init(0, np.float64)
    np.testing.assert_array_equal(layer(np.arange(10).astype(dtype)), layer.W)


def test_a_list_of_labels_will_do():
    layer = Embedding(10, 3).init(0, np.float64)
    np.testing.assert_array_equal(layer([9, 1]), layer.W[[9, 1]])


def test_initial_variance():
    assert abs(Embedding(200, 200).init(0, np.float64).W.std() - 1) < 0.02
    assert abs(Embedding(200, 200, std=0.1).init(0, np.float64).W.std() - 0.1) < 0.002


def test_equals_dense_on_one_hot_rows():
    layer = Embedding(4, 3).init(0, np.float64)
    labels = np.array([3, 1, 1])
    np.testing.assert_array_equal(layer(labels), np.eye(4)[labels] @ layer.W)
