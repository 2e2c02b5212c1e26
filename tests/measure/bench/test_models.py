"""Each benchmark model is what its description says, makes steps, reports its gradients, and hardly moves."""

import numpy as np
import pytest

from minigan.layers import Conv2d, ConvTranspose2d, Dense, UpConv2d
from minigan.measure.bench.models import MODELS, RATE, Benchmark, named, scaling

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built():
    """The models, each built once."""
    return {name: build() for name, (build, _) in MODELS.items()}


def sizes(net):
    """The input and output sizes of each Dense, then of each convolution."""
    found = [layer for top in net.layers for layer in top.walk()]
    dense = [(layer.n_in, layer.n_out) for layer in found if isinstance(layer, Dense)]
    conv = [
        (layer.c_in, layer.c_out, layer.k) for layer in found if isinstance(layer, Conv2d | ConvTranspose2d | UpConv2d)
    ]
    return dense, conv


def test_the_models_have_the_sizes_of_the_table(built):
    assert sizes(built["mlp"].G)[0] == [(100, 128), (128, 256), (256, 512), (512, 1024), (1024, 784)]
    assert sizes(built["mlp"].D)[0] == [(784, 512), (512, 256), (256, 1)]
    assert sizes(built["dcgan"].G)[1] == [(256, 128, 4), (128, 64, 4), (64, 1, 4)]
    assert sizes(built["dcgan"].D)[1] == [(1, 64, 4), (64, 128, 4), (128, 256, 4)]
    assert sizes(built["dcgan_up"].G)[1] == [(128, 128, 3), (128, 64, 3), (64, 1, 3)]
    assert sizes(built["dcgan_up"].D)[1] == [(1, 16, 3), (16, 32, 3), (32, 64, 3), (64, 128, 3)]
    assert sizes(built["wgan_gp_conv"].D)[1] == [(1, 64, 4), (64, 128, 4), (128, 256, 4)]
    assert sizes(built["toy"].D)[0] == [(2, 128), (128, 128), (128, 128), (128, 1)]
    assert built["dcgan"].D.mixes  # BatchNorm in D
    assert built["dcgan_up"].D.mixes
    assert not built["wgan_gp_conv"].D.mixes


def test_the_default_follows_the_config(built):
    from minigan.zoo import gan

    config, made = gan.Options(), built["default"]
    image = made.x[0] if isinstance(made.x, tuple) else made.x
    assert len(image) == config.batch
    assert (image.min(), image.max()) == (-1, 1)
    assert made.loss.name == config.loss
    assert len(made.penalties) == len(config.penalties)
    assert (made.opt_D.beta1, made.opt_D.beta2) == (config.beta1, config.beta2)


@pytest.mark.parametrize("name", MODELS)
def test_a_step_moves_both_networks_slightly_and_a_critic_step_only_d(built, name):
    made = built[name]
    G, D = made.G.theta.copy(), made.D.theta.copy()
    made.step()
    assert 0 < np.abs(made.D.theta - D).max() < 10 * RATE
    assert (made.opt_G is None) == name.startswith("wgan_gp")
    assert (np.abs(made.G.theta - G).max() > 0) == (made.opt_G is not None)
    assert not made.D.grad.any()


@pytest.mark.parametrize("name", ["mlp", "wgan_gp_mlp", "toy"])
def test_answers_contain_each_parameter_and_move_nothing(built, name):
    made = built[name]
    before = made.weights()
    found = made.answers()
    for which, net in (("D", made.D), ("G", made.G)):
        size = sum(a.size for key, a in found.items() if key.startswith(f"{which} "))
        assert size == (net.theta.size if which == "D" or made.opt_G else 0)
        np.testing.assert_array_equal(net.theta, before[which])
        assert not net.grad.any()
    assert ("loss G" in found) == (made.opt_G is not None)
    assert all(np.isfinite(a).all() for a in found.values())
    assert (found["penalty"] > 0) == bool(made.penalties)
    again = made.answers()
    for key in found:
        np.testing.assert_array_equal(found[key], again[key])


def test_named_splits_theta_into_its_parameters(built):
    D = built["toy"].D
    pieces = named("D", D, D.theta)
    assert list(pieces) == [f"D {i} {name}" for i in range(4) for name in ("W", "b")]
    np.testing.assert_array_equal(pieces["D 1 W"], D.layers[2].W)


def test_load_restores_weights():
    made = scaling(batch=2, size=8, width=16)
    before = made.weights()
    made.load({"G": before["G"] + 1, "D": before["D"] - 1})
    np.testing.assert_array_equal(made.D.theta, before["D"] - 1)
    made.load(before)
    np.testing.assert_array_equal(made.G.theta, before["G"])


def test_scaling_takes_any_batch_size_and_width():
    made = scaling(batch=3, size=16, width=8)
    made.step()
    assert isinstance(made, Benchmark)
    assert made.x.shape == (3, 16, 16, 1)
    assert sizes(made.D)[1] == [(1, 8, 4), (8, 16, 4)]
