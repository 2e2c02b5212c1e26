import numpy as np
import pytest

from minigan import models
from minigan.models import perceptual
from minigan.models.likelihood import Gaussian
from minigan.models.perceptual import STAGES, PerceptualGaussian, each


@pytest.fixture(scope="module")
def net():
    return models.vgg(16, weights="conv3_3")


def images(n, side, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, side, side, 3)).astype(np.float32)


def test_value_by_hand(net):  # eq:perceptual eq:perceptual.gradient
    x, t = images(2, 8), images(2, 8, seed=1)
    a, b = (net.stages(image, ["conv1_2", "pool2"]) for image in (x, t))
    value, dx = perceptual(net, x, t, {"conv1_2": 0.5, "pool2": 0.25})
    assert value == pytest.approx(
        0.5 * ((a["conv1_2"] - b["conv1_2"]) ** 2).mean() + 0.25 * ((a["pool2"] - b["pool2"]) ** 2).mean()
    )
    assert dx.shape == x.shape
    assert dx.dtype == np.float32
    step = 0.02 / np.abs(dx).max()
    assert perceptual(net, x - step * dx, t, {"conv1_2": 0.5, "pool2": 0.25})[0] < value  # downhill


def test_it_prefers_sharp_and_shifted_to_blurred(net):
    """What the loss is for: the mean squared error judges the other way round."""
    rng = np.random.default_rng(0)
    image = np.sign(rng.standard_normal((1, 8, 8, 3))).repeat(4, axis=1).repeat(4, axis=2)  # tiles of pure colours
    shifted = np.roll(image, 1, axis=2)
    blurred = sum(np.roll(image, (i, j), axis=(1, 2)) for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2)) / 25
    pixels = [((other - image) ** 2).mean() for other in (shifted, blurred)]
    features = [perceptual(net, other, image, ["conv3_3"])[0] for other in (shifted, blurred)]
    assert pixels[0] > pixels[1]
    assert features[0] < features[1]


def test_each_image_on_its_own(net):
    x, t = images(3, 8), images(3, 8, seed=1)
    weights = {"conv1_2": 0.5, "conv3_3": 0.25}
    values, dx = each(net, x, t, weights)
    assert values.shape == (3,)
    for i in range(3):
        alone, d = perceptual(net, x[i : i + 1], t[i : i + 1], weights)
        assert values[i] == pytest.approx(alone, rel=1e-5)
        np.testing.assert_allclose(dx[i : i + 1], d, rtol=1e-3, atol=1e-4 * np.abs(d).max())


def test_the_gaussian_with_the_loss(net):
    x, y = images(2, 8), images(2, 8, seed=1)
    log_p, d = PerceptualGaussian(s=0.5, weight=0.03)(x, y)
    plain, d_plain = Gaussian(0.5)(x, y)
    loss, d_loss = each(net, y, x, dict.fromkeys(STAGES, 0.03))
    np.testing.assert_allclose(log_p, plain - loss)
    np.testing.assert_allclose(d, d_plain - d_loss)
    same, zero = PerceptualGaussian(s=0.5, weight=0.03)(x, x)
    np.testing.assert_allclose(same, Gaussian(0.5)(x, x)[0])
    assert not zero.any()


def test_bad_calls(net):
    with pytest.raises(ValueError, match="images of one shape"):
        perceptual(net, images(1, 8), images(2, 8))
    with pytest.raises(ValueError, match="has no stage 'conv9'"):
        perceptual(net, images(1, 8), images(1, 8), ["conv9"])
