"""A stranger's weights fit a network exactly and are right, or they are refused and the network is as it was."""

import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from fuzz import outcome
from fuzz.safetensors_file import damage_bytes, damage_header
from minigan.layers import (
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Reshape,
    Residual,
    Tanh,
    UpConv2d,
)
from minigan.models import digitnet
from minigan.network import Sequential
from minigan.running import checkpoint, interop

pytestmark = pytest.mark.slow

LIMIT = 2**29  # bytes
ERRORS = (ValueError, TypeError, FileNotFoundError)  # ShapeError and CheckpointError are ValueErrors


@pytest.fixture(scope="module")
def nets():
    """Networks that have every layout, each with an input and with its weights as PyTorch would hold them."""
    rng = np.random.default_rng(0)

    def made(*layers, x, dtype=np.float32):
        net = Sequential(*layers, rng=1, dtype=dtype)
        net.state[...] = 0.5 + rng.random(net.state.size)
        return net, x, interop.to_torch(net, x)

    image = rng.standard_normal((2, 4, 4, 3)).astype(np.float32)
    return [
        made(Conv2d(3, 4, 3, pad=1), BatchNorm(4), LeakyReLU(0.2), Flatten(), Dense(64, 2), x=image),
        made(Dense(5, 48), LayerNorm(48), Tanh(), Reshape(4, 4, 3), UpConv2d(3, 2, 3), x=rng.standard_normal((2, 5))),
        made(Residual(Dense(6, 6), Tanh()), Dense(6, 1), x=rng.standard_normal((2, 6)), dtype=np.float64),
        made(Concat([Dense(3, 4)], [Dense(2, 4)]), Dense(8, 1), x=(np.ones((2, 3)), np.ones((2, 2)))),
    ]


def odd_array(rng, array):
    """The array in another dtype, shape, order or range; or no array."""
    match rng.integers(14):
        case 0:
            return array.astype(rng.choice(["f2", "f4", "f8", ">f4", "i4", "u1", "c8", "?", "O", "U3"]))
        case 1:
            return array.T
        case 2:
            return array.reshape(-1)
        case 3:
            return array[None]
        case 4:
            return array[..., : rng.integers(0, max(array.shape[-1:] or (1,)))] if array.ndim else array
        case 5:
            return np.full(array.shape, rng.choice([np.nan, np.inf, -np.inf]), np.float32)
        case 6:
            return np.full(array.shape, 1e300)
        case 7:
            return -np.abs(array) - 1
        case 8:
            return array.astype(array.dtype, order="F")
        case 9:
            return array[tuple(slice(None, None, -1) for _ in array.shape)]
        case 10:
            return array.tolist()
        case 11:
            return [None, "x", {}, [1, [2]], 3.0, b"", object()][rng.integers(7)]
        case 12:
            return np.broadcast_to(array.reshape(-1)[0], array.shape)
        case _:
            return np.zeros([int(n) for n in rng.integers(0, 5, size=rng.integers(0, 6))], array.dtype)


def mutated(rng, weights):
    sound, weights = weights, dict(weights)
    for _ in range(rng.integers(1, 4)):
        names = list(weights) or ["0.weight"]
        name, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
        match rng.integers(6):
            case 0:
                weights.pop(name, None)
            case 1:
                weights[["new", "", "0.weight ", "é" * 9999, "0.num_batches_tracked", 0, None][rng.integers(7)]] = (
                    np.ones(3)
                )
            case 2:
                weights[name], weights[other] = weights.get(other), weights.get(name)
            case _:
                weights[name] = odd_array(rng, sound.get(name, np.ones(3)))
    return weights


def check_unchanged_or_right(net, x, call):
    """After call() the network has exactly the weights that it reports, all finite; or it is refused and nothing moved."""
    theta, state = net.theta.copy(), net.state.copy()
    try:
        weights, refusal = outcome(call, *ERRORS)
        if refusal:
            np.testing.assert_array_equal(net.theta, theta)
            np.testing.assert_array_equal(net.state, state)
            assert len(refusal) < 3000
            return
        assert np.isfinite(net.theta).all()
        assert np.isfinite(net.state).all()
        with np.errstate(all="ignore"):  # a damaged weight may be finite and huge
            now = interop.to_torch(net, x)
        for name, array in now.items():
            if not name.endswith(interop.BATCHES):
                np.testing.assert_array_equal(array, np.asarray(weights[name]).astype(array.dtype))
    finally:
        net.theta[...], net.state[...] = theta, state


@pytest.mark.fuzz(300)
def test_weights_of_odd_names_shapes_and_dtypes(rng, nets):
    net, x, weights = nets[rng.integers(len(nets))]
    weights = mutated(rng, weights)

    def call():
        interop.from_torch(net, weights, x)
        return weights

    check_unchanged_or_right(net, x, call)


@pytest.mark.fuzz(150)
def test_weights_in_a_damaged_file(rng, nets, tmp_path, memory_limit):
    net, x, weights = nets[rng.integers(len(nets))]
    _, _, others = nets[rng.integers(len(nets))]
    entries = mutated(rng, weights if rng.random() < 0.7 else others) if rng.random() < 0.5 else weights
    sound = {
        str(name): np.asarray(a)
        for name, a in entries.items()
        if np.asarray(a, object).dtype != object or hasattr(a, "shape")
    }
    sound = {name: np.ascontiguousarray(a) for name, a in sound.items() if a.dtype.kind in "fiu?" and a.dtype.isnative}
    blob = save(sound)
    for _ in range(rng.integers(0, 3)):
        blob = damage_bytes(rng, blob or b"\0")
    if rng.random() < 0.4 and sound:
        blob = damage_header(rng, save(sound))
    path = tmp_path / "weights.safetensors"
    path.write_bytes(blob)

    def call():
        with memory_limit(LIMIT):
            interop.from_torch(net, path, x)
        return checkpoint.read(path)[0]

    check_unchanged_or_right(net, x, call)


@pytest.mark.fuzz(60)
def test_weights_in_another_kind_of_file_are_named(rng, nets, tmp_path):
    net, x, weights = nets[0]
    path, kind = tmp_path / "weights", rng.integers(6)
    match kind:
        case 0:
            path.write_bytes(pickle.dumps(weights, protocol=int(rng.integers(2, 6))))
        case 1:
            with zipfile.ZipFile(path, "w") as file:  # as torch.save writes it
                file.writestr("archive/data.pkl", pickle.dumps(weights))
                file.writestr("archive/data/0", rng.bytes(rng.integers(500)))
        case 2:
            with open(path, "wb") as file:
                np.savez(file, **weights)
        case 3:
            path.write_bytes(b"\x89HDF\r\n\x1a\n" + rng.bytes(rng.integers(500)))
        case 4:
            with open(path, "wb") as file:
                np.save(file, weights["0.weight"])
        case _:
            path.write_bytes(b"\x1f\x8b\x08" + rng.bytes(rng.integers(500)))
    _, refusal = outcome(lambda: interop.from_torch(net, path, x), ValueError)
    assert ["a pickle", "a zip archive", "a zip archive", "HDF5", ".npy", "gzip"][kind] in refusal
    assert str(path) in refusal
    assert "convert it" in refusal


@pytest.mark.fuzz(30)
def test_weights_of_digitnet_in_a_damaged_file(rng, tmp_path, memory_limit):
    blob = digitnet.SHIPPED.read_bytes()
    path = tmp_path / "digitnet.safetensors"
    path.write_bytes((damage_bytes if rng.random() < 0.7 else damage_header)(rng, blob))
    with memory_limit(LIMIT):
        net, refusal = outcome(lambda: digitnet.load(path), ValueError)
    if refusal:
        assert str(path) in refusal
    else:
        np.testing.assert_array_equal(net.theta, digitnet.shipped().theta)
        np.testing.assert_array_equal(net.state, digitnet.shipped().state)
