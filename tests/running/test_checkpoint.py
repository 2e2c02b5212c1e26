"""Saved arrays and metadata are loaded bit for bit, or the load fails."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from minigan.running.checkpoint import DTYPES, CheckpointError, load, save


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        assert a[name].shape == b[name].shape
        assert a[name].tobytes() == b[name].tobytes()


@pytest.fixture
def some(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "theta": rng.standard_normal(7).astype(np.float32),
        "m": rng.standard_normal((2, 3)),
        "step": np.array(12, np.int64),
        "none": np.zeros((0, 4), np.float16),
        "mask": np.array([True, False, True]),
    }
    meta = {"step": 12, "name": "run é", "rng": rng.bit_generator.state}
    save(tmp_path / "some.safetensors", arrays, meta)
    return tmp_path / "some.safetensors", arrays, meta


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays=st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))),
        max_size=4,
    )
)
def test_any_arrays_come_back_bit_for_bit(tmp_path, arrays):
    save(tmp_path / "x", arrays)
    loaded, meta = load(tmp_path / "x", expect=arrays)
    assert_same(loaded, arrays)
    assert meta == {}


def test_views_of_any_layout_are_stored_by_value(tmp_path):
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    arrays = {
        "T": x.T,
        "F": np.asfortranarray(x),
        "every second": x[:, :, ::2],
        "reversed": x[::-1],
        "number": x[1, 2, 3],
    }
    arrays["big-endian"] = x.astype(">f4")
    arrays["wide"] = np.broadcast_to(x[0, 0], (5, 4))
    save(tmp_path / "x", arrays)
    loaded, _ = load(tmp_path / "x")
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
    assert loaded["number"].shape == ()


def test_loaded_arrays_are_writable_copies(some):
    path, arrays, _ = some
    loaded, _ = load(path)
    loaded["theta"][...] = 7
    assert_same(load(path)[0], arrays)


def test_a_generator_continues_from_its_saved_state(tmp_path):
    rng = np.random.default_rng(2**100 + 3)
    rng.standard_normal(5, dtype=np.float32)  # leaves half a word buffered in the generator
    rng.integers(3, size=3, dtype=np.int32)
    save(tmp_path / "x", {}, {"rng": rng.bit_generator.state})
    again = np.random.default_rng()
    again.bit_generator.state = load(tmp_path / "x")[1]["rng"]
    assert again.bit_generator.state == rng.bit_generator.state
    np.testing.assert_array_equal(again.standard_normal(100), rng.standard_normal(100))


def test_meta_is_restored(tmp_path):
    meta = {"big": 2**127 + 1, "third": 1 / 3, "tiny": 5e-324, "text": 'é "\n\ud83d', "deep": {"a": [1, None, True]}}
    save(tmp_path / "x", {}, meta | {"inf": math.inf, "nan": math.nan})
    loaded = load(tmp_path / "x")[1]
    assert math.isnan(loaded.pop("nan"))
    assert loaded.pop("inf") == math.inf
    assert loaded == meta


def test_the_same_contents_give_the_same_file(some, tmp_path):
    path, arrays, meta = some
    for _ in range(10):
        save(tmp_path / "again", dict(reversed(arrays.items())), meta)
        assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_each_flipped_byte_is_detected_or_harmless(some, tmp_path, seed):
    path, arrays, meta = some
    blob, rng, detected = path.read_bytes(), np.random.default_rng(seed), 0
    for i in range(len(blob)):
        altered = bytearray(blob)
        altered[i] ^= rng.integers(1, 256)
        (tmp_path / "altered").write_bytes(altered)
        try:
            loaded, loaded_meta = load(tmp_path / "altered")
        except CheckpointError:
            detected += 1
        else:
            assert_same(loaded, arrays)
            assert loaded_meta == meta
    assert detected >= len(blob) - 16  # harmless: at most the padding between header and arrays


def test_each_truncation_and_extension_is_detected(some, tmp_path):
    path, _, _ = some
    blob = path.read_bytes()
    for altered in [blob[:n] for n in range(len(blob))] + [blob + b"\0", blob + blob]:
        (tmp_path / "altered").write_bytes(altered)
        with pytest.raises(CheckpointError, match=r"cut short or altered.* use an earlier checkpoint"):
            load(tmp_path / "altered")


def test_altered_meta_and_arrays_are_detected(some, tmp_path):
    path, _, _ = some
    blob = path.read_bytes()
    for old, new in [(b'step\\": 12', b'step\\": 13'), (b'"shape":[2,3]', b'"shape":[3,2]'), (b'"F16"', b'"I16"')]:
        assert blob.count(old) == 1
        (tmp_path / "altered").write_bytes(blob.replace(old, new))
        with pytest.raises(CheckpointError, match="was altered after it was saved: the sha256"):
            load(tmp_path / "altered")


def foreign_bfloat16(path):
    header = {"__metadata__": {"minigan": "0 {}"}, "w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), "is not a readable checkpoint"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)), "is not a readable checkpoint"),
        (lambda path: path.write_bytes(b""), "is not a readable checkpoint"),
        (lambda path: save_file({"w": np.ones(3)}, path), "was not written by minigan"),
        (lambda path: save_file({"w": np.ones(3)}, path, {"format": "pt"}), "was not written by minigan"),
        (foreign_bfloat16, "is not a readable checkpoint|was altered after"),  # with ml_dtypes NumPy can read it
    ],
)
def test_foreign_files_are_refused(tmp_path, write, message):
    write(tmp_path / "foreign")
    with pytest.raises(CheckpointError, match=message):
        load(tmp_path / "foreign")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no checkpoint file"):
            load(path)


def test_expect_names_each_difference(some):
    path, arrays, _ = some
    assert_same(load(path, expect=arrays)[0], arrays)
    assert_same(load(path, expect={name: (a.shape, str(a.dtype)) for name, a in arrays.items()})[0], arrays)
    wrong = {name: array for name, array in arrays.items() if name != "mask"}
    wrong |= {"theta": ((8,), np.float32), "m": arrays["m"].astype(np.float32), "bias": np.zeros(2)}
    with pytest.raises(CheckpointError) as caught:
        load(path, expect=wrong)
    for difference in (
        "'bias' is missing",
        "'mask' is in the file but not expected",
        "'theta' has shape (7,), expected (8,)",
        "'m' has dtype float64, expected float32",
        "Build the network with the settings it was saved with",
    ):
        assert difference in str(caught.value)
    assert "step" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "meta", "error", "message"),
    [
        ({"w": [1.0, 2.0]}, None, TypeError, "'w' must be a NumPy array, got list; plain numbers belong in meta"),
        (
            {"w": np.array([None])},
            None,
            TypeError,
            "'w' has dtype object, which a checkpoint cannot hold; use one of bool",
        ),
        ({"w": np.zeros(2, complex)}, None, TypeError, "'w' has dtype complex128"),
        ({"w": np.array("text")}, None, TypeError, "'w' has dtype <U4"),
        ({3: np.zeros(2)}, None, ValueError, "an array's name must be a string other than '__metadata__', got 3"),
        ({"__metadata__": np.zeros(2)}, None, ValueError, "an array's name must be a string"),
        (
            {},
            {"x": np.float32(3)},
            TypeError,
            r"float32 is not JSON serializable; put arrays into `arrays` and convert",
        ),
        ({}, {"x": {1, 2}}, TypeError, "meta must be JSON-able"),
        ({}, [1, 2], TypeError, "meta must be a dict, got list"),
    ],
)
def test_errors_name_what_cannot_be_stored_and_keep_the_old_file(some, arrays, meta, error, message):
    path, before, _ = some
    with pytest.raises(error, match=message if "(" in message else re.escape(message)):
        save(path, arrays, meta)
    assert_same(load(path)[0], before)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
