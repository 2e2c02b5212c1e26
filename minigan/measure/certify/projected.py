"""Claims about what looks at images through VGG: the projected GAN, and the VAE with the perceptual loss.

Here a gradient has to pass a network that does not learn.  It is lost without a trace if the features are computed apart.  And it is
wrong, in a way that no picture shows, if the backward pass leaves out the mixing of the channels or the copying of a grey image to three.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from minigan.gradcheck import ADJOINT, FIRST, Check, check_gradient, compare
from minigan.layers import Dense, Reshape, Tanh
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.measure.certify.claim import Claim, same
from minigan.measure.certify.features import defined
from minigan.measure.certify.routed import Nets, moves, taken
from minigan.measure.certify.steps import KeepingSGD
from minigan.models.likelihood import Gaussian
from minigan.models.perceptual import STAGES, PerceptualGaussian, each
from minigan.models.projection import Projection, heads
from minigan.models.vgg import VGG, vgg
from minigan.network import Sequential
from minigan.zoo.projected import Options, ProjectedGAN

SIDE, N, LATENT, MIXED, CHANNELS, SEED = 8, 2, 2, 2, 1, 5
DIRECTIONS, PLACES, WEIGHT, S = 3, 6, 0.02, 0.4


@cache
def shipped(dtype: type = np.float64) -> VGG:
    """VGG-16 up to conv3_3, read once."""
    return vgg(16, weights="conv3_3", dtype=dtype)


def projection(dtype: type = np.float64) -> Projection:
    """P on the shipped weights; its mixing is the same at each call."""
    return Projection(shipped(dtype), MIXED, np.random.default_rng(SEED))


def images(channels: int, seed: int = 0) -> np.ndarray:
    """Random images (N, SIDE, SIDE, channels) in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (N, SIDE, SIDE, channels))


def mixed(channels: int) -> Iterator[Check]:
    """P(x) against its definition, and dx along random directions by the complex step."""
    P, x, rng = projection(), images(channels), np.random.default_rng(SEED + 1)
    stages = defined(P.net, np.concatenate([x] * (3 // channels), axis=3))
    found, caches = P.forward(x)
    for (name, M), y, used in zip(P.M.items(), found, P(x), strict=True):
        yield compare(name, y, np.einsum("nhwc,cm->nhwm", stages[name], M), ADJOINT)
        yield same(f"{name}, in use", used, y)
    dy = [rng.standard_normal(y.shape) for y in found]
    dx = P.backward(dy, caches, channels)
    P.net = VGG(P.net.features.astype(np.complex128), P.net.places)
    for i in range(DIRECTIONS):
        v = rng.standard_normal(x.shape)
        derivative = sum((d * y.imag).sum() for d, y in zip(dy, P(x + 1e-30j * v), strict=True)) / 1e-30
        yield compare(f"along direction {i}", (dx * v).sum(), derivative, 1e-11)


def networks(dtype: type = np.float64) -> Nets:
    """A smooth G of grey images, and D, the heads."""
    G = Sequential(
        Dense(LATENT, 3), Tanh(), Dense(3, SIDE * SIDE), Tanh(), Reshape(SIDE, SIDE, CHANNELS), rng=0, dtype=dtype
    )
    return {"G": G, "D": heads(SIDE, MIXED, 1, dtype)}


def step(nets: Nets, opts: dict[str, Any]) -> dict[str, float]:
    """One step of a projected GAN on fixed images and noise -> both losses."""
    dtype = nets["G"].dtype.type
    game = ProjectedGAN(nets["G"], nets["D"], projection(dtype), Options(data="emoji", latent=LATENT))
    game.opt_G, game.opt_D = opts["G"], opts["D"]
    rng = np.random.default_rng(SEED + 2)
    z_d, z_g = (rng.standard_normal((N, LATENT)).astype(dtype) for _ in range(2))
    return {"loss_D": game.d_step(images(CHANNELS).astype(dtype), z_d), "loss_G": game.g_step(z_g)}


def routed() -> Iterator[Check]:
    """The gradient of D is that of its loss, the gradient of G that of G's; VGG gets none."""
    nets, rng = networks(), np.random.default_rng(SEED + 3)
    found, _ = taken(nets, step, lr=0.0)
    opts = {name: KeepingSGD(net, lr=0.0) for name, net in nets.items()}
    layers = all_layers([*nets["G"].layers, *nets["D"].layers, *shipped().features.layers])
    for name, net in nets.items():
        value = held(lambda _=None, name=name: step(nets, opts)[f"loss_{name}"], layers)
        at = rng.choice(net.theta.size, PLACES, replace=False)
        yield check_gradient(f"{name}, dtheta", found[name][at], value, net.theta, 10 * FIRST, at=at)
    theta, grad = shipped().features.theta, shipped().features.grad
    yield same("VGG's weights stay", theta, vgg(16, weights="conv3_3", dtype=np.float64).features.theta)
    yield same("VGG gets no gradient", grad, np.zeros_like(grad))


def likelihood() -> Iterator[Check]:
    """log p minus the perceptual loss of each image against its definition, and its gradient; there VGG is in float32."""
    x, y = images(3), images(3, 1)
    a, b = (defined(shipped(), image) for image in (x, y))
    loss = sum(WEIGHT * ((a[name] - b[name]) ** 2).mean(axis=(1, 2, 3)) for name in STAGES)
    value, dy = PerceptualGaussian(S, WEIGHT)(x, y)
    log_p, d = Gaussian(S)(x, y)
    _, d_loss = each(shipped(), y, x, dict.fromkeys(STAGES, WEIGHT))
    yield compare("value", value, log_p - loss, 1e-5)
    yield compare("gradient", dy, d - d_loss, 1e-3)


def claims() -> list[Claim]:
    """All claims about the projected GAN and the VAE with the perceptual loss."""
    made = [
        Claim("features", "projection", "values and gradient", f"{channels} channels", partial(mixed, channels))
        for channels in (1, 3)
    ]
    made.append(Claim("features", "projected", "gradients", "G and D", routed))
    for dtype in (np.float32, np.float64):
        made.append(
            Claim("features", "projected", "moves", dtype.__name__, partial(moves, networks, step, "GD", dtype))
        )
    return [*made, Claim("features", "perceptual likelihood", "value and gradient", "RGB", likelihood)]
