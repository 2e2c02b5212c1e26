"""The Inception score: each picture clearly of one class, all classes equally often.

It asks a classifier, and never looks at the real data.  So it sees pictures of no class (blur, noise) and classes that are
missing, and is blind to all else: one perfect picture of each class, repeated for ever, has the highest score there is, and real
data whose classes are not equally frequent has less.  The name is that of the first classifier; with another classifier scores
compare only among themselves.
"""

import numpy as np

from minigan.metrics.checks import samples, whole


def inception_score(p: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """exp( mean_n KL(p_n || q) ),   q = mean_n p_n:  between 1 and the number of classes.

    p (N, K): the probabilities of the K classes for each picture, rows that sum to 1.  -> mean and standard deviation over
    `splits` parts of consecutive pictures.  Shuffle first if they are sorted by class: a part of one class scores 1.  A part has
    at most as many classes as pictures, so take N well above splits K.  Raises ValueError if p is no such table or N < splits.
    Salimans et al. 2016, section 4.
    """
    (p,) = samples(p=p)
    whole("splits", splits, 1, len(p))
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-4:
        raise ValueError(
            f"p must hold probabilities, rows of numbers from 0 to 1 that sum to 1, got values {p.min():.3g} .. {p.max():.3g}"
            f" and sums {p.sum(axis=1).min():.5g} .. {p.sum(axis=1).max():.5g}; from scores: apply the softmax"
        )
    scores = [_score(part) for part in np.array_split(p, splits)]  # eq:metric.inception
    return float(np.mean(scores)), float(np.std(scores))


def _score(p):  # (n, K)
    q = p.mean(axis=0)  # (K,)
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)  # 0 log 0 = 0; q > 0 wherever p > 0
    return np.exp(np.mean(np.sum(p * np.log(ratio), axis=1)))  # KL = sum_k p log(p / q)   eq:metric.inception
