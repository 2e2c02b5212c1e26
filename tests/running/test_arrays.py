"""Masks, imaginary parts and gradients below 1 are not lost without a word."""

import warnings

import numpy as np
import pytest

from minigan import data, metrics, plots
from minigan.data.source import Stream
from minigan.evaluation.measures import evaluate, evaluate_points
from minigan.game import GAN
from minigan.layers import Conv2d, Dense, Embedding, Flatten, LabelScore, Tanh
from minigan.losses import GAN_LOSSES, GANLoss, bce_with_logits, gaussian_kl, hinge, l1, mse, softmax_cross_entropy
from minigan.models import digitnet
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import PENALTIES
from minigan.running.arrays import as_array, as_target
from minigan.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 2)).astype(np.float32)
IMAGES = RNG.integers(0, 256, (120, 8, 8, 1)).astype(np.uint8)
F = X[:3, :1].astype(np.float64)


def masked(a):
    return np.ma.masked_array(a, mask=np.arange(a.size).reshape(a.shape) % 2 == 0)


def gan(classes=0):
    G, D = Sequential(Dense(3, 2), rng=0), Sequential(Dense(2, 1), rng=0)
    return GAN(G, D, hinge, [], Adam(G), Adam(D), 3, classes=classes)


ENTRIES = {
    "Trainer": lambda: Trainer(gan(), masked(X), batch=4, steps=1),
    "Trainer, labels": lambda: Trainer(gan(2), X, masked(np.zeros(20, np.int64)), batch=4, steps=1),
    "Stream": lambda: Stream(lambda n, rng: masked(X[:n]), RNG, (2,)).batch(4),
    "Dataset": lambda: data.Dataset(masked(IMAGES), None, "some"),
    "Dataset, labels": lambda: data.Dataset(IMAGES, masked(np.zeros(120, np.int64)), "some"),
    "Dataset, attributes": lambda: data.Dataset(
        IMAGES, None, "some", attributes={"a": masked(np.zeros(120, np.int64))}, attribute_classes={"a": ("x",)}
    ),
    "network": lambda: gan().D(masked(X)),
    "network, forward": lambda: gan().D.forward(masked(X)),
    "network, backward": lambda: gan().D.backward(masked(X[:, :1]), gan().D.forward(X)[1]),
    "layer": lambda: Dense(2, 3).init(0).forward(masked(X)),
    "convolution": lambda: Conv2d(1, 2, 3).init(0)(masked(IMAGES.astype(np.float32))),
    "activation": lambda: Tanh()(masked(X)),
    "Flatten": lambda: Flatten()(masked(X)),
    "Embedding": lambda: Embedding(3, 2).init(0)(masked(np.zeros(4, np.int64))),
    "LabelScore": lambda: LabelScore(2, 2).init(0)((X, masked(np.zeros(20, np.int64)))),
    "score": lambda: gan().score(masked(X)),
    "sample": lambda: gan(2).sample(4, RNG, masked(np.zeros(4, np.int64))),
    "to_image": lambda: plots.to_image(masked(IMAGES)),
    "grid": lambda: plots.grid(masked(IMAGES)),
    "scatter2d": lambda: plots.scatter2d(masked(X), X, "never.png"),
    "show": lambda: plots.show(masked(IMAGES)),
    "evaluate": lambda: evaluate(masked(IMAGES), IMAGES, "pixels 8x8", RNG),
    "evaluate_points": lambda: evaluate_points(masked(X), X, "ring"),
    "metrics": lambda: metrics.frechet_distance(masked(X), X),
    "ssim": lambda: metrics.ssim(masked(IMAGES), IMAGES, 255),
    "attributes": lambda: metrics.attribute_recall(masked(np.zeros((4, 2), np.int64)), np.zeros((4, 2), np.int64)),
    "digitnet": lambda: digitnet.features(masked(np.zeros((2, 28, 28, 1), np.float32))),
    "target": lambda: mse(F, masked(F)),
    "cross entropy": lambda: softmax_cross_entropy(X, masked(np.zeros(20, np.int64))),
    **{f"{name}.d": lambda loss=loss: loss.d(masked(F), F) for name, loss in GAN_LOSSES.items()},
    **{f"{name}.g": lambda loss=loss: loss.g(F, masked(F)) for name, loss in GAN_LOSSES.items()},
    **{name: lambda penalty=penalty: penalty(masked(F)) for name, penalty in PENALTIES.items()},
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_mask_is_not_lost(entry):
    with pytest.raises(TypeError, match=r"masked array, and its mask would be lost: fill it first, such as x\.filled"):
        ENTRIES[entry]()


def test_a_filled_array_and_plain_lists_are_taken():
    assert as_array("x", masked(X).filled(0)).shape == X.shape
    assert as_array("x", [1, 2]).tolist() == [1, 2]
    assert as_array("x", X) is X


PLAIN = {"bce": bce_with_logits, "mse": mse, "l1": l1, "gaussian_kl": gaussian_kl}
LOSSES = {
    **{f"{name}.d": lambda a, loss=loss: loss.d(a, a) for name, loss in GAN_LOSSES.items()},
    **{f"{name}.g": lambda a, loss=loss: loss.g(a, a) for name, loss in GAN_LOSSES.items()},
    **{name: penalty for name, penalty in PENALTIES.items()},
    **{name: lambda a, loss=loss: loss(a, 0 * a) for name, loss in PLAIN.items()},
    "softmax_cross_entropy": lambda a: softmax_cross_entropy(a, np.zeros(len(a), np.int64)),
}
INTEGERS = np.array([[1], [2], [3]])


@pytest.mark.parametrize("name", LOSSES)
def test_integers_would_have_a_gradient_of_zero(name):
    for a in (INTEGERS, INTEGERS > 1):
        with pytest.raises(TypeError, match=rf"takes floats, got {a.dtype}: use x.astype\(np.float32\)"):
            LOSSES[name](a)


@pytest.mark.parametrize("name", LOSSES)
def test_an_imaginary_part_is_not_lost(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="takes real floats, got complex128: its imaginary part would be lost"):
            LOSSES[name](INTEGERS * 1j)


@pytest.mark.parametrize("name", LOSSES)
def test_a_mean_over_nothing(name):
    with pytest.raises(ValueError, match=r"is a mean over samples, got none: an array of shape \(0, 1\)"):
        LOSSES[name](np.zeros((0, 1)))


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in PLAIN and name != "softmax_cross_entropy"])
def test_a_list_is_no_array_of_scores(name):
    with pytest.raises(TypeError, match=r"takes an array of floats, got \[1.0, 2.0\]: use np.array\(x, np.float32\)"):
        LOSSES[name]([1.0, 2.0])


@pytest.mark.parametrize("loss", GAN_LOSSES.values(), ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_get_the_gradient_of_their_dtype(loss, dtype):
    scores = np.array([[1.0], [-2.0], [3.0]], dtype)
    for gradients in (loss.d(scores, -scores)[1:], loss.g(scores, -scores)[1:]):
        for gradient in gradients:
            assert gradient.dtype == dtype
            assert gradient.shape == scores.shape
    assert loss.g(r=scores, f=scores)[0] == loss.g(scores, scores)[0]


def test_a_loss_of_ones_own_is_checked_too():
    class Own(GANLoss):
        def d(self, real, fake):
            return 0.0, np.full_like(real, -1 / real.size), np.full_like(fake, 1 / fake.size)

    with pytest.raises(TypeError, match="the loss own takes floats, got int64"):
        Own().d(INTEGERS, INTEGERS)
    assert Own.d.__name__ == "d"


@pytest.mark.parametrize("loss", [bce_with_logits, mse, l1, gaussian_kl])
def test_a_complex_target(loss):
    with pytest.raises(TypeError, match=r"the target of .* must be real numbers, got complex128"):
        loss(F, F * 1j)


@pytest.mark.parametrize(
    "target", [3.0, -0.1, float("nan"), np.array([[0.5], [1.1], [0.0]]), 2, -np.ones((3, 1), np.int64)]
)
def test_a_probability_outside_0_and_1(target):
    with pytest.raises(
        ValueError, match=r"the target of bce_with_logits is a probability in \[0, 1\], got values from "
    ):
        bce_with_logits(F, target)


@pytest.mark.parametrize("target", [1, 0.0, True, np.array([[True], [False], [True]]), [[0.5], [0.0], [1.0]]])
def test_targets_that_are_probabilities(target):
    value, gradient = bce_with_logits(F, target)
    p = 1 / (1 + np.exp(-F))
    t = np.asarray(target, float)
    np.testing.assert_allclose(value, -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)), rtol=1e-12)
    np.testing.assert_allclose(gradient, (p - t) / 3, rtol=1e-12)


def test_a_target_has_the_dtype_of_its_prediction():
    assert as_target("mse", X, np.zeros(X.shape)).dtype == np.float32
    with pytest.raises(ValueError, match=r"same shape, got \(20, 2\) and \(20,\)"):
        as_target("mse", X, np.zeros(20))


def test_a_complex_input_of_a_real_network():
    D = gan().D
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in (D, D.forward, lambda x: D.backward(x[:, :1], D.forward(X)[1])):
            with pytest.raises(TypeError, match="a network of float32 takes real numbers, got complex128"):
                call(X.astype(complex))
    assert D.astype(np.complex128)(X.astype(complex)).dtype == np.complex128
