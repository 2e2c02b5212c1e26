"""Portraits: what a generator draws, read by PortraitNet and compared with what there is to draw.

Real images are read by PortraitNet too, although their attributes are known. So an error of PortraitNet counts on both sides,
and a copied portrait is read exactly as the training portrait it was copied from.
"""

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
    held_out : real portraits outside the training set, for the floor; without them min(N, M // 2) training portraits
        are compared with the others
    asked : the attribute that a conditional G was given, its codes (N,), and those of the training set (M,)

    Raises ValueError if `asked` names an attribute that PortraitNet does not read.
    """
    fake, real = read(images), read(training)
    value = measured(fake, real)
    if held_out is None:
        order, half = rng.permutation(len(real)), min(len(images), len(training) // 2)
        floor = measured(real[order[:half]], real[order[half:]])
    else:
        floor = measured(read(held_out), real)
    if asked:
        name, wanted, known = asked
        if name not in SIZES:
            raise ValueError(f"PortraitNet does not read {name!r}; it reads {', '.join(SIZES)}")
        column = list(SIZES).index(name)
        value["as_asked"], floor["as_asked"] = np.mean(fake[:, column] == wanted), np.mean(real[:, column] == known)
    return paired(value, floor)


def read(images: np.ndarray) -> np.ndarray:
    """(N, 32, 32, 3) -> codes (N, 11), -1 where PortraitNet gives no value more than CONFIDENT."""
    p = portraitnet.features(images)[1].values()
    codes = [np.where(found.max(axis=1) > CONFIDENT, found.argmax(axis=1), metrics.UNREADABLE) for found in p]
    return np.stack(codes, axis=1)


def measured(codes: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Codes of generated images (N, A) and of real ones (M, A) -> all measures."""
    new, differ = metrics.new_combinations(codes, known)
    return {**metrics.attribute_recall(codes, known), "new_combinations": new, "attributes_apart": differ}
