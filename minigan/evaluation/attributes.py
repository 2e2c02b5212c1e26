"""Portraits: what a generator draws, read by PortraitNet and compared with what there is to draw.

Real images are read by PortraitNet too, although their attributes are known. So an error of PortraitNet counts on both sides,
and a copied portrait is read exactly as the training portrait it was copied from.
"""

from typing import NamedTuple

import numpy as np

from minigan import metrics
from minigan.evaluation.measures import CONFIDENT, paired
from minigan.models import portraitnet
from minigan.models.portraitnet import SIZES


def attributes(
    images: np.ndarray,
    training: np.ndarray,
    rng: np.random.Generator,
    held_out: np.ndarray | None = None,
    asked: tuple[str, np.ndarray, np.ndarray] | None = None,
) -> dict:
    """The measures of `metrics.attribute_recall` and `metrics.new_combinations`, each with its floor: {name: {"value", "floor"}}.

    Parameters
    ----------
    images, training : generated portraits (N, 32, 32, 3) and real ones (M, 32, 32, 3), uint8 or float in [-1, 1]
    held_out : real portraits outside the training set, of which the first N are the floor; without them min(N, M // 2) training portraits
        are compared with the others
    asked : the attribute that a conditional G was given, its codes (N,), and those of the training set (M,)

    Raises ValueError if `asked` names an attribute that PortraitNet does not read.
    """
    fake, real = read(images), read(training)
    value = measured(fake, real)
    if held_out is None:
        order, half = rng.permutation(len(training)), min(len(images), len(training) // 2)
        one, other = (Reading(*(codes[part] for codes in real)) for part in (order[:half], order[half:]))
        floor = measured(one, other)
    else:
        floor = measured(read(held_out[: len(images)]), real)
    if asked:
        name, wanted, known = asked
        if name not in SIZES:
            raise ValueError(f"PortraitNet does not read {name!r}; it reads {', '.join(SIZES)}")
        column = list(SIZES).index(name)
        value["as_asked"], floor["as_asked"] = (
            np.mean(fake.best[:, column] == wanted),
            np.mean(real.best[:, column] == known),
        )
    return paired(value, floor)


class Reading(NamedTuple):
    """The attributes of N portraits, as PortraitNet reads them: int (N, 11) each."""

    best: np.ndarray  # the most probable values
    sure: np.ndarray  # the same, but -1 where the probability is at most CONFIDENT


def read(images: np.ndarray) -> Reading:
    """(N, 32, 32, 3), uint8 or float in [-1, 1] -> the attributes."""
    p = portraitnet.features(images)[1].values()
    best = np.stack([found.argmax(axis=1) for found in p], axis=1)
    confident = np.stack([found.max(axis=1) > CONFIDENT for found in p], axis=1)
    return Reading(best, np.where(confident, best, metrics.UNREADABLE))


def measured(found: Reading, known: Reading) -> dict[str, float]:
    """All measures: values count where PortraitNet is sure, and copies are looked for among the best guesses."""
    new, differ = metrics.new_combinations(found.best, known.best)
    return {**metrics.attribute_recall(found.sure, known.sure), "new_combinations": new, "attributes_apart": differ}
