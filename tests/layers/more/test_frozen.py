"""freeze: the forward pass of the copy is the evaluation mode of the original, whatever is inside."""

import copy

import numpy as np

from minigan.gradcheck import check_network
from minigan.layers import (
    BatchNorm,
    Beside,
    Color,
    Conv2d,
    Cutout,
    Dense,
    Dropout,
    Flatten,
    FrozenBatchNorm,
    LabelScore,
    Mirror,
    Residual,
    SiLU,
    SpectralNorm,
    Translation,
)
from minigan.layers.more.frozen import freeze
from minigan.network import Sequential


def network():
    body = Residual(BatchNorm(2), SiLU(), Conv2d(2, 2, 3, 1, 1)), Dropout(0.4), Flatten(), SpectralNorm(Dense(24, 3))
    net = Sequential(Beside(*body, BatchNorm(3)), LabelScore(3, 2), rng=0, dtype=np.float64)
    rng = np.random.default_rng(1)
    net.theta += 0.2 * rng.standard_normal(net.theta.size)
    for _ in range(3):
        net.forward((rng.standard_normal((5, 3, 4, 2)), rng.integers(2, size=5)))
    return net, (rng.standard_normal((3, 3, 4, 2)), np.array([0, 1, 1]))


def test_forward_is_the_evaluation_of_the_original():
    net, x = network()
    frozen, state = freeze(net), net.state.copy()
    np.testing.assert_allclose(frozen.forward(x)[0], net(x), rtol=1e-12)
    np.testing.assert_array_equal(net.state, state)
    assert net.mixes
    assert not frozen.mixes


def test_its_gradients_are_right_and_its_state_stays():
    net, x = network()
    frozen = freeze(net)
    averages = [layer.running_mean.copy() for layer in frozen.layers[0].walk() if isinstance(layer, BatchNorm)]
    check_network(frozen, x, rng=2)
    frozen.forward(x)
    for layer in frozen.layers[0].walk():
        if isinstance(layer, BatchNorm):
            np.testing.assert_array_equal(layer.running_mean, averages.pop(0))


def test_a_frozen_network_can_be_copied():
    net, x = network()
    frozen = copy.deepcopy(freeze(net))
    before = frozen.forward(x)[0]
    frozen.layers[-1].b += 1  # a view of theta
    np.testing.assert_allclose(frozen.forward(x)[0], before + 1, rtol=1e-12)


def test_augmentations_are_switched_off():
    D = Sequential(Color(), Translation(), Cutout(), Mirror(), Flatten(), Dense(8 * 8 * 3, 1), rng=0, dtype=np.float64)
    x = np.random.default_rng(1).standard_normal((4, 8, 8, 3))
    frozen = freeze(D)
    y, caches = frozen.forward(x)
    np.testing.assert_allclose(y, D(x), rtol=1e-12)
    np.testing.assert_allclose(frozen.backward(np.ones((4, 1)), caches)[2].ravel(), D.layers[-1].W[:, 0], rtol=1e-12)
    assert (D.layers[0].p == 1).all()


def test_frozen_batch_norm_by_hand():  # eq:frozen.dx
    net = Sequential(FrozenBatchNorm(1, eps=0.0), rng=0, dtype=np.float64)
    net.theta[...], net.state[...] = [3, 1], [5, 4]  # gamma, beta; running mean, running variance
    y, caches = net.forward(np.array([[7.0], [5.0]]))
    np.testing.assert_allclose(y, [[3 * 2 / 2 + 1], [1]])
    np.testing.assert_allclose(net.backward(np.array([[2.0], [1.0]]), caches), [[3], [1.5]])
    np.testing.assert_allclose(net.grad, [2 * 1 + 0, 3])
