"""The numbers of the sliders against the library and NumPy."""

import numpy as np
import pytest
from docs.javascript import engines, run

from minigan import game, losses
from minigan.differences import numerical_gradient
from minigan.layers import Conv2d, Dense
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import R1

SCRIPTS = ["lab/matrix.js", "lab/eigen.js", "sliders/formulas.js"]
FUNCTIONS = {"sin x": np.sin, "exp x": np.exp, "x³": lambda x: x * x * x, "√x": np.sqrt}


@engines
def test_differences_are_the_librarys(engine, tmp_path):
    cases = [[name, x, h] for name in FUNCTIONS for x in (0.4, 1.3) for h in (1e-2, 1e-5)]
    found = run(engine, tmp_path, SCRIPTS, "data.map(([f, x, h]) => difference(f, x, h, 'central', 'float64'))", cases)
    for (name, x, h), got in zip(cases, found, strict=True):
        expected = numerical_gradient(lambda a, f=FUNCTIONS[name]: float(f(a[0])), np.array([x]), h)[0]
        assert got == pytest.approx(expected, rel=1e-15 / h)


@engines
def test_differences_in_float32_are_numpys(engine, tmp_path):
    cases = [[x, h] for x in (0.4, 1.3, 2.0) for h in (1e-1, 1e-2, 1e-3)]
    found = run(engine, tmp_path, SCRIPTS, "data.map(([x, h]) => difference('x³', x, h, 'forward', 'float32'))", cases)
    for (x, h), got in zip(cases, found, strict=True):
        x, h = np.float32(x), np.float32(h)
        cube = lambda a: np.float32(float(a) ** 3)  # noqa: E731
        assert got == pytest.approx(float((cube(x + h) - cube(x)) / h), rel=1e-6 / float(h))


@engines
def test_the_error_is_about_what_the_two_slopes_say(engine, tmp_path):
    expression = """data.map((h) => [Math.abs(difference("exp x", 1, h, "central", "float64") - Math.E),
                                     expectedErrors("exp x", 1, h, "central", "float64")])"""
    for h, (error, expected) in zip(
        steps := [1e-1, 1e-2, 1e-3], run(engine, tmp_path, SCRIPTS, expression, steps), strict=True
    ):
        assert error == pytest.approx(expected["truncation"], rel=0.01), h
    tiny = [10 ** (-k / 4) for k in range(32, 52)]
    for error, expected in run(engine, tmp_path, SCRIPTS, expression, tiny):
        assert error < 10 * expected["rounding"]


class Dirac(game.GAN):
    """DiracGAN as the library plays it."""

    def __init__(self, theta, psi, loss, gamma, eta, mu):
        G, D = (Sequential(Dense(1, 1, bias=False), rng=0, dtype="float64") for _ in "GD")
        G.theta[...], D.theta[...] = theta, psi
        super().__init__(G, D, loss, [R1(gamma)], SGD(G, eta, mu), SGD(D, eta, mu), latent=1)

    def noise(self, n, rng, labels=None):
        return np.ones((n, 1))

    def play(self):
        self.step(lambda: (np.zeros((1, 1)), None), np.random.default_rng(0))
        return [float(self.G.theta[0]), float(self.D.theta[0])]


@engines
@pytest.mark.parametrize("loss", [losses.non_saturating, losses.minimax, losses.wasserstein], ids=str)
def test_dirac_paths_are_the_librarys(engine, loss, tmp_path):
    settings = {"loss": loss.name, "gamma": 0.4, "eta": 0.2, "mu": 0.6, "inTurns": True}
    path = run(engine, tmp_path, SCRIPTS, "diracPath([0.8, 0.6], data, 30)", settings)
    dirac = Dirac(0.8, 0.6, loss, 0.4, 0.2, 0.6)
    expected = [[0.8, 0.6], *(dirac.play() for _ in range(30))]
    np.testing.assert_allclose([state[:2] for state in path], expected, rtol=1e-10, atol=1e-12)


@engines
def test_dirac_eigenvalues_by_hand(engine, tmp_path):
    """Without momentum, a = 1: in turns the two have the product 1 - eta gamma, at once |1 + eta lambda|^2 = 1 - eta gamma + eta^2."""
    cases = [{"loss": "wasserstein", "gamma": 0.5, "eta": 0.2, "mu": 0, "inTurns": turns} for turns in (True, False)]
    cases.append(cases[0] | {"mu": -0.3})
    found = [
        np.array([complex(*pair) for pair in values])
        for values in run(engine, tmp_path, SCRIPTS, "data.map(diracEigenvalues)", cases)
    ]
    for values, square in zip(found, (1 - 0.1, 1 - 0.1 + 0.04), strict=False):
        turning = values[np.abs(values) > 1e-3]
        np.testing.assert_allclose(np.abs(turning) ** 2, [square, square], atol=1e-7)
    eta, gamma, mu = 0.2, 0.5, -0.3  # with momentum: D's step, then G's, on (theta, psi, m_theta, m_psi)
    d = np.array([[1, 0, 0, 0], [-eta, 1 - eta * gamma, 0, -eta * mu], [0, 0, 1, 0], [1, gamma, 0, mu]])
    g = np.array([[1, eta, -eta * mu, 0], [0, 1, 0, 0], [0, -1, mu, 0], [0, 0, 0, 1]])
    expected = np.linalg.eigvals(g @ d)
    assert max(np.abs(found[2] - value).min() for value in expected) < 1e-6


@engines
def test_distances_of_gaussians_are_integrals(engine, tmp_path):
    cases = [(2.0, 1.0, 0.5), (0.0, 1.0, 1.0), (5.0, 0.3, 1.2), (1.0, 1.0, 1.0), (0.0, 0.4, 1.0)]
    x = np.linspace(-15, 20, 400_001)
    dx = x[1] - x[0]
    for (m, s, t), got in zip(
        cases, run(engine, tmp_path, SCRIPTS, "data.map((c) => distances(...c))", cases), strict=True
    ):
        log_p, log_q = (-((x - c) ** 2) / (2 * w**2) - np.log(w * np.sqrt(2 * np.pi)) for c, w in ((0, s), (m, t)))
        p, q = np.exp(log_p), np.exp(log_q)
        log_middle = np.logaddexp(log_p, log_q) - np.log(2)
        jsd = 0.5 * np.sum(p * (log_p - log_middle) + q * (log_q - log_middle)) * dx
        w1 = np.sum(np.abs(np.cumsum(p - q) * dx)) * dx
        expected = {
            "kl": np.sum(p * (log_p - log_q)) * dx,
            "reverse": np.sum(q * (log_q - log_p)) * dx,
            "jsd": jsd,
            "w1": w1,
        }
        expected["w2"] = np.hypot(m, s - t)
        assert got == pytest.approx(expected, rel=1e-4, abs=1e-6)


@engines
def test_receptive_fields_are_where_the_librarys_gradient_is_not_zero(engine, tmp_path):
    cases = [(k, s, n) for k in (1, 2, 3, 4) for s in (1, 2) for n in (1, 2, 3)]
    found = run(engine, tmp_path, SCRIPTS, "data.map((c) => receptiveField(...c).at(-1).size)", cases)
    for (kernel, stride, layers), size in zip(cases, found, strict=True):
        convolutions = [Conv2d(1, 1, kernel, stride=stride, pad=0) for _ in range(layers)]
        net = Sequential(*convolutions, rng=0, dtype=np.float64)
        net.theta[...] = 1.0
        y, caches = net.forward(np.zeros((1, 40, 40, 1)))
        dy = np.zeros_like(y)
        dy[0, 0, 0, 0] = 1
        assert np.count_nonzero(net.backward(dy, caches)[0, :, 0, 0]) == size, (kernel, stride, layers)
