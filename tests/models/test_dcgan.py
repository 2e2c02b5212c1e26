"""Convolutional G and D at every size: shapes, channels, gradients."""

from functools import partial

import numpy as np
import pytest

from minigan.gradcheck import check_network, check_step
from minigan.layers import BatchNorm, Beside, Conv2d, ConvTranspose2d, Dense, LabelScore, UpConv2d
from minigan.losses import relativistic
from minigan.models import MODELS, dcgan, dcgan_up
from minigan.penalties import r1, r2

BOTH = pytest.mark.parametrize("model", [dcgan, dcgan_up])


def pair(x, y, classes):
    return (x, y) if classes else x


@BOTH
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [8, 16, 32, 64])
def test_g_makes_what_d_judges(model, side, channels, classes):
    rng = np.random.default_rng(0)
    G, D = model((side, side, channels), latent=5, width=2, classes=classes, rng=rng)
    for n in (1, 3):
        z, y = rng.standard_normal((n, 5)), rng.integers(max(classes, 1), size=n)
        image, caches = G.forward(pair(z, y, classes))
        assert image.shape == (n, side, side, channels)
        assert image.dtype == np.float32
        assert np.abs(image).max() <= 1
        scores, d_caches = D.forward(pair(image, y, classes))
        assert scores.shape == (n, 1)
        dx = D.backward(rng.standard_normal((n, 1)), d_caches, learn=False)
        dx = dx[0] if classes else dx
        assert dx.shape == image.shape
        dz = G.backward(dx, caches)
        assert (dz[0] if classes else dz).shape == (n, 5)


@BOTH
@pytest.mark.parametrize(("side", "widths"), [(8, [3]), (16, [3, 6]), (32, [3, 6, 12]), (64, [3, 6, 12, 24])])
def test_d_doubles_its_channels_and_g_mirrors_them(model, side, widths):
    G, D = model((side, side, 1), latent=5, width=3, rng=0)
    assert [layer.parameters["W"][0][-1] for layer in D.layers if isinstance(layer, Conv2d)] == widths
    grow = [layer for layer in G.layers if isinstance(layer, ConvTranspose2d | UpConv2d)]
    assert {type(layer) for layer in grow} == {ConvTranspose2d if model is dcgan else UpConv2d}
    assert [layer.parameters["W"][0][-1] for layer in grow] == [*widths[-2::-1], 1] if len(widths) > 1 else [1]
    assert [layer.n for layer in G.layers if isinstance(layer, BatchNorm)] == widths[::-1]
    assert not any(isinstance(layer, BatchNorm) for layer in D.layers)
    assert G.layers[0].parameters["W"][0] == (5, 16 * widths[-1])
    assert isinstance(D.layers[-1], Dense)


@BOTH
def test_the_score_of_a_conditional_d_depends_on_the_label(model):
    G, D = model((8, 8, 1), latent=5, width=2, classes=4, rng=0)
    assert [type(layer) for layer in D.layers] == [Beside, LabelScore]
    z = np.tile(np.random.default_rng(1).standard_normal(5), (4, 1))
    images = G((z, np.arange(4)))
    assert len(np.unique(images.reshape(4, -1), axis=0)) == 4
    assert len(np.unique(D((np.tile(images[:1], (4, 1, 1, 1)), np.arange(4))))) == 4


@BOTH
@pytest.mark.parametrize("classes", [0, 3])
def test_every_gradient(model, classes):
    rng = np.random.default_rng(2)
    G, D = model((8, 8, 1), latent=2, width=2, classes=classes, rng=rng, dtype="float64")
    for net in (G, D):
        net.theta += 0.1 * rng.standard_normal(net.theta.size)
    x, z, y = rng.uniform(-1, 1, (3, 8, 8, 1)), rng.standard_normal((3, 2)), rng.integers(max(classes, 1), size=3)
    x, z = pair(x, y, classes), pair(z, y, classes)
    check_network(G, z, samples=40)
    check_network(D, x, samples=40)
    check_step(G, D, relativistic, x, z, [partial(r1, gamma=0.7), r2], samples=40)


@BOTH
def test_gradients_with_two_levels(model):
    rng = np.random.default_rng(3)
    G, D = model((16, 16, 3), latent=2, width=2, rng=rng, dtype="float64")
    x, z = rng.uniform(-1, 1, (2, 16, 16, 3)), rng.standard_normal((2, 2))
    check_step(G, D, relativistic, x, z, [r1], samples=30)


@BOTH
@pytest.mark.parametrize(
    "shape",
    [(28, 28, 1), (4, 4, 1), (0, 0, 1), (12, 12, 1), (8, 16, 1), (16, 8, 3), (48, 48, 3), (32, 32), (32, 32, 1, 1)],
)
def test_other_sizes_are_refused(model, shape):
    with pytest.raises(
        ValueError, match=r"need square images \(H, W, C\) of 8, 16, 32, 64, ... pixels, got \("
    ) as caught:
        model(shape, rng=0)
    assert str(shape) in str(caught.value)


@BOTH
def test_other_bad_calls(model):
    with pytest.raises(ValueError, match=r"whole number .* >= 1, got .*=0"):
        model((8, 8, 1), width=0, rng=0)
    with pytest.raises(TypeError, match="draws random weights"):
        model((8, 8, 1))
    _, D = model((8, 8, 1), latent=5, width=2, rng=0)
    with pytest.raises(ValueError, match=r"expected an input of shape"):
        D(np.zeros((1, 8, 8, 3)))
    with pytest.raises(TypeError, match=r"takes a pair \(x, label\), got ndarray"):
        model((8, 8, 1), latent=5, width=2, classes=2, rng=0)[0](np.zeros((1, 5)))


def test_all_models_take_the_same_arguments():
    for model in MODELS.values():
        for net in model((8, 8, 1), 4, 2, 0, rng=0, dtype="float64"):
            assert net.dtype == np.float64
