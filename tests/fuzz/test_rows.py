"""Any run.jsonl is read as rows of finite whole steps and numbers, or refused by its name and its line."""

import json
import math
import warnings

import pytest

from fuzz import outcome
from fuzz.safetensors_file import ODD, damage_bytes
from minigan.running.rows import read_rows, write_rows

pytestmark = pytest.mark.slow

LIMIT = 2**28  # bytes


def rows(rng):
    names = ["loss_D", "loss_G", "score", "frechet", "é"]
    return [{"step": t, "seconds": 0.5 * t, **{name: float(rng.normal()) for name in names}} for t in range(1, 9)]


def check(path, memory_limit):
    with memory_limit(LIMIT), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found, refusal = outcome(lambda: read_rows(path), ValueError)
    assert all(str(path) in str(w.message) for w in caught)
    if refusal:
        assert str(path) in refusal
        assert len(refusal) < 1000
        return None
    for row in found:
        assert type(row["step"]) is int
        assert row["step"] >= 0
        assert all(type(value) in (int, float) for value in row.values())
        assert [float(value) for value in row.values()]  # none is too large
    return found


@pytest.mark.fuzz(200)
def test_rows_with_damaged_bytes(rng, tmp_path, memory_limit):
    path = tmp_path / "run.jsonl"
    blob = "".join(json.dumps(row) + "\n" for row in rows(rng)).encode()
    for _ in range(rng.integers(1, 4)):
        blob = damage_bytes(rng, blob or b"\0")
    path.write_bytes(blob)
    check(path, memory_limit)


@pytest.mark.fuzz(200)
def test_rows_with_odd_entries(rng, tmp_path, memory_limit):
    path = tmp_path / "run.jsonl"
    some = rows(rng)
    for _ in range(rng.integers(1, 3)):
        row = some[rng.integers(len(some))]
        row.setdefault("step", 1)  # it may have been emptied
        odd = ODD[rng.integers(len(ODD))]
        match rng.integers(4):
            case 0:
                row[list(row)[rng.integers(len(row))]] = odd
            case 1:
                row[str(odd)[:99]] = row.pop(list(row)[rng.integers(len(row))])
            case 2:
                some[rng.integers(len(some))] = odd if isinstance(odd, dict) else {"step": odd}
            case _:
                row.pop(list(row)[rng.integers(len(row))])
    lines = [json.dumps(row) for row in some]
    if rng.random() < 0.3:
        deep = [
            "[" * 5000,
            '{"step": ' * 5000,
            "9" * 5000,
            '{"step": 1, "x": 1e999}',
            '{"step": NaN}',
            "",
            " ",
            "null",
            "\x85",
            "\u2028",
        ]
        lines.insert(rng.integers(len(lines)), deep[rng.integers(len(deep))])
    path.write_text("\n".join(lines) + "\n" * (rng.random() < 0.8), encoding="utf-8")
    found = check(path, memory_limit)
    if found is not None:  # nothing was changed on the way
        assert found == [json.loads(line) for line in lines][: len(found)] or any(
            math.isnan(v) for row in found for v in row.values()
        )


@pytest.mark.fuzz(50)
def test_rows_are_read_as_they_were_written(rng, tmp_path, memory_limit):
    path, some = tmp_path / "run.jsonl", rows(rng)
    write_rows(path, some)
    assert check(path, memory_limit) == some
