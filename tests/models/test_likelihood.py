"""The densities of an image: worked by hand, against their definitions, gradients against differences."""

import math

import numpy as np
import pytest

from minigan.gradcheck import numerical_gradient
from minigan.models.likelihood import Bernoulli, Gaussian


def test_bernoulli_by_hand():  # eq:bernoulli eq:bernoulli.gradient
    x, y = np.array([[1.0, -1.0], [0.0, 1.0]]), np.array([[math.log(3), 0.0], [0.0, -math.log(3)]])
    value, dy = Bernoulli()(x, y)  # sigmoid(log 3) = 3/4
    np.testing.assert_allclose(value, [math.log(3 / 4) + math.log(1 / 2), math.log(1 / 2) + math.log(1 / 4)])
    np.testing.assert_allclose(dy, [[1 / 4, -1 / 2], [0, 3 / 4]], atol=1e-15)


def test_bernoulli_stays_finite():
    value, dy = Bernoulli()(np.array([[1.0, -1.0, 1.0]]), np.array([[1e4, -1e4, -1e4]]))
    np.testing.assert_allclose(value, [-1e4])
    np.testing.assert_allclose(dy, [[0, 0, 1]])


def test_binarised_pixels_are_white_as_often_as_they_are_bright():  # eq:bernoulli.prepare
    x = np.array([-1.0, -0.5, 0.0, 0.8, 1.0], np.float32)
    drawn = Bernoulli().prepare(np.tile(x, (20000, 1)), np.random.default_rng(0))
    assert set(np.unique(drawn)) == {-1, 1}
    assert drawn.dtype == np.float32
    np.testing.assert_allclose((drawn == 1).mean(axis=0), (x + 1) / 2, atol=0.02)
    assert (drawn[:, 0] == -1).all()
    assert (drawn[:, 4] == 1).all()
    assert Bernoulli(binarise=False).prepare(x, np.random.default_rng(0)) is x


def test_gaussian_by_hand():  # eq:gaussian eq:gaussian.gradient
    value, dy = Gaussian(0.5)(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]))
    np.testing.assert_allclose(value, [-(1 / (2 * 0.25) + 2 * math.log(0.5) + math.log(2 * math.pi))])
    np.testing.assert_allclose(dy, [[4, 0]])


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.3)])
def test_gradients_against_differences(likelihood):
    rng = np.random.default_rng(1)
    x, y, d = likelihood.prepare(np.tanh(rng.standard_normal((3, 2, 5, 1))), rng), *rng.standard_normal((2, 3, 2, 5, 1))
    d = d[:, 0, 0, 0]  # a random cotangent for the value of each image
    expected = numerical_gradient(lambda a: float(d @ likelihood(x, a)[0]), y.copy())
    np.testing.assert_allclose(d.reshape(-1, 1, 1, 1) * likelihood(x, y)[1], expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.3)])
def test_float32_is_kept(likelihood):
    x = np.zeros((2, 3, 1, 1), np.float32)
    assert likelihood(x, x)[1].dtype == np.float32
    assert likelihood.mean(x).dtype == np.float32
    assert np.abs(likelihood.mean(50 * np.linspace(-1, 1, 9))).max() <= 1


@pytest.mark.parametrize("s", [0.0, -1.0, math.inf, math.nan])
def test_a_gaussian_needs_a_standard_deviation(s):
    with pytest.raises(ValueError, match="a Gaussian needs s > 0"):
        Gaussian(s)


@pytest.mark.parametrize("density", [Bernoulli(), Gaussian(0.5)])
def test_the_derivative_of_the_mean(density):  # eq:bernoulli.mean
    y = np.array([[0.3, -0.9], [-2.0, 1.5]])
    expected = (density.mean(y + 1e-6) - density.mean(y - 1e-6)) / 2e-6
    np.testing.assert_allclose(density.mean_derivative(density.mean(y)), expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.3)])
def test_parameters_invert_the_mean(likelihood):
    x = np.random.default_rng(0).uniform(-0.99, 0.99, (3, 5, 2))
    np.testing.assert_allclose(likelihood.mean(likelihood.parameters(x)), x, rtol=1e-12)
    assert np.isfinite(likelihood.parameters(np.array([-1.0, 1.0]))).all()
