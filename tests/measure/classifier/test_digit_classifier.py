"""Training the classifier, on a few hundred digits; and the command that reports on it and trains it again."""

import copy
import math

import numpy as np
import pytest

from minigan import cli, data, kernels
from minigan.data import mnist
from minigan.kernels.parallel import threads
from minigan.losses import softmax_cross_entropy
from minigan.measure.classifier.digits import report, train
from minigan.measure.classifier.training import shift
from minigan.models import digitnet
from minigan.running.checkpoint import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def digits():
    """Every 20th of mnist10k: 500 digits of all classes."""
    digits = data.load("mnist10k")
    return data.Dataset(digits.images[::20], digits.labels[::20], "mnist", digits.classes)


@pytest.fixture(scope="module")
def trained(digits):
    """Four epochs of five steps -> the network and the mean loss of each epoch."""
    losses = []
    net = train(digits.images, digits.labels, seed=4, epochs=4, progress=lambda epoch, loss: losses.append(loss))
    return net, losses


def test_the_loss_falls_and_the_digits_are_learned(digits, trained):
    net, losses = trained
    assert len(losses) == 4
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < math.log(10) / 2  # half the loss of guessing
    others = data.load("mnist10k")
    share, _ = report(net, others.images[10::20], others.labels[10::20])  # digits it has not seen
    assert share > 0.5  # chance is 0.1


def test_the_same_seed_gives_the_same_bits(digits, trained):
    again, other = (train(digits.images[:200], digits.labels[:200], seed, epochs=1) for seed in (4, 5))
    twice = train(digits.images[:200], digits.labels[:200], 4, epochs=1)
    assert again.theta.tobytes() == twice.theta.tobytes()
    assert again.state.tobytes() == twice.state.tobytes()
    assert again.theta.tobytes() != other.theta.tobytes()


def test_a_batch_is_not_changed(digits):
    before = digits.images.copy()
    train(digits.images[:100], digits.labels[:100], epochs=1)
    np.testing.assert_array_equal(digits.images, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((99, 28, 28, 1), np.uint8)}, r"at least 100 digits uint8 .* got uint8 \(99, 28, 28, 1\)"),
        ({"images": np.zeros((100, 32, 32, 1), np.uint8)}, "got uint8"),
        ({"images": np.zeros((100, 28, 28, 1), np.float32)}, "got float32"),
        ({"labels": np.zeros(99, np.int64)}, r"100 images and labels of shape \(99,\)"),
        ({"labels": np.full(100, 10)}, r"labels must be in 0..9"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"seed": -1}, "non-negative"),
    ],
)
def test_invalid_arguments_raise(change, message):
    good = {"images": np.zeros((100, 28, 28, 1), np.uint8), "labels": np.zeros(100, np.int64), "epochs": 1}
    with pytest.raises(ValueError, match=message):
        train(**(good | change))


# ---- the pieces --------------------------------------------------------------------------------------------------------


def test_the_gradient_of_the_cross_entropy_matches_differences():
    rng = np.random.default_rng(0)
    s, labels, h = 3 * rng.standard_normal((5, 10)), rng.integers(10, size=5), 1e-5
    gradient = softmax_cross_entropy(s, labels)[1]
    steps = h * np.eye(s.size).reshape(-1, *s.shape)
    values = [
        (softmax_cross_entropy(s + d, labels)[0] - softmax_cross_entropy(s - d, labels)[0]) / (2 * h) for d in steps
    ]
    np.testing.assert_allclose(gradient.ravel(), values, atol=1e-10)
    far = np.array([[1e4, -1e4], [-1e30, 0]])  # exp(1e4) would be inf
    value, gradient = softmax_cross_entropy(far, [1, 1])
    assert value == 1e4
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0, 0]])


def test_the_gradient_of_the_network_matches_differences_of_the_loss():
    """Along random directions, in float64; each loss is computed on a fresh copy, so the dropout mask is the same."""
    rng = np.random.default_rng(1)
    net = digitnet.network(rng).astype(np.float64)
    net.theta += 0.1 * rng.standard_normal(net.theta.size)  # no bias stays zero
    x, labels = rng.uniform(-1, 1, (6, 28, 28, 1)), rng.integers(10, size=6)

    def loss(direction, h):
        moved = copy.deepcopy(net)
        moved.theta += h * direction
        return softmax_cross_entropy(moved.forward(x)[0], labels)[0]

    learned = copy.deepcopy(net)
    s, caches = learned.forward(x)
    learned.backward(softmax_cross_entropy(s, labels)[1], caches, need_dx=False)
    for _ in range(3):
        v, h = rng.standard_normal(net.theta.size), 1e-8  # a step so small that it crosses no kink of a LeakyReLU
        assert (loss(v, h) - loss(v, -h)) / (2 * h) == pytest.approx(learned.grad @ v, rel=1e-5)


def test_shift_moves_each_image_separately_and_fills_with_black():
    rng = np.random.default_rng(2)
    images = rng.integers(1, 256, size=(300, 7, 5, 2), dtype=np.uint8)
    moved = shift(images, np.random.default_rng(3), most=2)
    assert (moved.shape, moved.dtype) == (images.shape, np.uint8)
    framed = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    seen = set()
    for image, frame in zip(moved, framed, strict=True):
        places = [(r, c) for r in range(5) for c in range(5) if np.array_equal(image, frame[r : r + 7, c : c + 5])]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 25
    np.testing.assert_array_equal(shift(images, rng, most=0), images)


# ---- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_mnist(monkeypatch, digits):
    """data.load returns 500 digits for MNIST -> the list of its calls."""
    asked = []
    monkeypatch.setattr(data, "load", lambda name, **options: asked.append((name, options)) or digits)
    return asked


def test_without_flags_it_reports_on_the_shipped_classifier(capsys, small_mnist):
    assert cli.main(["classifier", "--download"]) == 0
    assert small_mnist == [("mnist", {"split": "test", "download": True, "folder": None})]
    first, second, head, *rows = capsys.readouterr().out.splitlines()
    assert first == str(digitnet.SHIPPED)
    share, _, _, count = second.split()[:4]
    assert float(share) >= 99
    assert count == "500"
    assert head.split() == ["digit", "of", "wrong", "mistaken", "for", "(how", "often)"]
    assert [row.split()[0] for row in rows] == list("0123456789")
    assert sum(int(row.split()[1]) for row in rows) == 500


def test_the_report_says_which_digit_is_mistaken_for_which(digits):
    net = digitnet.network(rng=0)  # classifies everything as a 4
    net.layers[-1].W[...] = 0
    net.layers[-1].b[...] = np.arange(10) == 4
    share, table = report(net, digits.images[digits.labels > 3][:120], np.repeat([4, 9, 7], 40))
    assert share == pytest.approx(1 / 3)
    rows = table.splitlines()
    assert rows[0] == "33.33 % of 120 test digits are classified correctly, 80 are wrong"
    assert rows[2].split() == ["0", "0", "0"]
    assert rows[6].split() == ["4", "40", "0"]
    assert rows[11].split(maxsplit=3) == ["9", "40", "40", "4 (40)"]


def test_train_writes_to_out_and_never_overwrites_the_shipped_one(capsys, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = digitnet.SHIPPED.read_bytes()
    assert cli.main(["classifier", "--train", "--epochs", "1", "--seed", "3"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("epoch 1 of 1: loss ")
    assert said[1] == "digitnet.safetensors"
    assert "of 500 test digits are classified correctly" in said[2]
    assert [options["split"] for _, options in small_mnist] == ["test", "train"]
    arrays, made = load(tmp_path / "digitnet.safetensors")
    assert made["mnist_test_accuracy"] == pytest.approx(float(said[2].split()[0]) / 100)
    assert (made["seed"], made["epochs"], made["threads"]) == (3, 1, kernels.get_threads())
    assert cli.main(["classifier", "--train", "--epochs", "1", "--seed", "3", "--out", "new/mine.safetensors"]) == 0
    np.testing.assert_array_equal(load(tmp_path / "new" / "mine.safetensors")[0]["theta"], arrays["theta"])
    assert digitnet.SHIPPED.read_bytes() == before


def test_threads_are_set(small_mnist, monkeypatch):
    monkeypatch.setattr(threads, "_pool", threads.current_pool())
    assert cli.main(["classifier", "--threads", "1"]) == 0
    assert kernels.get_threads() == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["letternet"], "there is no classifier 'letternet'; there are: digitnet, portraitnet"),
        (["--epochs", "2"], "--seed, --epochs and --out need --train"),
        (["--out", "x"], "need --train"),
        (["--train", "--out", "."], "it is a folder; give the name of a file"),
        (["--train", "--epochs", "0"], "epochs must be at least 1, got 0"),
        (["--threads", "0"], "n must be a whole number of at least 1, got 0"),
    ],
)
def test_invalid_options_are_refused(capsys, small_mnist, monkeypatch, tmp_path, argv, message):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["classifier", *argv]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("minigan classifier: ")
    assert message in said.err


def test_a_missing_mnist_says_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setattr(mnist, "_places", lambda *_: [])
    assert cli.main(["classifier"]) == 1
    said = capsys.readouterr().err
    assert "mnist: t10k-images-idx3-ubyte[.gz] was not found" in said
    assert said.endswith("To download it, run the same command with --download\n")
