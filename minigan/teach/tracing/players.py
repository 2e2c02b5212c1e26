"""The other players of a step: the loss, the penalties, the optimizers.  Each is wrapped, does its work, and is recorded.

Their gradients are checked just as those of the layers: d value / d scores of a loss, v = d value / d g of a penalty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.differences import Check
from minigan.losses import GANLoss
from minigan.network import Sequential
from minigan.optim import NonFiniteError, Optimizer
from minigan.penalties import Penalty
from minigan.teach.tracing import pictures
from minigan.teach.tracing.checks import compare
from minigan.teach.tracing.formulas import loss_formula, optimizer_formula, penalty_formula
from minigan.teach.tracing.record import Row, measure
from minigan.teach.tracing.trees import as_float64, direction, dot, norm
from minigan.teach.tracing.watch import Watch, places

SCORES = {"r": "D's scores of the real batch", "f": "D's scores of the fake batch"}


class WatchedLoss(GANLoss):
    """A GAN loss whose d and g are recorded as stages."""

    def __init__(self, loss: Any, watch: Watch):
        self.loss, self.watch, self.relativistic = loss, watch, loss.relativistic

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        """loss.d(r, f), recorded."""
        return self._record("d", r, f)

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        """loss.g(r, f), recorded."""
        return self._record("g", r, f)

    def _record(self, side: str, r: np.ndarray | None, f: np.ndarray) -> tuple:
        run = getattr(self.loss, side)
        stage = self.watch.stage(f"{self.loss!r}: loss of {side.upper()}")
        row = Row("", repr(self.loss), side, note=loss_formula(self.loss, side))
        stage.rows.append(row)
        out = self.watch.timed(self, row, run, r, f)
        stage.ms, stage.note = row.ms, f"{out[0]:.6g}"
        scores = {"f": f} if r is None else {"r": r, "f": f}
        row.quantities += [measure(which, SCORES[which], s) for which, s in scores.items()]
        order = ("r", "f") if side == "d" else ("f", "r")  # d returns value, d_real, d_fake; g value, d_fake[, d_real]
        for index, (which, gradient) in enumerate(zip(order, out[1:]), 1):
            check = self._check(run, scores, which, index)
            row.quantities.append(measure(f"d{which}", loss_formula(self.loss, side, gradients=True), gradient, check))
        return out

    def _check(self, run: Callable, scores: dict[str, np.ndarray], which: str, index: int) -> Check | None:
        """Check the gradient in the scores `which`, item `index` of what the loss returns."""
        float64 = {"r": None} | {name: as_float64(s) for name, s in scores.items()}
        u = direction(float64[which], self.watch.rng)

        def value(s: float) -> np.ndarray:
            return np.array([run(**float64 | {which: float64[which] + s * u})[0]])

        def claim(c: Any) -> tuple[float, float]:
            gradient = run(**float64)[index]
            return dot(gradient, u), norm(gradient * u)

        return compare(f"d{which}", value, claim, np.ones(1))


@dataclass(frozen=True, repr=False)
class WatchedPenalty(Penalty):
    """A penalty whose calls are recorded as stages."""

    penalty: Penalty
    watch: Watch

    @property
    def place(self) -> str:  # type: ignore[override]  # a class variable of the other penalties
        """Where the penalty is taken."""
        return self.penalty.place

    def points(self, real: np.ndarray, fake: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
        """The points at which the penalty is taken."""
        return self.penalty.points(real, fake, rng)

    def __call__(self, g: np.ndarray) -> tuple[float, np.ndarray]:
        """penalty(g) -> (value, v), recorded."""
        stage = self.watch.stage(f"penalty {title(self.penalty)}: value and v = dP/dg")
        row = Row("", title(self.penalty), "penalty", note=penalty_formula(self.penalty))
        stage.rows.append(row)
        value, v = self.watch.timed(self, row, self.penalty, g)
        stage.ms, stage.note = row.ms, f"{value:.6g}"
        row.quantities += [measure("g", "g[n] = dD(x[n])/dx[n]", g)]
        row.quantities += [measure("v", penalty_formula(self.penalty, "v"), v, self._check(as_float64(g)))]
        return value, v

    def _check(self, g: np.ndarray) -> Check | None:
        u = direction(g, self.watch.rng)

        def claim(c: Any) -> tuple[float, float]:
            v = self.penalty(g)[1]
            return dot(v, u), norm(v * u)

        return compare("v", lambda s: np.array([self.penalty(g + s * u)[0]]), claim, np.ones(1))


def title(penalty: Penalty) -> str:
    """Return the name of a penalty with its weights: R1(gamma=1.0); of a user's own function, the function's name."""
    function = getattr(penalty, "function", None)
    return getattr(function, "__name__", repr(function)) if function else repr(penalty)


class WatchedOptimizer:
    """An optimizer whose step is recorded as a stage.  With None, the gradients are recorded and zeroed, and no weight moves."""

    def __init__(self, name: str, net: Sequential, opt: Optimizer | None, watch: Watch):
        self.name, self.net, self.opt, self.watch = name, net, opt, watch

    def step(self) -> None:
        """opt.step(), recorded: one row per layer with its parameters, their gradients and how far they moved."""
        title = type(self.opt).__name__ if self.opt else "no optimizer"
        stage = self.watch.stage(f"{title}: theta of {self.name}")
        stage.note = f"lr {self.opt.rate():.4g}; {optimizer_formula(self.opt)}" if self.opt else "no weight moves"
        layers = [(at, layer) for at, layer in places(self.net.layers) if layer.parameters]
        before = [
            [(getattr(layer, n).copy(), getattr(layer, f"d{n}").copy()) for n in layer.parameters]
            for _, layer in layers
        ]
        try:
            self.watch.timed(self, stage, self.opt.step if self.opt else self.net.zero_grad)
        except NonFiniteError as error:  # a trace is most useful when this happens
            stage.note = f"refused: {error}"
            self.net.zero_grad()
        for (at, layer), pairs in zip(layers, before, strict=True):
            row = Row(at, repr(layer), "update")
            for n, (theta, grad) in zip(layer.parameters, pairs, strict=True):
                row.quantities += [measure(n, "", theta), measure(f"d{n}", "the sum over all passes", grad)]
                row.quantities.append(measure(f"step of {n}", "", getattr(layer, n) - theta))
                row.pictures += [*pictures.kernels(n, theta), *pictures.kernels(f"d{n}", grad)]
            stage.rows.append(row)
