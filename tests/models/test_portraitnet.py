"""The shipped reader of portraits: its input, its output, its loss, and that it still reads them."""

import copy

import numpy as np
import pytest

from minigan import data
from minigan.gradcheck import numerical_gradient
from minigan.models import portraitnet
from minigan.models.portraitnet import GROUPS, SIZES
from minigan.running import checkpoint


@pytest.fixture(scope="module")
def portraits():
    """Every 20th portrait: 200 of them, with their codes."""
    found = data.load("portraits")
    return found.images[::20], portraitnet.stack(found.attributes)[::20]


def test_its_attributes_are_those_of_the_data():
    found = data.load("portraits")
    assert {name: len(values) for name, values in found.attribute_classes.items()} == SIZES
    assert [columns.stop - columns.start for columns in GROUPS.values()] == list(SIZES.values())
    assert [columns.start for columns in GROUPS.values()][1:] == [columns.stop for columns in GROUPS.values()][:-1]


def test_it_reads_its_training_portraits(portraits):
    """They are part of its training set: this checks that weights and code match, not how good it is."""
    images, codes = portraits
    p = portraitnet.features(images)[1]
    right = {name: np.mean(p[name].argmax(axis=1) == codes[:, a]) for a, name in enumerate(SIZES)}
    assert np.mean([*right.values()]) >= 0.97
    assert min(right.values()) >= 0.85


def test_features_and_probabilities(portraits):
    f, p = portraitnet.features(portraits[0])
    assert (f.shape, f.dtype, list(p)) == ((200, 128), np.float32, list(SIZES))
    for name, found in p.items():
        assert (found.shape, found.dtype) == ((200, SIZES[name]), np.float32)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    x = data.Dataset(portraits[0], None, "some").to_float()
    np.testing.assert_array_equal(portraitnet.features(x)[0], f)
    s = portraitnet.shipped()(x[:5]).astype(np.float64)
    for name, columns in GROUPS.items():
        e = np.exp(s[:, columns])
        np.testing.assert_allclose(p[name][:5], e / e.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-6)


def test_the_gradient_of_the_sum_of_cross_entropies():
    rng = np.random.default_rng(0)
    s = 2 * rng.standard_normal((3, sum(SIZES.values())))
    codes = np.stack([rng.integers(size, size=3) for size in SIZES.values()], axis=1)
    value, ds = portraitnet.cross_entropy(s, codes)
    p = {name: np.exp(s[:, c]) / np.exp(s[:, c]).sum(axis=1, keepdims=True) for name, c in GROUPS.items()}
    by_hand = -sum(np.log(p[name][np.arange(3), codes[:, a]]).mean() for a, name in enumerate(SIZES))
    assert value == pytest.approx(by_hand, rel=1e-12)
    expected = numerical_gradient(lambda _: portraitnet.cross_entropy(s, codes)[0], s)
    np.testing.assert_allclose(ds, expected, atol=1e-9)


def test_the_gradient_of_the_network_matches_differences_of_the_loss():
    """Along random directions, in float64; each loss is computed on a fresh copy, so the dropout mask is the same."""
    rng = np.random.default_rng(1)
    net = portraitnet.network(rng).astype(np.float64)
    net.theta += 0.1 * rng.standard_normal(net.theta.size)
    x = rng.uniform(-1, 1, (4, 32, 32, 3))
    codes = np.stack([rng.integers(size, size=4) for size in SIZES.values()], axis=1)

    def loss(direction, h):
        moved = copy.deepcopy(net)
        moved.theta += h * direction
        return portraitnet.cross_entropy(moved.forward(x)[0], codes)[0]

    learned = copy.deepcopy(net)
    s, caches = learned.forward(x)
    learned.backward(portraitnet.cross_entropy(s, codes)[1], caches, need_dx=False)
    for _ in range(3):
        v, h = rng.standard_normal(net.theta.size), 1e-8  # a step so small that it crosses no kink of a LeakyReLU
        assert (loss(v, h) - loss(v, -h)) / (2 * h) == pytest.approx(learned.grad @ v, rel=1e-5)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (
            np.zeros((32, 32, 3), np.uint8),
            ValueError,
            r"portraitnet takes portraits \(N, 32, 32, 3\), N >= 1, got \(32, 32, 3\)",
        ),
        (np.zeros((2, 64, 64, 3), np.uint8), ValueError, r"got \(2, 64, 64, 3\)"),
        (np.zeros((2, 32, 32, 3), np.int64), TypeError, "portraitnet takes uint8 images, or floats"),
        (np.full((2, 32, 32, 3), 2.0), ValueError, r"portraitnet takes floats in \[-1, 1\], got 2 to 2"),
    ],
)
def test_other_input_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        portraitnet.features(images)


def test_save_and_load(tmp_path, portraits):
    net = portraitnet.network(rng=1)
    net.forward(portraits[0][:7] / np.float32(127.5) - 1)
    portraitnet.save(net, tmp_path / "mine.safetensors", {"seed": 1})
    again = portraitnet.load(tmp_path / "mine.safetensors")
    np.testing.assert_allclose(again.theta, net.theta, rtol=1e-3, atol=1e-7)  # float16
    np.testing.assert_array_equal(again.state, net.state)
    checkpoint.save(tmp_path / "other.safetensors", {"theta": net.theta, "state": net.state})
    with pytest.raises(checkpoint.CheckpointError, match="theta"):
        portraitnet.load(tmp_path / "other.safetensors")


def test_the_shipped_file_is_small_records_its_training_and_is_read_once():
    assert portraitnet.SHIPPED.stat().st_size <= 1_000_000
    _, meta = checkpoint.load(portraitnet.SHIPPED)
    assert meta["fresh_portraits_accuracy"] >= 0.95
    assert {"seed", "epochs", "threads"} < meta.keys()
    assert portraitnet.shipped() is portraitnet.shipped()
