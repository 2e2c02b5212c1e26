"""The table: counts by file, what killed, the survivors; and the runs that make it in pieces."""

import io

import pytest

from minigan.measure import mutants
from minigan.measure.mutants import kept, report, subjects
from minigan.measure.mutants.report import END, START, summary, table, write
from minigan.measure.mutants.trial import Verdict

FIRST, SECOND, THIRD = subjects.mathematics("layers/dense.py")[:3]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "place", lambda: tmp_path / "cache" / "mutants.json")


@pytest.fixture
def verdicts(monkeypatch):
    """One killed, one equivalent, one that survives."""
    monkeypatch.setattr(report, "reason", lambda mutant: "it computes the same" if mutant == SECOND else "")
    return [Verdict(FIRST, "layers: complex step", 0.1), Verdict(SECOND, "", 0.2), Verdict(THIRD, "", 0.3)]


def test_an_equivalent_mutant_does_not_count(verdicts):
    assert summary(verdicts) == (
        "3 mutants: 1 killed, 1 equivalent, 1 survive; 50.0 % of those that are not equivalent are killed"
    )


def test_the_table_names_the_check_and_the_survivor(verdicts):
    text = table(verdicts, 12)
    assert "(a random 25 % of 12)" in text
    assert "| `layers/dense.py` | 3 | 1 | 1 | 1 | layers: complex step 1 |" in text
    assert f"- `{THIRD}  [{THIRD.key}]`" in text
    assert str(SECOND) not in text


def test_it_is_written_between_the_markers(tmp_path, verdicts):
    page = tmp_path / "proof.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    write(page, table(verdicts, 3))
    text = page.read_text()
    assert text.startswith(f"before\n{START}\n\n3 mutants")
    assert text.endswith(f"{END}\nafter\n")
    page.write_text("no markers")
    with pytest.raises(ValueError, match="needs the two markers"):
        write(page, "table")


def test_a_killed_mutant_is_kept_until_its_file_changes(tmp_path, monkeypatch):
    first = kept.Kept()
    first.put(Verdict(FIRST, "layers: complex step", 0.1))
    first.save()
    assert kept.Kept().get(FIRST) == Verdict(FIRST, "layers: complex step", 0.1)
    assert kept.Kept().get(SECOND) is None
    changed = tmp_path / "layers"
    changed.mkdir()
    (changed / "dense.py").write_text("another source")
    later = kept.Kept()
    monkeypatch.setattr(kept, "ROOT", tmp_path)
    assert later.get(FIRST) is None


def test_a_damaged_cache_is_ignored(tmp_path):
    kept.place().parent.mkdir()
    kept.place().write_text("{")
    assert kept.Kept().known == {}


def test_a_run_kills_all_of_the_dense_layer_and_the_next_one_remembers(monkeypatch):
    stream = io.StringIO()
    assert mutants.run(only="layers/dense", stream=stream) == 0
    assert "12 mutants: 12 killed, 0 equivalent, 0 survive; 100.0 %" in stream.getvalue()
    monkeypatch.setattr(mutants, "by_claims", lambda mutant: 1 / 0)
    assert mutants.run(only="layers/dense", stream=io.StringIO()) == 0


def test_too_many_survivors_give_status_1_and_are_printed(monkeypatch):
    monkeypatch.setattr(mutants, "by_claims", lambda mutant: Verdict(mutant, "", 0.0))
    monkeypatch.setattr(mutants, "by_tests", lambda verdict: verdict)
    stream = io.StringIO()
    assert mutants.run(only="Dense.apply", stream=stream) == 1
    assert mutants.run(only="Dense.apply", stream=io.StringIO(), least=0.0) == 0
    assert "SURVIVES  layers/dense.py:40 Dense.apply: " in stream.getvalue()


def test_a_run_that_is_out_of_time_says_so():
    stream = io.StringIO()
    mutants.run(only="layers/dense", seconds=0.0, stream=stream)
    assert "the time is over: 1 of 12 met the claims" in stream.getvalue()
