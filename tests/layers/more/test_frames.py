"""Layers for every frame, and what is the same in every frame."""

import numpy as np
import pytest

from minigan.layers import BatchNorm, Conv2d, Dense, Flatten, Frames, JoinFrames, LeakyReLU, ShapeError, Tanh
from minigan.losses import non_saturating
from minigan.network import Sequential
from minigan.penalties import R1, add_penalty


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_every_frame_by_itself():  # eq:frames.forward eq:frames.dx
    net = Sequential(Frames(Conv2d(1, 2, 3), Tanh(), Flatten(), Dense(8, 3)), rng=0, dtype=np.float64)
    x, dy = random(2, 3, 4, 4, 1), random(2, 3, 3, seed=1)
    inner = net.layers[0].chain
    y, caches = net.forward(x)
    np.testing.assert_allclose(y[1, 2], inner(x[1, 2][None])[0], rtol=1e-12)
    dx = net.backward(dy, caches)
    alone, cache = inner.forward(x[1, 2][None])
    np.testing.assert_allclose(dx[1, 2], inner.backward(dy[1, 2][None], cache, learn=False)[0], rtol=1e-12)
    assert alone.shape == (1, 3)


def test_samples_do_not_mix_unless_a_layer_inside_mixes_them():
    assert not Frames(Dense(2, 2)).mixes
    assert Frames(Dense(2, 2), BatchNorm(2)).mixes


def test_a_loss_and_its_penalty_can_share_a_pass():
    """R1 of a critic with frames in it: one blended pass gives what two passes give."""
    from minigan.fast_step import backward_with_penalties

    x, found = random(3, 4, 4, 4, 1), []
    for shared in (False, True):
        D = Sequential(Frames(Conv2d(1, 2, 4, 2, 1), LeakyReLU()), Flatten(), Dense(32, 1), rng=0, dtype=np.float64)
        scores, caches = D.forward(x)
        d = non_saturating.d(scores, scores)[1]
        if shared:
            backward_with_penalties(D, d, scores, caches, [R1(2.0)])
        else:
            D.backward(d, caches, need_dx=False)
            add_penalty(D, scores, caches, R1(2.0))
        found.append(D.grad)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-11, atol=1e-14)


def test_content_beside_motion():  # eq:join_frames.forward eq:join_frames.dx
    c, x = np.array([[1.0, 2.0]]), np.array([[[3.0], [4.0], [5.0]]])
    layer = JoinFrames()
    y, cache = layer.forward((c, x))
    assert y.tolist() == [[[1, 2, 3], [1, 2, 4], [1, 2, 5]]]
    dc, dx = layer.backward(np.arange(9.0).reshape(1, 3, 3), cache)
    assert dc.tolist() == [[0 + 3 + 6, 1 + 4 + 7]]
    assert dx.tolist() == [[[2], [5], [8]]]


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match="clips of frames"):
        Frames(Dense(2, 2).init(0, np.float64)).forward(random(3, 2))
    with pytest.raises(TypeError, match="takes a pair"):
        JoinFrames().forward(random(2, 3))
    with pytest.raises(ShapeError, match=r"\(N, d\) and \(N, T, e\)"):
        JoinFrames().forward((random(2, 3), random(3, 4, 1)))
