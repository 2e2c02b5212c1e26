"""Many images at once: three inverse problems with one engine, and what stays as it was."""

import numpy as np
import pytest
from apps.test_generator import trained

from minigan.apps.generator import generator
from minigan.apps.measurement import Mask, Mix, Shrink
from minigan.apps.restore import inpaint, restore, starts_for

KNOWN = np.ones((8, 8), bool)
KNOWN[2:6, 2:6] = False


@pytest.fixture(scope="module")
def made():
    """A generator, and five images that it can draw."""
    game = trained("vaegan")
    game.averages["G"].net.theta *= 1.5
    G = generator(game)
    z = np.random.default_rng(0).standard_normal((5, G.latent)).astype(np.float32)
    return G, G.forward(z)[0]


@pytest.mark.parametrize(
    "A", [Mask(KNOWN), Shrink(4), Mix(40, (8, 8, 3), np.random.default_rng(1))], ids=lambda A: type(A).__name__
)
def test_one_engine_finds_what_g_can_draw(made, A):
    G, x = made
    found, codes, values = restore(G, A, A(x), np.random.default_rng(2), steps=300, l2=0.0, critic=0.0, restarts=6)
    assert found.shape == x.shape
    assert codes.shape == (5, G.latent)
    assert values.max() < 0.05
    assert np.abs(A(found) - A(x)).mean() < 0.03


def test_blocks_change_nothing(made, monkeypatch):
    G, x = made
    A = Shrink(2)
    together = restore(G, A, A(x), np.random.default_rng(3), steps=5, restarts=2)
    monkeypatch.setattr("minigan.apps.restore.BLOCK", 4)
    for a, b in zip(together, restore(G, A, A(x), np.random.default_rng(3), steps=5, restarts=2), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_known_pixels_stay_and_hidden_ones_are_not_looked_at(made):
    G, x = made
    filled = [
        inpaint(G, np.where(KNOWN[:, :, None], x, hidden), KNOWN, np.random.default_rng(4), steps=20, blend=blend)
        for hidden, blend in ((-1.0, True), (0.7, True), (0.7, False))
    ]
    np.testing.assert_array_equal(filled[0], filled[1])
    assert (filled[1] != filled[2])[:, ~KNOWN].any()
    for found in filled:
        np.testing.assert_array_equal(found[:, KNOWN], x[:, KNOWN])


def test_a_conditional_g_tries_every_label():
    G = generator(trained("gan"))
    assert starts_for(G) == 4
    rng = np.random.default_rng(5)
    for label in range(3):
        x = G.forward((rng.standard_normal((1, 3)).astype(np.float32), np.array([label])))[0]
        _, codes, values = restore(G, Mask(KNOWN), Mask(KNOWN)(x), rng, restarts=9, steps=300, l2=0.0, critic=0.0)
        drawn = G.forward((codes, np.array([label])))[0]
        misfit = ((Mask(KNOWN)(drawn) - Mask(KNOWN)(x)) ** 2).sum()
        assert misfit == pytest.approx(values[0], abs=1e-3)  # the code belongs to the right label


@pytest.mark.parametrize("name", ["restarts", "steps"])
def test_a_search_needs_steps_and_starts(made, name):
    G, x = made
    with pytest.raises(ValueError, match=f"a search needs {name} >= 1, got 0"):
        restore(G, Shrink(2), Shrink(2)(x), np.random.default_rng(0), **{name: 0})


@pytest.mark.parametrize("name", ["lr", "l2", "critic"])
def test_weights_are_finite_and_not_negative(made, name):
    G, x = made
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"a search needs a finite {name} >= 0, got"):
            restore(G, Shrink(2), Shrink(2)(x), np.random.default_rng(0), **{name: bad})
