import numpy as np
import pytest

from minigan.models.noise import earlier, few_steps, linear_betas, noisy, posterior, without_noise


def test_the_linear_schedule():  # eq:noise.linear
    a = linear_betas(1000)
    assert a[0] == 1
    assert a[1] == pytest.approx(1 - 1e-4)
    assert a[2] == pytest.approx((1 - 1e-4) * (1 - 1e-4 - 0.0199 / 999))
    assert a[1000] == pytest.approx(4.0e-5, rel=0.02)  # Ho et al. 2020, sec. 4: almost nothing of the image is left
    assert (np.diff(a) < 0).all()
    assert 1e-5 < linear_betas(100)[-1] < 1e-4  # fewer steps, each with more noise


def test_the_schedule_of_a_few_steps():  # eq:noise.few
    np.testing.assert_allclose(few_steps(2), [1, np.exp(-0.05 - 19.9 / 8), np.exp(-0.1 - 19.9 / 2)])


def test_forward_and_back_by_hand():  # eq:noise.forward eq:noise.inverse
    x, eps = np.array([[2.0]]), np.array([[10.0]])
    at = noisy(x, eps, np.array([0.64]))
    np.testing.assert_allclose(at, [[0.8 * 2 + 0.6 * 10]])
    np.testing.assert_allclose(without_noise(at, eps, 0.64), x)


def test_an_earlier_step_by_hand():  # eq:noise.new eq:noise.earlier
    x0, eps, z = np.array([[2.0]]), np.array([[10.0]]), np.array([[3.0]])
    np.testing.assert_allclose(earlier(x0, eps, 0.5, 0.64), [[0.8 * 2 + 0.6 * 10]])
    s = np.sqrt(0.36 / 0.5) * np.sqrt(1 - 0.5 / 0.64)
    expected = 0.8 * 2 + np.sqrt(0.36 - s * s) * 10 + s * 3
    np.testing.assert_allclose(earlier(x0, eps, 0.5, 0.64, 1.0, z), [[expected]])


def test_the_posterior_is_that_of_gaussians():  # eq:noise.posterior
    a = linear_betas(50)
    k = np.array([1, 2, 30])
    c0, ck, s = posterior(a, k)
    np.testing.assert_allclose([c0[0], ck[0], s[0]], [1, 0, 0], atol=1e-12)  # before the first step is the image itself
    # precisions of x_(k-1) ~ N(sqrt(a') x0, 1 - a') and x_k ~ N(sqrt(alpha) x_(k-1), 1 - alpha) add up
    before, alpha = a[k - 1][1:], (a[k] / a[k - 1])[1:]
    precision = 1 / (1 - before) + alpha / (1 - alpha)
    np.testing.assert_allclose(s[1:] ** 2, 1 / precision)
    np.testing.assert_allclose(c0[1:], np.sqrt(before) / (1 - before) / precision)
    np.testing.assert_allclose(ck[1:], np.sqrt(alpha) / (1 - alpha) / precision)


def test_too_few_steps():
    with pytest.raises(ValueError, match="T"):
        linear_betas(10)  # beta would be above 1
    with pytest.raises(ValueError, match="T"):
        few_steps(0)
