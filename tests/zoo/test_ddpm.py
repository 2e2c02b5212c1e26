"""The steps of ddpm and ddgan by hand."""

import numpy as np
import pytest

from minigan import losses
from minigan.layers import Dense, Join, Take
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.zoo.ddgan import ddgan_step
from minigan.zoo.ddpm import ddpm_step


def test_the_step_of_ddpm_by_hand():  # eq:ddpm.loss
    S = Sequential(Take(0), Dense(1, 1), rng=0, dtype=np.float64)
    S.theta[...] = [3, 0]
    row = ddpm_step(S, SGD(S, 1.0), np.array([[5.0]]), np.array([[10.0]]), np.array([1]), np.array([1.0, 0.64]))
    # x_1 = 0.8 * 5 + 0.6 * 10 = 10, y = 30, target 10;  dy = 40;  dW = 10 * 40, db = 40
    assert row["loss"] == pytest.approx(400)
    np.testing.assert_allclose(S.theta, [3 - 400, -40])


def test_the_network_sees_a_share_of_the_steps():
    seen = []

    class Watch:
        def forward(self, x):
            seen.append(x[1])
            return x[0], None

        def backward(self, *args, **flags):
            pass

    opt = type("Nothing", (), {"step": lambda self: None})()
    ddpm_step(Watch(), opt, np.zeros((3, 2)), np.ones((3, 2)), np.array([1, 5, 10]), np.linspace(1, 0.01, 11))
    np.testing.assert_allclose(seen[0], [0.1, 0.5, 1.0])


def test_the_step_of_ddgan_by_hand():  # eq:ddgan.now eq:ddgan.drawn eq:ddgan.d eq:ddgan.g
    G = Sequential(Take(0), Dense(1, 1), rng=0, dtype=np.float64)
    D = Sequential(Take(0, 1), Join(), Dense(2, 1), rng=0, dtype=np.float64)
    G.theta[...], D.theta[...] = [2, 0], [3, 5, 0]
    a = np.array([1.0, 0.64, 0.16])
    opts = {"G": SGD(G, 1.0), "D": SGD(D, 1.0)}
    eps = np.array([[[1.0]], [[2.0]], [[3.0]]])
    row = ddgan_step(G, D, losses.wasserstein, [], opts, np.array([[1.0]]), np.array([2]), np.zeros((1, 1)), eps, a)
    before = 0.8 * 1 + 0.6 * 1  # x_1
    now = 0.5 * before + np.sqrt(0.75) * 2  # x_2, with alpha = 0.16 / 0.64 = 1/4
    c0, ck, s = 0.8 * 0.75 / 0.84, 0.5 * 0.36 / 0.84, np.sqrt(0.36 / 0.84 * 0.75)
    drawn = c0 * 2 * now + ck * now + s * 3
    assert row["loss_D"] == pytest.approx(3 * (drawn - before))
    assert row["loss_G"] == pytest.approx(-(3 * drawn + 5 * now))
    np.testing.assert_allclose(D.theta, [3 - (drawn - before), 5, 0])
    np.testing.assert_allclose(G.theta, [2 + 3 * c0 * now, 3 * c0])
