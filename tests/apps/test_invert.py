"""The search for a code: its gradient, that it finds what G can draw, and that it changes nothing but z."""

import numpy as np
import pytest

from minigan import losses
from minigan.apps.invert import Latent, by_critic, invert, objective
from minigan.apps.measurement import Mask, Mix, Shrink
from minigan.gradcheck import numerical_gradient
from minigan.layers import BatchNorm, Concat, Conv2d, Dense, Embedding, Flatten, Reshape, SiLU, Tanh, UpConv2d
from minigan.layers.more.frozen import freeze
from minigan.models.vae import critic
from minigan.network import Sequential

SHAPE = (4, 6, 1)


def generator(classes=0, dtype=np.float64):
    rng = np.random.default_rng(0)
    entry = [Concat(right=[Embedding(classes, 2)])] if classes else []
    body = Dense(3 + 2 * bool(classes), 12), Reshape(2, 3, 2), BatchNorm(2), SiLU(), UpConv2d(2, 1, 3), Tanh()
    G = Sequential(*entry, *body, rng=0, dtype=dtype)
    G.theta += 0.2 * rng.standard_normal(G.theta.size).astype(dtype)
    G.forward((rng.standard_normal((9, 3)), rng.integers(classes, size=9)) if classes else rng.standard_normal((9, 3)))
    return G


KNOWN = np.array([[True, False, True, True, False, True]] * 4)
MEASUREMENTS = [Mask(KNOWN), Shrink(2), Mix(5, SHAPE, np.random.default_rng(3))]


@pytest.mark.parametrize("A", MEASUREMENTS, ids=lambda A: type(A).__name__)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("with_critic", [False, True])
def test_the_gradient_of_the_objective(A, classes, with_critic):  # eq:invert eq:invert.dz
    rng, G = np.random.default_rng(1), freeze(generator(classes))
    D = Sequential(Conv2d(1, 2, 3), SiLU(), Flatten(), Dense(16, 1), rng=4, dtype=np.float64)
    prior = by_critic(D, losses.minimax, 0.7) if with_critic else None
    z, labels = rng.standard_normal((2, 3)), np.array([2, 0]) if classes else None
    y = A(np.tanh(rng.standard_normal((2, *SHAPE))))
    value, dz, x = objective(G, A, y, z, labels, 0.3, prior)
    expected = numerical_gradient(lambda a: objective(G, A, y, a, labels, 0.3, prior)[0].sum(), z.copy())
    np.testing.assert_allclose(dz, expected, rtol=1e-7, atol=1e-8)
    by_hand = [((A(x) - y)[n] ** 2).sum() + 0.3 * (z[n] ** 2).sum() for n in range(2)]
    if with_critic:
        by_hand += 0.7 * np.array([losses.minimax.g(None, D(x)[n : n + 1])[0] for n in range(2)])
    np.testing.assert_allclose(value, by_hand, rtol=1e-12)


@pytest.mark.parametrize("classes", [0, 3])
def test_it_finds_what_g_can_draw(classes):
    rng, G = np.random.default_rng(2), generator(classes)
    truth, labels = rng.standard_normal((4, 3)), np.array([0, 1, 2, 0]) if classes else None
    x = G(truth if labels is None else (truth, labels))
    starts = 5
    z = rng.standard_normal((starts * 4, 3))
    many = None if labels is None else np.tile(labels, starts)
    A = Mask(KNOWN)
    _, found, value = invert(G, A, A(x), z, many, steps=400, l2=0.0, starts=starts)
    assert value.max() < 1e-3
    assert np.abs(A(found) - A(x)).max() < 0.05


def test_the_best_start_is_chosen_image_by_image():
    rng, G = np.random.default_rng(5), generator()
    truth = rng.standard_normal((2, 3))
    A, x = Shrink(2), G(truth)
    far = truth + 50
    z = np.concatenate([[truth[0], far[1]], [far[0], truth[1]]])
    found, _, value = invert(G, A, A(x), z, steps=1, lr=1e-9, l2=0.0, starts=2)
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert value.max() < 1e-9


def test_it_changes_neither_g_nor_the_arguments():
    rng, G = np.random.default_rng(6), generator(dtype=np.float32)
    A = Mask(KNOWN)
    y, z = A(G(rng.standard_normal((3, 3)))), rng.standard_normal((3, 3))
    kept = [a.copy() for a in (G.theta, G.grad, G.state, y, z)]
    found, x, _ = invert(G, A, y, z, steps=3)
    for a, before in zip((G.theta, G.grad, G.state, y, z), kept, strict=True):
        np.testing.assert_array_equal(a, before)
    assert (found != z).any()
    assert found.dtype == x.dtype == np.float32


def test_the_wrong_number_of_starts_is_refused():
    G, A = generator(), Shrink(2)
    with pytest.raises(ValueError, match="2 starts for each of 3 images are 6 rows of z, got 3"):
        invert(G, A, np.zeros((3, 2, 3, 1)), np.zeros((3, 3)), starts=2)


def test_a_bad_gradient_names_its_place_in_z():
    assert Latent(np.zeros((3, 4))).locate(6) == "z[1, 2]"


def test_the_critic_of_a_vaegan_fits_too():
    D = critic((16, 16, 1), 2, 1, rng=0, dtype=np.float64)
    x = np.random.default_rng(7).standard_normal((2, 16, 16, 1))
    prior = by_critic(D, losses.non_saturating, 1.0)
    value, dx = prior(x)
    at = np.s_[:, 5, 7, 0]
    h = 1e-6
    up, down = x.copy(), x.copy()
    up[at] += h
    down[at] -= h
    np.testing.assert_allclose(dx[at], (prior(up)[0] - prior(down)[0]) / (2 * h), rtol=1e-5)
    assert value.shape == (2,)
