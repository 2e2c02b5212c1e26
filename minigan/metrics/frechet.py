"""The Frechet distance: two clouds of features, each taken for a Gaussian.

FID is this distance on the features of Inception; on other features it is another measure and needs another name.  It sees
the mean and the covariance: blur, noise, missing classes and wrong shares all move one of them.  It is blind to everything else:
two clouds of equal mean and covariance are the same to it, however different their shapes, and so is a memorised set.
And it is biased: of two sets from one distribution it says about c / N, never 0.  So name N, and print the distance
of two disjoint halves of the real data beside it.
"""

import numpy as np

from minigan.metrics.checks import finite, numbers, samples


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)),   m the mean and C the covariance of the features.

    a (N, d), b (M, d), N and M at least 2; C has the denominator N - 1, and may be singular (N <= d).  The value has the
    unit of a feature squared: it is no metric, its square root is.  Raises ValueError for sets that do not match and NaN.
    Heusel et al. 2017, eq. 6; Dowson and Landau 1982, eq. 4.
    """
    a, b = samples(a=a, b=b, least=2)
    return frechet_gaussians(a.mean(axis=0), _covariance(a), b.mean(axis=0), _covariance(b))  # eq:metric.frechet


def frechet_gaussians(mean_a, cov_a, mean_b, cov_b) -> float:
    """|m_a - m_b|^2 + tr C_a + tr C_b - 2 tr (C_a C_b)^(1/2):  the squared 2-Wasserstein distance of two Gaussians.

    means (d,), covariances (d, d).  With symmetric roots R = C^(1/2), tr (C_a C_b)^(1/2) = tr (R_a C_b R_a)^(1/2) is the sum of the
    singular values of R_a R_b: real and non-negative by construction, where a general matrix root may turn complex.
    Raises ValueError for other shapes, NaN, and matrices that are no covariance: not symmetric, or with a negative eigenvalue.
    """
    mean_a, mean_b = (finite(*_vector(name, m)) for name, m in (("mean_a", mean_a), ("mean_b", mean_b)))
    d = len(mean_a)
    if len(mean_b) != d:
        raise ValueError(f"both means must have as many entries, got {d} and {len(mean_b)}")
    (trace_a, root_a), (trace_b, root_b) = _root("cov_a", cov_a, d), _root("cov_b", cov_b, d)
    overlap = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()  # tr (C_a C_b)^(1/2)
    away = mean_a - mean_b
    # rounding may leave -1e-15   eq:metric.frechet
    return max(0.0, float(away @ away + trace_a + trace_b - 2 * overlap))


def _covariance(x):  # (N, d) -> (d, d)
    x = x - x.mean(axis=0)
    return x.T @ x / (len(x) - 1)


def _root(name, C, d):
    """tr C and C^(1/2) = V w^(1/2) V',  C = V w V'."""
    C = finite(name, numbers(name, C).astype(np.float64))
    if C.shape != (d, d):
        raise ValueError(f"{name} must be ({d}, {d}) to match the means, got {C.shape}")
    size = np.abs(C).max()
    if np.abs(C - C.T).max() > 1e-6 * size:
        raise ValueError(
            f"{name} must be symmetric, entries differ from their mirror image by {np.abs(C - C.T).max():.3g}"
        )
    w, V = np.linalg.eigh(C)
    if w[0] < -1e-6 * size:
        raise ValueError(f"{name} must be a covariance, without negative eigenvalues, got {w[0]:.3g}")
    w = np.where(
        w > d * np.finfo(float).eps * w[-1], w, 0
    )  # below that, w is rounding; its root would be 1e-8, not 1e-16
    return np.trace(C), V * np.sqrt(w) @ V.T


def _vector(name, m):
    m = numbers(name, m).astype(np.float64)
    if m.ndim != 1 or m.size == 0:
        raise ValueError(f"{name} must be (d,), got {m.shape}")
    return name, m
