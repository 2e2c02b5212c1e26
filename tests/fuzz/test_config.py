"""A config.toml is read as a valid Config, which survives being written again, or it is refused by its name and its entry."""

import dataclasses
import json
import tomllib

import numpy as np
import pytest

from fuzz import outcome
from fuzz.safetensors_file import damage_bytes
from minigan.running.options import CHANGEABLE, Config, read
from minigan.zoo import gan

pytestmark = pytest.mark.slow

FIELDS = {item.name: item for item in dataclasses.fields(gan.Options)}
WORDS = (
    "steps",
    "segment",
    "recipe",
    "start",
    "stepz",
    "",
    "\0",
    "é 😀",
    "a.b",
    "x" * 3000,
    'q"\\\n',
    "__class__",
    "size ",
)
NUMBERS = (
    "0",
    "-1",
    "1",
    "3",
    "2.5",
    "1e-300",
    "1e400",
    "inf",
    "-nan",
    "0x1F",
    "1_000",
    str(2**63),
    str(2**64),
    "9" * 400,
)
TEXTS = (
    "'gan'",
    '"ring"',
    "'folder:a'",
    '"folder:\\u0000\\u007f\\n\\t\\"é😀"',
    "'hinge'",
    "''",
    "'r1, r2'",
    '"toy"',
    "'mlp'",
)
OTHER = ("true", "false", "[]", "[[1], {a = 2}]", "{}", "{a.b.c = 1}", "1979-05-27", "07:32:00", "[1", "'", "nope", "")
DEEP = ("[" * 5000, "[" * 90 + "]" * 90, "[" * 5000 + "]" * 5000, "{a = " * 400 + "1" + "}" * 400, "9" * 5000, "." * 50)


def pick(rng, items):
    return items[rng.integers(len(items))]


def value(rng, name=""):
    """A value in TOML: often one that the option could have, else anything."""
    if name in FIELDS and rng.random() < 0.8:
        choices = FIELDS[name].metadata["choices"]
        near = [json.dumps(item) for item in choices] if choices else [json.dumps(FIELDS[name].default)]
        return pick(rng, near) if rng.random() < 0.7 else str(pick(rng, (0, 1, 7, 0.5, 10**18, 10**400)))
    return pick(rng, pick(rng, (NUMBERS, NUMBERS, TEXTS, OTHER, DEEP)))


def table(rng, names, n):
    lines = []
    for name in rng.choice(names, size=n, replace=rng.random() < 0.1):
        key = str(name) if rng.random() < 0.9 else json.dumps(pick(rng, WORDS))
        lines.append(f"{key} = {value(rng, key)}\n")
    return "".join(lines)


def text(rng):
    """A config, more or less: options, then segments, tables of other names, and what is no TOML at all."""
    parts = [table(rng, list(FIELDS), rng.integers(0, 9))]
    if rng.random() < 0.3:
        parts.insert(0, f"recipe = {pick(rng, ('gan', 'gan ', *OTHER)) if rng.random() < 0.5 else value(rng)}\n")
    for _ in range(rng.integers(0, 4)):
        if rng.random() < 0.8:
            start = rng.integers(6000) if rng.random() < 0.8 else value(rng)
            parts.append(f"[[segment]]\nstart = {start}\n" + table(rng, CHANGEABLE, rng.integers(0, 4)))
        else:
            parts.append(f"[{json.dumps(pick(rng, WORDS))}]\n" + table(rng, CHANGEABLE, rng.integers(0, 4)))
    return "".join(parts)


def check(path, blob):
    path.write_bytes(blob)
    config, refusal = outcome(lambda: read(path), ValueError)
    if refusal:
        assert str(path) in refusal
        assert len(refusal) < 1000
        try:
            entries = tomllib.loads(blob.decode())
        except (ValueError, RecursionError):  # not TOML: there are no entries to name
            return
        segments = entries.get("segment")
        inner = segments if isinstance(segments, list) else []
        names = {*entries, *(name for part in inner if isinstance(part, dict) for name in part)}
        shown = {repr(name)[1:40] for name in names} | {"segment", "data"}
        assert any(name and name.strip("'") in refusal for name in shown), refusal
        return
    assert isinstance(config, Config)
    path.write_text(config.to_toml(), encoding="utf-8", newline="")
    assert read(path) == config
    for step in (0, 1, 4999, 10**20):
        options, end = config.at(step)
        assert dataclasses.replace(options) == options
        assert 0 <= end <= options.steps


@pytest.mark.fuzz(200)
def test_config_of_random_entries(rng, tmp_path):
    check(tmp_path / "config.toml", text(rng).encode())


@pytest.mark.fuzz(200)
def test_config_with_damaged_bytes(rng, tmp_path):
    config = (
        Config(gan, gan.Options(data="folder:/é/ü", steps=9, lr=1 / 3))
        .changed(3, {"lr": 0.1})
        .changed(5, {"steps": 12})
    )
    blob = config.to_toml().encode()
    for _ in range(rng.integers(1, 4)):
        blob = damage_bytes(rng, blob or b"\0")
    check(tmp_path / "config.toml", blob)


@pytest.mark.fuzz(100)
def test_config_of_random_options_is_written_and_read_again(rng, tmp_path):
    """Any option of the right type that Options accepts, whatever characters and digits it has."""
    letters = [chr(c) for c in (*range(0x250), 0x2028, 0xFEFF, 0xFFFF, 0x1F600)]
    changes = {"data": "folder:" + "".join(rng.choice(letters, size=rng.integers(20)))}
    changes["lr"] = float(np.exp(rng.uniform(-740, 700)))
    changes["gamma"] = float(rng.integers(2**62)) * 2.0 ** float(rng.integers(-1000, 900))
    changes["seed"] = int(rng.integers(2**62)) ** int(rng.integers(1, 9)) % 2**128
    changes["download"] = bool(rng.random() < 0.5)
    config = Config(gan, gan.Options(**changes)).changed(int(rng.integers(5000)), {"lr": float(rng.random())})
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml(), encoding="utf-8", newline="")
    assert read(path) == config
