"""How much of a known mixture did the generator find?  Three numbers that no loss curve shows.

For a mixture of Gaussians every mode is known, so mode collapse can be counted instead of being guessed from images.  The three
numbers see different failures: `modes` sees modes that are missing altogether, `high_quality` sees points between the modes,
`reverse_kl` sees modes that get too few points.  None of them sees the shape of a mode: a generator that puts every point on
the centre of a mode scores perfectly.
"""

import math

import numpy as np

from minigan.metrics.checks import as_numbers
from minigan.running.arguments import check_positive


def mixture_quality(points: np.ndarray, centres: np.ndarray, std: float) -> dict[str, float]:
    """modes = |{k : some point within 3 std of centre k}|,   high_quality = share of such points,   reverse_kl = KL(q || uniform).

    q_k is the share of all points whose nearest centre is k, so reverse_kl = sum_k q_k log(q_k K) lies between 0 and log K.
    Distances are measured as ||x - c|| / sqrt(d / 2), which in the plane is the ordinary distance: in 1200 dimensions even a
    perfect sample has ||x - c|| of about sqrt(1200) std.

    Parameters
    ----------
    points
        Generated points (N, d).
    centres
        The centres of the K modes, (K, d).
    std
        The standard deviation of each mode along each axis.

    Returns
    -------
    dict
        "modes" (a count), "high_quality" (a share) and "reverse_kl" (in nats).

    Raises
    ------
    ValueError
        For other shapes, no points, std <= 0, NaN and Inf.

    Source: Srivastava et al. 2017 (VEEGAN), section 4.1; reverse KL: Lin et al. 2018 (PacGAN), section 4.1.
    """
    points, centres = as_numbers("points", points).astype(np.float64), as_numbers("centres", centres).astype(np.float64)
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1] or 0 in (len(points), len(centres)):
        raise ValueError(f"expected points (N, d) and centres (K, d), got {points.shape} and {centres.shape}")
    check_positive("mixture_quality", std=std)
    if not np.isfinite(points).all():
        raise ValueError(
            f"points must be finite, got NaN or Inf in {int((~np.isfinite(points)).any(1).sum())} of {len(points)} points"
        )
    nearest, distance = _nearest(points, centres)
    high = distance <= 3 * std * math.sqrt(points.shape[1] / 2)
    q = np.bincount(nearest, minlength=len(centres)) / len(points)  # (K,)
    found = q[q > 0]
    return {
        "modes": len(np.unique(nearest[high])),  # eq:metric.modes
        "high_quality": float(high.mean()),  # eq:metric.modes
        "reverse_kl": float(np.sum(found * np.log(found * len(centres)))),  # eq:metric.reverse_kl
    }


def _nearest(points: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The index of the nearest centre and the distance to it.   (N, d), (K, d) -> (N,), (N,)"""
    distances = np.stack([np.linalg.norm(points - c, axis=1) for c in centres], axis=1)  # (N, K)
    nearest = distances.argmin(axis=1)
    return nearest, distances[np.arange(len(points)), nearest]
