"""The shipped classifier: its input, its output, and that it still reads digits."""

import numpy as np
import pytest

from minigan import data
from minigan.kernels import use
from minigan.layers import ShapeError
from minigan.models import digitnet, reader
from minigan.running import checkpoint
from minigan.running.checkpoint import CheckpointError


@pytest.fixture(scope="module")
def digits():
    """Every 25th of mnist10k: 400 digits of all classes."""
    dataset = data.load("mnist10k")
    return dataset.images[::25], dataset.labels[::25]


def test_it_reads_its_training_digits():
    """mnist10k is part of its training set: this checks that weights and code match, not how good the classifier is."""
    dataset = data.load("mnist10k")
    images, labels = dataset.images[::4], dataset.labels[::4]
    _, p = digitnet.features(images)
    C = digitnet.confusion(labels, p)
    np.testing.assert_array_equal(C.sum(axis=1), np.bincount(labels))
    assert np.trace(C) >= 0.997 * 2500  # 2496 when it was trained


def test_features_and_probabilities(digits):
    f, p = digitnet.features(digits[0])
    assert (f.shape, f.dtype, p.shape, p.dtype) == ((400, 64), np.float32, (400, 10), np.float32)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(f).all()
    assert (f.std(axis=0) > 0.1).all()  # no feature is dead


def test_the_probabilities_match_the_network(digits):
    x = data.Dataset(digits[0], None, "some").to_float()
    s = digitnet.shipped()(x).astype(np.float64)
    np.testing.assert_allclose(
        digitnet.features(x)[1], np.exp(s) / np.exp(s).sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-7
    )


def test_confusion_by_hand():
    p = np.eye(10, dtype=np.float32)[[3, 3, 5, 0]]
    C = digitnet.confusion(np.array([3, 5, 5, 9]), p)
    assert (C[3, 3], C[5, 3], C[5, 5], C[9, 0], C.sum(), C.shape) == (1, 1, 1, 1, 4, (10, 10))


def same_bits(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def test_every_form_of_the_same_images_gives_the_same_bits(digits):
    images = digits[0][:37]
    answer = digitnet.features(images)
    assert same_bits(answer, digitnet.features(images))
    x = data.Dataset(images, None, "some").to_float()
    framed = data.Dataset(images, None, "some").to_float(pad_to=32)
    before = framed.copy()
    for form in (
        x,
        x.astype(np.float64),
        np.asfortranarray(x),
        framed,
        np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))),
    ):
        assert same_bits(answer, digitnet.features(form))
    np.testing.assert_array_equal(framed, before)


def test_the_border_of_32_x_32_images_is_ignored(digits):
    images = np.pad(digits[0][:5], ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
    assert same_bits(digitnet.features(images), digitnet.features(digits[0][:5]))


def test_the_result_for_an_image_does_not_depend_on_its_batch(digits):
    """Alone, in a batch, or in another block of a large batch: the same up to rounding."""
    f, p = digitnet.features(digits[0])
    for i in (0, 249, 250, 399):
        alone = digitnet.features(digits[0][i : i + 1])
        np.testing.assert_allclose(alone[0][0], f[i], atol=1e-4)
        np.testing.assert_allclose(alone[1][0], p[i], atol=1e-5)


def test_fast_and_reference_kernels_agree(digits):
    fast = digitnet.features(digits[0][:8])
    with use("reference"):
        plain = digitnet.features(digits[0][:8])
    np.testing.assert_allclose(fast[0], plain[0], atol=1e-4)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((28, 28, 1), np.uint8), ValueError, r"got \(28, 28, 1\): for one image write image\[None\]"),
        (np.zeros((5, 28, 28), np.uint8), ValueError, r"got \(5, 28, 28\)"),
        (np.zeros((5, 28, 28, 3), np.uint8), ValueError, "got"),
        (np.zeros((5, 28, 32, 1), np.uint8), ValueError, "got"),
        (np.zeros((5, 1, 28, 28), np.uint8), ValueError, "got"),
        (np.zeros((0, 28, 28, 1), np.uint8), ValueError, "N >= 1"),
        (np.zeros((2, 28, 28, 1), np.int64), TypeError, "uint8 images, or floats in .*, got int64"),
        (np.zeros((2, 28, 28, 1), bool), TypeError, "got bool"),
        (np.full((2, 28, 28, 1), 255.0), ValueError, r"got 255 to 255: use x / 127.5 - 1"),
        (np.full((2, 32, 32, 1), -1.5, np.float32), ValueError, "got -1.5 to -1.5"),
        (np.full((2, 28, 28, 1), np.nan, np.float32), ValueError, "got nan to nan"),
    ],
)
def test_other_input_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        digitnet.features(images)


def test_another_network_can_be_used(digits):
    net = digitnet.network(rng=3)
    f, p = digitnet.features(digits[0][:10], net)
    assert not np.array_equal(f, digitnet.features(digits[0][:10])[0])
    np.testing.assert_allclose(
        np.log(p).std(axis=1).mean(), net(reader.to_float(digits[0][:10])).std(axis=1).mean(), rtol=1e-3
    )


def test_the_network_refuses_images_of_another_size():
    with pytest.raises(ShapeError):
        digitnet.network(rng=0)(np.zeros((1, 30, 30, 1), np.float32))


def test_save_and_load(tmp_path):
    net = digitnet.network(rng=1)
    net.forward(
        np.random.default_rng(0).uniform(-1, 1, (7, 28, 28, 1)).astype(np.float32)
    )  # updates the running statistics
    digitnet.save(net, tmp_path / "mine.safetensors", {"seed": 1})
    again = digitnet.load(tmp_path / "mine.safetensors")
    np.testing.assert_array_equal(again.theta, net.theta)
    np.testing.assert_array_equal(again.state, net.state)
    checkpoint.save(tmp_path / "other.safetensors", {"theta": net.theta[1:], "state": net.state})
    with pytest.raises(CheckpointError, match="theta"):
        digitnet.load(tmp_path / "other.safetensors")
    with pytest.raises(FileNotFoundError):
        digitnet.load(tmp_path / "none.safetensors")


def test_the_shipped_file_is_small_records_its_training_and_is_read_once():
    assert digitnet.SHIPPED.stat().st_size <= 1_000_000
    _, meta = checkpoint.load(digitnet.SHIPPED)
    assert meta["mnist_test_accuracy"] >= 0.993
    assert {"seed", "epochs", "threads"} < meta.keys()
    assert digitnet.shipped() is digitnet.shipped()
