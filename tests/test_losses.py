from math import exp, log

import numpy as np
import pytest

from minigan.losses import (
    GAN_LOSSES,
    GANLoss,
    bce_with_logits,
    gaussian_kl,
    hinge,
    l1,
    least_squares,
    minimax,
    mse,
    non_saturating,
    relativistic,
    softmax_cross_entropy,
    wasserstein,
)

# One real score log 3 (probability 3/4) and one fake score -log 3 (probability 1/4), or two fakes -log 3 and 0 (1/2).
L = log(3)
R, F = np.array([[L]]), np.array([[-L], [0.0]])


def same(got, *expected):
    value, *slopes = got
    np.testing.assert_allclose(value, expected[0], rtol=1e-14)
    assert len(slopes) == len(expected) - 1
    for slope, wanted in zip(slopes, expected[1:], strict=True):
        np.testing.assert_allclose(slope.ravel(), wanted, rtol=1e-13, atol=1e-16)


def test_minimax_by_hand():
    # -log 3/4 - (log 3/4 + log 1/2)/2;  slopes -(1 - 3/4), and p/2 for each of the two fakes
    # eq:loss.minimax.d eq:loss.minimax.d.gradients
    same(minimax.d(R, F), -1.5 * log(3 / 4) - 0.5 * log(1 / 2), [-1 / 4], [1 / 8, 1 / 4])
    # eq:loss.minimax.g eq:loss.minimax.g.gradients
    same(minimax.g(R, F), 0.5 * (log(3 / 4) + log(1 / 2)), [-1 / 8, -1 / 4])


def test_non_saturating_by_hand():
    same(non_saturating.d(R, F), -1.5 * log(3 / 4) - 0.5 * log(1 / 2), [-1 / 4], [1 / 8, 1 / 4])
    # eq:loss.non_saturating.g eq:loss.non_saturating.g.gradients
    same(non_saturating.g(R, F), -0.5 * (log(1 / 4) + log(1 / 2)), [-3 / 8, -1 / 4])  # -(1 - p)/2


def test_least_squares_by_hand():
    r, f = np.array([3.0]), np.array([-1.0, 2.0])
    # eq:loss.least_squares.d eq:loss.least_squares.d.gradients
    same(least_squares.d(r, f), (2**2) / 2 + (1 + 4) / 2 / 2, [2], [-1 / 2, 1])
    same(
        least_squares.g(r, f), (4 + 1) / 2 / 2, [-1, 1 / 2]
    )  # eq:loss.least_squares.g eq:loss.least_squares.g.gradients


def test_hinge_by_hand():
    r, f = np.array([3.0, 0.5]), np.array([-3.0, 2.0])
    # eq:loss.hinge.d eq:loss.hinge.d.gradients
    same(
        hinge.d(r, f), (0 + 0.5) / 2 + (0 + 3) / 2, [0, -1 / 2], [0, 1 / 2]
    )  # who is right by a margin of 1 is left alone
    same(hinge.g(r, f), 0.5, [-1 / 2, -1 / 2])  # eq:loss.hinge.g eq:loss.hinge.g.gradients


def test_wasserstein_by_hand():
    r, f = np.array([3.0, 1.0]), np.array([-3.0, 2.0])
    # eq:loss.wasserstein.d eq:loss.wasserstein.d.gradients
    same(wasserstein.d(r, f), -0.5 - 2, [-1 / 2, -1 / 2], [1 / 2, 1 / 2])
    same(wasserstein.g(r, f), 0.5, [-1 / 2, -1 / 2])  # eq:loss.wasserstein.g eq:loss.wasserstein.g.gradients


def test_relativistic_by_hand():
    r, f = np.array([L, 0.0]), np.array([0.0, L])
    # D: softplus(-log 3) = log 4/3, softplus(log 3) = log 4;  slopes -+ sigmoid(f - r)/2 = 1/8 and 3/8
    # eq:loss.relativistic.d eq:loss.relativistic.d.gradients
    same(relativistic.d(r, f), (log(4 / 3) + log(4)) / 2, [-1 / 8, -3 / 8], [1 / 8, 3 / 8])
    # G: the same with the roles exchanged; it also returns the slope of the real scores
    same(relativistic.g(r, f), (log(4) + log(4 / 3)) / 2, [-3 / 8, -1 / 8], [3 / 8, 1 / 8])  # eq:loss.relativistic.g


@pytest.mark.parametrize(("loss", "value"), [(minimax, 2), (non_saturating, 2), (relativistic, 1)], ids=str)
def test_equilibrium_is_2_log_2_or_log_2(loss, value):
    s = np.full((5, 1), 0.0)
    assert abs(loss.d(s, s)[0] - value * log(2)) < 1e-15


def test_minimax_vanishes_where_non_saturating_does_not():
    f = np.array([-20.0])
    assert abs(minimax.g(None, f)[1][0]) < 1e-8
    assert abs(non_saturating.g(None, f)[1][0] + 1) < 1e-8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", GAN_LOSSES)
def test_stable_at_1e4(name, dtype):
    loss = GAN_LOSSES[name]
    for a in (-1e4, 1e4):
        for b in (-1e4, 1e4):
            r, f = np.full((3, 1), a, dtype), np.full((3, 1), b, dtype)
            for value, *slopes in (loss.d(r, f), loss.g(r, f)):
                assert isinstance(value, float)
                assert np.isfinite(value)
                for slope in slopes:
                    assert np.isfinite(slope).all()
                    assert slope.dtype == dtype


def test_values_at_1e4_by_hand():
    low, high = np.array([-1e4]), np.array([1e4])
    same(non_saturating.d(low, high), 2e4, [-1], [1])
    same(non_saturating.d(high, low), 0, [0], [0])
    same(minimax.g(None, high), -1e4, [-1])
    same(relativistic.d(low, high), 2e4, [-1], [1])
    same(bce_with_logits(high, 0.0), 1e4, [1])
    same(bce_with_logits(high, 1.0), 0, [0])
    same(softmax_cross_entropy(np.array([[1e4, -1e4]]), [1]), 2e4, [1, -1])


def test_names_are_those_of_the_table():
    assert list(GAN_LOSSES) == ["minimax", "non_saturating", "least_squares", "hinge", "wasserstein", "relativistic"]
    assert [str(loss) for loss in (minimax, least_squares)] == ["Minimax", "LeastSquares"]
    assert [name for name, loss in GAN_LOSSES.items() if loss.relativistic] == ["relativistic"]


def test_a_loss_of_one_s_own_says_d_and_g():
    for call in (GANLoss().d, GANLoss().g):
        with pytest.raises(NotImplementedError):
            call(R, F)


def test_bce_by_hand():  # eq:bce eq:bce.gradient
    s = np.array([L, 0.0])  # p = 3/4 and 1/2
    same(bce_with_logits(s, np.array([1.0, 0.0])), -(log(3 / 4) + log(1 / 2)) / 2, [-1 / 8, 1 / 4])
    same(bce_with_logits(s, 1.0), -(log(3 / 4) + log(1 / 2)) / 2, [-1 / 8, -1 / 4])


def test_bce_smoothing_by_hand():  # eq:bce.smoothing
    # target 1 with smoothing 0.2 is 0.9: -0.9 log 3/4 - 0.1 log 1/4, slope 3/4 - 0.9;  target 0 is 0.1
    same(bce_with_logits(np.array([L]), 1.0, smoothing=0.2), -0.9 * log(3 / 4) - 0.1 * log(1 / 4), [0.75 - 0.9])
    same(bce_with_logits(np.array([L]), 0.0, smoothing=0.2), -0.1 * log(3 / 4) - 0.9 * log(1 / 4), [0.75 - 0.1])
    assert abs(bce_with_logits(np.array([9.0]), 1.0, smoothing=1.0)[1][0] - (1 / (1 + exp(-9)) - 0.5)) < 1e-15


def test_cross_entropy_by_hand():  # eq:cross_entropy eq:cross_entropy.gradient
    s = np.array([[log(1), log(2), log(5)], [0, 0, 0]])  # p = 1/8 2/8 5/8 and 1/3 each
    expected = [1 / 16, 2 / 16 - 1 / 2, 5 / 16, 1 / 6 - 1 / 2, 1 / 6, 1 / 6]
    same(softmax_cross_entropy(s, np.array([1, 0])), -(log(1 / 4) + log(1 / 3)) / 2, expected)


def test_mse_and_l1_by_hand():  # eq:mse eq:l1
    y, t = np.array([[1.0, 2.0]]), np.array([[3.0, -2.0]])
    same(mse(y, t), (4 + 16) / 2, [-2, 4])
    same(l1(y, t), (2 + 4) / 2, [-1 / 2, 1 / 2])
    same(mse(y, 1.0), 1 / 2, [0, 1])
    same(l1(y, y), 0, [0, 0])  # at 0 the slope is taken as 0


def test_gaussian_kl_by_hand():  # eq:gaussian_kl eq:gaussian_kl.gradients
    mu, log_var = np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([[0.0, log(4)], [0.0, 0.0]])
    # sample 1: (4 + 1 - 1 - 0)/2 + (0 + 4 - 1 - log 4)/2, sample 2: 0;  mean over the two
    same(gaussian_kl(mu, log_var), (4 + 3 - log(4)) / 4, [1, 0, 0, 0], [0, 3 / 4, 0, 0])


@pytest.mark.parametrize("loss", [mse, l1, lambda y, t: bce_with_logits(y, t), gaussian_kl])
def test_plain_losses_keep_float32(loss):
    y, t = np.random.default_rng(0).random((2, 3, 4), np.float32)
    value, *slopes = loss(y, t)
    assert isinstance(value, float)
    assert {slope.dtype for slope in slopes} == {np.dtype(np.float32)}


def test_cross_entropy_keeps_float32():
    assert softmax_cross_entropy(np.eye(3, dtype=np.float32), np.arange(3))[1].dtype == np.float32


@pytest.mark.parametrize("name", GAN_LOSSES)
def test_the_levels_are_what_the_loss_is_where_d_cannot_tell(name):
    loss = GAN_LOSSES[name]
    s = np.full((6, 1), next(iter(loss.score_levels.values()), 0.0))  # D's score on real and on fake alike
    d, g = loss.d(s, s)[0], loss.g(s, s)[0]
    assert loss.levels
    for label, height in loss.levels.items():
        assert height == pytest.approx(g if label.startswith("G") else d, abs=1e-4)
        assert height == pytest.approx(g, abs=1e-4) or not label.startswith("both")
    if loss.score_levels:  # D's score is there because each step away from it costs
        assert min(loss.d(s + step, s + step)[0] for step in (-0.1, 0.1)) > d
