"""Data that cannot be trained on are refused when the source is made, with the conversion in the message."""

import numpy as np
import pytest

from minigan import losses, models
from minigan.data import Epochs, Stream
from minigan.data.check import check_labels, check_samples
from minigan.game import GAN
from minigan.optim import Adam

BYTES = np.random.default_rng(0).integers(256, size=(6, 4, 4, 1))
BYTES[0, 0, 0], BYTES[0, 0, 1] = 0, 255


def epochs(x, y=None):
    return Epochs(x, y, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (BYTES.astype(np.float32), ValueError, r"in \[-1, 1\], got values from 0 to 255: use x / 127\.5 - 1, or pass uint8"),
        (BYTES, TypeError, r"got int64: use x\.astype\(np\.uint8\)$"),
        (BYTES * 257, TypeError, r"got int64: use \(x - 0\) / 32767\.5 - 1 for values from 0 to 65535"),
        (BYTES > 9, TypeError, r"got bool: use x\.astype\(np\.uint8\) \* 255"),
        (np.zeros((3, 2), int), TypeError, r"got int64: use x\.astype\(np\.float32\)"),
        (BYTES.astype(complex), TypeError, "got an array of complex128"),
        (np.array(["a"]), TypeError, "got an array of <U1"),
        (BYTES / 50 - 2.5, ValueError, r"got values from -2\.5 to 2\.6: use 2 \* \(x - x\.min\(\)\)"),
        (3.0, ValueError, "got a single number"),
    ],
)  # fmt: skip
def test_samples_that_no_network_should_see(x, error, message):
    with pytest.raises(error, match=message):
        epochs(x)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(5, 4, 4, 1), (5, 2)])
def test_a_number_that_is_not_finite_is_found(bad, shape):
    x = np.zeros(shape, np.float32)
    x[3].flat[1] = bad
    with pytest.raises(ValueError, match="sample 3 of the data has NaN or Inf in it"):
        epochs(x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_good_samples_pass_as_they_are(dtype):
    for x in (
        BYTES.astype(np.uint8),
        (BYTES / 127.5 - 1).astype(dtype),
        np.full((3, 2), 250, dtype),
        np.zeros((0, 2, 2, 1)),
    ):
        assert check_samples(x) is x


def test_images_between_0_and_1_are_warned_of():
    with pytest.warns(UserWarning, match=r"between 0 and 1, .*: if 0 is black and 1 is white, use 2 \* x - 1"):
        epochs(BYTES / 255)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.eye(3)[[0, 1, 2, 0]], ValueError, r"shape \(4,\), .*, got \(4, 3\): use y\.argmax\(axis=1\), if the rows are one-hot"),
        (np.zeros((4, 1), int), ValueError, r"got \(4, 1\): use y\[:, 0\]"),
        (np.zeros((2, 2, 2), int), ValueError, r"got \(2, 2, 2\)"),
        ([0, 1, 2], ValueError, "every image needs its label: got 4 images and 3 labels"),
        (["cat", "dog", "cat", "dog"], TypeError, r"got <U3 such as .*cat.*: use names, y = np\.unique\(y, return_inverse=True\)"),
        ([0.0, 1.0, 2.0, 0.0], TypeError, r"whole numbers from 0, got float64 such as .*: use y\.astype\(np\.int64\)"),
        ([True, False, True, True], TypeError, r"got bool such as .*: use y\.astype\(np\.int64\)"),
        ([0, -1, 2, 0], ValueError, "whole numbers from 0, got -1 to 2"),
    ],
)  # fmt: skip
def test_labels_that_are_no_class_numbers(y, error, message):
    with pytest.raises(error, match=message):
        epochs(np.zeros((4, 2), np.float32), y)


def test_lists_and_small_integers_are_labels():
    for y in ([0, 1, 2, 0], np.array([0, 1, 2, 0], np.uint8), (0, 1, 2, 0)):
        source = epochs(np.zeros((4, 2), np.float32), y)
        assert (source.y.dtype, source.y.tolist(), source.classes) == (np.int64, [0, 1, 2, 0], 3)


def test_the_range_of_labels_is_known():
    with pytest.raises(ValueError, match="from 0 to 3, got 1 to 4: they are counted from 0, use y - 1"):
        check_labels([1, 2, 3, 4], 4, 4)
    with pytest.raises(ValueError, match="labels were given, but this game has no classes"):
        check_labels([0], 1, 0)


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        (lambda n, rng: (np.full((n, 4, 4, 1), 255.0), np.zeros(n, int)), r"got values from 255 to 255"),
        (lambda n, rng: (np.zeros((n, 4, 5, 1)), np.zeros(n, int)), r"drew samples \(3, 4, 5, 1\), expected \(3, 4, 4, 1\)"),
        (lambda n, rng: np.zeros((n, 4, 4, 1)), r"a stream with classes=2 must draw \(x, y\), got x only"),
        (lambda n, rng: (np.zeros((n, 4, 4, 1)), np.full(n, 2)), "from 0 to 1, got 2 to 2"),
        (lambda n, rng: (np.zeros((n, 4, 4, 1)), np.zeros(n - 1, int)), "got 3 images and 2 labels"),
    ],
)  # fmt: skip
def test_the_first_batch_of_a_stream_is_checked(drawn, message):
    source = Stream(drawn, np.random.default_rng(0), (4, 4, 1), classes=2)
    with pytest.raises(ValueError, match=message):
        source.batch(3)


# ---- what D scores is checked like what it is trained on ---------------------------------------------------------------


def scoring(classes=0):
    G, D = models.mlp((4, 4, 1), 3, 2, classes, rng=0)
    return GAN(G, D, losses.hinge, [], Adam(G), Adam(D), 3, classes=classes)


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.linspace(0, 255, 32).reshape(2, 4, 4, 1), ValueError, r"float images must be in \[-1, 1\], got values from 0 to 255"),
        (np.full((2, 4, 4, 1), np.nan), ValueError, "sample 0 of the data has NaN or Inf"),
        (np.zeros((2, 4, 4, 1), np.int64), TypeError, "samples must be uint8"),
        (np.zeros((2, 4, 4, 1), complex), TypeError, "samples must be uint8, or floats"),
        (np.zeros((2, 1, 4, 4)), ValueError, r"shape \(4, 4, 1\), got .* \(1, 4, 4\): put the channels last"),
        (np.zeros((2, 16)), ValueError, r"use x\.reshape\(-1, 4, 4, 1\)"),
        (np.zeros((2, 4, 4)), ValueError, r"use x\[\.\.\., None\]"),
        (np.zeros((4, 4, 1)), ValueError, r"for one image write x\[None\]"),
        (np.zeros((2, 4, 4, 3)), ValueError, r"use x\.mean\(axis=3, keepdims=True\), grey"),
        (np.zeros((2, 3, 3, 1)), ValueError, r"put a black frame around them, Dataset\.to_float\(pad_to=4\)"),
        (np.zeros((2, 2, 8, 1)), ValueError, "build the networks for the shape of the data"),
        (3, ValueError, "got a single number"),
    ],
)  # fmt: skip
def test_images_that_d_was_not_trained_for_get_no_score(classes, x, error, message):
    labels = np.zeros(np.shape(x)[:1], np.int64) if classes and np.ndim(x) else None
    with pytest.raises(error, match=message):
        scoring(classes).score(x, labels)


def test_bytes_and_floats_get_the_same_score():
    x, game = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 1)).astype(np.uint8), scoring()
    found = game.score(x)
    assert found.shape == (3,)
    np.testing.assert_array_equal(found, game.score(x.astype(np.float32) / np.float32(127.5) - np.float32(1)))
