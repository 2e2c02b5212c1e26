"""A damaged checkpoint is refused with a CheckpointError, or what is loaded is exactly what was saved: there is no third way."""

import json
import os

import numpy as np
import pytest

from fuzz import outcome
from fuzz.safetensors_file import ODD, damage_bytes, damage_header, joined, parts
from minigan.running import checkpoint
from minigan.running.checkpoint import CheckpointError, load, save

pytestmark = pytest.mark.slow

LIMIT = 2**28  # bytes: far more than the file has, far less than it may claim


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Two checkpoints as they should be: [(bytes, arrays, meta)]."""
    found = []
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        arrays = {
            "G.theta": rng.standard_normal(300).astype(np.float32),
            "D.theta": rng.standard_normal(300).astype(np.float32),
            "G.m": rng.standard_normal((2, 3)),
            "none": np.zeros((0, 4), np.float16),
            "mask": rng.random(5) < 0.5,
            "t": np.array(12 + seed),
        }
        meta = {"step": 12 + seed, "seconds": 0.1, "rng": rng.bit_generator.state, "name": "é"}
        path = tmp_path_factory.mktemp("saved") / "x"
        save(path, arrays, meta)
        found.append((path.read_bytes(), arrays, meta))
    return found


def refused_or_exact(path, saved, memory_limit):
    with memory_limit(LIMIT):
        found, refusal = outcome(lambda: load(path), CheckpointError)
    if refusal:
        assert str(path) in refusal
        assert len(refusal) < 1000
    else:
        arrays, meta = found
        assert any(meta == m and same(arrays, a) for _, a, m in saved), "loaded, but not what was saved"


def same(arrays, others):
    return arrays.keys() == others.keys() and all(
        (a.dtype, a.shape, a.tobytes()) == (others[name].dtype, others[name].shape, others[name].tobytes())
        for name, a in arrays.items()
    )


@pytest.mark.fuzz(60)
def test_checkpoint_with_damaged_bytes(rng, saved, tmp_path, memory_limit):
    blob = saved[rng.integers(2)][0]
    for _ in range(rng.integers(1, 4)):
        blob = damage_bytes(rng, blob or b"\0")
    (tmp_path / "x").write_bytes(blob)
    refused_or_exact(tmp_path / "x", saved, memory_limit)


@pytest.mark.fuzz(60)
def test_checkpoint_with_damaged_header(rng, saved, tmp_path, memory_limit):
    (tmp_path / "x").write_bytes(damage_header(rng, saved[rng.integers(2)][0]))
    refused_or_exact(tmp_path / "x", saved, memory_limit)


@pytest.mark.fuzz(60)
def test_checkpoint_spliced_from_two(rng, saved, tmp_path, memory_limit):
    (one, *_), (two, *_) = saved
    if rng.random() < 0.5:
        cuts = sorted(rng.integers(len(one), size=2))
        blob = one[: cuts[0]] + two[cuts[0] : cuts[1]] + one[cuts[1] :]
    else:  # the header of one, or some of its entries, with the numbers of the other
        (header, _), (other, body) = parts(one), parts(two)
        blob = joined({name: (header if rng.random() < 0.5 else other)[name] for name in header}, body)
    (tmp_path / "x").write_bytes(blob)
    refused_or_exact(tmp_path / "x", saved, memory_limit)


@pytest.mark.fuzz(60)
def test_checkpoint_of_a_stranger_with_a_right_checksum(rng, saved, tmp_path, memory_limit):
    """Whoever forges a file can compute its checksum too: odd metadata is still refused, or is a dict."""
    blob, arrays, meta = saved[0]
    odd = ODD[rng.integers(len(ODD))]
    text = json.dumps([odd, meta | {"step": odd}, {"deep": odd}][rng.integers(3)])
    text = [text, text[: rng.integers(len(text))], "[" * 100_000, str(odd), '{"step": ' * 5000, "\0"][rng.integers(6)]
    header, body = parts(blob)
    header["__metadata__"]["minigan"] = f"{checkpoint._sha256(arrays, text)} {text}"
    (tmp_path / "x").write_bytes(joined(header, body))
    with memory_limit(LIMIT):
        found, refusal = outcome(lambda: load(tmp_path / "x"), CheckpointError)
    if refusal:
        assert str(tmp_path / "x") in refusal
    else:
        assert same(found[0], arrays)
        assert type(found[1]) is dict


@pytest.mark.fuzz(20)
def test_checkpoint_that_is_another_kind_of_file(rng, tmp_path, memory_limit):
    """A folder, a FIFO, a device, an empty file, a pickle, text, an endless sparse file: refused at once, and named."""
    path, kind = tmp_path / f"x{rng.integers(2**40)}", rng.integers(8)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        path.symlink_to("/dev/zero")
    elif kind == 3:
        path.symlink_to(path)
    elif kind == 4:
        path.touch()
        os.truncate(path, int(rng.choice([1, 8, 100, 2**40])))
    elif kind == 5:
        path.write_bytes(rng.bytes(rng.integers(200)))
    elif kind == 6:
        path.write_bytes(b"\x80\x04\x95" + rng.bytes(50))
    else:
        np.savez(path.with_suffix(".npz"), x=np.zeros(3))
        path = path.with_suffix(".npz")
    with pytest.raises((CheckpointError, OSError), match=f"(?s).*{path.name}.*"), memory_limit(LIMIT):
        load(path)
