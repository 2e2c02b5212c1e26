"""Two more inverse problems with the same search: super-resolution x4, and compressed sensing with 100 measurements.

Super-resolution: the means of 4 x 4 pixels are known. Against it stand the blocks themselves and bicubic interpolation (Pillow).
Compressed sensing (Bora et al. 2017): 50 to 500 random sums of the 784 pixels of a digit are known, with noise. Against it stands
the lasso in pixels (scikit-learn), which knows only that most of them are black: it needs more sums, and with enough of them it
gets closer than anything that G can draw.
"""

import time
import warnings
from typing import Any

import numpy as np

from minigan.apps import restore
from minigan.apps.generator import generator
from minigan.apps.measurement import Measurement, Mix, Shrink
from minigan.measure.results.held_out import HeldOut, borrowed, held_out
from minigan.measure.results.inpaint import MODELS, SEARCH
from minigan.measure.results.table import Cell, Column
from minigan.running.model import open_model

NAME, SEEDS = "inverse", 1
DATA = ("mnist", "portraits")
ALPHA = 1e-4  # of the lasso: the best of five for 500 measurements of training images; for 100 all five are equally bad
SIDE, BORDER = 28, 2  # of a digit, and of the black frame around it


def methods() -> dict[str, dict]:
    """Method -> settings."""
    made: dict[str, dict] = {}
    for name, models in MODELS.items():
        small: dict[str, Any] = {"problem": "shrink", "factor": 4, "images": 100}
        made |= {f"{name}/x4, {way}": small | {"way": way} for way in ("blocks", "bicubic")}
        made |= {f"{name}/x4, {way}": small | {"way": way, "model": model} | SEARCH for way, model in models.items()}
    for m in (50, 100, 200, 500):
        known: dict[str, Any] = {"problem": "mix", "measurements": m, "noise": 0.1, "images": 100}
        made[f"digits/{m} of 784, lasso"] = known | {"way": "lasso", "alpha": ALPHA}
        made |= {
            f"digits/{m} of 784, {way}": known | {"way": way, "model": model} | SEARCH
            for way, model in MODELS["digits"].items()
        }
    return made


METHODS = methods()
QUICK = {"images": 20, "steps": 5}
COLUMNS = {
    "psnr": Column("PSNR, dB", ".2f", "more"),
    "ssim": Column("SSIM", ".3f", "more"),
    "error": Column("squared error per pixel, 0 to 1", ".4f", "less"),
    "right": Column("read right, %", ".1f", "more"),
    "chance": Column("by chance, %", ".1f"),
    "truth": Column("of the truth, %", ".1f"),
    "seconds": Column("s an image", ".3f", "less"),
}


class Middle:
    """A of the image without its frame: digits are measured at 28 x 28 and drawn at 32 x 32."""

    def __init__(self, A: Measurement, border: int):
        self.A, self.border = A, border

    def __call__(self, x: np.ndarray) -> np.ndarray:
        b = self.border
        return self.A(x[:, b:-b, b:-b])

    def adjoint(self, y: np.ndarray) -> np.ndarray:
        b = self.border
        return np.pad(self.A.adjoint(y), ((0, 0), (b, b), (b, b), (0, 0)))


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Restore the images of one set in one way."""
    name, settings = cell.method.partition("/")[0], cell.settings
    found, rng = held_out(name, settings["images"], quick), np.random.default_rng(cell.seed)
    A: Measurement
    if settings["problem"] == "shrink":
        A, noise = Shrink(settings["factor"]), 0.0
    else:
        m = settings["measurements"]
        A = Middle(Mix(m, (SIDE, SIDE, 1), rng), BORDER)
        noise = 2 * settings["noise"] / np.sqrt(m)  # so that its norm is `noise` where pixels are 0 to 1
    y = A(found.x)
    y = y + (noise * rng.standard_normal(y.shape)).astype(y.dtype)
    started = time.perf_counter()
    restored = restored_from(found, A, y, cell)
    seconds = (time.perf_counter() - started) / len(restored)
    error = float(((restored - found.x) ** 2).mean()) / 4
    return found.figures(restored) | {"error": error, "seconds": seconds}


def restored_from(found: HeldOut, A: Measurement, y: np.ndarray, cell: Cell) -> np.ndarray:
    """The restored images, float (N, H, W, C) in [-1, 1]."""
    settings, way = cell.settings, cell.settings["way"]
    if way == "blocks":
        k = settings["factor"]
        return y.repeat(k, axis=1).repeat(k, axis=2)
    if way == "bicubic":
        return bicubic(y, settings["factor"])
    if isinstance(A, Middle) and way == "lasso":
        return lasso(A, y, settings["alpha"])
    G = generator(open_model(settings["model"]).trainer.game)
    search = {name: settings[name] for name in SEARCH}
    return restore.restore(G, A, y, np.random.default_rng([cell.seed, 1]), **search)[0]


def bicubic(y: np.ndarray, k: int) -> np.ndarray:
    """Small images (N, H, W, C) enlarged k times by Pillow, channel by channel."""
    from PIL import Image

    size = k * y.shape[2], k * y.shape[1]
    planes = np.moveaxis(y, 3, 1).reshape(-1, *y.shape[1:3])
    large = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC)) for plane in planes]
    return np.moveaxis(np.stack(large).reshape(len(y), y.shape[3], size[1], size[0]), 1, 3).clip(-1, 1)


def lasso(A: Middle, y: np.ndarray, alpha: float) -> np.ndarray:
    """x = argmin 1/(2m) || A x - y ||^2 + alpha sum x over x >= 0, with pixels from 0, black, to 1; the frame is black."""
    assert isinstance(A.A, Mix)
    phi = A.A.phi.T  # (m, n)
    black = -phi.sum(axis=1)  # the measurements of a black image
    model = borrowed("sklearn.linear_model").Lasso(alpha=alpha, positive=True, fit_intercept=False, max_iter=5000)
    with warnings.catch_warnings(action="ignore"):  # of slow convergence
        found = [model.fit(phi, (one - black) / 2).coef_.copy() for one in y]
    x = np.clip(2 * np.stack(found) - 1, -1, 1).reshape(-1, *A.A.shape).astype(y.dtype)
    b = A.border
    return np.pad(x, ((0, 0), (b, b), (b, b), (0, 0)), constant_values=-1)
