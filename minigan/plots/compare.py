"""Generated images next to real ones: how does D score each, and did G copy any of them?

Both pictures have the same layout: at the top, two blocks of tiles, each tile with a number on a coloured label; at the bottom,
the distribution of that number over hundreds or thousands of images.  The tiles show a few examples, the distribution shows
whether they are typical.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.plots.checks import as_batch, as_list
from minigan.plots.images import to_image
from minigan.running.arguments import check_path
from minigan.running.files import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REAL, FAKE = "#1f4e9c", "#d1600a"
COLUMNS, ROWS = 6, 5  # of a block


def scored(
    real: np.ndarray, fake: np.ndarray, real_scores: np.ndarray, fake_scores: np.ndarray, path: str | os.PathLike
) -> None:
    """Draw the first 30 real and the first 30 generated images with their scores, and the distribution of all scores.

    The title gives P(score of a real image > score of a generated image) over all pairs, ties counting one half.

    Parameters
    ----------
    real, fake
        Images (N, H, W, C) and (M, H, W, C), uint8 or float in [-1, 1].
    real_scores, fake_scores
        D's score of each, (N,) and (M,).
    path
        The file to write; its suffix (.png, .svg, .pdf) sets the format.

    Raises
    ------
    ValueError
        If the shapes do not match, a batch is empty, or a number is NaN or Inf.
    TypeError
        For numbers that are not real, masked arrays, and a path that is none.
    """
    check_path("scored", path=path)
    real_scores, fake_scores = as_list("real_scores", real_scores), as_list("fake_scores", fake_scores)
    real, fake = as_batch("real", real, len(real_scores)), as_batch("fake", fake, len(fake_scores))
    r, f = real_scores, np.sort(fake_scores)
    # for each real image, the number of fakes with a lower score; half of the ties
    lower = (np.searchsorted(f, r, "left") + np.searchsorted(f, r, "right")) / 2
    share = lower.mean() / len(f)
    middle = (np.median(r) + np.median(f)) / 2
    reach = np.quantile(np.abs(np.concatenate([r, f]) - middle), 0.95) or 1.0
    digits = 2 if reach < 10 else 0
    figure, left, right, bottom = _figure()
    for block, images, scores, title in (
        (left, real, real_scores, "Real images, with D's scores"),
        (right, fake, fake_scores, "Generated images, with D's scores"),
    ):
        shown = scores[: COLUMNS * ROWS]
        shades = [float(score - middle) / reach for score in shown]
        captions = [f"{round(float(score), digits) + 0.0:+.{digits}f}" for score in shown]  # + 0.0: no -0.00
        _tiles(block, images[: COLUMNS * ROWS], captions, shades, 1)
        block.set_title(title, loc="left", fontsize=12)
    _histogram(bottom, r, f, f"real ({len(r):,})", f"generated ({len(f):,})")
    title = f"D scores the real image higher in {100 * share:.0f} % of all pairs of a real and a generated image"
    bottom.set_title(f"{title} (50 %: it cannot tell them apart)", loc="left", fontsize=12)
    bottom.set_xlabel("D's score (high: looks real)")
    _save(figure, path)


def pairs(
    fake: np.ndarray,
    nearest: np.ndarray,
    distance: np.ndarray,
    own: np.ndarray,
    real: np.ndarray,
    path: str | os.PathLike,
) -> None:
    """Draw generated images next to their nearest training images: the first 15 pairs, and the 15 most likely copies.

    A copy shows as a small ratio distance / own: the generated image is closer to the training image than any other
    training image is.

    Parameters
    ----------
    fake, nearest
        Generated images and the nearest training image of each, (N, H, W, C), uint8 or float in [-1, 1].
    distance
        (N,) the distance between the two.
    own
        (N,) the distance from that training image to its own nearest neighbour in the training set.
    real
        (M,) the same distance for training images drawn at random: the distribution to compare with.
    path
        The file to write; its suffix (.png, .svg, .pdf) sets the format.

    Raises
    ------
    ValueError
        If the shapes do not match, a batch is empty, or a number is NaN or Inf.
    TypeError
        For numbers that are not real, masked arrays, and a path that is none.
    """
    check_path("pairs", path=path)
    distance, own, real = as_list("distance", distance), as_list("own", own), as_list("real", real)
    fake, nearest = as_batch("fake", fake, len(distance)), as_batch("nearest", nearest, len(own))
    if fake.shape != nearest.shape:
        raise ValueError(f"each image needs its nearest one, of the same shape, got {fake.shape} and {nearest.shape}")
    figure, left, right, bottom = _figure()
    n = COLUMNS * ROWS // 2
    ratio = np.divide(distance, own, out=np.full(len(own), np.inf), where=own > 0)
    for block, chosen, title in (
        (left, np.arange(len(fake))[:n], "Each generated image | its nearest training image"),
        (right, np.argsort(ratio, kind="stable")[:n], f"The most suspicious of all {len(fake):,} pairs"),
    ):
        tiles = np.stack([to_image(fake[chosen]), to_image(nearest[chosen])], axis=1).reshape(-1, *fake.shape[1:])
        _tiles(block, tiles, [f"{distance[i]:.1f} ({own[i]:.1f})" for i in chosen], [0.0] * len(chosen), 2)
        block.set_title(title, loc="left", fontsize=12)
    _histogram(
        bottom, real, distance, "real image to its nearest neighbour", "generated image to its nearest real image"
    )
    title = "Distance within each pair (in brackets: from the training image to its nearest neighbour)"
    bottom.set_title(title, loc="left", fontsize=12)
    bottom.set_xlabel(
        "Euclidean distance of the pixels (a generator that copies has smaller distances than real images)"
    )
    _save(figure, path)


def _figure() -> tuple[Figure, Axes, Axes, Axes]:
    """A figure with axes for the two blocks of tiles and for the distribution at the bottom."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(11, 8.2), dpi=110, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
    axes = figure.subplot_mosaic([["left", "right"], ["bottom", "bottom"]], height_ratios=[3.6, 1])
    return figure, axes["left"], axes["right"], axes["bottom"]


def _tiles(axes: Axes, images: np.ndarray, captions: Sequence[str], shades: Sequence[float], group: int) -> None:
    """Draw images (N, H, W, C) row by row, in groups with one caption each; a shade from -1 to 1 colours the label."""
    from matplotlib.colors import LinearSegmentedColormap

    images = to_image(images)
    images = np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images
    colours = LinearSegmentedColormap.from_list("score", [FAKE, "#f2efe8", REAL])
    height = images.shape[1] / images.shape[2]  # of a tile; its width is 1
    column, row = group + 0.12, height + 0.42
    for i, (caption, shade) in enumerate(zip(captions, shades)):
        x, y = i % (COLUMNS // group) * column, i // (COLUMNS // group) * row
        for k, image in enumerate(images[i * group : (i + 1) * group]):
            left = x + 1.03 * k  # leaves a thin line between the images of a group
            axes.imshow(image, extent=(left, left + 1, y + height, y), interpolation="nearest")
        label = {"boxstyle": "round,pad=0.25", "facecolor": colours((shade + 1) / 2), "edgecolor": "none"}
        ink = "white" if abs(shade) > 0.6 else "black"
        at = x + group / 2, y + height + 0.19
        axes.text(*at, caption, ha="center", va="center", fontsize=9, color=ink, bbox=label)
    axes.set(xlim=(-0.05, COLUMNS // group * column), ylim=(ROWS * row, -0.05), aspect="equal")
    axes.axis("off")


def _histogram(axes: Axes, real: np.ndarray, fake: np.ndarray, real_name: str, fake_name: str) -> None:
    low, high = np.quantile(np.concatenate([real, fake]), [0.001, 0.999])
    edges = np.linspace(low, high if high > low else low + 1, 61).tolist()
    axes.hist(real, edges, density=True, color=REAL, alpha=0.45, label=real_name)
    axes.hist(fake, edges, density=True, histtype="step", color=FAKE, linewidth=2, label=fake_name)
    axes.legend(frameon=False, loc="best")
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _save(figure: Figure, path: str | os.PathLike) -> None:
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")
