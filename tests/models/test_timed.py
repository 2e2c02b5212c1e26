import numpy as np
import pytest

from minigan.gradcheck import check_network
from minigan.models.timed import time_mlp, time_unet


def inputs(shape, n=4):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, *shape)), rng.uniform(0.1, 0.9, n), rng.standard_normal((n, 3)), np.arange(n) % 2


@pytest.mark.parametrize(("shape", "classes", "latent"), [((8, 8, 1), 0, 0), ((16, 16, 3), 2, 0), ((8, 8, 2), 0, 3)])
def test_the_unet_sees_image_time_and_condition(shape, classes, latent):
    net = time_unet(shape, 4, classes, latent, rng=0, dtype=np.float64)
    x, t, z, y = inputs(shape)
    condition = [z] if latent else [y] if classes else []
    given = (x, (t, *condition) if condition else t)
    out = net.forward(given)[0]
    assert out.shape == x.shape
    assert np.abs(out - net.forward((x + 1, given[1]))[0]).max() > 1e-3
    assert np.abs(out - net.forward((x, (t + 0.05, *condition) if condition else t + 0.05))[0]).max() > 1e-3
    if condition:
        assert np.abs(out - net.forward((x, (t, 1 - condition[0])))[0]).max() > 1e-3
    check_network(net, given, samples=25)


def test_the_unet_has_one_network_for_both_ends_of_the_skips():
    """The part below a level is between the two halves of its skip: without it, the output still depends on x."""
    net = time_unet((8, 8, 1), 4, rng=0)
    x, t, _, _ = inputs((8, 8, 1))
    dx, dt = net.backward(np.ones_like(x), net.forward((x, t))[1])
    assert dx.shape == x.shape
    assert dt.shape == t.shape


@pytest.mark.parametrize("embedding", [0, 6])
def test_the_mlp(embedding):
    net = time_mlp(2, 6, 2, embedding, rng=0, dtype=np.float64)
    x, t, _, _ = inputs((2,))
    if embedding:  # a scale of 1,000 is too steep for a step of 1e-5 in t
        net.layers[0].branches[1].layers[0].w /= 100
    check_network(net, (x, t))
    assert np.abs(net((x, t)) - net((x, t + 0.1))).max() > 1e-3


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="square images"):
        time_unet((12, 12, 1), 4, rng=0)
    with pytest.raises(ValueError, match="one condition, classes or latent, got classes=2 and latent=3"):
        time_unet((8, 8, 1), 4, classes=2, latent=3, rng=0)
    with pytest.raises(ValueError, match="width"):
        time_mlp(2, 0, rng=0)
