"""Numbers that the text of a lesson states, computed once more, so that a text and its numbers cannot part."""

import numpy as np
import pytest
from percent import LESSONS, read_percent

from minigan import losses
from minigan.layers import Dense
from minigan.layers.activations import sigmoid


def text(number: int) -> str:
    (lesson,) = [path for path in LESSONS if path.stem.startswith(f"{number:02d}_")]
    return " ".join(" ".join(cell.source.split()) for cell in read_percent(lesson) if cell.kind == "markdown")


@pytest.mark.parametrize(("n_in", "n_out"), [(64, 64), (32, 128), (128, 32)])
def test_2_he_keeps_the_gradient_only_if_fan_in_is_fan_out(n_in, n_out):
    rng = np.random.default_rng(0)
    half = rng.standard_normal((200, n_out)) * (rng.random((200, n_out)) < 0.5)  # what ReLU lets through
    factors = []
    for seed in range(30):
        layer = Dense(n_in, n_out, gain=2**0.5).init(seed, np.float64)
        _, cache = layer.forward(np.zeros((200, n_in)))
        factors.append(np.mean(layer.backward(half, cache) ** 2))
    assert np.mean(factors) == pytest.approx(n_out / n_in, rel=0.05)
    assert "*only in a layer with as many outputs as inputs*" in text(2)


def test_3_the_mean_squared_error_is_twice_the_mean_surprise():
    y, t = np.random.default_rng(0).standard_normal((2, 50))
    surprise = -np.log(np.exp(-((y - t) ** 2) / 2) / np.sqrt(2 * np.pi)) - np.log(2 * np.pi) / 2
    assert losses.mse(y, t)[0] == pytest.approx(2 * np.mean(surprise), rel=1e-12)
    assert "twice the mean surprise" in text(3)


def test_5_the_rate_of_momentum_and_what_momentum_does_to_a_game():
    kappa = 50.0
    mu = ((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2
    eta = (1 - mu**0.5) ** 2
    for curvature in (1.0, 7.0, kappa):  # every direction shrinks by the same factor
        step = np.array([[1 - eta * curvature, -eta * mu], [curvature, mu]])
        assert np.abs(np.linalg.eigvals(step)).max() == pytest.approx(mu**0.5, rel=1e-6)

    def growth(eta, mu):
        return np.abs(np.linalg.eigvals(np.array([[1 + 1j * eta, -eta * mu], [-1j, mu]]))).max() - 1

    assert growth(1e-5, 0.9) / growth(1e-5, 0.0) == pytest.approx(1900, rel=0.01)
    assert growth(0.1, 0.9) / growth(0.1, 0.0) == pytest.approx(40, abs=0.5)
    assert growth(0.1, 0.9) == pytest.approx(0.2, abs=0.005)
    assert "so 40 times faster" in text(5)


def test_7_jsd_is_no_metric_and_its_root_obeys_the_triangle_inequality():
    def kl(a, b):
        return np.sum(a[a > 0] * np.log(a[a > 0] / b[a > 0]))

    def jsd(p, q):
        return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2

    heads, tails, fair = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5])
    assert jsd(heads, tails) == pytest.approx(0.693, abs=1e-3)
    assert jsd(heads, fair) == pytest.approx(0.2158, abs=1e-4)
    assert jsd(heads, tails) > 2 * jsd(heads, fair)
    for a, b, c in np.random.default_rng(0).dirichlet([0.3] * 3, (500, 3)):
        assert jsd(a, b) ** 0.5 <= jsd(a, c) ** 0.5 + jsd(c, b) ** 0.5 + 1e-12
    assert "It is a distance" not in text(7)


def test_18_the_pushes_at_score_0_and_the_corrections_far_from_it():
    zero = np.zeros(1)
    pushes = {name: [-float(d[0]) for d in loss.d(zero, zero)[1:]] for name, loss in losses.GAN_LOSSES.items()}
    assert pushes["least_squares"] == [1, 0]
    assert pushes["hinge"] == pushes["wasserstein"] == [1, -1]
    assert pushes["minimax"] == [0.5, -0.5]
    r = 1e-4
    of_softplus = losses.non_saturating.d(np.array([r]), zero)[1][0] + 0.5  # beside the straight part, 1/2
    of_squares = losses.least_squares.d(np.array([0.5 + r]), zero)[1][0] + 0.5
    assert of_squares / of_softplus == pytest.approx(4, rel=1e-3)
    assert "all push alike" not in text(18)


def test_22_the_plus_one_fades_like_minimax():
    f = np.array([-20.0, -8.0, 0.0])
    with_one = sigmoid(f) * sigmoid(-f) / (1 + sigmoid(f))
    ratio = with_one / sigmoid(f)
    assert ratio[:2] == pytest.approx(1, abs=1e-3)
    assert ratio[2] == pytest.approx(1 / 3)
    assert "more than even minimax" not in text(22)
