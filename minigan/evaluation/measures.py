"""All measures of a set of generated images, and of real images in their place: the floor.

The floor depends on the number of images as much as on the images: the Frechet distance of two samples of one distribution is
never 0 and falls like 1 / N. So the result records how many images were on each side. It also depends on luck: among ten random
halvings of 10,000 digits the largest distance is three times the smallest. So the floor of that measure is a mean, with its spread.
"""

import numpy as np

from minigan import metrics, plots
from minigan.data import GRID_MODES, GRID_STD, RING_MODES, RING_STD
from minigan.evaluation.features import describe, flat

MIXTURES = {"ring": (RING_MODES, RING_STD), "grid": (GRID_MODES, GRID_STD)}
LEAST = 100  # images; a statistic of fewer is meaningless
CONFIDENT = 0.9  # a prediction is confident if one class gets more than this
SPLITS = 10  # random halvings for the floor of the Frechet distance


def evaluate(
    images: np.ndarray,
    reference: np.ndarray,
    features: str,
    rng: np.random.Generator,
    labels: np.ndarray | None = None,
    reference_labels: np.ndarray | None = None,
) -> dict:
    """{"features": ..., "samples": {"generated", "real", "floor"}, "measures": {name: {"value", "floor"}}}: floats and counts.

    N images are compared with min(N, M) real ones; the floor compares min(N, M // 2) real ones with as many others. For a measure
    of one set (Inception score, classes) the floor is its value on those min(N, M) real images.

    Parameters
    ----------
    images, reference : (N, H, W, C) and (M, H, W, C), or clips (N, T, H, W, C), uint8, or float in [-1, 1]
    features : the space of the distances; see features_for
    labels, reference_labels : the labels (N,) that a conditional G was asked for, and those of the reference (M,), or None

    Some measures have an "error" and a "floor_error": the standard error of the kernel distance, the standard deviation of the
    Inception score over parts, and that of the Frechet distance's floor over splits. Raises ValueError for fewer than 100 images.
    """
    images, reference = map(plots.to_image, (images, reference))  # 256 levels, like the real images
    _check(images, reference)
    half = min(len(images), len(reference) // 2)
    chosen = rng.permutation(len(reference))[: max(len(images), 2 * half)]
    reference, answers = reference[chosen], None if reference_labels is None else reference_labels[chosen]
    real, one, two = slice(len(images)), slice(half), slice(half, 2 * half)

    fake, probabilities = describe(images, features)
    described, reference_probabilities = describe(reference, features)
    value = distances(described[real], fake, rng)
    floor = distances(described[one], described[two], rng)
    floor["frechet_distance"] = _frechet_floor(described, half, rng)
    value["sliced_wasserstein"] = metrics.sliced_wasserstein(flat(images), flat(reference[real]), rng)
    floor["sliced_wasserstein"] = metrics.sliced_wasserstein(flat(reference[one]), flat(reference[two]), rng)
    if probabilities is not None and reference_probabilities is not None:
        value |= classes(probabilities, labels)
        floor |= classes(reference_probabilities[real], None if answers is None else answers[real])
    samples = {"generated": len(images), "real": len(reference[real]), "floor": half}
    return {"features": features, "samples": samples, "measures": paired(value, floor)}


def evaluate_points(points: np.ndarray, real: np.ndarray, data: str) -> dict:
    """The same for points in the plane (N, 2), generated and real, and the mixture `data`, "ring" or "grid"."""
    value, floor = (metrics.mixture_quality(x, *MIXTURES[data]) for x in (points, real))
    samples = {"generated": len(points), "real": len(real), "floor": len(real)}
    return {"features": "points in the plane", "samples": samples, "measures": paired(value, floor)}


def memorised(images: np.ndarray, training: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Does G copy?  Finds each generated image's nearest training image, by the Euclidean distance of the pixels in [-1, 1].

    images (N, H, W, C), training (M, H, W, C) -> {"index": (N,), "distance": (N,), "own": (N,), "real": (min(N, M),)}.  `own`: from
    that training image to its nearest *other* one; an image that is much closer is a copy (Alaa et al. 2022, "authenticity").  `real`: the
    same for training images drawn at random, to compare `distance` with.
    """
    pool = flat(plots.to_image(training))
    index, distance = (found.reshape(-1) for found in metrics.nearest(flat(plots.to_image(images)), pool))
    some = rng.permutation(len(pool))[: len(images)]
    needed, place = np.unique(np.concatenate([index, some]), return_inverse=True)
    others = metrics.nearest(pool[needed], pool, k=2)[1][:, 1][place]  # the nearest of all is the image itself
    return {"index": index, "distance": distance, "own": others[: len(index)], "real": others[len(index) :]}


def distances(real: np.ndarray, fake: np.ndarray, rng: np.random.Generator) -> dict:
    """Features (M, d) and (N, d) -> name: value, or (value, error)."""
    precision, recall = metrics.precision_recall(real, fake)
    density, coverage = metrics.density_coverage(real, fake)
    return {
        "frechet_distance": metrics.frechet_distance(real, fake),
        "kernel_distance": metrics.kernel_distance(real, fake, rng, size=min(1000, len(real) // 2, len(fake) // 2)),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }


def _frechet_floor(real: np.ndarray, half: int, rng: np.random.Generator) -> tuple[float, float]:
    """(M, d) -> mean and standard deviation over random splits into two halves."""
    splits = [rng.permutation(len(real))[: 2 * half] for _ in range(SPLITS)]
    found = [metrics.frechet_distance(real[split[:half]], real[split[half:]]) for split in splits]
    return float(np.mean(found)), float(np.std(found))


def classes(p: np.ndarray, labels: np.ndarray | None) -> dict:
    """Probabilities of the classes (N, K), labels (N,) or None -> name: value, or (value, error)."""
    answers = p.argmax(axis=1)
    share = np.bincount(answers) / len(p)
    share = share[share > 0]
    found = {
        "inception_score": metrics.inception_score(p),
        "class_entropy": -np.sum(share * np.log(share)),  # H = -sum q log q, at most log K
        "confident": np.mean(p.max(axis=1) > CONFIDENT),
    }
    return found if labels is None else found | {"as_asked": np.mean(answers == labels)}


def paired(values: dict, floors: dict) -> dict:
    """{name: value or (value, error)} twice -> {name: {"value", "floor"[, "error"][, "floor_error"]}}, all plain floats."""
    rows = {}
    for name, value in values.items():
        (value, *error), (floor, *floor_error) = (np.atleast_1d(found).tolist() for found in (value, floors[name]))
        rows[name] = {"value": float(value), "floor": float(floor)}
        rows[name] |= {"error": error[0]} if error else {}
        rows[name] |= {"floor_error": floor_error[0]} if floor_error else {}
    return rows


def _check(images: np.ndarray, reference: np.ndarray) -> None:
    if images.ndim not in (4, 5) or images.shape[1:] != reference.shape[1:]:
        raise ValueError(
            f"expected two sets of images (N, H, W, C) of one size, got {images.shape} and {reference.shape}"
        )
    if min(len(images), len(reference)) < LEAST:
        raise ValueError(
            f"statistics need at least {LEAST} generated and {LEAST} real images, got {len(images)} and {len(reference)}"
        )
