"""Lesson 17, from R1 to R3GAN: the loss over all pairs, a schedule for the penalty, and the full gradient of R3GAN's D."""

from collections.abc import Callable

import numpy as np

from minigan.layers import Dense, Tanh
from minigan.losses import non_saturating, relativistic
from minigan.network import Sequential
from minigan.penalties import R1, add_penalty
from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(17)


def sigmoid(s: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-s))


def softplus(s: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(s))


p1 = Prediction(
    "c",
    a="the loss contains no such share. A fake that beats all reals is rewarded for all of them, and so is a "
    "second one at the same spot.",
    b="the cost of a fake depends only on its own score and falls with it, so the second best mode is never worth it.",
    c="a fake meets each real equally often, so its cost is one falling function of its own score, the same for "
    "all fakes.",
)
p2 = Prediction(
    "c",
    a="the mode at 2 is not covered before the fake arrives, and meanwhile that fake is where no real ever was.",
    b="this would be so if each fake kept the same partner for ever. But the partners are drawn anew.",
    c="the fake that leaves gives itself away to every real it meets, and the gain comes only when it arrives.",
)
p3 = Prediction(
    "c",
    a="a network can do both: it has enough kinks to be flat at one cloud and steep at the other.",
    b="it does begin like this, in the first steps; then nothing stops it.",
    c="at the reals R1 reduces the gradient to less than a tenth. Nothing penalises it at the fakes, and there "
    "D grows steeper than without any penalty.",
)
p4 = Prediction(
    "b",
    a="pairs alone collapse like the others: the best D is the same, and so is the gradient it gives G, up to "
    "one eighth.",
    b="this collapse is an oscillation: G runs to D's highest point, D pushes it out. Friction stops it, "
    "whatever the loss.",
    c="with a penalty the plain loss does as well as the pairs; there was one problem here, not two.",
)
p5 = Prediction(
    "c",
    a="it is the right gradient of the reported loss; the differences are those of the same loss.",
    b="in DiracGAN the real's score is 0 in any case, and softplus(f - 0) is also what BCE assigns to the fake.",
    c="only pairs do not depend on where zero is, and only a number computed independently knows what the loss "
    "was meant to be.",
)


def _pairs(r: np.ndarray, f: np.ndarray, derivative: Callable = sigmoid) -> tuple[float, np.ndarray, np.ndarray]:
    t = f - r[:, None]  # (N, M)
    dt = derivative(t) / t.size
    return softplus(t).mean(), -dt.sum(axis=1), dt.sum(axis=0)


def _scaled(
    r: np.ndarray, f: np.ndarray, value: float = 1.0, d_real: float = 1.0, d_fake: float = 1.0
) -> tuple[float, np.ndarray, np.ndarray]:
    a, b, c = _pairs(r, f)
    return a * value, b * d_real, c * d_fake


q1 = Formula(
    right=lambda r, f: _pairs(r, f),
    cases=[(_rng.standard_normal(4), _rng.standard_normal(7)), (_rng.standard_normal(6), 2 * _rng.standard_normal(3))],
    todo="first make the array (N, M) of all differences f[m] - r[n]: f - r[:, None].",
    praise="training follows the mean over random partners anyway; this form removes the noise of the draw.",
    mistakes={
        "the pair is upside down: D wants reals above fakes, so the difference is f - r": lambda r, f: (
            _pairs(r, f)[0] + np.mean(r) - np.mean(f),
            np.mean(sigmoid(r[:, None] - f), axis=1) / len(r),
            -np.mean(sigmoid(r[:, None] - f), axis=0) / len(f),
        ),
        "the push that lowers the fake raises the real: d_real has a minus": lambda r, f: _scaled(r, f, d_real=-1.0),
        "the signs of both gradients are swapped: a fake's gradient is positive, since D gains by lowering its score": lambda r, f: (
            _scaled(r, f, d_real=-1.0, d_fake=-1.0)
        ),
        "the value is a mean over N M pairs, so each gradient is a sum divided by N M, not a mean over the partners": (
            lambda r, f: _scaled(r, f, d_real=len(r), d_fake=len(f))
        ),
        "the gradients are those of the sum over all pairs: divide by N M": lambda r, f: _scaled(
            r, f, d_real=len(r) * len(f), d_fake=len(r) * len(f)
        ),
        "this is the plain loss, of each image on its own: no pairs": lambda r, f: (
            softplus(-r).mean() + softplus(f).mean(),
            -sigmoid(-r) / len(r),
            sigmoid(f) / len(f),
        ),
        "this compares each score with the mean of the others, which is another loss (RaGAN): take the softplus "
        "of each pair": (
            lambda r, f: (
                softplus(f.mean() - r).mean(),
                -sigmoid(f.mean() - r) / len(r),
                np.full_like(f, sigmoid(f.mean() - r).mean() / len(f)),
            )
        ),
        "the derivative of softplus is the sigmoid of the same argument": lambda r, f: _pairs(
            r, f, derivative=lambda t: sigmoid(-t)
        ),
        "the value is the mean over all pairs, not the sum": lambda r, f: _scaled(r, f, value=len(r) * len(f)),
    },
    names=("value", "d_real", "d_fake"),
)


def _gamma(t: int, n: int, coarse: float, fine: float) -> float:
    return (coarse * (fine / coarse) ** (t / n)) ** 2 / 4


q2 = Formula(
    right=lambda t, n, coarse, fine: _gamma(t, n, coarse, fine),
    cases=[(0, 100, 0.8, 0.1), (30, 100, 0.8, 0.1), (100, 100, 0.5, 0.02), (7, 20, 2.0, 0.3)],
    todo="first the resolution at step t, coarse * (fine / coarse) ** (t / n); then solve (17.10) for gamma.",
    praise="to see ten times finer, gamma has to fall to a hundredth.",
    mistakes={
        "there are two penalties, so the resolution is the root of 4 gamma": lambda t, n, coarse, fine: (
            2 * _gamma(t, n, coarse, fine)
        ),
        "this is the resolution; the answer should be gamma": lambda t, n, coarse, fine: (
            coarse * (fine / coarse) ** (t / n)
        ),
        "gamma grows with the square of the resolution": lambda t, n, coarse, fine: (
            coarse * (fine / coarse) ** (t / n) / 4
        ),
        "it falls by the same factor at each step, not by the same amount": lambda t, n, coarse, fine: (
            (coarse + (fine - coarse) * t / n) ** 2 / 4
        ),
        "here gamma itself falls linearly; it should fall by the same factor at each step": lambda t, n, coarse, fine: (
            (coarse**2 + (fine**2 - coarse**2) * t / n) / 4
        ),
        "it runs backward: coarse at step 0, fine at step n": lambda t, n, coarse, fine: _gamma(t, n, fine, coarse),
        "after n steps the total factor has to be fine / coarse, so the exponent is t / n": lambda t, n, coarse, fine: (
            (coarse * (fine / coarse) ** t) ** 2 / 4
        ),
        "solved the wrong way: the resolution squared is 4 gamma, so divide by 4": lambda t, n, coarse, fine: (
            16 * _gamma(t, n, coarse, fine)
        ),
    },
)


def _critic(seed: int, n: int) -> tuple[Sequential, np.ndarray, np.ndarray]:
    D = Sequential(Dense(3, 4), Tanh(), Dense(4, 1), rng=seed, dtype=np.float64)
    D.theta += 0.3 * np.random.default_rng(seed).standard_normal(D.theta.size)
    return D, *np.random.default_rng(seed + 1).standard_normal((2, n, 3))


def _gradient(
    D: Sequential,
    x: np.ndarray,
    fake: np.ndarray,
    gamma: float,
    loss: Callable = lambda r, f: relativistic.d(r, f)[1:],
    times: int = 1,
    places: tuple[int, ...] = (0, 1),
) -> np.ndarray:
    """D.grad after both batches.

    loss    (r, f) -> d_real, d_fake
    times   how often the loss is counted
    places  where a penalty is added: 0 for the reals, 1 for the fakes
    """
    (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
    d_real, d_fake = loss(r, f)
    D.backward(times * d_real, real_caches)
    D.backward(times * d_fake, fake_caches)
    for place in places:
        add_penalty(D, *D.forward((x, fake)[place]), R1(gamma=gamma))
    return D.grad


def _upside_down(r: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, d_fake, d_real = relativistic.d(f, r)
    return d_real, d_fake


def _only(real: int, fake: int) -> Callable:
    def loss(r: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, d_real, d_fake = relativistic.d(r, f)
        return real * d_real, fake * d_fake

    return loss


q3 = Formula(
    right=lambda D, x, fake, gamma: _gradient(D, x, fake, gamma),
    cases=[(*_critic(1, 5), 0.7), (*_critic(2, 3), 2.0)],
    todo="run both batches forward and keep both caches; then relativistic.d, two backward passes, and two penalties.",
    praise="the rest of the paper is architecture. The order of the four calls does not matter: they add up.",
    mistakes={
        "R2 is missing: D is regularised at the reals only": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, places=(0,)
        ),
        "R1 is missing: D is regularised at the fakes only": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, places=(1,)
        ),
        "both penalties are missing": lambda D, x, fake, gamma: _gradient(D, x, fake, gamma, places=()),
        "R2 is computed at the reals: its scores and caches have to be those of the fakes": lambda D, x, fake, gamma: (
            _gradient(D, x, fake, gamma, places=(0, 0))
        ),
        "R1 is computed at the fakes: its scores and caches have to be those of the reals": lambda D, x, fake, gamma: (
            _gradient(D, x, fake, gamma, places=(1, 1))
        ),
        "this is the plain loss; take relativistic": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, lambda r, f: non_saturating.d(r, f)[1:]
        ),
        "the pair is upside down: relativistic.d takes the reals' scores first": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, _upside_down
        ),
        "gamma is not passed on: the penalty has its default weight 1": lambda D, x, fake, gamma: _gradient(
            D, x, fake, 1.0
        ),
        "the factor 1/2 of gamma / 2 is already in the penalty": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma / 2
        ),
        "the loss is missing: these are the penalties alone": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, times=0
        ),
        "the loss is counted twice: run one backward pass for each batch": lambda D, x, fake, gamma: _gradient(
            D, x, fake, gamma, times=2
        ),
        "the loss reaches D only through the fakes: its backward pass for the reals is missing": lambda D, x, fake, gamma: (
            _gradient(D, x, fake, gamma, _only(real=0, fake=1))
        ),
        "the loss reaches D only through the reals: its backward pass for the fakes is missing": lambda D, x, fake, gamma: (
            _gradient(D, x, fake, gamma, _only(real=1, fake=0))
        ),
    },
)
