import copy
import re

import numpy as np
import pytest

from minigan.layers import (
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    InstanceNorm,
    LayerNorm,
    LeakyReLU,
    MaxPool2d,
    MinibatchStd,
    PixelNorm,
    ReLU,
    Reshape,
    Residual,
    SelfAttention,
    Sigmoid,
    SiLU,
    Softplus,
    SpectralNorm,
    Tanh,
    UpConv2d,
    Upsample2x,
)
from minigan.layers.chain import Chain
from minigan.losses import relativistic
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, RMSProp
from minigan.penalties import add_penalty, r1, wgan_gp


def small(dtype=np.float64, rng=0):
    return Sequential(Dense(3, 4), Tanh(), BatchNorm(4), Dense(4, 2), rng=rng, dtype=dtype)


def test_worked_by_hand():
    net = Sequential(Dense(1, 1), LeakyReLU(0.5), Dense(1, 1, bias=False), rng=0, dtype=np.float64)
    net.theta[...] = 2, -10, 3  # W1, b1, W2: the order of the layers
    x = np.array([[3.0]])
    assert net(x)[0, 0] == 3 * (0.5 * (2 * 3 - 10))
    y, caches = net.forward(x)
    assert y[0, 0] == -6
    assert net.backward(np.array([[1.0]]), caches)[0, 0] == 3
    np.testing.assert_array_equal(net.grad, [4.5, 1.5, -2])  # 3*0.5*3, 3*0.5, 0.5*(-4)
    net.backward(np.array([[1.0]]), caches)
    np.testing.assert_array_equal(net.grad, [9, 3, -4])  # added
    net.zero_grad()
    assert not net.grad.any()


def test_layers_hold_views_of_one_vector():
    net = small()
    assert net.theta.size == net.grad.size == 3 * 4 + 4 + 4 + 4 + 4 * 2 + 2
    assert net.state.size == 8
    for layer in net.layers:
        for name in layer.parameters:
            assert np.shares_memory(getattr(layer, name), net.theta)
            assert np.shares_memory(getattr(layer, "d" + name), net.grad)
    assert np.shares_memory(net.layers[2].running_var, net.state)
    net.theta[...] = 0
    assert not net.layers[3].W.any()


def test_seed_and_generator_are_the_same():
    a, b, c = small(rng=5), small(rng=np.random.default_rng(5)), small(rng=6)
    np.testing.assert_array_equal(a.theta, b.theta)
    assert (a.theta != c.theta).any()


def test_use_is_evaluation_mode_and_learn_is_training_mode():
    net = small()
    x = np.random.default_rng(0).standard_normal((5, 3))
    before = net.state.copy()
    evaluated = net(x)
    np.testing.assert_array_equal(net.state, before)
    trained, _ = net.forward(x)
    assert (net.state != before).all()
    assert np.abs(trained - evaluated).max() > 0.01


def test_inputs_are_cast_to_the_network_and_never_changed():
    net = small(np.float32)
    x = np.random.default_rng(0).standard_normal((5, 3))
    kept = x.copy()
    y, caches = net.forward(x)
    assert y.dtype == net(x.astype(np.float16)).dtype == net(x.tolist()).dtype == np.float32
    dy = np.ones((5, 2))
    assert net.backward(dy, caches).dtype == np.float32
    np.testing.assert_array_equal(x, kept)
    assert (dy == 1).all()


def test_cast_keeps_labels_and_none():
    net = small(np.float32)
    image, label, nothing = net.cast((np.zeros((2, 3)), np.array([1, 2]), None))
    assert (image.dtype, label.dtype, nothing) == (np.float32, np.int64, None)
    assert net.cast(np.array([1, 2], np.uint8)).dtype == np.uint8  # labels, not an image


def test_a_chain_and_a_network_without_weights_are_spliced_in():
    block = Chain(Dense(3, 4), Tanh())
    net = Sequential(block, Sequential(LeakyReLU(), rng=0), Chain(Dense(4, 1)), rng=0)
    assert str(net) == "Sequential(Dense(3, 4), Tanh(), LeakyReLU(0.2), Dense(4, 1))"
    assert net(np.ones((2, 3))).shape == (2, 1)


def test_a_network_with_weights_is_not_taken_apart():
    with pytest.raises(ValueError, match=r"Dense\(3, 4\) already belongs to a network"):
        Sequential(Sequential(Dense(3, 4), rng=0), rng=0)


def test_summary():
    net = Sequential(Conv2d(1, 2, 3), LeakyReLU(), Flatten(), SpectralNorm(Dense(24, 50)), rng=0)
    expected = """
layer                        output        parameters
Conv2d(1, 2, 3)              (5, 3, 4, 2)          20
LeakyReLU(0.2)               (5, 3, 4, 2)            
Flatten()                    (5, 24)                 
SpectralNorm(Dense(24, 50))  (5, 50)            1,250
total                                           1,270
""".strip()  # noqa: W291
    assert net.summary(np.zeros((5, 5, 6, 1))) == expected
    assert "(5, 3, 4, 2)" not in net.summary()
    assert net.summary().splitlines()[-1].split() == ["total", "1,270"]


def test_locate_names_each_entry_of_theta():
    net = Sequential(Conv2d(3, 2, 2), Tanh(), Residual(SpectralNorm(Dense(2, 2))), rng=0)
    assert net.locate(0) == "layer 0, Conv2d(3, 2, 2), W[0, 0, 0, 0]"
    assert net.locate(7) == "layer 0, Conv2d(3, 2, 2), W[0, 1, 0, 1]"
    assert net.locate(25) == "layer 0, Conv2d(3, 2, 2), b[1]"
    assert net.locate(28) == "layer 2, Dense(2, 2), W[1, 0]"
    assert net.locate(31) == "layer 2, Dense(2, 2), b[1]"
    for index in (32, -1):
        with pytest.raises(IndexError, match=f"theta has 32 entries, got index {index}"):
            net.locate(index)


def test_locate_agrees_with_the_views():
    net = small()
    net.theta[...] = np.arange(net.theta.size)
    for index in range(net.theta.size):  # "layer 3, Dense(4, 2), W[1, 0]"
        i, name, place = re.fullmatch(r"layer (\d), .*, (\w+)\[(.*)\]", net.locate(index)).groups()
        assert getattr(net.layers[int(i)], name)[tuple(map(int, place.split(", ")))] == index


def test_deepcopy_is_independent_and_equal():
    net = Sequential(Residual(Dense(3, 3), BatchNorm(3)), SpectralNorm(Dense(3, 2)), Dropout(), rng=0)
    x = np.random.default_rng(1).standard_normal((4, 3))
    net.forward(x)
    twin = copy.deepcopy(net)
    np.testing.assert_array_equal(twin(x), net(x))
    np.testing.assert_array_equal(twin.forward(x)[0], net.forward(x)[0])
    assert not any(np.shares_memory(a, b) for a in (twin.theta, twin.state) for b in (net.theta, net.state))
    before = net(x)
    twin.theta += 1
    np.testing.assert_array_equal(net(x), before)
    assert np.abs(twin(x) - before).max() > 0.01
    _, caches = twin.forward(x)
    twin.backward(np.ones((4, 2)), caches)
    assert not net.grad.any()


def test_astype_computes_the_same_in_float64():
    net = small(np.float32)
    proof = net.astype(np.float64)
    x = np.random.default_rng(1).standard_normal((4, 3))
    assert (proof.dtype, proof(x).dtype, net.dtype) == (np.float64, np.float64, np.float32)
    np.testing.assert_array_equal(proof.theta, net.theta)
    np.testing.assert_allclose(proof(x), net(x), atol=1e-5)
    assert proof.layers[0] is not net.layers[0]
    assert proof.astype(np.complex128)(x).dtype == np.complex128


def test_a_conditional_network_takes_and_returns_pairs():
    D = Sequential(Concat([Dense(5, 4)], [Embedding(3, 2)]), Tanh(), Dense(6, 1), rng=0, dtype=np.float64)
    rng = np.random.default_rng(0)
    x, label = rng.standard_normal((4, 5)), np.array([2, 0, 2, 1])
    y, caches = D.forward((x, label))
    np.testing.assert_array_equal(D((x, label)), y)
    dx, dlabel = D.backward(rng.standard_normal(y.shape), caches)
    assert dx.shape == x.shape
    assert dlabel is None
    w, tangents = D.tangent((rng.standard_normal(x.shape), None), caches)
    born = D.backward_tangent(np.ones_like(w), tangents, caches)
    assert (born[0].shape, born[1]) == (x.shape, None)


def test_name():
    assert str(Sequential(Dense(2, 1), ReLU(), rng=0)) == "Sequential(Dense(2, 1), ReLU())"


# ---- float32 stays float32 ----------------------------------------------------------------------------------------------


def images():
    """A critic with every layer whose samples do not mix."""
    return Sequential(
        SpectralNorm(Conv2d(2, 8, 3, 1, 1)),
        LeakyReLU(),
        InstanceNorm(8),
        Residual(Conv2d(8, 8, 3, 1, 1), SiLU(), shortcut=Conv2d(8, 8, 1)),
        AvgPool2d(),
        SelfAttention(8),
        UpConv2d(8, 4),
        Softplus(),
        PixelNorm(),
        MaxPool2d(),
        ConvTranspose2d(4, 3, 4, 2, 1),
        Upsample2x(),
        Sigmoid(),
        AvgPool2d(4),
        Flatten(),
        Reshape(3, 2, 3),
        ReLU(),
        Flatten(),
        Dropout(0.3),
        LayerNorm(18),
        Tanh(),
        Dense(18, 1),
        rng=0,
    )


def arrays(cache):
    """Every array in a nest of caches."""
    if isinstance(cache, np.ndarray | np.generic):
        yield cache
    elif isinstance(cache, tuple | list):
        for item in cache:
            yield from arrays(item)


def floats_are_float32(*nests):
    found = [a for a in arrays(nests) if a.dtype.kind in "fc"]
    assert found
    assert {a.dtype for a in found} == {np.dtype(np.float32)}


@pytest.mark.parametrize("penalty", [r1, wgan_gp])
def test_no_float64_in_a_float32_critic(penalty):
    D = images()
    x = np.random.default_rng(0).standard_normal((3, 6, 4, 2)).astype(np.float32)
    y, caches = D.forward(x)
    dx = D.backward(np.ones_like(y), caches)
    w, tangents = D.tangent(x, caches)
    born = D.backward_tangent(np.ones_like(w), tangents, caches)
    floats_are_float32(y, caches, dx, w, tangents, born, D(x), D.grad, D.state)
    assert isinstance(add_penalty(D, y, caches, penalty), float)
    floats_are_float32(penalty(dx)[1], D.theta, D.grad)


@pytest.mark.parametrize(
    "Optimizer",
    [
        lambda net: SGD(net, 1e-3, momentum=0.9),
        lambda net: RMSProp(net, 1e-3),
        lambda net: Adam(net, 1e-3),
        lambda net: Adam(net, lambda t: np.float64(1e-3)),  # a schedule may return NumPy's float64
        lambda net: SGD(net, np.float64(1e-3)),
    ],
    ids=["sgd", "rmsprop", "adam", "adam with schedule", "sgd with a float64 rate"],
)
def test_no_float64_in_float32_training(Optimizer):
    G = Sequential(Dense(4, 8), BatchNorm(8), ReLU(), Reshape(2, 2, 2), MinibatchStd(), UpConv2d(3, 2), Tanh(), rng=0)
    D = Sequential(Conv2d(2, 3, 3), LeakyReLU(), Flatten(), Dense(12, 1), rng=0)
    rng = np.random.default_rng(0)
    opt_G, opt_D, ema = Optimizer(G), Optimizer(D), EMA(G, warmup=True)
    for _ in range(2):
        x, z = rng.random((3, 4, 4, 2), np.float32), rng.random((3, 4), np.float32)
        fake, g_caches = G.forward(z)
        (r, r_caches), (f, f_caches) = D.forward(x), D.forward(fake)
        _, dr, df = relativistic.d(r, f)
        floats_are_float32(fake, g_caches, r_caches, f_caches, r, f, dr, df)
        D.backward(dr, r_caches)
        dx = D.backward(df, f_caches)
        floats_are_float32(dx, G.backward(dx, g_caches))
        opt_D.step(), opt_G.step(), ema.step()
    slots = [*opt_D.vectors().values(), *opt_G.vectors().values()]
    floats_are_float32(G.theta, D.theta, G.grad, D.grad, G.state, ema.theta, ema.net.state, slots, G(z))
