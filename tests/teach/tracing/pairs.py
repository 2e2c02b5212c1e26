"""Small networks to trace: odd sizes, biases and gains away from 0 and 1, float32 as in training."""

import numpy as np

from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LabelScore,
    LeakyReLU,
    ReLU,
    Reshape,
    Residual,
    SiLU,
    SpectralNorm,
    Tanh,
    UpConv2d,
)
from minigan.network import Sequential


def network(*layers, dtype=np.float32) -> Sequential:
    net = Sequential(*layers, rng=1, dtype=dtype)
    net.theta += (0.2 * np.random.default_rng(2).standard_normal(net.theta.size)).astype(dtype)
    for layer in reversed([inner for top in net.layers for inner in top.walk()]):
        layer.reset(None)
    return net


def random(*shape, seed=0, dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def plane():
    """G, D, x, z for points in the plane, with real and fake batches of different sizes."""
    G = network(Dense(3, 5), Tanh(), Dense(5, 2))
    return G, network(Dense(2, 6), SiLU(), Dense(6, 1)), random(7, 2), random(4, 3, seed=5)


def images():
    """G with BatchNorm, dropout and upsampling, D with spectral norm and a residual block; 6 x 4 pixels."""
    G = network(Dense(3, 12), Reshape(3, 2, 2), BatchNorm(2), ReLU(), Dropout(0.3), UpConv2d(2, 1), Tanh())
    body = Residual(Conv2d(2, 2, 3, pad=1), LeakyReLU())
    D = network(SpectralNorm(Conv2d(1, 2, 4, 2, 1)), LeakyReLU(), body, Flatten(), Dense(12, 1))
    return G, D, random(5, 6, 4, 1), random(5, 3, seed=5)


def conditional():
    """A conditional GAN on images: both networks take pairs (array, labels)."""
    G = network(Concat(right=[Embedding(4, 2)]), Dense(5, 12), BatchNorm(12), ReLU(), Reshape(3, 2, 2), UpConv2d(2, 1))
    D = network(Beside(Conv2d(1, 3, 3), LeakyReLU(), Flatten()), LabelScore(24, 4))
    labels = np.array([3, 0, 1, 0, 2])
    return G, D, (random(5, 6, 4, 1), labels), (random(5, 3, seed=5), labels[::-1].copy())
