"""How many digits of a float32 gradient are right, and do the fast kernels round more than a plain sum would?

Each method is a layer, a network or a whole step in float32, computed twice: by the NumPy twins and by the kernels.  Beside it stands
the same in float64, from the same float32 numbers.  A sum of n products in any order has an error of at most

    |computed - exact| <= gamma_n |A| |B|,    gamma_n = n u / (1 - n u),    u = 2^-24          Higham 2002, eq. 3.5

entry by entry, where |A| |B| is the sum of the absolute values.  So errors are given in units of u |A| |B|: the bound is then n, the
length of the sum, and sqrt(n) is the size to expect of random signs (Higham and Mary 2019).  |A| |B| comes from the same layer,
with the absolute values of its input and its weights.  In a chain the lengths add up; a LeakyReLU is left out of the absolute
chain, since |f(x)| <= |x|.  The transforms of Winograd's kernels add and subtract before they multiply, so no such bound is proven
for them; the table says whether they keep it.

A whole step has no bound here, only its digits: -log10 of the largest error over the largest entry.  It can lose digits that no sum
lost: an input of a LeakyReLU that is nearly 0 may be rounded to the other side of the kink, where the derivative is another one.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan import kernels
from minigan.game import d_step
from minigan.layers import BatchNorm, Conv2d, Dense, Flatten, LeakyReLU, UpConv2d
from minigan.losses import non_saturating
from minigan.measure.certify.steps import KeepingSGD
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.models import dcgan_up
from minigan.network import Sequential
from minigan.penalties import R1

NAME, SEEDS = "rounding", 3
U = 2.0**-24

# method -> the layers, the shape of a sample, and the lengths of the sums: of y, of dx, of dW for each sample, and of dW's factors
Lengths = tuple[int, int, int, int]
LAYERS: dict[str, tuple[Callable[[], list], tuple[int, ...], Lengths]] = {
    "Dense(784, 400)": (lambda: [Dense(784, 400)], (784,), (785, 400, 1, 0)),
    "Conv2d(32, 64, 5)": (lambda: [Conv2d(32, 64, 5, pad=2)], (16, 16, 32), (801, 1600, 256, 0)),
    "Conv2d(32, 64, 4, stride=2), Winograd": (
        lambda: [Conv2d(32, 64, 4, stride=2, pad=1)], (16, 16, 32), (513, 256, 64, 0)),
    "Conv2d(64, 64, 3), Winograd": (lambda: [Conv2d(64, 64, 3, pad=1)], (16, 16, 64), (577, 576, 256, 0)),
    "UpConv2d(64, 32, 3)": (lambda: [UpConv2d(64, 32, 3)], (8, 8, 64), (577, 1152, 256, 0)),
    "BatchNorm(64)": (lambda: [BatchNorm(64)], (16, 16, 64), (0, 0, 0, 0)),
    "D of dcgan_up": (
        lambda: [*(layer for n, m in ((1, 32), (32, 64), (64, 128)) for layer in (Conv2d(n, m, 4, stride=2, pad=1), LeakyReLU(0.2))),
                 Flatten(), Dense(2048, 1)],
        (32, 32, 1), (17 + 513 + 1025 + 2049, 1 + 4 * (128 + 64 + 32), 256, 3604 + 897)),
}  # fmt: skip
STEP = "D step, non-saturating + R1"
METHODS: dict[str, dict[str, Any]] = {name: {"batch": 64} for name in (*LAYERS, STEP)}
COLUMNS = {
    f"{way}_{part}": Column(f"{part}: {heading}", form)
    for part in ("y", "dx", "dW")
    for way, heading, form in (("twin", "twin", ".1f"), ("fast", "kernels", ".1f"), ("n", "bound n", ".0f"))
} | {
    "digits_twin": Column("digits of dtheta, twin", ".1f"),
    "digits_fast": Column("kernels", ".1f"),
    "kinks_twin": Column("kinks on the other side, twin", ".1f"),
    "kinks_fast": Column("kernels", ".1f"),
}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The largest errors in units of u |A| |B|, and the digits of the gradient of all weights."""
    rng, batch = np.random.default_rng(cell.seed), cell.settings["batch"]
    return step(batch, rng) if cell.method == STEP else layer(*LAYERS[cell.method], batch, rng)


def layer(
    build: Callable[[], list], shape: tuple[int, ...], lengths: Lengths, batch: int, rng: np.random.Generator
) -> dict[str, float]:
    """The figures of a layer or a chain, for random weights, inputs and cotangents."""
    net = Sequential(*build(), rng=rng)
    net.theta[...] += 0.02 * rng.standard_normal(net.theta.size, dtype=np.float32)  # no bias is 0
    x = rng.standard_normal((batch, *shape), dtype=np.float32)
    dy = rng.standard_normal(net(x).shape, dtype=np.float32)
    with kernels.use("reference"):
        exact, twin = (parts(net.astype(dtype), x, dy) for dtype in (np.float64, np.float32))
    fast = parts(net, x, dy)
    figures = digits(exact["dW"], twin["dW"], fast["dW"])
    if not any(lengths):
        return figures
    of_y, of_dx, positions, factors = lengths
    n = {"y": of_y, "dx": of_dx, "dW": batch * positions + factors}
    plain = Sequential(*(part for part in build() if not isinstance(part, LeakyReLU)), rng=0).astype(np.float64)
    plain.theta[...] = np.abs(net.theta)
    with kernels.use("reference"):
        size = parts(plain, np.abs(x), np.abs(dy))
    for part, unit in size.items():
        unit = np.maximum(U * unit, np.finfo(np.float64).tiny)
        for way, found in (("twin", twin), ("fast", fast)):
            figures[f"{way}_{part}"] = float((np.abs(found[part] - exact[part]) / unit).max())
        figures[f"n_{part}"] = n[part]
    return figures


def parts(net: Sequential, x: np.ndarray, dy: np.ndarray) -> dict[str, np.ndarray]:
    """y, dx and the gradient of all weights."""
    net.zero_grad()
    y, caches = net.forward(x)
    dx = net.backward(dy, caches)
    return {"y": y, "dx": dx, "dW": net.grad.copy()}


def step(batch: int, rng: np.random.Generator) -> dict[str, float]:
    """The digits of D's gradient in a whole step of the default game."""
    G, D = dcgan_up((32, 32, 1), 64, 32, 0, rng=rng)
    x, z = rng.uniform(-1, 1, (batch, 32, 32, 1)).astype(np.float32), rng.standard_normal((batch, 64), dtype=np.float32)

    def gradient(dtype: Any, way: str) -> np.ndarray:
        g, d = G.astype(dtype), D.astype(dtype)
        with kernels.use(way):
            d_step(g, d, non_saturating, [R1(1.0)], opt := KeepingSGD(d, lr=0.0), x, z)
        return opt.seen

    figures = digits(gradient(np.float64, "reference"), gradient(np.float32, "reference"), gradient(np.float32, "fast"))
    with kernels.use("reference"):
        exact = sides(G.astype(np.float64), D.astype(np.float64), x, z)
    for name, way in (("kinks_twin", "reference"), ("kinks_fast", "fast")):
        with kernels.use(way):
            figures[name] = int((sides(G, D, x, z) != exact).sum())
    return figures


def sides(G: Sequential, D: Sequential, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """For each input of a LeakyReLU of D in this step, whether it is positive."""
    found = []
    for images in (x, G.forward(z)[0]):
        images = D.cast(images)
        for part in D.layers:
            if isinstance(part, LeakyReLU):
                found.append((images > 0).ravel())
            images = part(images)
    return np.concatenate(found)


def digits(exact: np.ndarray, twin: np.ndarray, fast: np.ndarray) -> dict[str, float]:
    """-log10 max |error| / max |exact|, of the twins and of the kernels."""
    size = np.abs(exact).max()
    pairs = (("digits_twin", twin), ("digits_fast", fast))
    return {name: -math.log10(max(np.abs(found - exact).max() / size, 1e-17)) for name, found in pairs}


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Plot the errors of y, dx and dW between sqrt(n) and n, the largest of all seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    labels: list[str] = []
    for name in LAYERS:
        mine = [rows.figures(row) for row in found if row["method"] == name and row.get("n_y")]
        for part in ("y", "dx", "dW") if mine else ():
            at, n = len(labels), mine[0][f"n_{part}"]
            labels.append(f"{name}: {part}")
            axes.plot(
                [math.sqrt(n), n],
                [at, at],
                color="0.8",
                linewidth=6,
                solid_capstyle="butt",
                label="from √n to n" * (at == 0),
            )
            for way, colour, marker in (("twin", "C0", "o"), ("fast", "C1", "D")):
                worst = max(row[f"{way}_{part}"] for row in mine)
                heading = {"twin": "NumPy twin", "fast": "kernel"}[way] * (at == 0)
                axes.plot(worst, at, marker, color=colour, markersize=6, label=heading)
    axes.set(xscale="log", xlabel="largest error, in units of u |A| |B|", yticks=range(len(labels)), yticklabels=labels)
    axes.set_title("Rounding in float32, beside the bound of a sum of n products", loc="left", fontsize=11)
    axes.invert_yaxis()
    axes.grid(alpha=0.25, axis="x")
    axes.legend(frameon=False, fontsize=8)
    return save_figure(figure, NAME, folder, quick)
