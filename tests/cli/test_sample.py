"""minigan sample: a sheet, one class, one PNG each."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import failing, refused
from minigan import cli

pytestmark = pytest.mark.slow


def test_sample_writes_a_sheet_and_says_where(capsys, digits, tmp_path):
    out = tmp_path / "new" / "grid.png"
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "4", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as sheet:
        assert sheet.size == (102, 22)
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "4"]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said == f"{digits}/sample_13_seed4.png"
    assert Path(said).read_bytes() == out.read_bytes()
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "5", "--out", str(out)]) == 0
    assert Path(said).read_bytes() != out.read_bytes()


def pixels(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_separate_images_are_those_of_the_sheet(capsys, digits, tmp_path):
    argv = [
        "sample",
        str(digits),
        "--n",
        "11",
        "--separate",
        str(tmp_path / "each"),
        "--out",
        str(tmp_path / "all.png"),
    ]
    assert cli.main(argv) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'each'}: 11 images\n{tmp_path / 'all.png'}\n"
    files = sorted((tmp_path / "each").iterdir())
    assert [file.name for file in files] == [f"{i:02d}.png" for i in range(11)]
    sheet = pixels(tmp_path / "all.png")
    for i, file in enumerate(files):
        top, left = 2 + i // 10 * 10, 2 + i % 10 * 10
        np.testing.assert_array_equal(pixels(file), sheet[top : top + 8, left : left + 8])
    before = sorted(digits.glob("*.png"))
    assert cli.main(["sample", str(digits), "--n", "1", "--separate", str(tmp_path / "one")]) == 0
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["0.png"]
    assert sorted(digits.glob("*.png")) == before  # no sheet unless one is asked for


def test_one_class(capsys, digits, tmp_path):
    """--label 7 draws the images that a sheet of all classes has in the places of the sevens."""
    for i, argv in enumerate((["--label", "7"], [])):
        assert cli.main(["sample", str(digits), "--n", "8", *argv, "--separate", str(tmp_path / str(i))]) == 0
    for k in range(8):
        same = np.array_equal(*(pixels(tmp_path / str(i) / f"{k}.png") for i in range(2)))
        assert same == (k == 7)
    capsys.readouterr()
    assert cli.main(["sample", str(digits), "--n", "3", "--label", "7"]) == 0
    assert capsys.readouterr().out == f"{digits}/sample_3_label7_seed0.png\n"


def test_a_class_by_its_name(capsys, pets, tmp_path):
    for i, label in enumerate(("dogs", "1", "cats")):
        assert cli.main(["sample", str(pets), "--n", "2", "--label", label, "--out", str(tmp_path / f"{i}.png")]) == 0
    dogs, one, cats = (pixels(tmp_path / f"{i}.png") for i in range(3))
    assert np.array_equal(dogs, one)
    assert not np.array_equal(dogs, cats)
    capsys.readouterr()
    assert "unknown label 'dog': did you mean 'dogs'? Choose from cats, dogs" in failing(
        capsys, "sample", pets, "--label", "dog"
    )
    assert "unknown label '2'; choose from cats, dogs" in failing(capsys, "sample", pets, "--label", "2")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--n", "0"], "sample needs n >= 1 images, got 0"),
        (["--n", "-2"], "sample needs n >= 1 images, got -2"),
        (["--n", "-2", "--label", "3"], "sample needs n >= 1 images, got -2"),
        (["--label", "10"], "unknown label '10': did you mean '1'? Choose from 0, 1, 2, "),
        (["--out", "/"], "it is a folder; give the name of a file in it"),
    ],
)
def test_what_cannot_be_sampled(capsys, digits, argv, message):
    assert message in failing(capsys, "sample", digits, *argv)


def test_a_seed_below_zero_is_a_wrong_usage(capsys, digits):
    assert "argument --seed: expected a whole number >= 0, got '-1'" in refused(
        capsys, "sample", digits, "--seed", "-1"
    )


def test_points_have_no_labels_and_no_separate_images(capsys, tmp_path):
    out = tmp_path / "grid"
    assert cli.main(["train", "--data", "grid", "--width", "4", "--steps", "1", "--out", str(out)]) == 0
    capsys.readouterr()
    assert "the samples of this run have no labels: leave --label out" in failing(capsys, "sample", out, "--label", "1")
    assert "points in the plane are drawn in one picture" in failing(capsys, "sample", out, "--separate", tmp_path)


def test_the_number_of_evaluations(capsys, digits, tmp_path):
    flow = tmp_path / "flow"
    argv = ["train", "flow", "--data", "digits8", "--steps", "2", "--batch", "8", "--width", "2", "--out", str(flow)]
    assert cli.main(argv) == 0
    capsys.readouterr()
    for n in ("1", "4"):
        assert cli.main(["sample", str(flow), "--n", "3", "--evaluations", n]) == 0
    assert (
        capsys.readouterr().out == f"{flow}/sample_3_evaluations1_seed0.png\n{flow}/sample_3_evaluations4_seed0.png\n"
    )
    one, four = (pixels(flow / f"sample_3_evaluations{n}_seed0.png") for n in (1, 4))
    assert (one != four).any()
    assert "needs a whole number evaluations >= 1, got evaluations=0" in failing(
        capsys, "sample", flow, "--evaluations", "0"
    )
    assert "GAN draws a sample with one evaluation of its network: leave --evaluations out" in failing(
        capsys, "sample", digits, "--evaluations", "4"
    )
