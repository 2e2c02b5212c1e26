"""Claims about the two complete steps, where the bug usually is when a GAN does not train.

The gradient of everything together (loss, penalties, G through D) equals differences of the reported loss.  The reported loss
is the one that was requested.  Each step moves its own network by the optimizer's rule, and leaves every bit of the other
network unchanged.  In a well-known library the generator never moved at all: its critic was trained through a cache that was
already empty.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.fast_step import fast_d_step, with_label
from minigan.gradcheck import ADJOINT, SECOND, Check, compare, numerical_gradient, step_checks
from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LabelScore,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Reshape,
    Residual,
    SiLU,
    SpectralNorm,
    Tanh,
    UpConv2d,
)
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.layers.tree import first, leaves
from minigan.measure.certify.claim import Claim, holds, same
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import R1, R2, Penalty, around, between, dragan, r1, r2, wgan_gp
from minigan.trainer import d_step, g_step

N, SEED = 3, 5
Setting = tuple[Sequential, Sequential, tuple[int, ...], tuple[int, ...], int]  # G, D, shapes of x and z, classes


def dense(dtype: type = np.float64) -> Setting:
    """Points in the plane."""
    G = Sequential(Dense(3, 5), Tanh(), Dense(5, 2), rng=0, dtype=dtype)
    D = Sequential(Dense(2, 6), SiLU(), Dense(6, 1), rng=1, dtype=dtype)
    return G, D, (N, 2), (N, 3), 0


def unequal(dtype: type = np.float64) -> Setting:
    """More real points than fake ones: a mean over one batch is not divided by the size of the other."""
    G, D, *_ = dense(dtype)
    return G, D, (N + 2, 2), (N, 3), 0


def images(dtype: type = np.float64) -> Setting:
    """The small form of a DCGAN: BatchNorm in G, none in D."""
    up = ConvTranspose2d(2, 3, 4, 2, 1), BatchNorm(3), ReLU(), UpConv2d(3, 1), Tanh()
    G = Sequential(Dense(3, 4, bias=False), Reshape(1, 2, 2), *up, rng=0, dtype=dtype)
    D = Sequential(
        Conv2d(1, 3, 4, 2, 1), LeakyReLU(), Conv2d(3, 2, 2), LeakyReLU(), Flatten(), Dense(6, 1), rng=1, dtype=dtype
    )
    return G, D, (N, 4, 8, 1), (N, 3), 0


def conditional(dtype: type = np.float64) -> Setting:
    """Labels in both networks: x = (image, label), z = (noise, label)."""
    G = Sequential(Concat(right=[Embedding(2, 2)]), Dense(5, 20), Tanh(), Reshape(4, 5, 1), rng=0, dtype=dtype)
    label = Concat(right=[Embedding(2, 20), Reshape(4, 5, 1)])
    D = Sequential(label, Conv2d(2, 3, 3, 2, 1), SiLU(), Flatten(), Dense(18, 1), rng=1, dtype=dtype)
    return G, D, (N, 4, 5, 1), (N, 3), 2


def scored(dtype: type = np.float64) -> Setting:
    """A piecewise-linear D with one score for each label, selected by the label, as in the default recipe."""
    G = Sequential(Concat(right=[Embedding(3, 2)]), Dense(5, 15), Tanh(), Reshape(3, 5, 1), rng=0, dtype=dtype)
    body = Conv2d(1, 3, 3, 1, 1), LeakyReLU(), Residual(Conv2d(3, 3, 1)), MaxPool2d(1), Flatten()
    D = Sequential(Beside(*body), LabelScore(45, 3), rng=1, dtype=dtype)
    return G, D, (N, 3, 5, 1), (N, 3), 3


def regularised(dtype: type = np.float64) -> Setting:
    """Dropout and spectral norm in D: state that changes in each forward pass."""
    G = Sequential(Dense(3, 4), BatchNorm(4), SiLU(), Dense(4, 2), rng=0, dtype=dtype)
    D = Sequential(SpectralNorm(Dense(2, 5)), Tanh(), Dropout(0.3), SpectralNorm(Dense(5, 1)), rng=1, dtype=dtype)
    return G, D, (N, 2), (N, 3), 0


PENALTIES: dict[str, tuple[Penalty, ...]] = {
    "none": (),
    "r1": (r1,),
    "r2": (r2,),
    "r1 + r2": (R1(gamma=0.7), R2(gamma=0.3)),
    "wgan_gp": (wgan_gp,),
    "dragan": (dragan,),
    "two r1, r2, wgan_gp, dragan": (r1, wgan_gp, R2(gamma=0.3), dragan, R1(gamma=0.7)),
}


def setting(build: Callable[..., Setting], dtype: type = np.float64) -> tuple[Sequential, Sequential, Any, Any]:
    """G and D with biases away from 0, a real batch x and noise z; x and z are pairs with labels if conditional."""
    G, D, *shapes, classes = build(dtype)
    rng = np.random.default_rng(SEED)
    drawn: list[np.ndarray] = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    x, z = drawn
    for net in (G, D):
        net.theta += (0.1 * rng.standard_normal(net.theta.size)).astype(dtype)
        for layer in net.layers:
            layer.reset(rng)
    labels = (rng.integers(classes, size=N),) if classes else ()
    return (G, D, (x, *labels), (z, *labels)) if classes else (G, D, x, z)


def gradients(build: Callable[..., Setting], loss: losses.GANLoss, penalties: Sequence) -> list[Check]:
    """check_step: the gradient of both complete steps against differences of the reported loss."""
    G, D, x, z = setting(build)
    return step_checks(G, D, loss, x, z, penalties, rng=SEED)


def values(build: Callable[..., Setting], loss: losses.GANLoss, name: str) -> Iterator[Check]:
    """The reported losses, scores and penalty equal their definitions, evaluated without d_step and g_step."""
    G, D, x, z = setting(build)
    state = G.state.copy(), D.state.copy()
    row = d_step(G, D, loss, PENALTIES[name], SGD(D, 0.0), x, z, np.random.default_rng(SEED))
    G.state[...], D.state[...] = state
    row |= g_step(G, D, loss, SGD(G, 0.0), x, z)
    G.state[...], D.state[...] = state
    fake = G.forward(z)[0]
    r, f = D(x), D(with_label(fake, z))
    yield compare("loss_D", row["loss_D"], loss.d(r, f)[0], ADJOINT)
    yield compare("loss_G", row["loss_G"], loss.g(r, f)[0], ADJOINT)
    yield compare("scores", [row["score_real"], row["score_fake"]], [r.mean(), f.mean()], ADJOINT)
    rng, expected = np.random.default_rng(SEED), 0.0
    for penalty in PENALTIES[name]:
        where = {
            "r1": lambda: first(x),
            "r2": lambda: fake,
            "wgan_gp": lambda: between(first(x), fake, rng),
            "dragan": lambda: around(first(x), rng),
        }[penalty.name]
        expected += penalty(input_gradient(D, where(), x))[0]
    yield compare("penalty", row["penalty"], expected, SECOND)


def input_gradient(D: Sequential, points: np.ndarray, x: Any) -> np.ndarray:
    """dD/dx at `points`, with the labels of x if it is a pair, by central differences."""
    points = np.array(points)
    return numerical_gradient(held(lambda a: D(with_label(a, x)).sum(), all_layers(D.layers), points), points)


def routing(build: Callable[..., Setting], dtype: type) -> Iterator[Check]:
    """Each step, with a real optimizer, moves its own network by -lr grad and changes nothing else."""
    for which in "DG":
        G, D, x, z = setting(build, dtype)
        net, other = (D, G) if which == "D" else (G, D)
        mark: np.ndarray = np.linspace(1, 2, other.grad.size).astype(dtype)
        other.grad[...] = mark
        theta, others = net.theta.copy(), other.theta.copy()
        inputs = [a.copy() for a in leaves(x)]
        opt = KeepingSGD(net, lr=0.125)
        if which == "D":
            d_step(G, D, losses.relativistic, PENALTIES["r1 + r2"], opt, x, z)
        else:
            g_step(G, D, losses.relativistic, opt, x, z)
        yield holds(f"{which} step moves {which}", bool((opt.seen != 0).any()), "the gradient is zero everywhere")
        yield same(f"{which} step: theta - lr grad", net.theta, theta - 0.125 * opt.seen)
        yield same(f"{which} step zeroes grad after", net.grad, np.zeros_like(net.grad))
        yield same(f"{which} step leaves the other theta", other.theta, others)
        yield same(f"{which} step leaves the other grad", other.grad, mark)
        for a, kept in zip(leaves(x), inputs, strict=True):
            yield same(f"{which} step leaves x", a, kept)


def shared(build: Callable[..., Setting], loss: losses.GANLoss, name: str) -> Iterator[Check]:
    """fast_d_step, which shares passes, gives the same gradient and the same numbers as d_step."""
    found = []
    for step in (d_step, fast_d_step):
        G, D, x, z = setting(build)
        opt = KeepingSGD(D, lr=0.125)
        row = step(G, D, loss, PENALTIES[name], opt, x, z, np.random.default_rng(SEED))
        found.append((opt.seen, list(row.values())))
    yield compare("dtheta of fast_d_step", found[1][0], found[0][0], ADJOINT)
    yield compare("loss, penalty, scores of fast_d_step", found[1][1], found[0][1], ADJOINT)


class KeepingSGD(SGD):
    """SGD that keeps a copy of the gradient it used."""

    def update(self, lr: float) -> None:
        self.seen = self.net.grad.copy()
        super().update(lr)


def claims() -> list[Claim]:
    """All claims about d_step and g_step."""
    made: list[Claim] = []
    for name, loss in losses.GAN_LOSSES.items():
        made.append(Claim("steps", "gradients", "both steps", f"{name}, dense", partial(gradients, dense, loss, ())))
    for name, penalties in PENALTIES.items():
        for build in (images, conditional, regularised):
            sample = f"relativistic, {name}, {build.__name__}"
            run: Callable = partial(gradients, build, losses.relativistic, penalties)
            made.append(Claim("steps", "gradients", "both steps", sample, run))
            if build is not regularised:
                run = partial(values, build, losses.relativistic, name)
                made.append(Claim("steps", "values", "both steps", sample, run))
    for name, loss in losses.GAN_LOSSES.items():
        made.append(Claim("steps", "values", "both steps", f"{name}, dense", partial(values, dense, loss, "wgan_gp")))
        for chosen in PENALTIES:
            for build in (dense, images, conditional, scored, regularised):
                run = partial(shared, build, loss, chosen)
                made.append(Claim("steps", "fast_d_step", "both steps", f"{name}, {chosen}, {build.__name__}", run))
    loss = losses.non_saturating  # not relativistic: real and fake are no pairs
    for name in ("none", "r1", "r2", "r1 + r2", "dragan"):
        sample = f"non_saturating, {name}, unequal"
        run = partial(gradients, unequal, loss, PENALTIES[name])
        made.append(Claim("steps", "gradients", "both steps", sample, run))
        made.append(Claim("steps", "values", "both steps", sample, partial(values, unequal, loss, name)))
        made.append(Claim("steps", "fast_d_step", "both steps", sample, partial(shared, unequal, loss, name)))
    for build in (dense, images, conditional, regularised):
        for dtype in (np.float32, np.float64):
            sample = f"{build.__name__}, {dtype.__name__}"
            made.append(Claim("steps", "routing", "both steps", sample, partial(routing, build, dtype)))
    return made
