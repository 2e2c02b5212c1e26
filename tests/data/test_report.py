import numpy as np

from minigan.data import Dataset, load
from minigan.data.report import Picture, list_some, report, shown, summary

IMAGES = np.arange(3 * 4 * 4 * 3, dtype=np.uint8).reshape(3, 4, 4, 3)
LABELS = np.array([0, 1, 1])


def test_summary():
    assert summary(Dataset(IMAGES[:1], None, "folder:x")) == "1 picture, no classes"
    assert summary(Dataset(IMAGES, LABELS, "folder:x", ("cat", "dog"))) == "3 pictures, 2 classes: cat, dog"
    skipped = (("a", "b"),)
    assert summary(Dataset(IMAGES, LABELS * 0, "folder:x y", ("cat",), skipped)) == (
        "3 pictures, 1 class: cat (skipped: 1, see minigan data x y)"
    )


def test_report_of_a_folder():
    dataset = Dataset(
        np.concatenate([IMAGES[:2], IMAGES[:1]]), LABELS, "folder:pets", ("cat", "dog"), (("a.txt", "not an image"),)
    )
    pictures = [
        Picture(("cat", "1.png"), (640, 480), "L"),
        Picture(("dog", "1.png"), (20, 30), "P"),
        Picture(("dog", "2.png"), (20, 30), "RGB"),
    ]
    assert (
        report(dataset, pictures)
        == """\
folder:pets
  pictures    3
  classes     2
    cat  1
    dog  2
  in files    20 x 30 to 640 x 480, 2 sizes; 2 colour, 1 grey
  read as     4 x 4, colour: upright, the central square, resized
  memory      0.0 MB as bytes
  duplicates  1 (equal to another picture as read)
  skipped     1
    a.txt: not an image"""
    )


def test_report_of_a_set():
    lines = report(load("digits8")).splitlines()
    assert lines[:4] == ["digits8", "  pictures    1797", "  classes     10", "    0  178"]
    assert "  size        8 x 8, grey" in lines
    assert lines[-1] == "  skipped     none"
    assert report(load("digits8", labels=False)).splitlines()[2] == "  classes     none"


def test_names_are_harmless():
    assert shown("caf\xe9 \U0001f600.png") == "caf\xe9 \U0001f600.png"
    assert shown("a\x1b[2Jb\n.png") == "a\\x1b[2Jb\\n.png"
    assert shown(b"\xff.png".decode("utf-8", "surrogateescape")) == "\\udcff.png"


def test_long_lists_are_cut():
    assert list_some("abc") == "a, b, c"
    assert list_some("abcdefghijkl") == "a, b, c, d, e, f, g, h, i, j and 2 more"
