"""VGG: its stages and gradients, the files it reads, and those it refuses.  tests/oracle compares it with PyTorch."""

import struct
import sys
from itertools import pairwise

import numpy as np
import pytest
from safetensors.numpy import save_file

from minigan import models
from minigan.layers import BatchNorm, Conv2d, Dense, ShapeError
from minigan.models import vgg_layout, vgg_weights
from minigan.running import checkpoint
from minigan.running.checkpoint import CheckpointError

OXFORD = {"input": "BGR, 0..255, minus (103.939, 116.779, 123.68)"}


@pytest.fixture(scope="module")
def shipped():
    return models.vgg(16, weights="conv3_3")


vgg_module = sys.modules["minigan.models.vgg"]  # `models.vgg` is the function


def images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def arrays(depth=16, batch_norm=False, upto="conv2_1", dtype="float16", seed=0):
    """The parameters of a VGG's first stages, by torchvision's names."""
    rng, stages = np.random.default_rng(seed), list(vgg_layout.stages(depth))
    kept = stages[: stages.index(upto) + 1]
    made = {}
    for name, parameter in vgg_layout.parameters(depth, batch_norm).items():
        if parameter.stage in kept:
            a = 0.1 * rng.standard_normal(parameter.shape)
            made[name] = (0.5 + a**2 if name.endswith("var") else a).astype(dtype)
    return made


@pytest.fixture
def file(tmp_path):
    """file(arrays, metadata) -> the path of a safetensors file."""

    def write(made, metadata=OXFORD):
        save_file(made, tmp_path / "w.safetensors", metadata)
        return tmp_path / "w.safetensors"

    return write


# ---- the network ----------------------------------------------------------------------------------------------------------


def test_the_layers_of_torchvision():
    """The counts and the last numbers of torchvision.models.vgg11 to vgg19_bn."""
    for depth, batch_norm, convolutions, last in [(11, False, 8, 18), (13, False, 10, 22), (16, False, 13, 28), (19, False, 16, 34),
                                                  (11, True, 8, 25), (16, True, 13, 40), (19, True, 16, 49)]:  # fmt: skip
        names = [name for name in vgg_layout.parameters(depth, batch_norm) if name.startswith("features")]
        assert len(names) == convolutions * (6 if batch_norm else 2)
        assert max(int(name.split(".")[1]) for name in names) == last + batch_norm
        assert sum(name.startswith("conv") for name in vgg_layout.stages(depth)) == convolutions == depth - 3


@pytest.mark.parametrize(("depth", "batch_norm"), [(11, False), (13, True)])
def test_untrained(depth, batch_norm):
    net = models.vgg(depth, batch_norm=batch_norm, rng=0)
    found = net.stages(images(1, 32, 32, 3))
    assert list(found) == list(vgg_layout.stages(depth))
    assert found["pool5"].shape == (1, 1, 1, 512)
    assert sum(isinstance(layer, BatchNorm) for layer in net.features.layers) == (depth - 3) * batch_norm
    assert all(found[f"pool{i}"].shape[1] == 32 >> i for i in range(1, 6))
    with pytest.raises(TypeError, match="draws random weights"):
        models.vgg(11)


def test_the_shipped_weights(shipped):
    assert shipped.features.dtype == np.float32
    assert list(shipped.layers()) == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"]
    assert list(shipped.places) == [*shipped.layers()][:2] + ["pool1"] + [*shipped.layers()][2:4] + ["pool2"] + [
        *shipped.layers()
    ][4:] + ["pool3"]
    assert str(shipped) == f"VGG({', '.join(shipped.places)})"


def test_stages_are_after_their_relu_and_only_those_asked_for(shipped):
    x = images(2, 16, 20, 3)
    found = shipped.stages(x)
    assert all((a >= 0).all() and (a > 0).any() for a in found.values())
    assert found["conv3_3"].shape == (2, 4, 5, 256)
    assert list(shipped.stages(x, ["conv2_1", "conv1_1"])) == ["conv1_1", "conv2_1"]
    np.testing.assert_array_equal(shipped.stages(x, "conv2_1")["conv2_1"], found["conv2_1"])
    forward, caches = shipped.forward(x, ["conv2_1"])
    np.testing.assert_array_equal(forward["conv2_1"], found["conv2_1"])
    assert len(caches) == shipped.places["conv2_1"] + 1


def test_gradients_of_several_stages_add(shipped):
    x, names = images(1, 8, 8, 3), ["conv1_2", "pool1", "conv2_2"]
    found, caches = shipped.forward(x, names)
    sent = {name: images(*a.shape, seed=1) for name, a in found.items()}
    alone = [shipped.backward({name: dy}, caches) for name, dy in sent.items()]
    np.testing.assert_allclose(
        shipped.backward(sent, caches), sum(alone), rtol=1e-4, atol=1e-2 * np.abs(alone[0]).max() * 1e-2
    )
    assert shipped.backward({}, caches) is None
    assert not shipped.features.grad.any()


def test_it_can_be_trained_too():
    net = models.vgg(11, rng=0)
    found, caches = net.forward(images(1, 32, 32, 3), ["pool5"])
    net.backward({"pool5": np.ones_like(found["pool5"])}, caches, learn=True)
    assert all(layer.dW.any() for layer in net.layers().values())


def test_sizes_that_the_pools_do_not_divide_are_cropped_as_in_pytorch(shipped):
    assert shipped.stages(images(1, 13, 30, 3))["pool3"].shape == (1, 1, 3, 256)


def test_the_first_dense_layer_takes_pixels_in_our_order():
    rng = np.random.default_rng(0)
    theirs = rng.standard_normal((3, 512 * 49))  # applied to (N, 512, 7, 7), flattened
    ours, _ = vgg_weights._layer("fc6", {"W": theirs, "b": np.zeros(3)})
    pixels = rng.standard_normal((2, 512, 7, 7))
    expected = pixels.reshape(2, -1) @ theirs.T
    np.testing.assert_allclose(pixels.transpose(0, 2, 3, 1).reshape(2, -1) @ ours, expected, rtol=1e-9)


def test_the_classifier_is_built_only_when_asked_for(shipped):
    with pytest.raises(ValueError, match="classifier=True"):
        shipped(images(1, 224, 224, 3))
    layers = vgg_module._classifier(10, blank=True)
    sizes = [(layer.n_in, layer.n_out) for layer in layers if isinstance(layer, Dense)]
    assert sizes == [(25088, 4096), (4096, 4096), (4096, 10)]
    assert all(a[1] == b[0] for a, b in pairwise(sizes))


# ---- files that are read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_file_in_torchvisions_names(file, dtype):
    made = arrays(dtype=dtype)
    net = models.vgg(16, weights=file(made, {"format": "pt"}), preprocess="torchvision")
    assert list(net.layers()) == ["conv1_1", "conv1_2", "conv2_1"]  # the network ends where the file does
    assert list(net.places) == ["conv1_1", "conv1_2", "pool1", "conv2_1"]
    W = made["features.2.weight"].astype(np.float32)
    np.testing.assert_array_equal(net.layers()["conv1_2"].W, W.transpose(2, 3, 1, 0))
    np.testing.assert_array_equal(net.layers()["conv2_1"].b, made["features.5.bias"])


def test_the_pool_after_the_last_stage_belongs_to_it(file):
    assert list(models.vgg(16, weights=file(arrays(upto="conv1_2"))).places) == ["conv1_1", "conv1_2", "pool1"]


def test_batch_norm_is_folded(file):
    made = arrays(11, batch_norm=True, upto="conv1_1", dtype="float32")
    counted = {"features.1.num_batches_tracked": np.array(7)}
    net = models.vgg(11, batch_norm=True, weights=file(made | counted), dtype="float64")
    x = images(2, 6, 4, 3).astype(np.float64)
    conv = Conv2d(3, 64, 3, pad=1).init(0, np.float64)
    conv.W[...], conv.b[...] = made["features.0.weight"].transpose(2, 3, 1, 0), made["features.0.bias"]
    gamma, beta, mean, var = (made[f"features.1.{name}"].astype(float) for name in vgg_layout.NORM)
    y = (conv(net.features.layers[0](x)) - mean) / np.sqrt(var + 1e-5) * gamma + beta
    np.testing.assert_allclose(net.stages(x)["conv1_1"], np.maximum(y, 0), rtol=1e-9, atol=1e-9)


def test_the_preprocessing_is_the_files_or_the_callers(file):
    x = images(1, 4, 4, 3)
    path = file(arrays(upto="conv1_1"))
    oxford, again = models.vgg(16, weights=path), models.vgg(16, weights=path, preprocess="oxford")
    np.testing.assert_array_equal(oxford.stages(x)["conv1_1"], again.stages(x)["conv1_1"])
    with pytest.raises(ValueError, match="says that its input is 'oxford', got preprocess='torchvision'"):
        models.vgg(16, weights=path, preprocess="torchvision")
    path = file(arrays(upto="conv1_1"), {"format": "pt"})
    with pytest.raises(
        ValueError, match=r"does not say what its images were: pass preprocess='torchvision' .* or preprocess='oxford'"
    ):
        models.vgg(16, weights=path)
    with pytest.raises(ValueError, match="preprocess must be 'oxford' or 'torchvision', got 'caffe'"):
        models.vgg(16, weights=path, preprocess="caffe")


def test_timms_names_of_the_dense_layers():
    stored = ["pre_logits.fc1.weight", "head.fc.bias", "features.0.weight"]
    found = vgg_weights._torchvision(stored, 16, False)
    assert found == dict(zip(["classifier.0.weight", "classifier.6.bias", "features.0.weight"], stored, strict=True))
    for name in ("pre_logits.fc1.weight", "classifier.0.weight"):
        assert vgg_weights._shape(name, [4096, 512, 7, 7]) == (4096, 25088)


def test_our_names(file, shipped):
    """What `layers()` calls a layer is its name in a file, too; the arrays are in our layout."""
    made = {
        f"{name}.{p}": np.ascontiguousarray(getattr(layer, p)) for name, layer in shipped.layers().items() for p in "Wb"
    }
    net = models.vgg(16, weights=file(made))
    np.testing.assert_array_equal(net.features.theta, shipped.features.theta)
    with pytest.raises(CheckpointError, match=r"looks like the file of VGG-16: use models.vgg\(16, weights=...\)"):
        models.vgg(11, weights=file(made))
    with pytest.raises(CheckpointError, match=r"is not VGG-16 with batch norm: features.1.weight is missing"):
        models.vgg(16, weights=file(made), batch_norm=True)
    with pytest.raises(CheckpointError, match=r"has shape \(8, 3, 3, 3\), expected \(64, 3, 3, 3\)"):
        models.vgg(16, weights=file(made | {"conv1_1.W": np.zeros((3, 3, 3, 8), "f")}))


def test_our_layout_of_the_dense_layers():
    theirs = np.random.default_rng(0).standard_normal((5, 512 * 49))
    ours, _ = vgg_weights._layer("fc6", {"W": theirs, "b": np.zeros(5)})
    assert vgg_weights._torchvision(["fc6.W"], 16, False) == {"classifier.0.weight": "fc6.W"}
    assert vgg_weights._shape("fc6.W", list(ours.shape)) == theirs.shape
    np.testing.assert_array_equal(vgg_weights._oihw("fc6.W", ours).reshape(5, -1), theirs)
    np.testing.assert_array_equal(vgg_weights._oihw("fc7.W", ours), ours.T)
    np.testing.assert_array_equal(vgg_weights._oihw("fc7.b", ours[0]), ours[0])


def test_a_file_of_minigans_own(tmp_path):
    checkpoint.save(tmp_path / "mine.safetensors", arrays(upto="conv1_1"), OXFORD)
    assert list(models.vgg(16, weights=tmp_path / "mine.safetensors").places) == ["conv1_1"]
    data = bytearray((tmp_path / "mine.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "mine.safetensors").write_bytes(data)
    with pytest.raises(CheckpointError, match="was altered after it was saved"):
        models.vgg(16, weights=tmp_path / "mine.safetensors")


# ---- files that are refused --------------------------------------------------------------------------------------------------


def without(made, *names):
    return {name: a for name, a in made.items() if name not in names}


BAD = {
    "another depth": (lambda: arrays(19, upto="conv3_4"), OXFORD, r"looks like the file of VGG-19: use models.vgg\(19, weights=...\)"),
    "batch norm": (lambda: arrays(16, True), OXFORD, r"VGG-16 with batch norm: use models.vgg\(16, batch_norm=True"),
    "another depth by its source": (
        lambda: arrays(upto="conv1_2"), OXFORD | {"source": "VGG-19, somewhere"}, "looks like the file of VGG-19"),
    "unknown name": (
        lambda: arrays() | {"feature.0.weight": np.zeros(3, "f")}, OXFORD,
        "unknown name 'feature.0.weight'; the nearest of torchvision's names is 'features.0.weight'"),
    "a prefix": (
        lambda: {f"module.{name}": a for name, a in arrays().items()}, OXFORD, "unknown name 'module.features.0.bias'; the nearest"),
    "a gap": (lambda: without(arrays(), "features.2.weight", "features.2.bias"), OXFORD, "features.2.weight is missing"),
    "no bias": (lambda: without(arrays(), "features.5.bias"), OXFORD, "features.5.bias is missing"),
    "empty": (dict, OXFORD, "features.0.weight is missing"),
    "another shape": (
        lambda: arrays() | {"features.0.weight": np.zeros((3, 3, 3, 64), "f")}, OXFORD,
        r"features.0.weight has shape \(3, 3, 3, 64\), expected \(64, 3, 3, 3\)"),
    "integers": (
        lambda: arrays() | {"features.0.bias": np.zeros(64, np.int32)}, OXFORD, "features.0.bias is stored as I32; float16 and float32"),
    "not a number": (
        lambda: arrays() | {"features.0.bias": np.full(64, np.nan, "f")}, OXFORD, "the weights of conv1_1 hold NaN"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_does_not_fit(case, file):
    make, metadata, message = BAD[case]
    with pytest.raises(CheckpointError, match=message):
        models.vgg(16, weights=file(make(), metadata))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (
            b"PK\x03\x04\x14\x00\x00\x08",
            r"is a PyTorch file \(.pth\), which may run code .*torch.load\('vgg.pth', weights_only=True\)",
        ),
        (b"PK\x03\x04\x2d\x00\x00\x00", r"is a PyTorch file \(.pth\), .* or NumPy's .npz"),  # what np.savez writes
        (b"\x80\x02\x8a\x0al\xfc\x9cF", "is a pickle, which may run code"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        (b"\x93NUMPY\x01\x00", "is a NumPy file"),
        (b"", "is not a readable safetensors file"),
        (b"1234", "is not a readable safetensors file"),
        (struct.pack("<Q", 2**60) + b"{}", "is not a readable safetensors file"),
        (struct.pack("<Q", 8) + b'{"a": 1}', "is not a readable safetensors file"),
    ],
)
def test_other_kinds_of_file(tmp_path, start, message):
    (tmp_path / "w").write_bytes(start + b"rest" * (len(start) == 8))
    with pytest.raises(CheckpointError, match=message):
        models.vgg(16, weights=tmp_path / "w")


def test_every_shortened_file_is_refused(tmp_path):
    data = vgg_weights.SHIPPED["conv3_3"].read_bytes()
    for length in [*range(0, 2000, 97), len(data) // 2, len(data) - 1]:
        (tmp_path / "w").write_bytes(data[:length])
        with pytest.raises(CheckpointError):
            models.vgg(16, weights=tmp_path / "w")


def test_no_such_file(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"conv3_4 does not exist: pass a safetensors file, or one of: 'conv3_3'"
    ):
        models.vgg(16, weights="conv3_4")
    with pytest.raises(FileNotFoundError, match="is not a file"):
        models.vgg(16, weights=tmp_path)
    with pytest.raises(TypeError, match="weights must be a name or a path, got int"):
        models.vgg(16, weights=3)


def test_a_file_without_the_classifier(file):
    with pytest.raises(
        CheckpointError, match=r"has no features.7.weight: its features can be used, without classifier=True"
    ):
        models.vgg(16, weights=file(arrays()), classifier=True)


# ---- other bad calls ------------------------------------------------------------------------------------------------------


def test_bad_calls(shipped):
    with pytest.raises(ValueError, match="there are VGG-11, 13, 16 and 19, got depth=15"):
        models.vgg(15, rng=0)
    with pytest.raises(CheckpointError, match="looks like the file of VGG-16: use"):
        models.vgg(19, weights="conv3_3")
    with pytest.raises(ValueError, match="has no stage 'conv3_4', did you mean 'conv3_3'"):
        shipped.stages(images(1, 8, 8, 3), ["conv3_4"])
    with pytest.raises(ValueError, match="no stage is asked for"):
        shipped.stages(images(1, 8, 8, 3), [])
    with pytest.raises(ShapeError, match=r"got \(1, 8, 8, 1\): for grey images use x.repeat\(3, axis=3\)"):
        shipped.stages(images(1, 8, 8, 1))
    with pytest.raises(TypeError, match=r"images must be floats in .* got uint8"):
        shipped.stages(np.zeros((1, 8, 8, 3), np.uint8))
    found, caches = shipped.forward(images(1, 8, 8, 3), ["conv1_2"])
    with pytest.raises(ValueError, match="the forward pass stopped before conv2_1"):
        shipped.backward({"conv2_1": found["conv1_2"]}, caches)
    with pytest.raises(ShapeError):
        shipped.stages(images(1, 7, 7, 3))  # nothing is left for pool3
