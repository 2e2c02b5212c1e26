"""`minigan results`, from the command line to the csv."""

import io

import pytest

from minigan import cli
from minigan.measure import results
from minigan.measure.results import rows

pytestmark = pytest.mark.slow


def test_a_table_from_the_command_line(small, capsys, tmp_path):
    assert cli.main(["results", "small", "--only", "ring/slow", "--seeds", "2", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("[1/2] ring/slow, seed 0: config ")
    assert "| ring/slow | 2 | 3.0 ± 1.0 † |" in said
    assert said.endswith(f"\nrows: {tmp_path / 'small.csv'}\n")


def test_markdown_measures_nothing(small, capsys, tmp_path):
    assert cli.main(["results", "small", "--markdown", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Not measured yet: `minigan results small`.\n"
    assert small.ran == []


def test_quick_prints_its_label(small, tmp_path):
    stream = io.StringIO()
    assert results.run("small", quick=True, out=tmp_path, stream=stream) == 0
    assert "**Quick:" in stream.getvalue()
    assert [p.name for p in tmp_path.iterdir()] == ["small-quick.csv"]


def test_fill_from_the_command_line(small, capsys, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- results: small -->\n\n<!-- end of results -->\n")
    assert cli.main(["results", "--fill", str(page)]) == 0
    assert capsys.readouterr().out == f"tables written: {page}\n"
    assert "Not measured yet" in page.read_text()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["smal"], "there is no table 'smal'; there are: "),
        ([], "which table? There are: "),
        (["small", "--fill", "page.md"], "--fill writes all tables of page.md: leave small out"),
        (["small", "--only", "x"], "small has no method 'x'"),
        (["small", "--threads", "0"], "n must be a whole number of at least 1"),
    ],
)
def test_errors_are_one_sentence(small, capsys, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["results", *argv]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_threads_are_used_and_recorded(small, tmp_path):
    results.run("small", only="grid", seeds=1, threads=1, out=tmp_path, stream=io.StringIO())
    assert rows.read(tmp_path / "small.csv")[0]["threads"] == "1"


def test_pictures_are_drawn_from_the_rows(small, tmp_path):
    def draw(found, folder, quick):
        assert [row["modes"] for row in found] == ["3"]
        (folder / "small.png").write_bytes(b"picture")
        return [folder / "small.png"]

    small.draw, stream = draw, io.StringIO()
    results.run("small", only="grid", seeds=1, out=tmp_path, stream=stream)
    assert stream.getvalue().endswith(f"picture: {tmp_path / 'small.png'}\n")


@pytest.mark.parametrize("name", results.TABLES)
def test_each_table_keeps_the_contract(name):
    """What the framework assumes about a table."""
    table = results.load(name)
    assert name == table.NAME
    assert table.SEEDS >= 1
    assert callable(table.run_cell)
    assert table.__doc__
    assert all(rows.config_hash(settings) for settings in table.METHODS.values())
    assert not table.COLUMNS.keys() & set(rows.HEAD)
    assert all(column.better in ("more", "less", "") for column in table.COLUMNS.values())
    assert all(f"{1.5:{column.format}}" for column in table.COLUMNS.values())
    quick = getattr(table, "QUICK", {})
    assert quick.keys() <= {key for settings in table.METHODS.values() for key in settings}
    for row in getattr(table, "PUBLISHED", ()):
        assert row.figures.keys() <= table.COLUMNS.keys()
        assert row.source
