"""MoCoGAN's networks: their shapes, how they depend on content and motion, what does not fit."""

import numpy as np
import pytest

from minigan.layers import Conv2d, TemporalConv
from minigan.layers.parameters import all_layers
from minigan.models.mocogan import generator, image_critic, video_critic


def noise(n, frames, content=3, e=2, motion=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, content)), (rng.standard_normal((n, frames, e)), rng.standard_normal((n, motion)))


@pytest.mark.parametrize("shape", [(16, 32, 32, 1), (5, 8, 8, 3), (2, 16, 16, 3), (1, 8, 8, 1)])
def test_shapes(shape):
    G = generator(shape, 3, 2, 4, width=2, rng=0)
    clips = G(noise(2, shape[0]))
    assert clips.shape == (2, *shape)
    assert np.abs(clips).max() <= 1
    assert image_critic(shape, 2, rng=1)(clips[:, 0]).shape == (2, 1)
    assert video_critic(shape, 2, rng=2)(clips).shape == (2, 1)


def test_the_critic_of_clips_halves_time_while_there_is_some():
    layers = all_layers(video_critic((16, 32, 32, 1), 2, rng=0).layers)
    assert [type(layer) for layer in layers if layer.parameters][:3] == [TemporalConv] * 3
    layers = all_layers(video_critic((4, 32, 32, 1), 2, rng=0).layers)
    assert [type(layer) for layer in layers if layer.parameters][:3] == [TemporalConv, Conv2d, Conv2d]


def test_a_frame_depends_on_its_past_and_not_on_its_future():
    G = generator((6, 8, 8, 1), 3, 2, 4, width=2, rng=0, dtype="float64")
    c, (e, h0) = noise(1, 6)
    before = G((c, (e, h0)))
    moved = e.copy()
    moved[:, 3] += 1
    away = np.abs(G((c, (moved, h0))) - before).reshape(6, -1).max(axis=1)
    assert (away[:3] == 0).all()
    assert (away[3:] > 0).all()
    assert (np.abs(G((c + 1, (e, h0))) - before).reshape(6, -1).max(axis=1) > 0).all()  # the content is in every frame


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match="square images"):
        generator((4, 12, 12, 1), rng=0)
    with pytest.raises(ValueError, match="motion=0"):
        generator((4, 8, 8, 1), motion=0, rng=0)
