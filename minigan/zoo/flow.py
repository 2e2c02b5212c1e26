"""Flow matching: a network learns the velocity that carries noise to images; to draw, follow it from t = 0 to 1.

Lipman et al. 2023, with straight paths x_t = (1 - t) x_0 + t x_1 from noise x_0 to data x_1.  Which noise belongs to which image is free:
independent pairs, or in each batch the pairs that are nearest to each other (minibatch optimal transport, Tong et al. 2024).  With
labels the noise is exchanged within each class only, so no class prefers a part of the noise (Cheng and Schwing 2025, C2OT).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.layers.tree import per_sample
from minigan.losses import mse
from minigan.metrics.transport import assignment, squared_distances
from minigan.models.ode import adaptive, euler
from minigan.network import Sequential
from minigan.optim import Optimizer
from minigan.zoo.denoise import FromNoise, Timed, adam, network
from minigan.zoo.recipe import one_of, option

COUPLINGS, SOLVERS = ("independent", "ot"), ("euler", "adaptive")


def flow_step(
    V: Any, opt: Any, x0: np.ndarray, x1: np.ndarray, t: np.ndarray, labels: np.ndarray | None = None
) -> dict[str, float]:
    """One step of V down the loss   mean |V(x_t, t) - (x_1 - x_0)|^2,   x_t = (1 - t) x_0 + t x_1.     Lipman et al. 2023, eq. 23, s = 0.

    x0 (N, ...): noise;  x1 (N, ...): data;  t (N,) in [0, 1];  labels (N,), or None.
    """
    s = per_sample(t, x1)
    x = (1 - s) * x0 + s * x1  # eq:flow.path
    v, caches = V.forward((x, t if labels is None else (t, labels)))
    loss, dv = mse(v, x1 - x0)  # eq:flow.loss
    V.backward(dv, caches, need_dx=False)
    opt.step()
    return {"loss": loss}


def coupled(x0: np.ndarray, x1: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """The noise x0 in the order in which its squared distance from x1 is least, in the batch or in each class.   (N, ...) -> (N, ...)

    Only the noise is exchanged, so images and labels stay together.
    """
    new = x0.copy()
    for label in [None] if labels is None else np.unique(labels):
        rows = np.arange(len(x1)) if label is None else np.flatnonzero(labels == label)
        a, b = (x[rows].reshape(len(rows), -1) for x in (x1, x0))
        new[rows] = x0[rows[assignment(squared_distances(a, b))]]  # eq:flow.coupling
    return new


class Flow(FromNoise):
    """V with its optimizer; samples follow V's average in `evaluations` steps of Euler, or with the adaptive solver."""

    def __init__(
        self, V: Sequential, opt: Optimizer, shape: tuple[int, ...], classes: int = 0, coupling: str = "independent",
        solver: str = "euler", evaluations: int = 10, ema: float = 0.0,
    ):  # fmt: skip
        one_of("coupling", coupling, COUPLINGS)
        one_of("solver", solver, SOLVERS)
        super().__init__("V", V, opt, shape, classes, evaluations, ema)
        self.coupling, self.solver = coupling, solver

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One step on a batch, as much noise, and times drawn from U(0, 1)."""
        x1, x0, y = self.inputs(draw, rng)
        if self.coupling == "ot":
            x0 = coupled(x0, x1, y)
        row = flow_step(self.net, self.opt, x0, x1, rng.random(len(x1)).astype(x1.dtype), y)
        self.average()
        return row

    def draw(self, x: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
        def field(x: np.ndarray, t: float) -> np.ndarray:
            return self.predict(x, t, labels)

        return euler(field, x, self.evaluations) if self.solver == "euler" else adaptive(field, x)[0]


@dataclass(frozen=True)
class Options(Timed):
    """The options of every run, and those of flow matching."""

    coupling: str = option("independent", f"of noise and data in a batch: {', '.join(COUPLINGS)}", choices=COUPLINGS)
    solver: str = option("euler", f"how samples are drawn: {', '.join(SOLVERS)}", choices=SOLVERS)
    evaluations: int = option(10, "of the network for each sample (solver euler)", least=1)

    def unused(self) -> dict[str, str]:
        if self.solver == "euler":
            return super().unused()
        return super().unused() | {"evaluations": "the adaptive solver chooses its steps itself"}


def build(options: Options, source: Source, rng: np.random.Generator) -> Flow:
    """V for the samples of `source`, with its optimizer and moving average."""
    V = network(options, source, rng)
    how = options.coupling, options.solver, options.evaluations, options.ema
    return Flow(V, adam(V, options), source.shape, source.classes, *how)
