"""minigan data: what a folder or a set holds; and what train says about a folder when it starts."""

import pytest

from cli import TINY, failing
from cli.conftest import pictures
from minigan import cli


@pytest.fixture
def pets(tmp_path):
    pictures(tmp_path / "pets", "cat", "dog")
    (tmp_path / "pets" / "cat" / "notes.txt").write_text("x")
    (tmp_path / "pets" / ".DS_Store").write_text("x")
    return tmp_path / "pets"


@pytest.mark.parametrize("prefix", ["", "folder:"])
def test_a_folder(capsys, pets, prefix):
    assert cli.main(["data", f"{prefix}{pets}", "--size", "8", "--channels", "1"]) == 0
    said, err = capsys.readouterr()
    assert err == ""
    for line in (
        "pictures    10",
        "classes     2",
        "  cat  5",
        "8 x 8, grey: upright",
        "cat/notes.txt: not an image",
        "skipped     2",
    ):
        assert line in said
    assert not list(pets.parent.glob("runs"))


def test_a_folder_without_labels(capsys, pets):
    assert cli.main(["data", str(pets), "--no-labels"]) == 0
    assert "classes     none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "line"), [("digits8", "pictures    1797"), ("emoji", "32 x 32, colour"), ("ring", "8 Gaussians")]
)
def test_a_set(capsys, name, line):
    assert cli.main(["data", name]) == 0
    assert line in capsys.readouterr().out


def test_what_does_not_exist(capsys):
    assert "did you mean 'digits8'?" in failing(capsys, "data", "digits9").lower()
    assert "there is no data set 'folder:'" in failing(capsys, "data", "folder:")
    assert "needs an existing folder of pictures" in failing(capsys, "data", "some/where")
    assert "size and channels apply only to" in failing(capsys, "data", "emoji", "--size", "8")


def test_train_says_what_it_reads(capsys, pets):
    out = pets.parent / "run"
    assert cli.main(["train", *TINY, "--data", f"folder:{pets}", "--size", "8", "--batch", "5", "--out", str(out)]) == 0
    err = capsys.readouterr().err
    assert err.startswith(f"10 pictures, 2 classes: cat, dog (skipped: 2, see minigan data {pets})\n")
    assert "Warning" not in err
    assert cli.main(["resume", str(out), "--steps", "4"]) == 0
    assert capsys.readouterr().err.count("10 pictures, 2 classes: cat, dog") >= 1
