"""Gradient penalties: keep D's slope in check, which is what makes the game settle (Mescheder et al. 2018).

A penalty is a function of g = dD/dx alone, g having the shape of x; it returns its value and v = d value / d g.  Its gradient
in theta needs second derivatives of D, and `add_penalty` takes them by hand: v is pushed forward through D, and that
pass is differentiated (see layers/chain.py).  The norm of a sample runs over ALL its axes: taking it over the channels only
is the best-known bug of WGAN-GP ports.

Each penalty says at which points it wants D's gradient: on the real batch, the fake batch, between them, or around the real.
"""

from functools import partial

import numpy as np

from minigan.layers.layer import Scaled


def _at(place):
    def mark(penalty):
        penalty.at = place
        return penalty

    return mark


def _sum(a):
    """Over all axes but the first, kept for broadcasting: (N, ...) -> (N, 1, ...)."""
    return a.sum(axis=tuple(range(1, a.ndim)), keepdims=True)


@_at("real")
def r1(g, gamma: float = 1.0):
    """gamma/2 mean_n ||g_n||^2;   v = gamma g / N.     Mescheder et al. 2018, eq. 9: D's slope on the real batch."""
    # eq:penalty.r1 eq:penalty.r1.v
    return gamma / 2 * float(np.sum(g * g, dtype=np.float64)) / len(g), g * g.dtype.type(gamma / len(g))


@_at("fake")
def r2(g, gamma: float = 1.0):
    """gamma/2 mean_n ||g_n||^2, on the fake batch.     Mescheder et al. 2018, eq. 10."""
    return r1(g, gamma)  # eq:penalty.r2


@_at("between")
def wgan_gp(g, lam: float = 10.0):
    """lam mean_n (||g_n|| - 1)^2;   v = 2 lam (1 - 1/||g_n||) g / N.     Gulrajani et al. 2017, eq. 3.

    Taken at x = t real + (1 - t) fake, t uniform for each sample.  At g = 0 the norm has no derivative; v = 0 is taken.
    """
    norm = np.sqrt(_sum(g * g))
    away = 1 - 1 / np.where(norm == 0, 1, norm)  # 0 where the norm is 0
    # eq:penalty.wgan_gp eq:penalty.wgan_gp.v
    return lam * float(np.mean((norm - 1) ** 2, dtype=np.float64)), away * g * g.dtype.type(2 * lam / len(g))


@_at("around")
def dragan(g, lam: float = 10.0):
    """lam mean_n (||g_n|| - 1)^2, at noisy copies of the real batch.     Kodali et al. 2017, sec. 2.3."""
    return wgan_gp(g, lam)  # eq:penalty.dragan


PENALTIES = {"r1": r1, "r2": r2, "wgan_gp": wgan_gp, "dragan": dragan}


def between(real, fake, rng):
    """t real + (1 - t) fake,  t ~ U(0, 1), one for each sample.   (N, ...) x 2 -> (N, ...)"""
    t = rng.random((len(real), *[1] * (real.ndim - 1))).astype(real.dtype)
    return t * real + (1 - t) * fake  # eq:penalty.between


def around(real, rng):
    """real + std(real)/2 u,  u ~ U(0, 1) for each value, as in Kodali et al.'s code.   (N, ...) -> (N, ...)"""
    # eq:penalty.around
    return real + real.dtype.type(0.5 * float(real.std())) * rng.random(real.shape).astype(real.dtype)


def add_penalty(D, scores, caches, penalty, dy=None) -> float:
    """ADD d/dtheta of penalty(dD/dx) to D.grad and return the penalty's value.

    scores, caches = D.forward(x) at the points the penalty is taken; penalty(g) -> (value, v).  Exact for every layer whose
    samples do not mix; a D with BatchNorm or MinibatchStd raises MixedSamplesError and nothing is added.

    With dy, the slope of a loss at these scores, D.backward(dy, caches) is done in the same pass.  In a piecewise-linear D
    that costs nothing: row n of the loss's every slope is dy[n] times that of the ones below, so that a layer's two gradients,
    x' (dy delta) and v' delta, are one product (dy x + v)' delta.
    """
    one = np.ones_like(scores)
    g = D.backward(one, caches, learn=False)  # (N, ...): row n is dD(x_n)/dx_n   eq:penalty.g
    if isinstance(g, tuple):  # a conditional D: only the image moves, not the label
        value, v = penalty(g[0])
        v = (v, *[None] * (len(g) - 1))
    else:
        value, v = penalty(g)
    _, tangents = D.tangent(v, caches)
    if dy is not None and not D.curved and scores.size == len(scores):
        dy = Scaled(dy)  # eq:penalty.shared
    D.backward_tangent(one, tangents, caches, dy, need_dx=False)  # eq:penalty.tangent
    return value


def place(penalty) -> str:
    """Where a penalty is taken: of r1 or partial(r1, gamma=...) -> 'real'.  A function of the user's own may carry `.at`."""
    while isinstance(penalty, partial):
        penalty = penalty.func
    where = getattr(penalty, "at", "real")
    if where not in ("real", "fake", "between", "around"):
        raise ValueError(f"a penalty is taken at 'real', 'fake', 'between' or 'around', {penalty} says {where!r}")
    return where
