"""The instruments: each returns a function that examines the library as it is at that moment and lists its checks.

Three are the library's own proof: `derivatives` and `steps` are check_network and check_step, `certified` is `minigan certify`.
The others look where no derivative can: numbers worked by hand, one sample alone and in a batch, the weights that moved and
those that are used.  rehearsal.py has those that need a whole training.
"""

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from minigan import game, losses, optim, penalties
from minigan.gradcheck import ADJOINT, Check, compare, network_checks, step_checks
from minigan.layers import BatchNorm, Dense, Dropout, InstanceNorm, SiLU, Tanh
from minigan.measure.certify import all_claims
from minigan.measure.certify.claim import holds, same
from minigan.network import Sequential
from minigan.optim import SGD

Instrument = Callable[[], list[Check]]


def random(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def network(*layers, dtype=np.float64) -> Sequential:
    """With biases and gains away from 0 and 1."""
    net = Sequential(*layers, rng=1, dtype=dtype)
    net.theta += (0.2 * random(net.theta.size, seed=2)).astype(dtype)
    for layer in net.layers:
        layer.reset(np.random.default_rng(3))
    return net


def pair() -> tuple[Sequential, Sequential]:
    """A small G (2 -> 2) and D (2 -> 1) for points in the plane."""
    return network(Dense(2, 4), Tanh(), Dense(4, 2)), network(Dense(2, 5), SiLU(), Dense(5, 1))


# ---- the library's own proof ------------------------------------------------------------------------------------------


def derivatives(build: Callable[[], list], x) -> Instrument:
    """check_network on these layers: dx, dtheta, tangent, adjoint, second order."""
    return lambda: network_checks(network(*build()), x)


def steps(loss: str = "non_saturating", penalty: str | None = None) -> Instrument:
    """check_step: the whole step of D and of G against differences, and whom they move."""

    def run():
        chosen = [penalties.PENALTIES[penalty]] if penalty else []
        return step_checks(*pair(), losses.GAN_LOSSES[loss], random(4, 2), random(4, 2, seed=5), chosen)

    return run


@cache
def certified(subject: str, verb: str, sample: str = "") -> Instrument:
    """One line of `minigan certify`."""

    def run():
        claims = [claim for claim in all_claims(subject) if claim.verb == verb and sample in claim.sample]
        return [check for claim in claims for check in claim.run()]

    return run


# ---- what no derivative sees ------------------------------------------------------------------------------------------


def alone(build: Callable[[], list], shape: tuple) -> Instrument:
    """In use, a sample gets the same output alone as in a batch, and nothing is remembered."""

    def run():
        net, x = network(*build()), random(*shape)
        state = net.state.copy()
        y = net(x)
        return [compare("alone as in a batch", net(x[:1]), y[:1], ADJOINT), same("use leaves state", net.state, state)]

    return run


def dropout_on_average() -> list[Check]:
    """E[m x / (1 - p)] = x: learning and use agree on average (20,000 draws: 1 % of deviation)."""
    layer = network(Dropout(0.5)).layers[0]
    y, _ = layer.forward(np.ones(20_000))
    return [compare("mean of forward is use", y.mean(), layer(np.ones(1))[0], 0.04)]


def batchnorm_by_hand() -> list[Check]:
    """One channel holding 1, 2, 3, 6: mean 3, variance 14/4 = 3.5, unbiased 14/3; eps = 0.5 makes s = 2."""
    layer = network(BatchNorm(1, momentum=0.25, eps=0.5)).layers[0]
    layer.gamma[...], layer.beta[...] = 1, 0
    y, _ = layer.forward(np.array([[1.0], [2.0], [3.0], [6.0]]))
    return [
        compare("y", y.ravel(), [-1, -0.5, 0, 1.5], ADJOINT),
        compare("running mean", layer.running_mean, [0.75 * 0 + 0.25 * 3], ADJOINT),
        compare("running variance", layer.running_var, [0.75 * 1 + 0.25 * 14 / 3], ADJOINT),
    ]


def instancenorm_by_hand() -> list[Check]:
    """1 x 4 pixels holding 1, 2, 3, 6 in one channel and ten times that in the other: both come out alike (eps = 0)."""
    layer = InstanceNorm(2, eps=0.0).init(0, np.float64)
    x = np.array([1.0, 2.0, 3.0, 6.0])[:, None] * np.array([1.0, 10.0])
    expected = np.array([-2.0, -1.0, 0.0, 3.0]) / np.sqrt(3.5)
    return [compare("y", layer(x.reshape(1, 1, 4, 2))[0, 0], np.stack([expected, expected], axis=1), ADJOINT)]


def one_vector() -> list[Check]:
    """The layers compute with theta, not with arrays of their own: a copy, built from theta, gives the same output."""
    D, x = pair()[1], random(4, 2)

    def agrees(when):
        return same(f"layers see theta {when}", D(x), D.astype(D.dtype)(x))

    checks = [agrees("at first")]
    D.grad[...] = random(D.theta.size)
    SGD(D, 0.1).step()
    checks.append(agrees("after a step"))
    optim.clip_weights(D, 0.05)
    return [*checks, agrees("after clipping")]


def descent() -> list[Check]:
    """A small step of -lr grad lowers the loss by lr ||grad||^2: of D's loss in D's step, of G's in G's."""
    (G, D), x, z, lr, checks = pair(), random(4, 2), random(4, 2, seed=5), 1e-5, []
    steps = {
        "D": (D, partial(game.d_step, G, D, losses.non_saturating, ())),
        "G": (G, partial(game.g_step, G, D, losses.non_saturating)),
    }
    for name, (net, step) in steps.items():
        opt, before = SGD(net, lr), net.theta.copy()
        first = step(opt, x, z)[f"loss_{name}"]
        grad = (before - net.theta) / lr
        second = step(opt, x, z)[f"loss_{name}"]
        checks.append(compare(f"fall of {name}'s loss", (first - second) / lr, (grad**2).sum(), 1e-3))
    return checks


def segments() -> list[Check]:
    """WGAN-GP's points t real + (1 - t) fake: one t for all of a sample, another for each sample, all in [0, 1]."""
    real, fake = np.ones((50, 2, 3, 1)), np.zeros((50, 2, 3, 1))  # so that the points are t itself
    t = penalties.between(real, fake, np.random.default_rng(0)).reshape(50, 6)
    different = len(np.unique(t[:, 0]))
    return [
        same("one t inside a sample", t, np.repeat(t[:, :1], 6, axis=1)),
        holds("another t for each sample", different == 50, f"{different} different t for 50 samples"),
        holds("0 <= t <= 1", bool((t >= 0).all() and (t <= 1).all()), f"t runs from {t.min():.2f} to {t.max():.2f}"),
    ]


def no_broadcasting() -> list[Check]:
    """A (4,) prediction against a (4, 1) target is refused."""
    try:
        value = losses.mse(random(4), random(4, 1))[0]
    except ValueError:
        return [holds("refuses (4,) against (4, 1)", True, "")]
    return [holds("refuses (4,) against (4, 1)", False, f"it averaged all 16 pairs to {value:.3f}")]
