import numpy as np
import pytest

from minigan import models
from minigan.gradcheck import check_network, numerical_gradient
from minigan.models.projection import STAGES, Projection, heads


@pytest.fixture(scope="module")
def P():
    return Projection(models.vgg(16, weights="conv3_3", dtype="float64"), 3, np.random.default_rng(0))


def images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def test_features_at_three_scales_mixed(P):
    x = images(2, 8, 16, 3)
    found, stages = P(x), P.net.stages(x)
    assert [a.shape for a in found] == [(2, 8, 16, 3), (2, 4, 8, 3), (2, 2, 4, 3)]
    for a, (name, M) in zip(found, P.M.items(), strict=True):
        np.testing.assert_allclose(a, np.einsum("nhwc,cm->nhwm", stages[name], M), rtol=1e-12)
    for a, b in zip(found, P.forward(x)[0], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("channels", [1, 3])
def test_its_gradient_against_differences(P, channels):
    x = images(1, 8, 8, channels)
    features, caches = P.forward(x)
    dy = [images(*a.shape, seed=i) for i, a in enumerate(features)]
    dx = P.backward(dy, caches, channels)
    places = [0, 17, 63]
    expected = numerical_gradient(lambda x: sum((a * d).sum() for a, d in zip(P(x), dy, strict=True)), x, 1e-6, places)
    np.testing.assert_allclose(dx.ravel()[places], expected.ravel(), rtol=1e-6)
    assert not P.net.features.grad.any()


def test_heads():
    D = heads(16, 2, rng=0, dtype="float64")
    x = tuple(images(3, 16 // smaller, 16 // smaller, 2, seed=smaller) for smaller in STAGES.values())
    assert D(x).shape == (3, 3)
    check_network(D, x, samples=25)
