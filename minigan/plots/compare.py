"""Generated images beside real ones: what does D say of each, and has G copied any?

Two pictures of one form: above, two blocks of tiles, each with its number on a chip; below, the distribution that these few
numbers were drawn from, for hundreds or thousands of images.  The tiles catch the eye, the distribution keeps it honest.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from minigan.plots.images import to_image
from minigan.running.files import atomic_file

REAL, FAKE = "#1f4e9c", "#d1600a"
COLUMNS, ROWS = 6, 5  # of a block


def scored(
    real: np.ndarray, fake: np.ndarray, real_scores: np.ndarray, fake_scores: np.ndarray, path: str | os.PathLike
) -> None:
    """Draw the first 30 real and the first 30 generated images with D's score on each, and all scores below; atomic.

    images (N, H, W, C) and (M, H, W, C), uint8 or float in [-1, 1]; their scores (N,) and (M,).  Raises ValueError if an image has
    no score.
    """
    _check(real, real_scores), _check(fake, fake_scores)
    r, f = real_scores.astype(float), np.sort(fake_scores.astype(float))
    below = (
        np.searchsorted(f, r, "left") + np.searchsorted(f, r, "right")
    ) / 2  # how many fakes score less than each real
    higher = below.mean() / len(f)
    middle = (np.median(r) + np.median(f)) / 2
    reach = np.quantile(np.abs(np.concatenate([r, f]) - middle), 0.95) or 1.0
    digits = 2 if reach < 10 else 0
    figure, left, right, axes = _figure()
    for block, images, values, title in (
        (left, real, real_scores, "Real images, D's score on each"),
        (right, fake, fake_scores, "Generated images, D's score on each"),
    ):
        shades = [(value - middle) / reach for value in values[: COLUMNS * ROWS]]
        captions = [
            f"{round(float(value), digits) + 0.0:+.{digits}f}" for value in values[: COLUMNS * ROWS]
        ]  # no -0.00
        _tiles(block, images[: COLUMNS * ROWS], captions, shades, 1)
        block.set_title(title, loc="left", fontsize=12)
    _histogram(axes, r, f, f"real ({len(r):,})", f"generated ({len(f):,})")
    axes.set_title(
        f"Of a real and a generated image, D scores the real one higher in {100 * higher:.0f} % of all pairs (50 %: it cannot tell)",
        loc="left", fontsize=12,
    )  # fmt: skip
    axes.set_xlabel("D's score (high: looks real)")
    _save(figure, path)


def pairs(
    fake: np.ndarray,
    nearest: np.ndarray,
    distance: np.ndarray,
    own: np.ndarray,
    real: np.ndarray,
    path: str | os.PathLike,
) -> None:
    """Draw generated images, each beside its nearest training image: the first 15, and the 15 that are most like copies; atomic.

    fake and nearest (N, H, W, C), uint8 or float in [-1, 1], lie at `distance` (N,) from each other; own (N,): from that training
    image to its nearest other one, so a copy is where distance / own is small; real (M,): the latter for training images
    drawn at random, for the distribution below.  Raises ValueError if a pair has no distance.
    """
    _check(fake, distance), _check(nearest, own)
    figure, left, right, axes = _figure()
    n = COLUMNS * ROWS // 2
    ratio = np.divide(distance, own, out=np.full(len(own), np.inf), where=own > 0)
    for block, chosen, title in (
        (left, np.arange(len(fake))[:n], "Each generated image | its nearest training image"),
        (right, np.argsort(ratio, kind="stable")[:n], f"The most suspicious of all {len(fake):,} pairs"),
    ):
        tiles = np.stack([to_image(fake[chosen]), to_image(nearest[chosen])], axis=1).reshape(-1, *fake.shape[1:])
        _tiles(block, tiles, [f"{distance[i]:.1f} ({own[i]:.1f})" for i in chosen], [0.0] * len(chosen), 2)
        block.set_title(title, loc="left", fontsize=12)
    names = "real image, to the nearest other one", "generated image, to the nearest real one"
    _histogram(axes, real, distance, *names)
    axes.set_title(
        "Distance of the two (in brackets: of the training image from its nearest other one)", loc="left", fontsize=12
    )
    axes.set_xlabel("Euclidean distance of the pixels; a generator that copies lies further left than real images")
    _save(figure, path)


def _figure():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8.2), dpi=110, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    axes = figure.subplot_mosaic([["left", "right"], ["below", "below"]], height_ratios=[3.6, 1])
    return figure, axes["left"], axes["right"], axes["below"]


def _tiles(axes, images, captions, shades, together) -> None:
    """Images (N, H, W, C) row by row, `together` of them closely side by side above one caption, shaded from -1 to 1."""
    from matplotlib.colors import LinearSegmentedColormap

    images = to_image(images)
    images = np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images
    colours = LinearSegmentedColormap.from_list("score", [FAKE, "#f2efe8", REAL])
    height = images.shape[1] / images.shape[2]  # of a tile, in its widths
    each, row = together + 0.12, height + 0.42
    for i, (caption, shade) in enumerate(zip(captions, shades)):
        x, y = i % (COLUMNS // together) * each, i // (COLUMNS // together) * row
        for k, image in enumerate(images[i * together : (i + 1) * together]):
            left = x + 1.03 * k  # a fine line between the two
            axes.imshow(image, extent=(left, left + 1, y + height, y), interpolation="nearest")
        chip = {"boxstyle": "round,pad=0.25", "facecolor": colours((shade + 1) / 2), "edgecolor": "none"}
        ink = "white" if abs(shade) > 0.6 else "black"
        axes.text(
            x + together / 2, y + height + 0.19, caption, ha="center", va="center", fontsize=9, color=ink, bbox=chip
        )
    axes.set(xlim=(-0.05, COLUMNS // together * each), ylim=(ROWS * row, -0.05), aspect="equal")
    axes.axis("off")


def _histogram(axes, real, fake, real_name, fake_name) -> None:
    low, high = np.quantile(np.concatenate([real, fake]), [0.001, 0.999])
    edges = np.linspace(low, high if high > low else low + 1, 61)
    axes.hist(real, edges, density=True, color=REAL, alpha=0.45, label=real_name)
    axes.hist(fake, edges, density=True, histtype="step", color=FAKE, linewidth=2, label=fake_name)
    axes.legend(frameon=False, loc="best")
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _save(figure, path) -> None:
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")


def _check(images, numbers) -> None:
    if images.ndim != 4 or len(images) == 0 or numbers.shape != images.shape[:1]:
        raise ValueError(
            f"expected images (N, H, W, C), N >= 1, and a number for each, got {images.shape} and {numbers.shape}"
        )
