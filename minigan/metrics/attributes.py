"""What a generator draws, counted in facts: recall against known factors.

Precision and recall in feature space say that something is missing, not what. Where each real image is described by attributes,
and a classifier reads those of the generated ones, that can be counted: which values never occur, which pairs of values, how far
the frequencies are off, and whether there are combinations that the training set does not have, the opposite of memorising.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from minigan.metrics.checks import as_numbers

UNREADABLE = -1  # the code of an attribute that the classifier is not sure of: it counts as no value


def attribute_recall(codes: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """TV = 1/2 sum_k |q_k - p_k|, and the share of the known values and pairs of values that occur at all among `codes`.

    Parameters
    ----------
    codes
        int (N, A): the value of each of A attributes of N generated images, -1 where it cannot be read.
    known
        int (M, A): those of the real images, -1 likewise.

    Returns
    -------
    dict
        readable: share of the codes that are not -1.
        values_made, pairs_made: the share of the values (pairs) of the real images that occur at least once.
        value_error, pair_error: TV, the total variation between the frequencies of generated and real
        values (pairs), as a mean over the attributes (pairs of attributes); 0 if they agree, 1 if they have nothing in common.

    Raises
    ------
    ValueError
        If the arrays do not have the same attributes, or one is empty.
    """
    codes, known = _checked_pair(codes, known)
    sizes = np.maximum(codes.max(axis=0), known.max(axis=0)) + 1
    single = [_compared(codes[:, a], known[:, a]) for a in range(len(sizes))]
    double = [
        _compared(_joint(codes[:, [a, b]], sizes[b]), _joint(known[:, [a, b]], sizes[b]))
        for a, b in combinations(range(len(sizes)), 2)
    ]
    found = {"readable": float(np.mean(codes != UNREADABLE))}
    for name, counts in (("value", single), ("pair", double)):
        if counts:
            made, there, error = zip(*counts, strict=True)
            found |= {f"{name}s_made": sum(made) / max(1, sum(there)), f"{name}_error": float(np.mean(error))}
    return found


def new_combinations(codes: np.ndarray, known: np.ndarray) -> tuple[float, float]:
    """share = mean_n [d_n > 0] and mean_n d_n,  d_n = min_m |{a : codes[n, a] != known[m, a]}|.   codes (N, A), known (M, A).

    The share of images whose combination of all attributes no known image has, and the mean number of attributes in which an
    image differs from the most similar known one.  Raises as `attribute_recall`.
    """
    codes, known = _checked_pair(codes, known)
    differ = np.array([np.min(np.sum(row != known, axis=1)) for row in codes])
    return float(np.mean(differ > 0)), float(np.mean(differ))


def _compared(codes: np.ndarray, known: np.ndarray) -> tuple[int, int, float]:
    """Values of one attribute (N,), (M,) -> how many known values occur, how many there are, and the total variation."""
    codes, known = codes[codes != UNREADABLE], known[known != UNREADABLE]
    n = max(codes.max(initial=0), known.max(initial=0)) + 1
    q, p = np.bincount(codes, minlength=n), np.bincount(known, minlength=n)
    made, there = int(np.sum(q[p > 0] > 0)), int(np.sum(p > 0))
    if not len(codes) or not len(known):
        return made, there, float(len(codes) != len(known))
    return made, there, float(0.5 * np.abs(q / len(codes) - p / len(known)).sum())  # eq:metric.variation


def _joint(pair: np.ndarray, size: int) -> np.ndarray:
    """Two codes (N, 2) as one, a * size + b; unreadable if one of them is."""
    return np.where((pair == UNREADABLE).any(axis=1), UNREADABLE, pair[:, 0] * size + pair[:, 1])


def _checked_pair(codes: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, known = as_numbers("codes", codes), as_numbers("known", known)
    for array in (codes, known):
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iu":
            raise ValueError(f"attributes must be whole numbers (N, A), N and A >= 1, got {array.dtype} {array.shape}")
    if codes.shape[1] != known.shape[1]:
        raise ValueError(f"both sets need the same attributes, got {codes.shape[1]} and {known.shape[1]}")
    return codes.astype(np.int64), known.astype(np.int64)
