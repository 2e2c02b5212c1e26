import numpy as np
import pytest

from minigan import models
from minigan.models import perceptual


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


def test_bad_calls(net):
    with pytest.raises(ValueError, match="images of one shape"):
        perceptual(net, images(1, 8), images(2, 8))
    with pytest.raises(ValueError, match="has no stage 'conv9'"):
        perceptual(net, images(1, 8), images(1, 8), ["conv9"])
