"""Gradient penalties: keep D's gradient in check, which is what makes training converge (Mescheder et al. 2018).

A penalty is a function of g = dD/dx alone, where g has the shape of x; it returns its value and v = d value / d g.  Its gradient
in theta needs second derivatives of D, and `add_penalty` computes them by hand: v is pushed forward through D, and that
pass is differentiated (see layers/chain.py).  The norm of a sample runs over ALL its axes: taking it over the channels only
is the best-known bug of WGAN-GP ports.

Penalties are values, like losses: R1(gamma=0.1) is a frozen object that you pass around.  Each sets the points where D's gradient
is taken: on the real batch, on the fake batch, between them, or around the real one.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from minigan.layers.tree import first, tree_map
from minigan.running.arrays import check_floats
from minigan.running.parts import check_penalties, check_weight, check_weights

Weight = float | Callable[[int], float]  # a number, or a schedule: a function of D's step
Rng = np.random.Generator | None
PLACES = ("real", "fake", "between", "around")


@dataclass(frozen=True)
class Penalty:
    """A subclass defines `__call__(g) -> value, v` and sets its `place`; its fields are its weights."""

    place: ClassVar[str] = "real"

    @property
    def name(self) -> str:
        """r1, wgan_gp, ...: what the command line and the tables call it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def __call__(self, g: np.ndarray) -> tuple[float, np.ndarray]:
        """g (N, ...), row n being dD(x_n)/dx_n -> the penalty's value and v = d value / d g, of the shape of g."""
        raise NotImplementedError(f"{type(self).__name__} has to define __call__(g) -> value, v")

    def at_step(self, t: int) -> "Penalty":
        """This penalty with the weights of step t: a weight may be a schedule, such as optim.linear(0.1, 5000)."""
        weights = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        scheduled = {name: weight(t) for name, weight in weights.items() if callable(weight)}
        return dataclasses.replace(self, **scheduled) if scheduled else self

    def points(self, real: np.ndarray, fake: np.ndarray, rng: Rng) -> np.ndarray:
        """Where D's gradient is taken: (N, ...), (N, ...) -> (N, ...).   ValueError if it needs an rng and has none."""
        if self.place in ("real", "fake"):
            return real if self.place == "real" else fake
        if rng is None:
            raise ValueError(f"a penalty '{self.place}' the batches draws points: pass rng=np.random.default_rng(0)")
        return between(real, fake, rng) if self.place == "between" else around(real, rng)


def as_number(weight: Weight) -> float:
    """The weight as a number; ValueError for a schedule, which has no value until its step is known."""
    if callable(weight):
        raise ValueError("this penalty's weight is a schedule: call penalty.at_step(t) first, as GAN does at each step")
    return check_weight(weight)


def _sum(a: np.ndarray) -> np.ndarray:
    """Over all axes but the first, kept for broadcasting: (N, ...) -> (N, 1, ...)."""
    return a.sum(axis=tuple(range(1, a.ndim)), keepdims=True)


@dataclass(frozen=True)
class R1(Penalty):
    """gamma/2 mean_n ||g_n||^2;   v = gamma g / N.     Mescheder et al. 2018, eq. 9: D's gradient on the real batch."""

    gamma: Weight = 1.0

    def __post_init__(self) -> None:
        check_weights(self, gamma=self.gamma)

    def __call__(self, g: np.ndarray, gamma: float | None = None) -> tuple[float, np.ndarray]:
        check_floats("a penalty", g)
        gamma = as_number(self.gamma if gamma is None else gamma)
        # eq:penalty.r1 eq:penalty.r1.v eq:penalty.r2
        return gamma / 2 * float(np.sum(g * g, dtype=np.float64)) / len(g), g * g.dtype.type(gamma / len(g))


@dataclass(frozen=True)
class R2(R1):
    """gamma/2 mean_n ||g_n||^2, on the fake batch.     Mescheder et al. 2018, eq. 10."""

    place: ClassVar[str] = "fake"


@dataclass(frozen=True)
class WganGp(Penalty):
    """lam mean_n (||g_n|| - 1)^2;   v = 2 lam (1 - 1/||g_n||) g / N.     Gulrajani et al. 2017, eq. 3.

    Taken at x = t real + (1 - t) fake, t uniform for each sample.  At g = 0 the norm has no derivative; v is set to 0.
    """

    place: ClassVar[str] = "between"
    lam: Weight = 10.0

    def __post_init__(self) -> None:
        check_weights(self, lam=self.lam)

    def __call__(self, g: np.ndarray, lam: float | None = None) -> tuple[float, np.ndarray]:
        check_floats("a penalty", g)
        lam = as_number(self.lam if lam is None else lam)
        norm = np.sqrt(_sum(g * g))
        away = 1 - 1 / np.where(norm == 0, 1, norm)  # 0 where the norm is 0
        # eq:penalty.wgan_gp eq:penalty.wgan_gp.v eq:penalty.dragan
        return lam * float(np.mean((norm - 1) ** 2, dtype=np.float64)), away * g * g.dtype.type(2 * lam / len(g))


@dataclass(frozen=True)
class Dragan(WganGp):
    """lam mean_n (||g_n|| - 1)^2, at noisy copies of the real batch.     Kodali et al. 2017, sec. 2.3."""

    place: ClassVar[str] = "around"


@dataclass(frozen=True)
class Custom(Penalty):
    """A penalty of your own: Custom(function, place="between"), with function(g) -> value, v."""

    function: Callable
    place: str = dataclasses.field(default="real", kw_only=True)  # type: ignore[misc]  # each object has its own

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise ValueError(f"a penalty's place is one of {', '.join(map(repr, PLACES))}, got {self.place!r}")

    def __call__(self, g: np.ndarray) -> tuple[float, np.ndarray]:
        return self.function(g)

    def at_step(self, t: int) -> Penalty:
        return self


r1, r2, wgan_gp, dragan = R1(), R2(), WganGp(), Dragan()
PENALTIES = {"r1": r1, "r2": r2, "wgan_gp": wgan_gp, "dragan": dragan}


def as_penalties(penalties: Iterable[Callable] | None) -> list[Penalty]:
    """Penalties as objects: partial(r1, gamma=2.0) becomes R1(gamma=2.0); a bare function is taken on the real batch."""
    found = []
    for penalty in check_penalties(penalties):
        if isinstance(penalty, partial) and isinstance(penalty.func, Penalty):
            penalty = dataclasses.replace(penalty.func, **penalty.keywords)
        found.append(penalty if isinstance(penalty, Penalty) else Custom(penalty))
    return found


def between(real: np.ndarray, fake: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """t real + (1 - t) fake,  t ~ U(0, 1), one for each sample.   (N, ...) x 2 -> (N, ...)"""
    t = rng.random((len(real), *[1] * (real.ndim - 1))).astype(real.dtype)
    return t * real + (1 - t) * fake  # eq:penalty.between


def around(real: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """real + std(real)/2 u,  u ~ U(0, 1) for each value, as in Kodali et al.'s code.   (N, ...) -> (N, ...)"""
    # eq:penalty.around
    return real + real.dtype.type(0.5 * float(real.std())) * rng.random(real.shape).astype(real.dtype)


def input_gradient(D: Any, scores: np.ndarray, caches: list, penalty: Callable) -> tuple[float, Any]:
    """The penalty's value, and v = d value / dg with g = dD/dx: (N, ...), or (v, None) for a D that sees labels too.

    A second image, on which D is conditioned, does not move either: (v, 0).
    """
    g = D.backward(np.ones_like(scores), caches, learn=False)  # (N, ...): row n is dD(x_n)/dx_n   eq:penalty.g
    value, v = penalty(first(g))
    # only the image moves: a label's direction is None, a second image's is 0
    return value, (v, *tree_map(lambda d: d if d is None else 0 * d, g[1:])) if isinstance(g, tuple) else v


def add_penalty(D: Any, scores: np.ndarray, caches: list, penalty: Callable) -> float:
    """ADD d/dtheta of penalty(dD/dx) to D.grad and return the penalty's value.

    scores, caches = D.forward(x) at the points where the penalty is taken; penalty(g) -> (value, v).  Exact for every layer
    that does not mix samples; a D with BatchNorm or MinibatchStd raises MixedSamplesError and nothing is added.
    """
    value, v = input_gradient(D, scores, caches, penalty)
    _, tangents = D.tangent(v, caches)
    D.backward_tangent(np.ones_like(scores), tangents, caches, need_dx=False)  # eq:penalty.tangent
    return value
