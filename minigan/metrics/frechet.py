"""The Frechet distance: two sets of features, each modelled as a Gaussian.

Computed on the features of the Inception network this distance is called FID; on other features it is a different measure and
needs a different name.  It sees the mean and the covariance: blur, noise, missing classes and wrong class frequencies all
change one of them.  It is blind to everything else: two sets with equal mean and covariance are at distance 0, however
different their shapes, and a memorised training set scores perfectly.

It is also biased: for two sets drawn from one distribution it is about c / N, never 0.  So report N, and report the distance
between two disjoint halves of the real data next to it.
"""

import numpy as np

from minigan.metrics.checks import as_numbers, as_samples, require_finite


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)),   m the mean and C the covariance of the features.

    Parameters
    ----------
    a, b
        Features (N, d) and (M, d), N and M at least 2.  C has the denominator N - 1 and may be singular (N <= d).

    Returns
    -------
    float
        The squared distance, in units of a feature squared.  (Its square root is a metric, the value itself is not.)

    Raises
    ------
    ValueError
        For shapes that do not match, fewer than two samples, NaN and Inf.  (TypeError: not real numbers.)

    Source: Heusel et al. 2017, eq. 6; Dowson and Landau 1982, eq. 4.
    """
    a, b = as_samples(a=a, b=b, minimum=2)
    return frechet_gaussians(a.mean(axis=0), _covariance(a), b.mean(axis=0), _covariance(b))  # eq:metric.frechet


def frechet_gaussians(mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray) -> float:
    """|m_a - m_b|^2 + tr C_a + tr C_b - 2 tr (C_a C_b)^(1/2):  the squared 2-Wasserstein distance of two Gaussians.

    With symmetric roots R = C^(1/2), tr (C_a C_b)^(1/2) = tr (R_a C_b R_a)^(1/2) is the sum of the singular values of
    R_a R_b: real and non-negative by construction, whereas the root of a general matrix may come out complex.

    Parameters
    ----------
    mean_a, mean_b
        Means (d,).
    cov_a, cov_b
        Covariances (d, d), symmetric and positive semi-definite up to rounding.

    Raises
    ------
    ValueError
        For shapes that do not match, NaN and Inf, and for a matrix that is not a covariance: not symmetric, or with a
        negative eigenvalue.
    """
    mean_a, mean_b = (_vector(name, m) for name, m in (("mean_a", mean_a), ("mean_b", mean_b)))
    d = len(mean_a)
    if len(mean_b) != d:
        raise ValueError(f"both means must have the same length, got {d} and {len(mean_b)}")
    (trace_a, root_a), (trace_b, root_b) = _root("cov_a", cov_a, d), _root("cov_b", cov_b, d)
    overlap = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()  # tr (C_a C_b)^(1/2)
    shift = mean_a - mean_b
    # the maximum: rounding may give -1e-15   eq:metric.frechet
    return max(0.0, float(shift @ shift + trace_a + trace_b - 2 * overlap))


def _covariance(x: np.ndarray) -> np.ndarray:  # (N, d) -> (d, d)
    x = x - x.mean(axis=0)
    return x.T @ x / (len(x) - 1)


def _root(name: str, C: np.ndarray, d: int) -> tuple[float, np.ndarray]:
    """tr C and C^(1/2) = V w^(1/2) V',  C = V w V'."""
    C = require_finite(name, as_numbers(name, C).astype(np.float64))
    if C.shape != (d, d):
        raise ValueError(f"{name} must be ({d}, {d}) to match the means, got {C.shape}")
    size = np.abs(C).max()
    if np.abs(C - C.T).max() > 1e-6 * size:
        raise ValueError(f"{name} must be symmetric, but it differs from its transpose by {np.abs(C - C.T).max():.3g}")
    w, V = np.linalg.eigh(C)
    if w[0] < -1e-6 * size:
        raise ValueError(f"{name} must be a covariance, without negative eigenvalues, got {w[0]:.3g}")
    # an eigenvalue below this is rounding; its root would add an error of 1e-8 instead of 1e-16
    w = np.where(w > d * np.finfo(float).eps * w[-1], w, 0)
    return float(np.trace(C)), V * np.sqrt(w) @ V.T


def _vector(name: str, m: np.ndarray) -> np.ndarray:
    m = as_numbers(name, m).astype(np.float64)
    if m.ndim != 1 or m.size == 0:
        raise ValueError(f"{name} must be (d,), got {m.shape}")
    return require_finite(name, m)
