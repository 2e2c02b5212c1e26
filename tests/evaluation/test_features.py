"""In which space two sets of images are compared."""

import numpy as np
import pytest

from minigan.cli import evaluate
from minigan.data import load
from minigan.evaluation import (
    DIGITNET,
    FEATURES,
    PIXELS,
    PORTRAITNET,
    VGG16,
    cheap_features_for,
    describe,
    features_for,
)
from minigan.evaluation.features import flat, shrink
from minigan.models import digitnet, vgg


def noise(*shape):
    return np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)


def test_digits_are_seen_by_digitnet_and_all_else_by_vgg():
    names = ("mnist10k", "emoji", "folder:x")
    assert [features_for(name) for name in names] == [DIGITNET, VGG16, VGG16]
    assert [cheap_features_for(name) for name in names] == [DIGITNET, PIXELS, PIXELS]
    assert [name for name in ("mnist10k", "mnist", "fashion_mnist", "emoji", "digits8", "folder:x") if features_for(name) == DIGITNET] == [
        "mnist10k", "mnist",
    ]  # fmt: skip
    x = noise(3, 32, 32, 1)
    found, read = describe(x, DIGITNET)
    np.testing.assert_array_equal(found, digitnet.features(x)[0])
    np.testing.assert_array_equal(read, digitnet.features(x)[1])
    found, read = describe(noise(3, 5, 9, 3), PIXELS)
    assert (found.shape, found.dtype, read) == ((3, 192), np.float32, None)
    with pytest.raises(
        ValueError,
        match="features must be 'DigitNet', 'PortraitNet', 'VGG-16 conv3_3', 'pixels 8x8' or 'motion 4x4', got 'Inception'",
    ):
        describe(x, "Inception")


def test_vggs_features_are_means_of_its_stage():
    x = noise(5, 13, 8, 3)
    found, read = describe(x, VGG16)
    assert (found.shape, found.dtype, read) == ((5, 256), np.float32, None)
    stage = vgg(16, weights="conv3_3").stages((x / 127.5 - 1).astype(np.float32))["conv3_3"]
    np.testing.assert_allclose(found, stage.mean(axis=(1, 2)) / 1000, rtol=1e-4, atol=1e-5)
    grey = noise(2, 9, 8, 1)
    np.testing.assert_array_equal(describe(grey, VGG16)[0], describe(grey.repeat(3, axis=3), VGG16)[0])
    with pytest.raises(ValueError, match="sees grey images or RGB, got 2 channels: use features='pixels 8x8'"):
        describe(noise(2, 8, 8, 2), VGG16)


def test_large_sets_are_described_block_by_block(monkeypatch):
    x = noise(5, 8, 8, 3)
    whole = describe(x, VGG16)[0]
    monkeypatch.setattr("minigan.evaluation.features.BLOCK", 2 * 64)
    np.testing.assert_allclose(describe(x, VGG16)[0], whole, rtol=1e-4, atol=1e-5)


def test_the_command_line_knows_every_kind():
    assert tuple(evaluate.FEATURES.values()) == FEATURES


def test_portraits_are_seen_by_portraitnet():
    assert features_for("portraits") == cheap_features_for("portraits") == PORTRAITNET
    found, read = describe(noise(3, 32, 32, 3), PORTRAITNET)
    assert (found.shape, found.dtype, read) == ((3, 128), np.float32, None)


def test_digitnet_can_read_digits():
    digits = load("mnist10k")
    some = slice(None, None, 199)
    _, read = describe(digits.images[some], DIGITNET)
    assert np.mean(read.argmax(axis=1) == digits.labels[some]) > 0.9


def test_bytes_become_numbers_from_minus_one_to_one():
    x = np.array([0, 51, 255, 204], np.uint8).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(flat(x), [[-1, -0.6, 1, 0.6]], rtol=1e-6)
    assert flat(x).dtype == np.float32


def test_eight_pixels_stay_what_they_are():
    x = noise(2, 8, 8, 3)
    np.testing.assert_allclose(shrink(x), flat(x), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_whole_fields_become_their_means(channels):
    x = noise(2, 32, 24, channels)
    means = (x / 127.5 - 1).reshape(2, 8, 4, 8, 3, channels).mean(axis=(2, 4))
    np.testing.assert_allclose(shrink(x), means.reshape(2, -1), atol=1e-6)


def test_pixels_that_two_fields_share_are_divided():
    x = np.array([[-1, 0, 1], [1, -1, 0.5]]) * 127.5 + 127.5  # (2, 3): each of 2 x 2 fields is 1 x 1.5 pixels
    a, b, c, d = (-1 + 0 / 2) / 1.5, (0 / 2 + 1) / 1.5, (1 - 1 / 2) / 1.5, (-1 / 2 + 0.5) / 1.5
    np.testing.assert_allclose(shrink(x.astype(np.uint8)[None, :, :, None], side=2), [[a, b, c, d]], atol=0.01)


@pytest.mark.parametrize("shape", [(28, 28), (11, 13), (5, 3), (1, 100)])
def test_the_mean_of_the_whole_image_is_kept(shape):
    x = noise(2, *shape, 1)
    np.testing.assert_allclose(shrink(x).mean(axis=1), (x / 127.5 - 1).mean(axis=(1, 2, 3)), atol=1e-6)
