import math

import numpy as np
import pytest

from minigan.metrics import parzen_log_likelihood, parzen_sigma

rng = np.random.default_rng(0)


def log_gaussian(x, s, sigma):
    return -np.sum((x - s) ** 2) / (2 * sigma**2) - len(x) / 2 * math.log(2 * math.pi * sigma**2)


def brute(samples, x, sigma):
    return [math.log(sum(math.exp(log_gaussian(y, s, sigma)) for s in samples) / len(samples)) for y in x]


def test_by_hand():  # eq:metric.parzen
    # halfway between two samples at distance 1, both Gaussians with sigma 1/2 give exp(-1/2) / (1/2 sqrt(2 pi))
    found = parzen_log_likelihood([[0.0], [1.0]], [[0.5]], 0.5)
    assert found.shape == (1,)
    assert found[0] == pytest.approx(-0.5 - math.log(0.5 * math.sqrt(2 * math.pi)), rel=1e-14)


@pytest.mark.parametrize(("n", "N", "d"), [(1, 1, 1), (1, 4, 3), (7, 1, 2), (13, 9, 5)])
@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_against_the_definition(n, N, d, sigma):
    samples, x = rng.random((n, d)), rng.random((N, d))
    found = parzen_log_likelihood(samples, x, sigma)
    np.testing.assert_allclose(found, brute(samples, x, sigma), rtol=1e-12)
    np.testing.assert_allclose(parzen_log_likelihood(samples[::-1], x, sigma), found, rtol=1e-12)


def test_over_blocks_and_threads():
    samples, x = rng.random((500, 30)).astype(np.float32), rng.random((701, 30)).astype(np.float32)
    found = parzen_log_likelihood(samples, x, 0.5)
    np.testing.assert_allclose(found[::97], brute(np.float64(samples), np.float64(x[::97]), 0.5), rtol=1e-12)


def test_a_density_on_the_line_has_the_mass_1():
    samples, x = rng.standard_normal((5, 1)), np.linspace(-9, 9, 4001)
    p = np.exp(parzen_log_likelihood(samples, x[:, None], 0.2))
    assert np.sum(p) * (x[1] - x[0]) == pytest.approx(1, abs=1e-10)


def test_far_from_every_sample_it_is_finite():
    samples, x = np.zeros((3, 784)), np.ones((2, 784))
    found = parzen_log_likelihood(samples, x, 0.01)  # exp(-3.92e6) is 0 in any float
    np.testing.assert_allclose(found, log_gaussian(x[0], samples[0], 0.01), rtol=1e-13)


def test_the_pixel_range_matters():
    samples, x = rng.random((9, 4)), rng.random((5, 4))
    lost = parzen_log_likelihood(samples, x, 0.3) - parzen_log_likelihood(2 * samples - 1, 2 * x - 1, 0.6)
    np.testing.assert_allclose(lost, 4 * math.log(2), rtol=1e-12)  # log 2 per pixel


def test_sigma_is_the_best_on_the_validation_set():
    samples, validation = rng.standard_normal((400, 2)), rng.standard_normal((150, 2))
    sigmas = np.array([0.01, 0.1, 0.3, 1.0, 3.0])
    means = [np.mean(brute(samples, validation, s)) for s in sigmas[1:]]  # 0.01, the worst, underflows in brute
    best = parzen_sigma(samples, validation, sigmas)
    assert isinstance(best, float)
    assert best == sigmas[1:][np.argmax(means)] == 0.3
    assert parzen_sigma(samples, validation, [2.0]) == 2.0


def test_the_best_sigma_of_one_sample_is_the_distance():
    # log p = -r^2 / (2 s^2) - log s + const is largest at s = r, on the line
    assert parzen_sigma([[0.0]], [[0.7]], [0.1, 0.5, 0.7, 0.9, 2]) == 0.7


def test_a_missing_mode_is_punished():
    modes = np.array([[0.0, 0], [5, 5]])
    x = np.repeat(modes, 50, axis=0) + 0.3 * rng.standard_normal((100, 2))
    samples = np.repeat(modes, 200, axis=0) + 0.3 * rng.standard_normal((400, 2))
    assert parzen_log_likelihood(samples, x, 0.2).mean() > parzen_log_likelihood(samples[:200], x, 0.2).mean() + 50
