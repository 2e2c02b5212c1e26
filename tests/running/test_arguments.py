"""Numbers, flags and paths that cannot be meant are refused at the call, with the argument's name and what would do."""

import numpy as np
import pytest

from minigan import apps, layers, losses, models
from minigan.apps.measurement import Mix, Shrink
from minigan.game import GAN, normal
from minigan.layers import Dense, LeakyReLU, Tanh
from minigan.models.likelihood import Bernoulli, Gaussian
from minigan.models.projection import Projection
from minigan.network import Sequential
from minigan.optim import EMA, Adam, clip_weights, constant, cosine, linear
from minigan.penalties import R1, R2, Dragan, WganGp
from minigan.running.arguments import check_path, check_range, check_sample, check_shape, check_whole, is_number
from minigan.trainer import Trainer
from minigan.zoo.vae import VAE

NAN, INF = float("nan"), float("inf")
assert apps


def net(n_in=3, n_out=2):
    return Sequential(Dense(n_in, 4), LeakyReLU(0.2), Dense(4, n_out), rng=0)


def gan(**options):
    G, D = net(3, 2), net(2, 1)
    return GAN(G, D, losses.hinge, [], Adam(G), Adam(D), **{"latent": 3, **options})


def trainer(**options):
    x = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
    return Trainer(gan(), x, **{"batch": 4, "steps": 2, **options})


def vae(**options):
    E, G = models.vae.vae_mlp((4, 4, 1), 3, 5, rng=0)
    return VAE(E, G, **{"likelihood": Bernoulli(), "opt_E": Adam(E), "opt_G": Adam(G), "latent": 3, **options})


@pytest.mark.parametrize("n", [np.int64(3), np.uint8(3), 3])
def test_sizes_may_be_numpy_integers(n):
    check_whole("Dense", n_in=n)
    assert Dense(n, 2).init(0).W.shape == (3, 2)
    assert gan().sample(n, np.random.default_rng(0)).shape == (3, 2)


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", None, True, [3], NAN, INF, 10**400])
def test_what_is_no_size(n):
    with pytest.raises(ValueError, match=r"^Dense needs a whole number n_in >= 1( and < \d+)?, got n_in="):
        check_whole("Dense", n_in=n)


def test_a_float_that_is_whole_is_told_the_int():
    with pytest.raises(ValueError, match=r"got steps=5\.0: it must be an int, 5$"):
        trainer(steps=5.0)
    with pytest.raises(ValueError, match=r"sample needs n >= 1 images, got 3\.0: it must be an int, 3$"):
        check_sample(3.0)


@pytest.mark.parametrize(
    ("value", "right"),
    [(0, 1), (1.5, 1), (np.float32(2), 1), (np.array(0.5), 1), (True, 0), (np.bool_(True), 0), (1j, 0), ("1", 0), (NAN, 0), (INF, 0),
     (np.array([0.5]), 0), (10**400, 0), (None, 0)],
)  # fmt: skip
def test_what_is_a_number(value, right):
    assert is_number(value) == bool(right)


def test_a_value_is_shown_in_short():
    with pytest.raises(ValueError, match="Adam needs a finite eps >= 0") as found:
        check_range("Adam", eps="x" * 10_000)
    assert len(str(found.value)) < 200


# ---- every constructor ---------------------------------------------------------------------------------------------------

LAYERS = {
    "BatchNorm": [("(3, eps=-1)", "finite eps"), ("(3, eps=nan)", "eps"), ("(3, momentum=5)", "0 <= momentum <= 1"),
                  ("(3, momentum=nan)", "momentum"), ("(True)", "whole number n")],
    "LayerNorm": [("(3, eps=-1)", "eps"), ("(3, eps='a')", "eps")],
    "InstanceNorm": [("(3, eps=inf)", "eps")],
    "PixelNorm": [("(-1)", "eps"), ("('a')", "eps")],
    "MinibatchStd": [("(-1)", "eps")],
    "LeakyReLU": [("(nan)", "alpha"), ("('a')", "0 <= alpha <= 1"), ("(True)", "alpha"), ("(None)", "alpha")],
    "Dropout": [("('a')", "0 <= p < 1"), ("(nan)", "p < 1"), ("(False)", "p < 1")],
    "Dense": [("(3, 4, gain=-1)", "finite gain"), ("(3, 4, gain=nan)", "gain"), ("(3, 4, gain='a')", "gain"),
              ("(3, 4, bias=5)", "bias=True"), ("(3, 4, 0.5)", "bias=True")],
    "Conv2d": [("(3, 4, 3, gain=inf)", "gain"), ("(3, 4, 3, pad=True)", "pad"), ("(3, 4, 3, stride=1.0)", "stride"),
               ("(3, 4, 3, bias=None)", "bias")],
    "ConvTranspose2d": [("(3, 4, 3, gain=nan)", "gain"), ("(3, 4, 3, pad=3)", "pad >= 0 and < 3")],
    "UpConv2d": [("(3, 4, gain=nan)", "gain"), ("(3, 4, 3.0)", "whole number k")],
    "Embedding": [("(3, 4, std=-1)", "std"), ("(3, 4, std=nan)", "std")],
    "LabelScore": [("(3, 4, gain=nan)", "gain")],
    "SelfAttention": [("(8, True)", "whole number d")],
    "Color": [("('a')", "Color needs 0 <= p <= 1")],
    "Translation": [("(2)", "p <= 1")], "Cutout": [("(None)", "p <= 1")], "Mirror": [("(True)", "p <= 1")],
    "Pack": [("(True)", "m >= 2"), ("(2.0)", "it must be an int, 2")],
    "Copy": [("(True)", "whole number n")],
    "Normalize": [("(1, [nan], [1])", r"mean\[0\]"), ("(inf, [0], [1])", "scale"), ("(1, [0], [1], [0.0])", r"order\[0\]"),
                  ("(1, [0, 0], [1, 'a'])", r"std\[1\]")],
    "Reshape": [("(True)", "positive sizes"), ("(2.0)", "positive sizes")],
    "Parallel": [("(5)", "a branch is a list"), ("(Dense(2, 3), Tanh())", "a branch is a list")],
    "Concat": [("(5)", "a branch is a list")],
    "SpectralNorm": [("(5)", "SpectralNorm wraps a linear layer")],
    "AvgPool2d": [("(2, crop=5)", "crop=True"), ("(2.0)", "whole number k")],
    "MaxPool2d": [("(2, crop='no')", "crop=True")],
}  # fmt: skip
CASES = [(name, text, message) for name, cases in LAYERS.items() for text, message in cases]


@pytest.mark.parametrize(("name", "text", "message"), CASES, ids=[name + text for name, text, _ in CASES])
def test_a_layer_with_a_number_that_makes_no_sense(name, text, message):
    with pytest.raises((TypeError, ValueError), match=message):
        eval(name + text, {**vars(layers), "nan": NAN, "inf": INF, "Tanh": Tanh})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gan(classes=-1), "GAN needs a whole number classes >= 0, got classes=-1"),
        (lambda: gan(classes=1.5), "classes=1.5"),
        (lambda: gan(d_steps=True), "d_steps=True"),
        (lambda: gan(latent="3"), "latent='3'"),
        (lambda: trainer(steps=INF), "Trainer needs a whole number steps >= 1, got steps=inf"),
        (lambda: trainer(steps="5"), "steps='5'"),
        (lambda: trainer(steps=True), "steps=True"),
        (lambda: trainer(steps=10**400), "whole number steps >= 1 and < 9223372036854775808, got steps=1000"),
        (lambda: trainer(batch=4.0), "a batch needs a whole number batch >= 1, got batch=4.0: it must be an int, 4"),
        (lambda: trainer(batch="4"), "batch='4'"),
        (lambda: trainer(log_every=2.5), "log_every=2.5"),
        (lambda: trainer(log_every=NAN), "log_every=nan"),
        (lambda: trainer(evaluate_every=-1), "Trainer needs a whole number evaluate_every >= 1, got evaluate_every=-1"),
        (lambda: trainer(evaluate_every=0), "evaluate_every=0"),
        (lambda: trainer(evaluate_every=2.5), "evaluate_every=2.5"),
        (lambda: trainer(seed=-1), "whole number seed >= 0"),
        (lambda: trainer(seed=1.5), "seed=1.5"),
        (lambda: trainer(sheet=0), "sheet=0"),
        (lambda: Adam(net(), lr=True), "the learning rate must be a number >= 0 or a function of the step, got True"),
        (lambda: EMA(net(), True), "0 <= decay <= 1, got True"),
        (lambda: linear(-1, 10), "linear needs a finite lr >= 0, got -1"),
        (lambda: linear(0.1, 10, -3), "linear needs a finite end >= 0, got -3"),
        (lambda: cosine("a", 5), "cosine needs a finite lr >= 0, got 'a'"),
        (lambda: constant(-1), "constant needs a finite lr >= 0, got -1"),
        (lambda: clip_weights(net(), True), "clip_weights needs c > 0, got True"),
        (lambda: clip_weights(net(), INF), "c > 0, got inf"),
        (lambda: R1(gamma=-1), "R1 needs a finite gamma >= 0, got -1"),
        (lambda: R2(gamma=True), "R2 needs a finite gamma >= 0, got True"),
        (lambda: WganGp(lam="a"), "WganGp needs a finite lam >= 0, got 'a'"),
        (lambda: Dragan(lam=NAN), "Dragan needs a finite lam >= 0, got nan"),
        (lambda: vae(k=0), "VAE needs a whole number k >= 1, got k=0"),
        (lambda: vae(beta=-1), "VAE needs a finite beta >= 0, got -1"),
        (lambda: vae(ema=1), "VAE needs 0 <= ema < 1, got 1"),
        (lambda: Gaussian(0), "a Gaussian needs s > 0, got 0"),
        (lambda: Gaussian(True), "s > 0, got True"),
        (lambda: Shrink(0), "Shrink needs a whole number k >= 1"),
        (lambda: Mix(0, (2, 2, 1), np.random.default_rng(0)), "Mix needs a whole number m >= 1"),
        (lambda: models.mlp((8, 8), rng=0), r"mlp needs the shape of an image, such as \(32, 32, 3\), got \(8, 8\)"),
        (lambda: models.mlp(5, rng=0), "shape of an image"),
        (lambda: models.mlp((4, 4, 1), classes=-1, rng=0), "mlp needs a whole number classes >= 0"),
        (lambda: models.dcgan((8, 8, 1), width=1.5, rng=0), "whole number width >= 1, got width=1.5"),
        (lambda: models.dcgan((8.0, 8, 1), rng=0), "need square images"),
        (lambda: models.toy(depth=-1, rng=0), "toy needs a whole number depth >= 0"),
        (lambda: models.vae.vae_conv((8, 8, 1), latent=0, rng=0), "vae_conv needs a whole number latent >= 1"),
        (lambda: models.vae.critic((8, 8, 1), level=1.0, rng=0), "levels 1 to 1 for images of 8 pixels, got level=1.0"),
        (lambda: models.vgg(16.0, rng=0), "there are VGG-11, 13, 16 and 19"),
        (lambda: Projection(None, 0, np.random.default_rng(0)), "Projection needs a whole number mixed >= 1"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Bernoulli(0.5), "Bernoulli needs binarise=True or binarise=False, got 0.5"),
        (lambda: EMA(net(), warmup=5), "EMA needs warmup=True or warmup=False, got 5"),
        (lambda: models.vgg(16, batch_norm=1, rng=0), "vgg needs batch_norm=True"),
        (lambda: Projection(None, 4, 0), "rng must be a numpy.random.Generator, got int"),
        (lambda: trainer(out=5), "Trainer needs a path as out, such as 'picture.png', got 5"),
        (lambda: Sequential(Dense(2, 3), rng="a"), "Sequential draws random weights: .* got 'a'"),
        (lambda: Sequential(Dense(2, 3), rng=-1), "Sequential draws random weights: .* got -1"),
    ],
)
def test_an_argument_of_another_kind(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("rng", [0, 7, None, "a", np.random.RandomState(0)])
def test_an_int_in_place_of_a_generator(rng):
    """sample(3, 0): the message names the generator of that seed."""
    seed = rng if isinstance(rng, int) else 0
    message = rf"rng must be a numpy.random.Generator, got {type(rng).__name__}: use np.random.default_rng\({seed}\)"
    for game in (gan(), vae()):
        with pytest.raises(TypeError, match=message):
            game.sample(3, rng)


@pytest.mark.parametrize("path", [5, None, True, b"x"])
def test_a_number_is_not_a_path(path):
    with pytest.raises(TypeError, match=r"save_png needs a path as path, such as 'picture\.png', got "):
        check_path("save_png", path=path)


@pytest.mark.parametrize("shape", [5, (8, 8), (8, 8, 0), (8, 8.0, 1), "881", (8, 8, True), None])
def test_what_is_no_shape_of_an_image(shape):
    with pytest.raises(ValueError, match="mlp needs the shape of an image"):
        check_shape("mlp", shape)
    check_shape("mlp", [8, np.int64(8), 1])


def test_the_usual_calls_are_accepted():
    assert normal
    trainer(steps=np.int64(2), batch=np.int32(4), seed=2**100, evaluate_every=1).run()
    gan(classes=0, d_steps=np.int64(2))
    Adam(net(), lr=np.float32(0.1)), Adam(net(), lr=0), Adam(net(), lr=np.array(0.1))
    Sequential(Dense(2, 3), rng=[1, 2]), Sequential(Dense(2, 3), rng=np.random.SeedSequence(1))
