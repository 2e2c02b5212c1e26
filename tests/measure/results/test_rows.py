"""Raw rows: nothing is lost or half written, even with two writers."""

import multiprocessing

import numpy as np
import pytest

from minigan.measure.results import rows

pytestmark = pytest.mark.slow


def row(method="a", seed=0, **more):
    head = dict.fromkeys(rows.HEAD, "") | {"method": method, "seed": seed, "minutes": 1.5}
    return head | more


def test_the_hash_is_that_of_the_canonical_settings():
    assert rows.config_hash({}) == "44136fa3"  # the first digits of sha256("{}")
    assert rows.config_hash({"b": [1, 2], "a": 0.5}) == rows.config_hash({"a": 0.5, "b": (1, 2)})
    assert rows.config_hash({"a": 0.5}) != rows.config_hash({"a": 0.25})
    assert len(rows.config_hash({"a": 0.5})) == 8


def test_settings_that_json_cannot_hold_are_refused():
    with pytest.raises(TypeError, match="not JSON serializable"):
        rows.config_hash({"penalty": row})


def test_rows_survive_a_round_trip(tmp_path):
    path = tmp_path / "new" / "t.csv"
    assert rows.read(path) == []
    rows.append(path, row(fd=np.float32(1 / 3), modes=25, failure='a, "b"\nc'))
    rows.append(path, row(seed=1, fd=2e-9, kid=-0.5))
    first, second = rows.read(path)
    assert list(first) == [*rows.HEAD[:-1], "fd", "modes", "kid", "failure"]
    assert rows.figures(first) == {"fd": 0.3333333, "modes": 25}
    assert rows.figures(second) == {"fd": 2e-9, "kid": -0.5}
    assert first["failure"] == 'a, "b"\nc'
    assert (second["seed"], second["minutes"], second["modes"]) == ("1", "1.5", "")
    assert [p.name for p in path.parent.iterdir()] == ["t.csv"]


def test_infinite_figures_survive_a_round_trip(tmp_path):
    rows.append(tmp_path / "t.csv", row(a=np.inf, b=-np.inf))
    assert rows.figures(rows.read(tmp_path / "t.csv")[0]) == {"a": np.inf, "b": -np.inf}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'method'"),
        ("method,seed\na,0\n", "no column 'config'"),
        (",".join(rows.HEAD) + "\n" + "1," * len(rows.HEAD) + "2,3\n", "more fields than the 9 columns"),
    ],
)
def test_another_file_is_not_mistaken_for_a_table(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        rows.append(path, row())
    assert path.read_text() == text


def write_ten(path, name):
    for seed in range(10):
        rows.append(path, row(name, seed))


def test_two_processes_fill_one_table(tmp_path):
    path = tmp_path / "t.csv"
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=write_ten, args=(path, name)) for name in "ab"]
    for process in others:
        process.start()
    for process in others:
        process.join()
        assert process.exitcode == 0
    assert sorted((r["method"], int(r["seed"])) for r in rows.read(path)) == [(m, s) for m in "ab" for s in range(10)]


def test_only_the_settings_measured_last_are_current():
    found = [row("a", 0, config="old"), row("b", 0, config="old"), row("a", 0, config="new"), row("a", 1, config="new")]
    assert rows.current(found) == {"a": found[2:], "b": found[1:2]}
