"""Bad calls: each is answered by one sentence that says what was expected, what was given and, where possible, the fix.

A row is (call, exception, message).  Where a network has to run first, the call is a generator that prepares, yields, and then
makes the mistake: from the yield on every kernel fails the test, because a wrong shape must be found before any compiled code
could read past the end of an array.
"""

import copy
import tempfile
from inspect import isgenerator
from pathlib import Path

import numpy as np
import pytest

from minigan import data, gradcheck, kernels
from minigan.game import GAN, d_step, g_step
from minigan.layers import (
    AvgPool2d,
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    InstanceNorm,
    LabelScore,
    LayerNorm,
    LeakyReLU,
    MaxPool2d,
    MinibatchStd,
    MixedSamplesError,
    Pack,
    PixelNorm,
    ReLU,
    Reshape,
    Residual,
    SelfAttention,
    ShapeError,
    SpectralNorm,
    Tanh,
    UpConv2d,
    Upsample2x,
)
from minigan.losses import bce_with_logits, gaussian_kl, l1, mse, relativistic, softmax_cross_entropy, wasserstein
from minigan.models import dcgan
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, RMSProp, clip_weights
from minigan.penalties import Custom, add_penalty, dragan, r1, wgan_gp
from minigan.running import checkpoint
from minigan.trainer import Trainer


def f32(*shape):
    return np.ones(shape, np.float32)


def prepared(layer):
    return copy.deepcopy(layer).init(0)


def forward(layer, x):
    layer = prepared(layer)
    yield
    layer.forward(x)


def use(layer, x):
    layer = prepared(layer)
    yield
    layer(x)


def backward(layer, x, dy):
    layer = prepared(layer)
    _, cache = layer.forward(x)
    yield
    layer.backward(dy, cache)


def accumulate(layer, x, dy):
    layer = prepared(layer)
    _, cache = layer.forward(x)
    yield
    layer.accumulate(dy, cache)


def tangent(layer, x, v):
    layer = prepared(layer)
    _, cache = layer.forward(x)
    yield
    layer.tangent(v, cache)


def penalised(D, x):
    scores, caches = D.forward(x)
    add_penalty(D, scores, caches, r1)


def game(*critic):
    return Sequential(Dense(2, 3), rng=0), Sequential(*critic, rng=0)


def gan(G, D):
    return GAN(G, D, wasserstein, [], SGD(G), SGD(D), 2)


REAL = f32(4, 3)


def step(penalty, *critic, loss=wasserstein, x=REAL):
    G, D = game(*critic)
    d_step(G, D, loss, [penalty] if penalty else [], SGD(D), x, f32(4, 2))


def with_file(arrays, expect):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.safetensors"
        checkpoint.save(path, arrays)
        checkpoint.load(path, expect=expect)


def cut_short():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.safetensors"
        checkpoint.save(path, {"theta": f32(100)})
        path.write_bytes(path.read_bytes()[:-10])
        checkpoint.load(path)


def twice(layer):
    return Sequential(layer, Tanh(), layer, rng=0)


def in_two(layer):
    Sequential(layer, rng=0)
    Sequential(layer, rng=0)


def net():
    return Sequential(Dense(2, 1), rng=0)


TRAINED = gan(*game(Dense(3, 1)))
IMAGES = data.Dataset(np.zeros((2, 8, 8, 1), np.uint8), None, "some")

SHAPES = {  # into a layer, forward and in use: (layer, x, message)
    "Dense, width": (Dense(3, 4), f32(2, 5), r"Dense\(3, 4\) expected .* \(N, 3\), got \(2, 5\): .* use Dense\(5, 4\)"),
    "Dense, image": (
        Dense(3, 4),
        f32(2, 3, 5, 1),
        r"\(N, 3\), got \(2, 3, 5, 1\): put Flatten\(\) before it, or .*\(15, 4\)",
    ),
    "Dense, one sample": (Dense(3, 4), f32(3), r"\(N, 3\), got \(3,\)"),
    "Conv2d, channels": (
        Conv2d(2, 3, 3),
        f32(1, 5, 5, 4),
        r"\(N, H, W, 2\), got \(1, 5, 5, 4\): .* Conv2d\(4, \.\.\.\) would",
    ),
    "Conv2d, NCHW": (Conv2d(2, 3, 3), f32(1, 2, 5, 6), r"\(N, C, H, W\), use x.transpose\(0, 2, 3, 1\)"),
    "Conv2d, no batch": (Conv2d(2, 3, 3), f32(5, 6, 2), r"\(N, H, W, 2\), got \(5, 6, 2\)"),
    "Conv2d, too small": (Conv2d(2, 3, 5, pad=1), f32(1, 6, 2, 2), r"at least 3 x 3, got 6 x 2"),
    "ConvTranspose2d, channels": (ConvTranspose2d(2, 3, 4), f32(1, 5, 5, 4), r"\(N, H, W, 2\), got \(1, 5, 5, 4\)"),
    "ConvTranspose2d, NCHW": (ConvTranspose2d(2, 3, 4), f32(1, 2, 5, 6), r"use x.transpose\(0, 2, 3, 1\)"),
    "UpConv2d": (
        UpConv2d(2, 3),
        f32(1, 5, 5, 4),
        r"\(N, H, W, 2\), got \(1, 5, 5, 4\): .* UpConv2d\(4, \.\.\.\) would fit",
    ),
    "BatchNorm": (
        BatchNorm(3),
        f32(2, 4),
        r"BatchNorm\(3\) expected .* \(\.\.\., 3\), got \(2, 4\): .* BatchNorm\(4\) would",
    ),
    "LayerNorm": (LayerNorm(3), f32(2, 4), r"\(\.\.\., 3\), got \(2, 4\): .* LayerNorm\(4\) would fit"),
    "InstanceNorm": (InstanceNorm(3), f32(2, 3), r"\(N, H, W, 3\), got \(2, 3\)"),
    "PixelNorm": (PixelNorm(), f32(3), r"at least two axes, got \(3,\)"),
    "AvgPool2d, odd": (AvgPool2d(2), f32(1, 4, 5, 1), r"divisible by 2, got \(1, 4, 5, 1\): pad or crop"),
    "MaxPool2d, odd": (MaxPool2d(3), f32(1, 4, 6, 1), r"divisible by 3, got \(1, 4, 6, 1\): pad or crop"),
    "Upsample2x": (Upsample2x(), f32(4, 5, 1), r"\(N, H, W, C\), got \(4, 5, 1\)"),
    "MinibatchStd": (MinibatchStd(), f32(4), r"at least two axes, got \(4,\)"),
    "Pack, odd batch": (
        Pack(2),
        f32(5, 3),
        r"\(N, \.\.\., C\) with N a multiple of 2, got \(5, 3\): 1 of 5 samples would be left over",
    ),
    "SelfAttention": (
        SelfAttention(8),
        f32(1, 3, 2, 4),
        r"\(N, H, W, 8\), got \(1, 3, 2, 4\): .* SelfAttention\(4\) would",
    ),
    "SpectralNorm": (SpectralNorm(Dense(3, 4)), f32(2, 5), r"Dense\(3, 4\) expected .* \(N, 3\), got \(2, 5\)"),
    "Reshape": (
        Reshape(4, 4, 2),
        f32(2, 31),
        r"\(N, \.\.\.\) with 32 values a sample, got \(2, 31\): 31 values do not fill \(4, 4, 2\)",
    ),
    "Flatten": (Flatten(), f32(4), r"\(N, \.\.\.\), got \(4,\): the first axis is the batch"),
    "Concat": (Concat(), (f32(2, 3), f32(4, 3)), r"got \(2, 3\) and \(4, 3\): all other axes must agree"),
    "LabelScore": (
        LabelScore(3, 2),
        (f32(2, 4), np.array([0, 1])),
        r"\(N, 3\), got \(2, 4\): LabelScore\(4, ...\) would fit",
    ),
    "Embedding, matrix": (
        Embedding(10, 3),
        np.zeros((2, 1), int),
        r"integer labels of shape \(N,\), got int64 of shape \(2, 1\)",
    ),
    "Embedding, floats": (Embedding(10, 3), f32(2), r"integer labels of shape \(N,\), got float32 of shape \(2,\)"),
}

SLOPES = {  # into a layer's backward: (layer, x, dy); each expects the shape of its output
    "Dense": (Dense(3, 4), f32(2, 3), f32(2, 3)),
    "Dense, broadcast": (Dense(3, 4), f32(2, 3), f32(1, 4)),
    "Conv2d": (Conv2d(2, 3, 3), f32(1, 5, 6, 2), f32(1, 5, 6, 3)),
    "ConvTranspose2d": (ConvTranspose2d(2, 3, 4, 2, 1), f32(1, 5, 6, 2), f32(1, 10, 11, 3)),
    "UpConv2d": (UpConv2d(2, 3), f32(1, 5, 6, 2), f32(1, 5, 6, 3)),
    "LeakyReLU": (LeakyReLU(), f32(2, 3), f32(2, 1)),
    "Tanh": (Tanh(), f32(2, 3), f32(3)),
    "Dropout": (Dropout(), f32(2, 3), f32(1, 3)),
    "BatchNorm": (BatchNorm(3), f32(2, 3), f32(2, 1)),
    "LayerNorm": (LayerNorm(3), f32(2, 3), f32(1, 3)),
    "InstanceNorm": (InstanceNorm(3), f32(2, 3, 4, 3), f32(2, 3, 1, 3)),
    "PixelNorm": (PixelNorm(), f32(2, 3), f32(2, 1)),
    "AvgPool2d": (AvgPool2d(2), f32(1, 4, 6, 1), f32(1, 4, 6, 1)),
    "MaxPool2d": (MaxPool2d(2), f32(1, 4, 6, 1), f32(1, 2, 1, 1)),
    "Upsample2x": (Upsample2x(), f32(1, 4, 6, 1), f32(1, 4, 6, 1)),
    "MinibatchStd": (MinibatchStd(), f32(4, 3), f32(4, 3)),
    "Pack": (Pack(2), f32(4, 3), f32(4, 3)),
    "LabelScore": (LabelScore(3, 2), (f32(2, 3), np.array([0, 1])), f32(2, 2)),
    "SelfAttention": (SelfAttention(8), f32(1, 3, 2, 8), f32(1, 6, 8)),
    "SpectralNorm": (SpectralNorm(Dense(3, 4)), f32(2, 3), f32(2, 3)),
    "Reshape": (Reshape(4, 2), f32(2, 8), f32(2, 2, 4)),
    "Flatten": (Flatten(), f32(2, 4, 3, 1), f32(2, 4, 3, 1)),
    "Residual": (Residual(Dense(3, 3)), f32(2, 3), f32(2, 1)),
    "Concat": (Concat(), (f32(2, 3), f32(2, 1)), f32(2, 3)),
}

WITH_WEIGHTS = (
    "Dense",
    "Conv2d",
    "ConvTranspose2d",
    "UpConv2d",
    "BatchNorm",
    "LayerNorm",
    "InstanceNorm",
    "SelfAttention",
)
WITH_WEIGHTS = (*WITH_WEIGHTS, "SpectralNorm", "Residual", "LabelScore")

DIRECTIONS = {  # into a layer's tangent: (layer, x, v); each expects the shape of its input
    "Dense": (Dense(3, 4), f32(2, 3), f32(2, 4)),
    "Conv2d": (Conv2d(2, 3, 3), f32(1, 5, 6, 2), f32(1, 5, 5, 2)),
    "ConvTranspose2d": (ConvTranspose2d(2, 3, 4), f32(1, 5, 6, 2), f32(1, 6, 5, 2)),
    "UpConv2d": (UpConv2d(2, 3), f32(1, 5, 6, 2), f32(2, 5, 6, 2)),
    "LeakyReLU": (LeakyReLU(), f32(2, 3), f32(2, 1)),
    "Tanh": (Tanh(), f32(2, 3), f32(3)),
    "Dropout": (Dropout(), f32(2, 3), f32(1, 3)),
    "LayerNorm": (LayerNorm(3), f32(2, 3), f32(1, 3)),
    "PixelNorm": (PixelNorm(), f32(2, 3), f32(2, 1)),
    "AvgPool2d": (AvgPool2d(2), f32(1, 4, 6, 1), f32(1, 4, 4, 1)),
    "LabelScore": (LabelScore(3, 2), (f32(2, 3), np.array([0, 1])), (f32(2, 1), None)),
    "MaxPool2d": (MaxPool2d(2), f32(1, 4, 6, 1), f32(1, 4, 8, 1)),
    "Upsample2x": (Upsample2x(), f32(1, 4, 6, 1), f32(1, 8, 12, 1)),
    "SelfAttention": (SelfAttention(8), f32(1, 3, 2, 8), f32(1, 2, 3, 8)),
    "SpectralNorm": (SpectralNorm(Dense(3, 4)), f32(2, 3), f32(2, 4)),
    "Reshape": (Reshape(4, 2), f32(2, 8), f32(2, 4, 2)),
    "Flatten": (Flatten(), f32(2, 4, 3, 1), f32(2, 12)),
    "Residual": (Residual(Dense(3, 3)), f32(2, 3), f32(2, 1)),
}

OTHERS = {
    # sizes and settings
    "Dense of nothing": (lambda: Dense(0, 3), ValueError, r"Dense needs a whole number n_in >= 1, got n_in=0"),
    "Dense of a fraction": (lambda: Dense(3, 2.5), ValueError, r"Dense needs a whole number n_out >= 1, got n_out=2.5"),
    "Conv2d k": (lambda: Conv2d(1, 1, 0), ValueError, r"Conv2d needs a whole number k >= 1, got k=0"),
    "Conv2d k tuple": (lambda: Conv2d(1, 1, (3, 3)), ValueError, r"whole number k >= 1, got k=\(3, 3\)"),
    "Conv2d stride": (lambda: Conv2d(1, 1, 3, stride=0), ValueError, r"whole number stride >= 1, got stride=0"),
    "Conv2d pad": (lambda: Conv2d(1, 1, 3, pad=-1), ValueError, r"whole number pad >= 0 and < 3, got pad=-1"),
    "Conv2d pad same": (
        lambda: Conv2d(1, 1, 3, pad="same"),
        ValueError,
        r"whole number pad >= 0 and < 3, got pad='same'",
    ),
    "ConvTranspose2d pad": (
        lambda: ConvTranspose2d(1, 1, 2, pad=2),
        ValueError,
        r"whole number pad >= 0 and < 2, got pad=2",
    ),
    "UpConv2d even": (lambda: UpConv2d(1, 1, 4), ValueError, r"UpConv2d needs an odd k.*got k=4"),
    "UpConv2d k": (lambda: UpConv2d(1, 1, -1), ValueError, r"UpConv2d needs a whole number k >= 1, got k=-1"),
    "AvgPool2d k": (lambda: AvgPool2d(0), ValueError, r"AvgPool2d needs a whole number k >= 1, got k=0"),
    "BatchNorm n": (lambda: BatchNorm(0), ValueError, r"BatchNorm needs a whole number n >= 1, got n=0"),
    "LayerNorm n": (lambda: LayerNorm(-2), ValueError, r"LayerNorm needs a whole number n >= 1, got n=-2"),
    "SelfAttention d": (lambda: SelfAttention(8, 0), ValueError, r"SelfAttention needs a whole number d >= 1, got d=0"),
    "Embedding dim": (lambda: Embedding(10, 0), ValueError, r"Embedding needs a whole number dim >= 1, got dim=0"),
    "LeakyReLU alpha": (lambda: LeakyReLU(2.0), ValueError, r"LeakyReLU needs 0 <= alpha <= 1, got 2.0"),
    "Dropout p": (lambda: Dropout(1.0), ValueError, r"Dropout needs 0 <= p < 1, got 1.0"),
    "Reshape with batch": (lambda: Reshape(-1, 4), ValueError, r"without the batch axis, such as .* got \(-1, 4\)"),
    "SpectralNorm of Tanh": (
        lambda: SpectralNorm(Tanh()),
        ValueError,
        r"wraps a linear layer with weights W.*got Tanh\(\)",
    ),
    "SpectralNorm of norm": (
        lambda: SpectralNorm(BatchNorm(2)),
        ValueError,
        r"such as Dense or Conv2d, got BatchNorm\(2\)",
    ),
    # layers and networks
    "Residual that does not fit": (
        lambda: Residual(Dense(3, 2)).init(0)(f32(1, 3)),
        ShapeError,
        r"same shape, got \(1, 2\) and \(1, 3\): in a Residual.*pass a shortcut= layer",
    ),
    "Beside without a label": (lambda: Beside(Tanh())(f32(2, 3)), TypeError, r"takes a pair \(x, label\), got ndarray"),
    "LabelScore without a label": (
        lambda: LabelScore(3, 2)(f32(2, 3)),
        TypeError,
        r"got ndarray: put Beside\(...\) before it",
    ),
    "LabelScore, labels": (
        use(LabelScore(3, 2), (f32(2, 3), np.array([0, 2]))),
        ValueError,
        r"takes labels 0 to 1, got 0 to 2",
    ),
    "LabelScore, float labels": (
        use(LabelScore(3, 2), (f32(2, 3), f32(2))),
        ShapeError,
        r"expected integer labels of shape \(2,\), got float32 of shape \(2,\)",
    ),
    "no weights": (
        lambda: Dense(3, 4).forward(f32(2, 3)),
        ValueError,
        r"no weights yet: put it in Sequential\(.*or call .init",
    ),
    "no weights, use": (lambda: BatchNorm(3)(f32(2, 3)), ValueError, r"BatchNorm\(3\) has no weights yet"),
    "no weights, labels": (lambda: Embedding(3, 2)(np.array([1])), ValueError, r"Embedding\(3, 2\) has no weights yet"),
    "no weights, spectral": (
        lambda: SpectralNorm(Dense(3, 4))(f32(2, 3)),
        ValueError,
        r"SpectralNorm.* has no weights yet",
    ),
    "no stream": (
        lambda: Dropout().forward(f32(2)),
        ValueError,
        r"Dropout\(0.5\) has no random stream yet: put it in Sequential",
    ),
    "no rng": (lambda: Sequential(Dense(3, 4)), TypeError, r"draws random weights: pass rng=.*default_rng\(0\)"),
    "no layer": (
        lambda: Sequential(Dense(3, 4), np.tanh, rng=0),
        TypeError,
        r"built of layers, such as Dense.*got <ufunc",
    ),
    "a list of layers": (
        lambda: Sequential([Dense(3, 4)], rng=0),
        TypeError,
        r"built of layers, such as Dense.*got \[",
    ),
    "float16": (
        lambda: Sequential(Dense(3, 4), rng=0, dtype=np.float16),
        TypeError,
        r"float32 or float64, got dtype=float16",
    ),
    "integer network": (
        lambda: Sequential(Dense(3, 4), rng=0, dtype=int),
        TypeError,
        r"float32 or float64, got dtype=int64",
    ),
    "one layer twice": (
        lambda: twice(Dense(3, 3)),
        ValueError,
        r"same layer object appears twice.*one object for each position",
    ),
    "one layer in two": (
        lambda: in_two(Dense(3, 3)),
        ValueError,
        r"Dense\(3, 3\) already belongs to a network: build a new",
    ),
    "network in network": (lambda: Sequential(net(), rng=0), ValueError, r"Dense\(2, 1\) already belongs to a network"),
    "uint8 images": (
        lambda: net()(np.zeros((4, 2), np.uint8)),
        TypeError,
        r"floats in \[-1, 1\], got uint8.*x / 127.5 - 1",
    ),
    "integers": (
        lambda: net()(np.zeros((4, 2), int)),
        TypeError,
        r"Dense\(2, 1\) computes with floats, got int64: use x.astype",
    ),
    "integers, no weights": (lambda: ReLU()(np.array([1, -1])), TypeError, r"ReLU\(\) computes with floats, got int64"),
    "booleans": (lambda: Tanh()(np.array([True])), TypeError, r"Tanh\(\) computes with floats, got bool"),
    "mixed precision": (
        forward(Dense(2, 1), np.ones((1, 2))),
        TypeError,
        r"Dense\(2, 1\) has float32 weights, got float64: use x.astype\(np.float32\), as Sequential does",
    ),
    "labels too large": (forward(Embedding(10, 3), np.array([3, 10])), ValueError, r"labels 0 to 9, got 3 to 10"),
    "labels negative": (use(Embedding(10, 3), np.array([-1, 3])), ValueError, r"labels 0 to 9, got -1 to 3"),
    "no pair": (
        forward(Concat([Tanh()]), f32(2, 3)),
        TypeError,
        r"takes a pair \(x, label\), got ndarray: call D\(\(x, label\)\)",
    ),
    "no pair, tangent": (tangent(Concat(), (f32(2, 3), f32(2, 1)), f32(2, 3)), TypeError, r"takes a pair"),
    "BatchNorm of one": (
        forward(BatchNorm(3), f32(1, 3)),
        ValueError,
        r"at least two values per channel.*\(1, 3\): use a larger",
    ),
    "pair into one": (
        lambda: net().forward((f32(4, 2), np.zeros(4, int))),
        TypeError,
        r"takes one array, got a tuple of 2: .* Concat",
    ),
    "foreign caches": (lambda: net().backward(f32(1, 1), []), ValueError, r"got 0 caches for 1 layers"),
    "locate": (lambda: net().locate(3), IndexError, r"theta has 3 entries, got index 3"),
    "dcgan, odd": (
        lambda: dcgan((28, 28, 1), rng=0),
        ValueError,
        r"square images .* of 8, 16, 32, 64.*got \(28, 28, 1\): pad",
    ),
    # penalties
    "BatchNorm in D": (
        lambda: penalised(Sequential(Dense(2, 3), BatchNorm(3), rng=0), f32(4, 2)),
        MixedSamplesError,
        r"BatchNorm\(3\) mixes the samples of a batch.*Use a norm that looks at one sample at a time.*LayerNorm",
    ),
    "MinibatchStd in D": (
        lambda: step(r1, MinibatchStd(), Dense(4, 1)),
        MixedSamplesError,
        r"MinibatchStd\(\) mixes the samples",
    ),
    "BatchNorm's tangent": (tangent(BatchNorm(2), f32(4, 2), f32(4, 2)), MixedSamplesError, r"mixes the samples"),
    "ReLU's curvature": (lambda: ReLU().curvature(0, 0, 0), NotImplementedError, r"ReLU\(\) is piecewise linear"),
    "between without rng": (
        lambda: step(wgan_gp, Dense(3, 1)),
        ValueError,
        r"'between' the batches.*pass rng=",
    ),
    "around without rng": (lambda: step(dragan, Dense(3, 1)), ValueError, r"'around' .*draws points: pass rng="),
    "unknown place": (
        lambda: Custom(abs, place="nowhere"),
        ValueError,
        r"place is one of 'real', 'fake', 'between', 'around', got 'nowhere'",
    ),
    # losses
    "relativistic without real": (
        lambda: relativistic.g(None, f32(4, 1)),
        ValueError,
        r"pass both to g\(real_scores",
    ),
    "relativistic, unequal": (
        lambda: relativistic.d(f32(4, 1), f32(3, 1)),
        ValueError,
        r"as many real scores as fake ones, got \(4, 1\) and \(3, 1\)",
    ),
    "relativistic step, unequal": (
        lambda: step(None, Dense(3, 1), loss=relativistic, x=f32(5, 3)),
        ValueError,
        r"as many real scores as fake ones, got \(5, 1\) and \(4, 1\)",
    ),
    "mse, broadcast": (lambda: mse(f32(4), f32(4, 1)), ValueError, r"same shape, got \(4,\) and \(4, 1\)"),
    "l1, broadcast": (lambda: l1(f32(4, 1), f32(4)), ValueError, r"same shape, got \(4, 1\) and \(4,\)"),
    "bce, broadcast": (lambda: bce_with_logits(f32(4, 1), f32(4)), ValueError, r"same shape, got \(4, 1\) and \(4,\)"),
    "bce, smoothing": (
        lambda: bce_with_logits(f32(4), 1.0, smoothing=2),
        ValueError,
        r"needs 0 <= smoothing <= 1, got 2",
    ),
    "kl, unequal": (lambda: gaussian_kl(f32(4, 2), f32(4, 1)), ValueError, r"same shape, got \(4, 2\) and \(4, 1\)"),
    "labels of cross entropy": (
        lambda: softmax_cross_entropy(f32(2, 3), [0, 3]),
        ValueError,
        r"must be in 0\.\.2, got 0\.\.3",
    ),
    "floats for labels": (
        lambda: softmax_cross_entropy(f32(2, 3), f32(2)),
        ValueError,
        r"N integer labels, got .* float32 \(2,\)",
    ),
    # optimizers
    "negative rate": (
        lambda: SGD(net(), -0.1),
        ValueError,
        r"learning rate must be a number >= 0 or a function.*got -0.1",
    ),
    "NaN rate": (lambda: Adam(net(), float("nan")), ValueError, r"learning rate .* got nan"),
    "infinite rate": (lambda: Adam(net(), float("inf")), ValueError, r"learning rate .* got inf"),
    "rate in words": (lambda: Adam(net(), "1e-3"), ValueError, r"learning rate must be a number .* got '1e-3'"),
    "beta1": (lambda: Adam(net(), beta1=1.0), ValueError, "Adam needs 0 <= beta1 < 1, got 1.0"),
    "momentum": (lambda: SGD(net(), momentum=1.5), ValueError, r"0 <= momentum < 1, got 1.5"),
    "rho": (lambda: RMSProp(net(), rho=-0.1), ValueError, r"0 <= rho < 1, got -0.1"),
    "clip": (lambda: clip_weights(net(), -1), ValueError, r"clip_weights needs c > 0, got -1"),
    "EMA decay": (lambda: EMA(net(), decay=1.1), ValueError, r"0 <= decay <= 1, got 1.1"),
    # kernels, gradient checks, trainer
    "unknown kernels": (
        lambda: kernels.use("slow").__enter__(),
        ValueError,
        r'expected "fast" or "reference", got \'slow\'',
    ),
    "float32 differences": (
        lambda: gradcheck.numerical_gradient(np.sum, f32(2)),
        TypeError,
        r"need a float64 array .*got float32",
    ),
    "strided differences": (
        lambda: gradcheck.numerical_gradient(np.sum, np.ones((3, 2)).T),
        ValueError,
        r"must be contiguous.*np.ascontiguousarray\(x\)",
    ),
    "batch above the data": (
        lambda: Trainer(TRAINED, f32(5, 2), batch=6),
        ValueError,
        r"between 1 and all 5 images, got batch=6",
    ),
    "labels missing": (
        lambda: Trainer(TRAINED, f32(5, 2), np.zeros(4, int), batch=2),
        ValueError,
        r"5 images and 4 labels",
    ),
    "no samples": (
        lambda: gan(*game(Dense(3, 1))).sample(0, np.random.default_rng(0)),
        ValueError,
        r"n >= 1 images, got 0",
    ),
    "fakes of another size": (
        lambda: step(None, Dense(4, 1), x=f32(4, 4)),
        ShapeError,
        r"Dense\(4, 1\) expected .* \(N, 4\), got \(4, 3\)",
    ),
    "noise of another size": (
        lambda: g_step(*game(Dense(3, 1)), wasserstein, None, f32(4, 3), f32(4, 5)),
        ShapeError,
        r"Dense\(2, 3\) expected .* \(N, 2\), got \(4, 5\)",
    ),
    # checkpoints
    "no checkpoint": (
        lambda: checkpoint.load("nowhere.safetensors"),
        FileNotFoundError,
        r"no checkpoint file 'nowhere.safet",
    ),
    "checkpoint of a list": (
        lambda: checkpoint.save("x", {"theta": [1, 2]}),
        TypeError,
        r"'theta' must be a NumPy array, got list",
    ),
    "cut short": (cut_short, checkpoint.CheckpointError, r"not a readable checkpoint.*cut short or altered"),
    "another network": (
        lambda: with_file({"theta": f32(3)}, {"theta": f32(4)}),
        checkpoint.CheckpointError,
        r"'theta' has shape \(3,\), expected \(4,\)",
    ),
    "another name": (
        lambda: with_file({"a": f32(3)}, {"b": f32(3)}),
        checkpoint.CheckpointError,
        r"'b' is missing; 'a' is in",
    ),
    # data
    "mnst": (lambda: data.load("mnst"), ValueError, r"no data set 'mnst'.*Did you mean 'mnist'\?"),
    "ring as images": (
        lambda: data.load("ring"),
        ValueError,
        r"ring consists of points in the plane.*use data.ring\(n, rng\)",
    ),
    "a number": (lambda: data.load(3), TypeError, r"name must be a string, one of mnist10k.*got int"),
    "split": (lambda: data.load("digits8", split="test"), ValueError, r"digits8 has the split 'train', got 'test'"),
    "size": (
        lambda: data.load("digits8", size=16),
        ValueError,
        r'size and channels apply only to "folder:PATH".*leave them out',
    ),
    "no folder": (
        lambda: data.load("folder:no/such/place"),
        FileNotFoundError,
        r"needs an existing folder.*'no/such/place'",
    ),
    "pad_to": (lambda: IMAGES.to_float(pad_to=4), ValueError, r"pad_to=4 is smaller than the images \(8x8\)"),
    "float images": (lambda: data.Dataset(f32(1, 2, 2, 1), None, "mine"), TypeError, r"must be uint8 .*got float32"),
    "NCHW images": (
        lambda: data.Dataset(np.zeros((2, 3, 8, 8), np.uint8), None, "mine"),
        ValueError,
        r"\(N, H, W, 1 or 3\)",
    ),
    "no points": (lambda: data.ring(0, np.random.default_rng(0)), ValueError, r"must be at least 1, got 0"),
    "a seed for a generator": (
        lambda: data.grid(5, 0),
        TypeError,
        r"numpy.random.Generator, got int; use np.random.default_rng",
    ),
}


def table():
    for name, (layer, x, message) in SHAPES.items():
        yield f"{name}: forward", forward(layer, x), ShapeError, message
        yield f"{name}: use", use(layer, x), ShapeError, message
    for name, (layer, x, dy) in SLOPES.items():
        expected = rf"returned shape \(.*\), but its backward got dy of shape {_literal(dy)}"
        yield f"{name}: backward", backward(layer, x, dy), ShapeError, expected
        if name in WITH_WEIGHTS:
            yield f"{name}: accumulate", accumulate(layer, x, dy), ShapeError, expected
    for name, (layer, x, v) in DIRECTIONS.items():
        expected = rf"got an input of shape \(.*\), but its tangent got v of shape {_literal(v)}"
        yield f"{name}: tangent", tangent(layer, x, v), ShapeError, expected
    for name, row in OTHERS.items():
        yield name, *row


def _literal(a):
    a = a[0] if isinstance(a, tuple) else a
    return str(a.shape).replace("(", r"\(").replace(")", r"\)")


TABLE = list(table())


def no_more_kernels(monkeypatch):
    def fails(*args, **kwargs):
        pytest.fail("a kernel ran before the shapes were checked")

    for name in kernels.__all__:
        if callable(getattr(kernels.reference, name, None)):
            monkeypatch.setattr(kernels, name, fails)


@pytest.mark.parametrize(("call", "error", "message"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_bad_call(call, error, message, monkeypatch):
    if not isgenerator(call):
        with pytest.raises(error, match=message):
            call()
        return
    next(call)  # up to the yield: prepare
    no_more_kernels(monkeypatch)
    with pytest.raises(error, match=message):
        next(call)


def test_the_kernels_do_fail_where_a_good_call_follows(monkeypatch):
    """The guard above can fail: a call with nothing wrong does reach a kernel."""
    call = forward(Dense(3, 4), f32(2, 3))
    next(call)
    no_more_kernels(monkeypatch)
    with pytest.raises(pytest.fail.Exception, match="a kernel ran"):
        next(call)


def test_a_refused_slope_adds_nothing():
    for layer, x, dy in SLOPES.values():
        layer = prepared(layer)
        _, cache = layer.forward(x)
        with pytest.raises(ShapeError):
            layer.learn(dy, cache)
        assert not layer.grad.any()


def test_the_table_is_long_enough():
    assert len(TABLE) >= 50
    assert len({row[0] for row in TABLE}) == len(TABLE)
