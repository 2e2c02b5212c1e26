"""Fully connected G and D: they fit each other at every size, and their gradients pass the checks."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from minigan.gradcheck import check_network, check_step
from minigan.layers import MixedSamplesError
from minigan.losses import non_saturating
from minigan.models import mlp, toy
from minigan.penalties import r1, r2, wgan_gp


def pair(x, y, classes):
    return (x, y) if classes else x


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", [(8, 8, 1), (16, 16, 3), (28, 28, 1), (32, 32, 3), (64, 64, 3), (5, 7, 2)])
def test_g_makes_what_d_judges(shape, classes):
    rng = np.random.default_rng(0)
    G, D = mlp(shape, latent=6, width=3, classes=classes, rng=rng)
    for n in (2, 5):
        z, y = rng.standard_normal((n, 6)), rng.integers(max(classes, 1), size=n)
        image, _ = G.forward(pair(z, y, classes))
        assert image.shape == (n, *shape)
        assert image.dtype == np.float32
        assert np.abs(image).max() <= 1
        assert D.forward(pair(image, y, classes))[0].shape == (n, 1)
        assert G(pair(z, y, classes)).shape == (n, *shape)


def test_sizes():
    """As in the docstring: G latent - w - 2w - 4w - 8w - image, D image - 4w - 2w - score."""
    G, D = mlp((4, 3, 1), latent=5, width=2, rng=0)
    sizes = [5, 2, 4, 8, 16, 12]
    norms = 2 * (2 + 4 + 8 + 16)
    assert G.theta.size == sum(n * m + m for n, m in pairwise(sizes)) + norms
    assert D.theta.size == 12 * 8 + 8 + 8 * 4 + 4 + 4 + 1


def test_the_label_matters():
    G, D = mlp((4, 4, 1), latent=5, width=3, classes=2, rng=0)
    z = np.tile(np.random.default_rng(1).standard_normal(5), (2, 1))
    zero, one = G((z, np.array([0, 1])))
    assert not np.allclose(zero, one)
    same = np.stack([zero, zero])
    score = D((same, np.array([0, 1])))
    assert score[0] != score[1]


@pytest.mark.parametrize("classes", [0, 3])
def test_every_gradient(classes):
    rng = np.random.default_rng(2)
    G, D = mlp((3, 2, 1), latent=3, width=2, classes=classes, rng=rng, dtype="float64")
    for net in (G, D):
        net.theta += 0.2 * rng.standard_normal(net.theta.size)
    x, z, y = rng.uniform(-1, 1, (5, 3, 2, 1)), rng.standard_normal((5, 3)), rng.integers(max(classes, 1), size=5)
    x, z = pair(x, y, classes), pair(z, y, classes)
    check_network(G, z)
    check_network(D, x)
    check_step(G, D, non_saturating, x, z, [partial(r1, gamma=0.7), r2, wgan_gp], samples=60)


def test_the_seed_sets_the_weights_and_g_and_d_differ():
    a, b = mlp(rng=3), mlp(rng=3)
    assert all(np.array_equal(one.theta, two.theta) for one, two in zip(a, b))
    assert not np.array_equal(a[0].theta[:100], mlp(rng=4)[0].theta[:100])
    rng = np.random.default_rng(3)
    G, D = toy(latent=2, width=4, depth=1, rng=rng)
    assert not np.array_equal(G.layers[0].W, D.layers[0].W)


@pytest.mark.parametrize("depth", [1, 3])
def test_toy_networks(depth):
    rng = np.random.default_rng(5)
    G, D = toy(latent=3, width=4, depth=depth, rng=rng, dtype="float64")
    x, z = rng.standard_normal((6, 2)), rng.standard_normal((6, 3))
    assert G(z).shape == (6, 2)
    assert D(G(z)).shape == (6, 1)
    assert len(G.layers) == len(D.layers) == 2 * depth + 1
    for net in (G, D):
        net.theta += 0.2 * rng.standard_normal(net.theta.size)
    check_network(G, z)
    check_step(G, D, non_saturating, x, z, [r1, r2])


def test_bad_sizes():
    with pytest.raises(ValueError, match="mlp needs a whole number width >= 1, got width=0"):
        mlp((8, 8, 1), latent=5, width=0, rng=0)
    with pytest.raises(TypeError, match=r"draws random weights: pass rng=np\.random\.default_rng\(0\)"):
        mlp((8, 8, 1))
    G, _ = mlp((8, 8, 1), latent=5, width=4, rng=0)
    with pytest.raises(ValueError, match=r"expected an input of shape \(N, 5\), got \(2, 6\)"):
        G(np.zeros((2, 6)))
    with pytest.raises(MixedSamplesError):  # G has BatchNorm, so the gradient at one sample by itself does not exist
        G.tangent(np.zeros((2, 5)), G.forward(np.ones((2, 5)) * [[1], [2]])[1])
    with pytest.raises(TypeError, match=r"takes a pair \(x, label\), got ndarray"):
        mlp((8, 8, 1), latent=5, width=4, classes=2, rng=0)[1](np.zeros((2, 8, 8, 1)))
