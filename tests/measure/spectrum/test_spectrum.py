"""The map of one step is that of the library's own steps, its eigenvalues are right, and the periods are those of known series."""

import copy
import math

import numpy as np
import pytest

from minigan import cli, losses
from minigan.game import GAN, d_step, g_step
from minigan.layers import Dense, Tanh
from minigan.measure.spectrum import Mode, linearised, modes, oscillation, strongest
from minigan.measure.spectrum.oscillation import power
from minigan.measure.spectrum.step import step_sizes
from minigan.network import Sequential
from minigan.optim import SGD, Adam
from minigan.penalties import R1, WganGp


def game_of(opt, penalties=None, **more):
    G = Sequential(Dense(3, 5), Tanh(), Dense(5, 2), rng=1, dtype=np.float64)
    D = Sequential(Dense(2, 4), Tanh(), Dense(4, 1), rng=2, dtype=np.float64)
    for net in (G, D):
        net.theta += 0.1 * np.random.default_rng(7).standard_normal(net.theta.shape)  # no bias is 0
    return GAN(G, D, losses.non_saturating, penalties, opt(G), opt(D), latent=3, **more)


def one_step(game, theta, x, z):
    """The weights after one real step of D and one of G from `theta`, Adam's v as it was."""
    game = copy.deepcopy(game)
    for opt in (game.opt_G, game.opt_D):
        opt.net = game.G if opt is game.opt_G else game.D
        if isinstance(opt, Adam):  # v takes no part
            P = step_sizes(opt)
            opt.update = lambda lr, opt=opt, P=P: opt.net.theta.__isub__(P * opt.net.grad)
    n = len(game.G.theta)
    game.G.theta[...], game.D.theta[...] = theta[:n], theta[n:]
    d_step(game.G, game.D, game.loss, game.penalties, game.opt_D, x, z)
    g_step(game.G, game.D, game.loss, game.opt_G, x, z)
    return np.concatenate([game.G.theta, game.D.theta])


@pytest.mark.parametrize("penalties", [None, [R1(gamma=0.7)]])
@pytest.mark.parametrize("opt", [lambda net: SGD(net, 0.3), lambda net: Adam(net, 0.02, beta1=0.0, beta2=0.9)])
def test_the_map_is_the_derivative_of_both_steps(opt, penalties):
    game = game_of(opt, penalties)
    rng = np.random.default_rng(3)
    for _ in range(3):  # Adam needs a history
        game.step(lambda: (rng.standard_normal((6, 2)), None), rng)
    x, u = rng.standard_normal((7, 2)), rng.standard_normal(game.G.theta.size + game.D.theta.size)
    step, n = linearised(game, x, np.random.default_rng(4))
    assert n == len(u)
    z = game.noise(7, np.random.default_rng(4))
    theta = np.concatenate([game.G.theta, game.D.theta])
    h = 1e-5
    expected = (one_step(game, theta + h * u, x, z) - one_step(game, theta - h * u, x, z)) / (2 * h)
    np.testing.assert_allclose(step(u), expected, rtol=1e-6, atol=1e-6 * abs(expected).max())


def test_the_game_is_not_changed():
    game = game_of(lambda net: SGD(net, 0.3), [R1(gamma=0.7)])
    before = copy.deepcopy(game.arrays())
    step, n = linearised(game, np.ones((3, 2)), np.random.default_rng(0))
    step(np.ones(n))
    assert all(np.array_equal(before[name], array) for name, array in game.arrays().items())
    assert not game.G.grad.any()
    assert not game.D.grad.any()


@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_dirac_gan(gamma):
    """theta' = theta + lr a psi', psi' = psi - lr (a theta + gamma psi), a = 1/2: D first, then G (lesson 16)."""
    G, D = (Sequential(Dense(1, 1, bias=False), rng=0, dtype=np.float64) for _ in "GD")
    lr, a = 0.4, 0.5
    game = GAN(
        G, D, losses.non_saturating, [R1(gamma=gamma)] if gamma else None, SGD(G, lr), SGD(D, lr), latent=1, prior=one
    )
    G.theta[...], D.theta[...] = 1e-9, 1e-9  # the step of the difference is relative to the weights
    step, n = linearised(game, np.zeros((4, 1)), np.random.default_rng(0))
    J_D = np.array([[1, 0], [-lr * a, 1 - lr * gamma]])
    J_G = np.array([[1, lr * a], [0, 1]])
    expected = np.linalg.eigvals(J_G @ J_D)
    found = modes(step, n)
    assert found[0].mu == pytest.approx(expected[expected.imag > 0][0], rel=1e-6)
    assert found[0].growth == pytest.approx(math.sqrt(1 - lr * gamma), rel=1e-6)  # det J


def one(n, latent, rng):
    return np.ones((n, latent))


def test_all_eigenvalues_and_the_largest_by_arnoldi(monkeypatch):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((60, 60)) / 10
    A[0, 0] = 3  # one eigenvalue stands out
    exact = np.linalg.eigvals(A)
    found = modes(lambda u: A @ u, 60)
    np.testing.assert_allclose(sorted(abs(m.mu) for m in found), sorted(abs(exact[exact.imag >= 0])), rtol=1e-9)
    monkeypatch.setattr("minigan.measure.spectrum.eigenvalues.DENSE", 10)
    few = modes(lambda u: A @ u, 60, m=30)
    assert few[0].mu == pytest.approx(exact[abs(exact).argmax()], abs=1e-8)
    assert few[0].residual < 1e-8
    assert max(mode.residual for mode in few) > 1e-3  # the others have not converged, and say so


def test_arnoldi_ends_when_its_space_is_complete(monkeypatch):
    monkeypatch.setattr("minigan.measure.spectrum.eigenvalues.DENSE", 1)
    found = modes(
        lambda u: np.array([2.0, 2.0, 5.0, 5.0]) * u, 4, m=50
    )  # two different eigenvalues: a space of dimension 2
    assert [mode.mu.real for mode in found] == pytest.approx([5, 2])


def test_growth_and_period():
    assert Mode(0.9j, 0).growth == pytest.approx(0.9)
    assert Mode(0.9j, 0).period == pytest.approx(4)
    assert Mode(-0.5 + 0j, 0).period == pytest.approx(2)
    assert Mode(0.5 + 0j, 0).period == math.inf


def test_a_known_period_is_found_under_noise_and_drift():
    t = np.arange(1024)
    series = np.sin(2 * np.pi * t / 12.8) + np.random.default_rng(0).standard_normal(1024) + 0.01 * t
    period, ratio = strongest(series)
    assert period == pytest.approx(12.8)
    assert ratio > 5
    with pytest.raises(ValueError, match="at least 256 steps, got 100"):
        power(series[:100])


def test_the_scores_are_those_of_the_same_fakes():
    game = game_of(lambda net: SGD(net, 0.1))
    rng = np.random.default_rng(5)
    scores = oscillation(game, lambda: (rng.standard_normal((6, 2)), None), 3, np.random.default_rng(6), n=20)
    z = game.noise(20, np.random.default_rng(6))
    assert scores.shape == (3,)
    assert scores[-1] == pytest.approx(game.D(game.G(z)).mean())
    assert len(set(scores)) == 3


@pytest.mark.parametrize(
    ("game", "message"),
    [
        (lambda: game_of(lambda net: Adam(net, 0.1)), "Adam with beta1 = 0.5"),
        (lambda: game_of(lambda net: Adam(net, 0.1, beta1=0.0)), "after its first step"),
        (lambda: game_of(lambda net: SGD(net, 0.1, momentum=0.9)), "SGD without momentum"),
        (lambda: game_of(lambda net: SGD(net, 0.1), [WganGp()]), "WganGp is taken at random points"),
        (lambda: game_of(lambda net: SGD(net, 0.1), d_steps=2), "d_steps = 2"),
    ],
)
def test_a_game_without_a_spectrum_is_refused(game, message):
    with pytest.raises(ValueError, match=message):
        linearised(game(), np.ones((3, 2)), np.random.default_rng(0))


@pytest.mark.slow
def test_the_command(tmp_path, capsys):
    out, picture = str(tmp_path / "run"), tmp_path / "spectrum.png"
    options = ["--data", "ring", "--steps", "20", "--width", "4", "--latent", "2", "--batch", "16", "--threads", "1"]
    assert cli.main(["train", "gan", *options, "--out", out]) == 0
    capsys.readouterr()
    assert cli.main(["spectrum", out, "--steps", "300"]) == 1  # the cosine has come to its end
    assert "the learning rate of step 20 is 0, so nothing moves" in capsys.readouterr().err
    assert cli.main(["spectrum", out, "--lr", "0.002", "--batch", "32", "--steps", "300", "--out", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "weights of G and D" in said
    assert "measured over 300 steps: strongest period" in said
    assert picture.stat().st_size > 10_000
    assert cli.main(["spectrum", out, "--steps", "100"]) == 1
    assert "at least 256 steps, got 100" in capsys.readouterr().err
