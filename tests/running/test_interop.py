"""Layouts: PyTorch's operations, written here as its documentation defines them, must give the same results as our layers.

tests/oracle repeats this for a complete network, with answers computed by PyTorch itself.
"""

import numpy as np
import pytest
from safetensors.numpy import save_file

from minigan.layers import (
    GRU,
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Embedding,
    Flatten,
    InstanceNorm,
    LabelScore,
    Layer,
    LayerNorm,
    LeakyReLU,
    Pack,
    Reshape,
    Residual,
    SelfAttention,
    ShapeError,
    SpectralNorm,
    Tanh,
    TemporalConv,
    UpConv2d,
)
from minigan.layers.parameters import constant
from minigan.measure.certify.samples import SAMPLES
from minigan.network import Sequential
from minigan.running import interop
from minigan.running.build import build
from minigan.running.checkpoint import CheckpointError
from minigan.zoo import gan

RNG = np.random.default_rng(0)


class Scale(Layer):
    """A layer that interop has never heard of:  y = a x."""

    def __init__(self, n):
        self.parameters = {"a": ((n,), constant(1.0))}

    def forward(self, x):
        return self.a * x, x


def network(*layers):
    """A float64 network in which everything is random: biases, gammas and running statistics too."""
    net = Sequential(*layers, rng=0, dtype=np.float64)
    net.theta[...] = RNG.standard_normal(net.theta.size)
    net.state[...] = 0.5 + RNG.random(net.state.size)
    return net


def nchw(x):
    return x.transpose(0, 3, 1, 2)


# ---- PyTorch's operations as defined in its documentation, images (N, C, H, W) ------------------------------------------------------


def torch_linear(x, weight, bias):
    return x @ weight.T + bias


def torch_conv2d(x, weight, bias, stride, pad):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    k = weight.shape[-1]
    height, width = ((n - k) // stride + 1 for n in x.shape[2:])
    y = np.empty((len(x), len(weight), height, width))
    for i in range(height):
        for j in range(width):
            patch = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            y[:, :, i, j] = np.einsum("ncab,ocab->no", patch, weight) + bias
    return y


def torch_conv_transpose2d(x, weight, bias, stride, pad):
    k = weight.shape[-1]
    height, width = ((n - 1) * stride + k for n in x.shape[2:])
    y = np.zeros((len(x), weight.shape[1], height, width))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            y[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += np.einsum(
                "nc,coab->noab", x[:, :, i, j], weight
            )
    return y[:, :, pad : height - pad, pad : width - pad] + bias[:, None, None]


def torch_batch_norm(x, weights, index):
    """index: the number of the layer in the state_dict `weights`."""
    shape, names = (-1, *[1] * (x.ndim - 2)), ("running_mean", "running_var", "weight", "bias")
    mean, var, weight, bias = (weights[f"{index}.{name}"].reshape(shape) for name in names)
    return weight * (x - mean) / np.sqrt(var + 1e-5) + bias


# ---- conversions -----------------------------------------------------------------------------------------------------------


def test_dense():
    net, x = network(Dense(5, 3)), RNG.standard_normal((4, 5))
    weights = interop.to_torch(net)
    assert {name: a.shape for name, a in weights.items()} == {"0.weight": (3, 5), "0.bias": (3,)}
    np.testing.assert_allclose(torch_linear(x, weights["0.weight"], weights["0.bias"]), net(x), rtol=1e-12)


def test_conv():
    net, x = network(Conv2d(2, 3, 4, 2, 1)), RNG.standard_normal((1, 7, 6, 2))
    weights = interop.to_torch(net)
    y = torch_conv2d(nchw(x), weights["0.weight"], weights["0.bias"], 2, 1)
    np.testing.assert_allclose(y, nchw(net(x)), rtol=1e-11)


def test_transposed_conv():
    net, x = network(ConvTranspose2d(2, 3, 4, 2, 1)), RNG.standard_normal((2, 3, 4, 2))
    weights = interop.to_torch(net)
    y = torch_conv_transpose2d(nchw(x), weights["0.weight"], weights["0.bias"], 2, 1)
    np.testing.assert_allclose(y, nchw(net(x)), rtol=1e-11)


def test_upsampling_conv_is_an_upsample_and_a_conv():
    net, x = network(UpConv2d(2, 3, 3)), RNG.standard_normal((2, 3, 4, 2))
    weights = interop.to_torch(net)
    assert list(weights) == ["0.1.weight", "0.1.bias"]
    doubled = nchw(x).repeat(2, axis=2).repeat(2, axis=3)
    np.testing.assert_allclose(torch_conv2d(doubled, *weights.values(), 1, 1), nchw(net(x)), rtol=1e-11)


def test_batch_norm_of_images():
    net, x = network(BatchNorm(3)), RNG.standard_normal((2, 3, 4, 3))
    weights = interop.to_torch(net)
    assert weights.pop("0.num_batches_tracked") == 0
    np.testing.assert_allclose(torch_batch_norm(nchw(x), weights, 0), nchw(net(x)), rtol=1e-12)


def test_weights_after_a_flatten_are_permuted():
    net, x = network(Flatten(), BatchNorm(24), LeakyReLU(0.2), Dense(24, 5)), RNG.standard_normal((2, 3, 4, 2))
    weights = interop.to_torch(net, x)
    vector = torch_batch_norm(nchw(x).reshape(2, -1), weights, 1)
    y = torch_linear(np.where(vector > 0, vector, 0.2 * vector), weights["3.weight"], weights["3.bias"])
    np.testing.assert_allclose(y, net(x), rtol=1e-11)


def test_weights_before_a_reshape_are_permuted():
    net, z = network(Dense(5, 24), BatchNorm(24), Tanh(), Reshape(3, 4, 2)), RNG.standard_normal((2, 5))
    weights = interop.to_torch(net)
    vector = torch_linear(z, weights["0.weight"], weights["0.bias"])
    vector = torch_batch_norm(vector, weights, 1)
    np.testing.assert_allclose(np.tanh(vector).reshape(2, 2, 3, 4), nchw(net(z)), rtol=1e-12)


def test_an_embedding_before_a_reshape_is_permuted():
    net = network(Concat(right=[Embedding(5, 24), Reshape(3, 4, 2)]), Conv2d(3, 2, 1))
    weights = interop.to_torch(net)
    labels = np.array([3, 0])
    channels = weights["0.right.0.weight"][labels].reshape(2, 2, 3, 4)
    x = RNG.standard_normal((2, 3, 4, 1))
    y = torch_conv2d(np.concatenate([nchw(x), channels], axis=1), weights["1.weight"], weights["1.bias"], 1, 0)
    np.testing.assert_allclose(y, nchw(net((x, labels))), rtol=1e-11)


def test_a_label_score_after_a_flatten_is_permuted():
    net = network(Beside(Conv2d(1, 2, 3, 1, 1), Flatten()), LabelScore(24, 5))
    x, labels = RNG.standard_normal((2, 3, 4, 1)), np.array([3, 0])
    weights = interop.to_torch(net, (x, labels))
    vector = torch_conv2d(nchw(x), weights["0.body.0.weight"], weights["0.body.0.bias"], 1, 1).reshape(2, -1)
    y = (vector * weights["1.weight"][labels]).sum(axis=1) + weights["1.bias"][labels]
    np.testing.assert_allclose(y[:, None], net((x, labels)), rtol=1e-11)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def torch_gru(x, h, weights, prefix="0."):
    """x (T, N, n_in): as torch.nn.GRU's documentation has it, both biases included."""
    W, U, b, c = (weights[f"{prefix}{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    found = []
    for frame in x:
        (ar, az, an), (pr, pz, pn) = (np.split(a, 3, axis=1) for a in (frame @ W.T + b, h @ U.T + c))
        r, z = sigmoid(ar + pr), sigmoid(az + pz)
        h = (1 - z) * np.tanh(an + r * pn) + z * h
        found.append(h)
    return np.stack(found)


def test_a_gru_and_both_biases_of_pytorch():
    net, x = network(GRU(3, 2)), RNG.standard_normal((4, 5, 3))
    weights, h = interop.to_torch(net), np.zeros((4, 2))
    assert {name: a.shape for name, a in weights.items()} == {
        "0.weight_ih_l0": (6, 3), "0.weight_hh_l0": (6, 2), "0.bias_ih_l0": (6,), "0.bias_hh_l0": (6,)
    }  # fmt: skip
    np.testing.assert_allclose(torch_gru(x.swapaxes(0, 1), h, weights), net(x).swapaxes(0, 1), rtol=1e-12)
    weights["0.bias_hh_l0"] = RNG.standard_normal(6)  # PyTorch trains two biases a gate
    interop.from_torch(net, weights)
    np.testing.assert_allclose(torch_gru(x.swapaxes(0, 1), h, weights), net(x).swapaxes(0, 1), rtol=1e-12)


def test_a_convolution_over_time():
    net, x = network(TemporalConv(2, 3, 3, 2, 1, k_t=2, stride_t=1, pad_t=0)), RNG.standard_normal((1, 4, 5, 4, 2))
    weights = interop.to_torch(net)
    assert weights["0.weight"].shape == (3, 2, 2, 3, 3)
    y = sum(  # frame t meets tap a at t + a
        torch_conv2d(nchw(x[0, a : a + 3]), weights["0.weight"][:, :, a], 0, 2, 1) for a in range(2)
    )
    np.testing.assert_allclose(y + weights["0.bias"][:, None, None], nchw(net(x)[0]), rtol=1e-11)


def test_attention():
    net, x = network(SelfAttention(4, 3)), RNG.standard_normal((1, 2, 3, 4))
    weights, X = interop.to_torch(net), x.reshape(6, 4)
    q, k, v = (torch_linear(X, weights[f"0.{name}.weight"], 0) for name in ("query", "key", "value"))
    e = np.exp(q @ k.T / 3**0.5)
    y = X + weights["0.gamma"] * (e / e.sum(axis=1, keepdims=True)) @ v
    np.testing.assert_allclose(y, net(x).reshape(6, 4), rtol=1e-11)


@pytest.mark.parametrize("kind", [Dense, Conv2d, ConvTranspose2d, UpConv2d])
def test_spectral_norm_has_pytorchs_singular_vectors(kind):
    layer = kind(6, 4) if kind is Dense else kind(2, 4, 3)
    net = Sequential(SpectralNorm(layer), rng=0, dtype=np.float64)
    prefix = "0.1." if kind is UpConv2d else "0."
    weights = interop.to_torch(net)
    W, u, v = (weights[f"{prefix}parametrizations.weight.{name}"] for name in ("original", "0._u", "0._v"))
    M = (W.swapaxes(0, 1) if kind is ConvTranspose2d else W).reshape(4, -1)  # as PyTorch's _reshape_weight_to_matrix
    np.testing.assert_allclose(np.linalg.norm([u, M @ v / (u @ M @ v)], axis=1), 1, rtol=1e-9)
    with net.layers[0].normalised() as inner:
        plain = Sequential(kind(6, 4) if kind is Dense else kind(2, 4, 3), rng=0, dtype=np.float64)
        plain.layers[0].W[...] = inner.W
    np.testing.assert_allclose(W / (u @ M @ v), interop.to_torch(plain)[f"{prefix}weight"], rtol=1e-12)


def test_spectral_norm_before_a_reshape_is_permuted():
    net, z = network(SpectralNorm(Dense(5, 24)), Reshape(3, 4, 2)), RNG.standard_normal((2, 5))
    weights = interop.to_torch(net)
    W, u, v = (weights[f"0.parametrizations.weight.{name}"] for name in ("original", "0._u", "0._v"))
    y = torch_linear(z, W / (u @ W @ v), weights["0.bias"]).reshape(2, 2, 3, 4)
    np.testing.assert_allclose(y, nchw(net(z)), rtol=1e-11)


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.network().theta.size], ids=lambda one: one.name)
def test_every_layer_with_parameters_is_covered(sample):
    """A new layer with parameters fails here until torch_layout.py knows it; test_contract holds that it is among the samples."""
    net, x = sample.network(), sample.x()
    theta, state, weights = net.theta.copy(), net.state.copy(), interop.to_torch(net, x)
    net.theta[...] = net.state[...] = 0.5
    interop.from_torch(net, weights, x)
    np.testing.assert_array_equal(net.theta, theta)
    if not any("seed" in layer.buffers for layer in net.layers[0].walk()):  # a random stream has no counterpart
        np.testing.assert_allclose(net.state, state, rtol=1e-15)


NETWORKS = {
    "residual": ([Residual(Conv2d(2, 3, 3, 1, 1), Tanh(), shortcut=Conv2d(2, 3, 1, bias=False))], (2, 3, 4, 2)),
    "norms": ([Conv2d(2, 3, 3), InstanceNorm(3), Flatten(), LayerNorm(6), Dense(6, 1)], (2, 4, 3, 2)),
    "reshape for flatten": ([Conv2d(2, 3, 3), Reshape(6), Dense(6, 2)], (2, 4, 3, 2)),
    "flattened twice": ([Conv2d(2, 3, 3), Flatten(), Flatten(), Dense(6, 2)], (2, 4, 3, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_round_trip_restores_the_network(name):
    layers, shape = NETWORKS[name]
    net, x = network(*layers), RNG.standard_normal(shape)
    theta, state, weights = net.theta.copy(), net.state.copy(), interop.to_torch(net, x)
    net.theta[...] = net.state[...] = np.nan
    interop.from_torch(net, weights, x)
    assert np.array_equal(net.theta, theta)
    assert np.array_equal(net.state, state)


@pytest.mark.parametrize("model", ["dcgan", "dcgan_up", "mlp"])
@pytest.mark.parametrize("labels", [True, False])
def test_every_model_can_be_converted(model, labels):
    game = build(gan, gan.Options(data="mnist10k", model=model, labels=labels, steps=1)).game
    inputs = {"G": game.noise(2, RNG, np.array([3, 0]) if labels else None)}
    x = game.G(inputs["G"])
    inputs["D"] = (x, np.array([3, 0])) if labels else x
    for name, net in game.networks.items():
        weights = interop.to_torch(net, inputs[name])
        theta = net.theta.copy()
        net.theta[...] = 0
        interop.from_torch(net, weights, inputs[name])
        assert np.array_equal(net.theta, theta)


def test_to_torch_returns_contiguous_copies():
    net = network(Conv2d(2, 3, 4), Tanh())
    weights = interop.to_torch(net)
    weights["0.weight"][...] = 0
    assert np.all(net.layers[0].W != 0)
    assert all(a.flags.c_contiguous and a.dtype == np.float64 for a in weights.values())


def test_weights_of_another_dtype_are_cast():
    net = Sequential(Dense(2, 3), rng=0)
    interop.from_torch(net, {"0.weight": np.ones((3, 2)), "0.bias": [1, 2, 3]})
    assert net.theta.dtype == np.float32
    assert net.layers[0].b.tolist() == [1, 2, 3]


# ---- errors ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda weights: weights.pop("0.bias"), ValueError, "lack 0.bias"),
        (lambda weights: weights.update(extra=1), ValueError, "no extra; it has: 0.weight, 0.bias, 1.weight"),
        (
            lambda weights: weights.update({"1.bias": np.ones(3)}),
            ShapeError,
            r"1.bias of Dense\(3, 2\) has shape \(2,\)",
        ),
    ],
)
def test_wrong_weights_are_refused_and_the_network_is_unchanged(change, error, message):
    net = network(Dense(5, 3), Dense(3, 2))
    theta, weights = net.theta.copy(), {name: 0 * a for name, a in interop.to_torch(net).items()}
    change(weights)
    with pytest.raises(error, match=message):
        interop.from_torch(net, weights)
    assert np.array_equal(net.theta, theta)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Conv2d(2, 3, 4), Flatten(), Dense(12, 1)], r"Dense\(12, 1\) comes after a Flatten.*pass x"),
        ([Reshape(2, 2, 3), Conv2d(3, 1, 1)], r"permute it in PyTorch, with Unflatten\(1, \(2, 2, 3\)\)"),
        ([Scale(2)], r"Scale\(\) has no counterpart in torch.nn: convert its arrays by hand"),
        ([Concat([Dense(2, 4), Reshape(1, 2, 2), Flatten()], [Embedding(3, 4)])], "Concat.*joins a flattened image"),
    ],
)
def test_layers_without_an_order_or_a_counterpart_are_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        interop.to_torch(network(*layers))


def test_layers_without_weights_need_no_counterpart():
    assert interop.to_torch(network(Pack(2), Tanh(), Dense(4, 1))).keys() == {"2.weight", "2.bias"}


def test_a_reshape_that_needs_no_permutation_is_accepted():
    """With one channel, or one pixel, both orders are the same."""
    for shape in ((3, 4, 1), (1, 1, 12)):
        assert interop.to_torch(network(Reshape(*shape), Conv2d(shape[-1], 1, 1))).keys() == {"1.weight", "1.bias"}


# ---- files and numbers of strangers ------------------------------------------------------------------------------------


def test_weights_are_read_from_a_safetensors_file(tmp_path):
    net, other = network(Dense(3, 2)), network(Dense(3, 2))
    save_file(interop.to_torch(net), tmp_path / "weights.safetensors")
    interop.from_torch(other, tmp_path / "weights.safetensors")
    np.testing.assert_array_equal(other.theta, net.theta)


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        ([1.0, np.nan], "0.bias holds NaN"),
        ([1e300, 1.0], "too large for float32"),
        ([1j, 2j], "0.bias must be an array of real numbers, got complex128"),
        ([True, False], "got bool"),
        (["a", "b"], "got <U1"),
        ([[1], [2, 3]], "0.bias must be an array of real numbers: .*inhomogeneous"),
        (None, "got object"),
    ],
)
def test_weights_that_are_no_finite_numbers_are_refused_and_nothing_is_written(bias, message):
    net = Sequential(Dense(3, 2), rng=0)
    before = net.theta.copy()
    with pytest.raises((ValueError, TypeError), match=message):
        interop.from_torch(net, {"0.weight": np.zeros((2, 3)), "0.bias": bias})
    np.testing.assert_array_equal(net.theta, before)


def test_a_negative_variance_is_refused():
    net = Sequential(BatchNorm(2), rng=0)
    weights = interop.to_torch(net) | {"0.running_var": np.array([1.0, -1.0])}
    with pytest.raises(ValueError, match=r"0\.running_var holds negative numbers"):
        interop.from_torch(net, weights)


def test_what_is_no_state_dict_is_named(tmp_path):
    net = Sequential(Dense(3, 2), rng=0)
    with pytest.raises(TypeError, match="must be a state_dict or the path of a safetensors file, got list"):
        interop.from_torch(net, [1])
    (tmp_path / "weights.pt").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(
        CheckpointError, match=r"weights.pt is not .* as PyTorch's .pt .* convert it where it comes from"
    ):
        interop.from_torch(net, tmp_path / "weights.pt")
