"""Every measure refuses input it cannot measure, with a message that says what it expected."""

import numpy as np
import pytest

from minigan import metrics
from minigan.metrics import checks

OK = np.arange(24.0).reshape(6, 4) ** 1.5
NON_FINITE = OK.copy()
NON_FINITE[2, 1], NON_FINITE[3, 3] = np.nan, np.inf
PICTURE = np.zeros((2, 12, 13, 1))
RNG = np.random.default_rng(0)

TWO_SETS = {
    "frechet_distance": metrics.frechet_distance,
    "kernel_distance": lambda a, b: metrics.kernel_distance(a, b, RNG, size=2),
    "precision_recall": metrics.precision_recall,
    "density_coverage": metrics.density_coverage,
    "nearest": metrics.nearest,
    "parzen_log_likelihood": lambda a, b: metrics.parzen_log_likelihood(a, b, 1.0),
    "parzen_sigma": lambda a, b: metrics.parzen_sigma(a, b, [1.0]),
    "sliced_wasserstein": lambda a, b: metrics.sliced_wasserstein(a, b, RNG),
}


@pytest.mark.parametrize("measure", TWO_SETS.values(), ids=TWO_SETS)
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (OK[0], ValueError, r"must be \(N, d\), one row of d features per sample, got \(4,\)"),
        (PICTURE, ValueError, r"got \(2, 12, 13, 1\); images: x\.reshape\(len\(x\), -1\)"),
        (OK[:, :0], ValueError, r"got \(6, 0\)"),
        (OK[:, :3], ValueError, r"must have the same number of features per sample, got [34] for \w+ and [34] for \w+"),
        (OK[:0], ValueError, "must hold at least [12] samples, got 0"),
        (
            NON_FINITE,
            ValueError,
            r"2 of the 24 values of \w+ are NaN or Inf: the network that produced them has diverged",
        ),
        (OK + 1j, TypeError, "must be an array of real numbers, got dtype complex128"),
        ([["a", "b"]], TypeError, "must be an array of real numbers, got dtype <U1"),
    ],
)
def test_both_sets_are_checked(measure, bad, error, message):
    for a, b in ((bad, OK), (OK, bad)):
        with pytest.raises(error, match=message):
            measure(a, b)


CALLS = [
    (lambda: metrics.frechet_distance(OK[:1], OK), "a must hold at least 2 samples, got 1"),
    (lambda: metrics.frechet_gaussians([[0]], [[1]], [0], [[1]]), r"mean_a must be \(d,\), got \(1, 1\)"),
    (lambda: metrics.frechet_gaussians([0], [[1]], [0, 0], [[1]]), "both means must have the same length, got 1 and 2"),
    (lambda: metrics.frechet_gaussians([0], [[1]], [0], [1]), r"cov_b must be \(1, 1\) to match the means, got \(1,\)"),
    (lambda: metrics.frechet_gaussians([0, 0], [[1, 0.5], [0, 1]], [0, 0], np.eye(2)), "cov_a must be symmetric.* 0.5"),
    (lambda: metrics.frechet_gaussians([0, 0], np.eye(2), [0, 0], [[1, 2], [2, 1]]), "negative eigenvalues, got -1"),
    (lambda: metrics.frechet_gaussians([np.nan], [[1]], [0], [[1]]), "1 of the 1 values of mean_a are NaN"),
    (lambda: metrics.frechet_gaussians([0], [[1]], [0], [[np.inf]]), "1 of the 1 values of cov_b are NaN"),
    (lambda: metrics.kernel_distance(OK, OK[:5], RNG), "drawn from 6 and 5, must be an integer from 2 to 5, got 1000"),
    (lambda: metrics.kernel_distance(OK, OK, RNG, size=1), "from 2 to 6, got 1"),
    (lambda: metrics.kernel_distance(OK, OK, RNG, subsets=1, size=2), "subsets must be an integer of at least 2, got 1"),
    (lambda: metrics.precision_recall(OK, OK[:3]), "k = 3 needs at least 4 samples, got 3"),
    (lambda: metrics.precision_recall(OK[:1], OK), "to the k-th neighbour: k = 3 needs at least 4 samples, got 1"),
    (lambda: metrics.density_coverage(OK, OK, k=6), "k = 6 needs at least 7 samples, got 6"),
    (lambda: metrics.density_coverage(OK, OK, k=0), "k must be an integer of at least 1, got 0"),
    (lambda: metrics.nearest(OK, OK[:2], k=3), "the number of neighbours, must be an integer from 1 to 2, got 3"),
    (lambda: metrics.nearest(OK, OK, k=1.0), "got 1.0"),
    (lambda: metrics.nearest(OK, OK, k=True), "got True"),
    (lambda: metrics.inception_score(OK, splits=1), "rows of numbers from 0 to 1 that sum to 1, got values 0 .. 110.* the softmax"),
    (lambda: metrics.inception_score([[1.5, -0.5]], splits=1), "got values -0.5 .. 1.5 and sums 1 .. 1"),
    (lambda: metrics.inception_score(np.eye(3), splits=4), "splits must be an integer from 1 to 3, got 4"),
    (lambda: metrics.parzen_log_likelihood(OK, OK, 0.0), "sigma.* must be a number above 0, got 0.0"),
    (lambda: metrics.parzen_sigma(OK, OK, [1.0, -0.5, 2.0]), "sigma.* must be a number above 0, got -0.5"),
    (lambda: metrics.parzen_sigma(OK, OK, []), r"got none; the protocol: np.logspace\(-1, 0, 10\)"),
    (lambda: metrics.sliced_wasserstein(OK, OK, RNG, directions=0), "directions must be an integer of at least 1, got 0"),
    (lambda: metrics.psnr(PICTURE, PICTURE[:1], 1), r"of the same shape, got \(2, 12, 13, 1\) and \(1, 12, 13, 1\)"),
    (lambda: metrics.psnr(PICTURE[0], PICTURE[0], 1), r"images \(N, H, W, C\).* got \(12, 13, 1\)"),
    (lambda: metrics.psnr(PICTURE, PICTURE, 0), r"peak, the range of the values .* must be above 0, got 0"),
    (lambda: metrics.ssim(PICTURE, PICTURE + np.nan, 1), "312 of the 312 values of b are NaN"),
    (lambda: metrics.ssim(PICTURE + np.inf, PICTURE, 1), "312 of the 312 values of a are NaN"),
    (lambda: metrics.ssim(PICTURE[:, :10], PICTURE[:, :10], 1), "at least 11 x 11 pixels, got 10 x 13"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), CALLS)
def test_bad_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "measure", [metrics.sliced_wasserstein, lambda a, b, rng: metrics.kernel_distance(a, b, rng, size=2)]
)
def test_rng_must_be_a_generator(measure):
    with pytest.raises(TypeError, match=r"numpy\.random\.Generator, got int: use np\.random\.default_rng"):
        measure(OK, OK, 0)


def test_as_samples_returns_float64_copies():
    x = np.arange(6, dtype=np.uint8).reshape(2, 3)
    a, b = checks.as_samples(a=x, b=np.float32(x))
    assert a.dtype == b.dtype == np.float64
    a += 1
    assert (x == np.arange(6).reshape(2, 3)).all()


def test_numpy_integers_are_accepted():
    checks.require_integer("k", np.int64(3), 1, 3)
