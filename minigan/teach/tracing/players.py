"""The others who play in a step: the loss, the penalties, the optimizers.  Each is wrapped, does its work, and is written down.

Their slopes are checked as a layer's are: d value / d scores of a loss, v = d value / d g of a penalty.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from minigan.optim import NonFiniteError
from minigan.penalties import place
from minigan.teach.tracing import pictures
from minigan.teach.tracing.checks import compare
from minigan.teach.tracing.formulas import loss_formula, optimizer_formula, penalty_formula
from minigan.teach.tracing.record import Row, measure
from minigan.teach.tracing.trees import as_float64, direction, dot, norm
from minigan.teach.tracing.watch import Watch, places

WHOSE = {"r": "D's scores of the real batch", "f": "D's scores of the fakes"}


class WatchedLoss:
    """A GAN loss with its two faces, d and g."""

    def __init__(self, loss, watch: Watch):
        self.loss, self.watch, self.relativistic = loss, watch, loss.relativistic

    def d(self, r, f):
        return self._face("d", r, f)

    def g(self, r, f):
        return self._face("g", r, f)

    def _face(self, name, r, f):
        run = getattr(self.loss, name)
        stage = self.watch.stage(f"{self.loss!r}: loss of {name.upper()}")
        row = Row("", repr(self.loss), name, note=loss_formula(self.loss, name))
        stage.rows.append(row)
        out = self.watch.timed(self, row, run, r, f)
        stage.ms, stage.note = row.ms, f"{out[0]:.6g}"
        scores = {"r": r, "f": f} if r is not None else {"f": f}
        row.quantities += [measure(which, WHOSE[which], s) for which, s in scores.items()]
        slopes = {"r": out[1], "f": out[2]} if name == "d" else {"f": out[1]} | ({"r": out[2]} if len(out) > 2 else {})
        for which, slope in slopes.items():
            check = self._check(run, scores, which, list(slopes).index(which) + 1)
            row.quantities.append(measure(f"d{which}", loss_formula(self.loss, name, gradients=True), slope, check))
        return out

    def _check(self, run, scores, which, index):
        scores = {"r": None} | {name: as_float64(s) for name, s in scores.items()}
        u = direction(scores[which], self.watch.rng)

        def value(s):
            return np.array([run(**scores | {which: scores[which] + s * u})[0]])

        def claim(c):
            slope = run(**scores)[index]
            return dot(slope, u), norm(slope * u)

        return compare(f"d{which}", value, claim, np.ones(1))


def watched_penalty(penalty: Callable, watch: Watch) -> Callable:
    """The penalty, seen: g -> value, v."""
    name = penalty_name(penalty)

    def seen(g):
        stage = watch.stage(f"penalty {name}: value and v = dP/dg")
        row = Row("", name, "penalty", note=penalty_formula(_function(penalty)))
        stage.rows.append(row)
        value, v = watch.timed(seen, row, penalty, g)
        stage.ms, stage.note = row.ms, f"{value:.6g}"
        g64 = as_float64(g)
        u = direction(g64, watch.rng)

        def claim(c):
            slope = penalty(g64)[1]
            return dot(slope, u), norm(slope * u)

        check = compare("v", lambda s: np.array([penalty(g64 + s * u)[0]]), claim, np.ones(1))
        row.quantities += [measure("g", "g[n] = dD(x[n])/dx[n]", g)]
        row.quantities += [measure("v", penalty_formula(_function(penalty), "v"), v, check)]
        return value, v

    seen.at = place(penalty)
    return seen


def _function(penalty):
    return _function(penalty.func) if isinstance(penalty, partial) else penalty


def penalty_name(penalty) -> str:
    """r1(gamma=1.0)"""
    options = ", ".join(f"{key}={value}" for key, value in getattr(penalty, "keywords", {}).items())
    return f"{getattr(_function(penalty), '__name__', repr(penalty))}" + f"({options})" * bool(options)


class WatchedOptimizer:
    """An optimizer, or None: then the gradients are shown and emptied, and no weight moves."""

    def __init__(self, name: str, net, opt, watch: Watch):
        self.name, self.net, self.opt, self.watch = name, net, opt, watch

    def step(self) -> None:
        how = type(self.opt).__name__ if self.opt else "no optimizer"
        stage = self.watch.stage(f"{how}: theta of {self.name}")
        stage.note = f"lr {self.opt.rate():.4g}; {optimizer_formula(self.opt)}" if self.opt else "nothing moves"
        layers = [(at, layer) for at, layer in places(self.net.layers) if layer.parameters]
        before = [
            [(getattr(layer, n).copy(), getattr(layer, f"d{n}").copy()) for n in layer.parameters]
            for _, layer in layers
        ]
        try:
            self.watch.timed(self, stage, self.opt.step if self.opt else self.net.zero_grad)
        except NonFiniteError as error:  # a trace is most needed when this happens
            stage.note = f"refused: {error}"
            self.net.zero_grad()
        for (at, layer), pairs in zip(layers, before, strict=True):
            row = Row(at, repr(layer), "update")
            for n, (theta, grad) in zip(layer.parameters, pairs, strict=True):
                row.quantities += [measure(n, "", theta), measure(f"d{n}", "the sum of all passes", grad)]
                row.quantities.append(measure(f"step of {n}", "", getattr(layer, n) - theta))
                row.pictures += [*pictures.kernels(n, theta), *pictures.kernels(f"d{n}", grad)]
            stage.rows.append(row)
