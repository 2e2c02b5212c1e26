"""Networks from picture to picture: shapes, definitions, gradients, and what cannot be built."""

import numpy as np
import pytest

from minigan.gradcheck import check_network, require
from minigan.layers import Conv2d
from minigan.models.unet import enlarger, patch_critic, unet

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("shape", "levels"), [((8, 8, 3), 2), ((32, 32, 3), 4), ((4, 8, 1), 2), ((2, 2, 1), 1)])
def test_a_unet_keeps_the_size(shape, levels):
    G = unet(shape, 2, 4, levels, rng=0)
    y = G(RNG.standard_normal((3, *shape)))
    assert y.shape == (3, *shape[:2], 2)
    assert np.abs(y).max() <= 1


def test_a_level_is_the_picture_beside_what_was_drawn_below_it():  # eq:unet.level
    G = unet((4, 4, 2), 3, 5, 1, rng=0, dtype="float64")
    x = RNG.standard_normal((2, 4, 4, 2))
    _copy, parallel, _join, last, tanh = G.layers
    below = x
    for layer in parallel.branches[1].layers:  # down, and up again
        below = layer(below)
    assert below.shape == (2, 4, 4, 5)
    np.testing.assert_array_equal(G(x), tanh(last(np.concatenate([x, below], axis=3))))


def test_details_pass_beside_the_bottleneck():
    G = unet((16, 16, 1), 1, 4, 3, rng=0, dtype="float64")
    down = next(layer for layer in G.layers[1].branches[1].layers if isinstance(layer, Conv2d))
    down.W[...] = 0  # nothing reaches the levels below
    x = RNG.standard_normal((1, 16, 16, 1))
    changed = x.copy()
    changed[0, 5, 5] += 1
    moved = (G(x) != G(changed)).any(axis=(0, 3))
    assert moved[4:7, 4:7].all()
    assert moved.sum() == 9


def test_a_patch_has_18_pixels():
    D = patch_critic(3, 4, rng=0, dtype="float64")
    x = RNG.standard_normal((1, 32, 32, 3))
    assert D(x).shape == (1, 8, 8, 1)
    scores, caches = D.forward(x)
    d = np.zeros_like(scores)
    d[0, 4, 4] = 1
    seen = (D.backward(d, caches) != 0).any(axis=(0, 3))
    assert seen.any(axis=0).sum() == seen.any(axis=1).sum() == 18  # eq:patch_critic


def test_a_critic_of_pairs_sees_both():
    D = patch_critic(3, 4, given=2, rng=0, dtype="float64")
    x, y = RNG.standard_normal((2, 8, 8, 3)), RNG.standard_normal((2, 8, 8, 2))
    scores, caches = D.forward((x, y))
    dx, dy = D.backward(np.ones_like(scores), caches)
    assert (dx != 0).any()
    assert (dy != 0).any()


@pytest.mark.parametrize("factor", [2, 4])
def test_an_enlarger_adds_to_the_enlarged_picture(factor):  # eq:enlarger
    G = enlarger(3, factor, 4, 1, rng=0, dtype="float64")
    y = RNG.standard_normal((2, 4, 4, 3))
    blocks = y.repeat(factor, axis=1).repeat(factor, axis=2)
    added = G(y) - blocks
    assert 0 < np.abs(added).mean() < 0.5
    last = G.layers[1].branches[1].layers[-1]
    last.W[...] = 0
    np.testing.assert_array_equal(G(y), blocks)


@pytest.mark.parametrize(
    ("net", "x"),
    [
        (unet((4, 4, 2), 1, 2, 2, rng=1, dtype="float64"), RNG.standard_normal((2, 4, 4, 2))),
        (enlarger(2, 2, 3, 1, rng=1, dtype="float64"), RNG.standard_normal((2, 3, 3, 2))),
        (patch_critic(2, 3, 1, rng=1, dtype="float64"), RNG.standard_normal((2, 4, 4, 2))),
    ],
    ids=["unet", "enlarger", "patch_critic"],
)
def test_their_gradients(net, x):
    net.theta += 0.1 * RNG.standard_normal(net.theta.size)
    require(check_network(net, x))


def test_what_cannot_be_built():
    with pytest.raises(ValueError, match=r"a U-Net of 3 levels needs images .* divisible by 8, got"):
        unet((8, 12, 3), 3, 4, 3, rng=0)
    with pytest.raises(ValueError, match=r"enlarged 2, 4, 8, \.\.\. times, got factor=3"):
        enlarger(3, 3, rng=0)
