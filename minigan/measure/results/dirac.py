"""DiracGAN: the one GAN whose training is known exactly, for each loss and penalty of the library (Mescheder et al. 2018).

The data is one point; G has one weight theta and D one weight psi; see certify/dirac.py.  Training in continuous time follows a
field w(theta, psi), which the library computes with its forward, backward and penalties, and for which there is a closed form.
The figures of a row are

    field        max |w - closed form| at random points of [-2, 2]^2
    eigenvalue   max |lambda - closed form| of the Jacobian at (0, 0); none for WGAN-GP and DRAGAN, which have a kink there
    trajectory   max |x(t) - exact| from (0.8, 0.6).  Where w is linear along the trajectory (Wasserstein, and hinge while f > -1),
                 exact is exp(t J) x(0).  Otherwise no formula is known, and "exact" is the closed form of w, integrated with the
                 same Runge-Kutta steps
    distance     of (theta, psi) from the equilibrium (0, 0) at the end; it is 1 at the start

R1 and R2 are identical here, and so are WGAN-GP and DRAGAN: D is linear, so dD/dx = psi everywhere.  Both are measured.
"""

import cmath
import dataclasses
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from minigan.losses import GAN_LOSSES
from minigan.measure.certify.dirac import FORCES, DiracGAN, closed_field, closed_form, in_order
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.penalties import PENALTIES

NAME, SEEDS = "dirac", 1
START, TIME = (0.8, 0.6), 20.0
CHOSEN = {  # label -> penalty, weight
    "no penalty": (None, 0.0),
    "r1, 0.3": ("r1", 0.3),
    "r1, 3": ("r1", 3.0),
    "r2, 0.3": ("r2", 0.3),
    "wgan_gp, 0.3": ("wgan_gp", 0.3),
    "dragan, 0.3": ("dragan", 0.3),
}
COURSE = {"start": START, "time": TIME, "step": 0.0125, "points": 200}
METHODS = {
    f"{loss}, {label}": {"loss": loss, "penalty": penalty, "weight": weight, **COURSE}
    for loss in FORCES
    for label, (penalty, weight) in CHOSEN.items()
}
QUICK = {"time": 2.0}
COLUMNS = {
    "field": Column("field, worst error", ".0e"),
    "real": Column("Re λ", ".3f"),
    "imaginary": Column("Im λ", ".3f"),
    "eigenvalue": Column("λ, worst error", ".0e"),
    "trajectory": Column("trajectory, worst error", ".0e"),
    "distance": Column("distance at the end", ".4f"),
}

PICTURED = {
    "no penalty": (None, 0.0),
    "R1 = R2, γ = 0.3": ("r1", 0.3),
    "R1 = R2, γ = 3": ("r1", 3.0),
    "WGAN-GP = DRAGAN, λ = 0.3": ("wgan_gp", 0.3),
}
TITLE = (
    "DiracGAN, 20 units of time from ○ to ●: without a penalty it circles the data (+), or spirals in ever more slowly;\n"
    "with R1 or R2 it reaches the data; with WGAN-GP it circles for ever.  Least squares stops away from the data:\n"
    "its neutral score is 1/2, and this D, psi x, cannot output 1/2 at x = 0."
)


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The figures of the table, from the library's own field and the closed forms."""
    loss, penalty, weight = (cell.settings[k] for k in ("loss", "penalty", "weight"))
    start, time, step = (cell.settings[k] for k in ("start", "time", "step"))
    game = _game(loss, penalty, weight)
    closed = partial(closed_field, loss, penalty, weight)
    points = np.random.default_rng(cell.seed).uniform(-2, 2, (cell.settings["points"], 2))
    path = trajectory(game.field, start, time, step)  # (T + 1, 2)
    found = {"field": max(np.abs(game.field(*x) - closed(*x)).max() for x in points)}
    if penalty in (None, "r1", "r2"):
        ours, theirs = in_order(game.eigenvalues()), in_order(closed_form(loss, weight))
        last = ours[-1]  # the larger imaginary part; of two real ones, the slower
        found |= {"real": last.real, "imaginary": last.imag}
        found["eigenvalue"] = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    if loss in ("wasserstein", "hinge") and penalty in (None, "r1", "r2"):
        exact = linear(weight, start, step * np.arange(len(path)))
    else:
        exact = trajectory(closed, start, time, step)
    return found | {"trajectory": np.abs(path - exact).max(), "distance": math.hypot(*path[-1])}


def trajectory(
    field: Callable[..., np.ndarray], start: Sequence[float], time: float, step: float
) -> np.ndarray:  # (T + 1, 2)
    """x' = w(x), integrated with the classical fourth-order Runge-Kutta method.

    Parameters
    ----------
    field : callable
        field(theta, psi) -> w (2,).
    start : two floats
        x(0) = (theta, psi).
    time, step : float
        T = time / step steps are taken.

    Returns
    -------
    np.ndarray
        x at 0, step, 2 step, ..., time, shape (T + 1, 2).
    """
    path = [np.array(start)]
    for _ in range(round(time / step)):
        x = path[-1]
        a = field(*x)
        b = field(*(x + step / 2 * a))
        c = field(*(x + step / 2 * b))
        d = field(*(x + step * c))
        path.append(x + step / 6 * (a + 2 * b + 2 * c + d))
    return np.array(path)


def linear(gamma: float, start: Sequence[float], times: np.ndarray) -> np.ndarray:
    """x(t) = exp(t J) x(0),  J = [[0, 1], [-1, -gamma]]:  the exact trajectory of Wasserstein with R1 or R2.   times (T,) -> (T, 2)

    exp(t J) = (exp(p t) (J - q) - exp(q t) (J - p)) / (p - q), p and q the eigenvalues (Sylvester's formula; p != q).
    """
    p, q = closed_form("wasserstein", gamma)
    J, one = np.array([[0, 1], [-1, -gamma]]), np.eye(2)
    parts = [(J - q * one) @ start / (p - q), (J - p * one) @ start / (q - p)]
    return np.array([cmath.exp(p * t) * parts[0] + cmath.exp(q * t) * parts[1] for t in times]).real


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """One small panel for each loss and penalty: the trajectory in the library's own field; the rows are not needed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 8.6), dpi=100, layout="constrained")
    panels = figure.subplots(len(PICTURED), len(FORCES), sharex=True, sharey=True)
    for line, (label, (penalty, weight)) in zip(panels, PICTURED.items(), strict=True):
        line[0].set_ylabel(f"{label}\n\nψ, of D")
        for axes, loss in zip(line, FORCES, strict=True):
            path = trajectory(_game(loss, penalty, weight).field, START, 2.0 if quick else TIME, 0.05)
            axes.plot(*path.T, "-", color="0.15", linewidth=1)
            axes.plot(*path[0], "o", color="0.15", markerfacecolor="white", markersize=6)
            axes.plot(*path[-1], "o", color="0.15", markersize=6)
            axes.plot(0, 0, "+", color="0.15", markersize=13, markeredgewidth=1.5)
            axes.text(
                0.99, 0.97, f"ends {math.hypot(*path[-1]):.2f}\nfrom +", transform=axes.transAxes, ha="right", va="top"
            )
            axes.set(aspect="equal", xlim=(-1.6, 3.1), ylim=(-1.6, 1.6))
            axes.spines[["top", "right"]].set_visible(False)
    for axes, loss in zip(panels[0], FORCES, strict=True):
        axes.set_title(loss.replace("_", " "), fontsize=11)
    for axes in panels[-1]:
        axes.set_xlabel("θ, of G")
    figure.suptitle(TITLE, fontsize=12)
    return save_figure(figure, NAME, folder, quick)


def _game(loss: str, penalty: str | None, weight: float) -> DiracGAN:
    name = "gamma" if penalty in ("r1", "r2") else "lam"
    return DiracGAN(GAN_LOSSES[loss], dataclasses.replace(PENALTIES[penalty], **{name: weight}) if penalty else None)
