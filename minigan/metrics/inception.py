"""The Inception score: is each image clearly of one class, and are all classes equally frequent?

It asks a classifier and never looks at the real data.  So it sees images of no class (blur, noise) and missing classes, and is
blind to everything else: one perfect image per class, repeated over and over, reaches the highest possible score, and real data
with unequal class frequencies scores lower.  It is named after its first classifier, the Inception network; scores from
another classifier can be compared only with each other.
"""

import numpy as np

from minigan.metrics.checks import as_samples, require_integer


def inception_score(p: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """exp( mean_n KL(p_n || q) ),   q = mean_n p_n:  between 1 and the number of classes.

    Parameters
    ----------
    p
        Class probabilities (N, K), one row per image; each row sums to 1.
    splits
        The number of parts, each of consecutive images, that are scored separately.  Shuffle first if the images are sorted
        by class: a part with a single class scores 1.  A part of n images can score at most n, so take N well above
        splits * K.

    Returns
    -------
    tuple of float
        Mean and standard deviation of the score over the parts.

    Raises
    ------
    ValueError
        If p is not such a table, or N < splits.

    Source: Salimans et al. 2016, section 4.
    """
    (p,) = as_samples(p=p)
    require_integer("splits", splits, 1, len(p))
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-4:
        raise ValueError(
            "p must hold probabilities, rows of numbers from 0 to 1 that sum to 1, "
            f"got values {p.min():.3g} .. {p.max():.3g} and sums {p.sum(axis=1).min():.5g} .. {p.sum(axis=1).max():.5g}; "
            "if these are logits, apply the softmax"
        )
    scores = [_score(part) for part in np.array_split(p, splits)]  # eq:metric.inception
    return float(np.mean(scores)), float(np.std(scores))


def _score(p: np.ndarray) -> float:  # (n, K)
    q = p.mean(axis=0)  # (K,)
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)  # 0 log 0 = 0; q > 0 wherever p > 0
    return float(np.exp(np.mean(np.sum(p * np.log(ratio), axis=1))))  # KL = sum_k p log(p / q)   eq:metric.inception
