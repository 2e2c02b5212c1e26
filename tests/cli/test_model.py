"""minigan export, and every command that takes a run, a weights file or a name: the same model, the same pictures."""

import shutil

import numpy as np
import pytest
from PIL import Image

from cli import failing, refused
from minigan import cli
from minigan.running import model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights_file(digits, tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "seven.safetensors"
    assert cli.main(["export", str(digits), "--weights", str(file)]) == 0
    return file


@pytest.fixture
def named(weights_file, tmp_path, monkeypatch):
    """A package whose only model is `seven`, and an empty current folder."""
    shutil.copy(weights_file, tmp_path / "seven.safetensors")
    monkeypatch.setattr(model, "FOLDER", tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return "seven"


def frames(path):
    with Image.open(path) as film:
        found = []
        for i in range(film.n_frames):
            film.seek(i)
            found.append(np.asarray(film.convert("RGB")))
    return found


def test_export_says_what_it_wrote(capsys, digits, tmp_path):
    sizes = []
    for argv in ([], ["--float16"]):
        file = tmp_path / "new" / f"g{len(argv)}.safetensors"
        assert cli.main(["export", str(digits), "--weights", str(file), *argv]) == 0
        assert capsys.readouterr().out == f"{file}: G, D after 3 steps, {file.stat().st_size / 1e6:.2f} MB\n"
        sizes.append(file.stat().st_size)
    assert sizes[1] < sizes[0]


def test_a_run_its_file_and_its_name_draw_the_same(capsys, digits, weights_file, named, tmp_path):
    for i, where in enumerate((digits, weights_file, named)):
        assert cli.main(["sample", str(where), "--n", "12", "--out", str(tmp_path / f"{i}.png")]) == 0
        assert cli.main(["interpolate", str(where), "--frames", "5", "--out", str(tmp_path / f"{i}.gif")]) == 0
    for kind in ("png", "gif"):
        assert len({(tmp_path / f"{i}.{kind}").read_bytes() for i in range(3)}) == 1
    capsys.readouterr()


def test_where_files_go_without_out(capsys, digits, weights_file, named, tmp_path):
    for where, sheet, film in (
        (digits, digits / "sample_3_label7_seed0.png", digits / "walk_3_8.gif"),
        (weights_file, "seven_sample_3_label7_seed0.png", "seven_walk_3_8.gif"),
        (named, "seven_sample_3_label7_seed0.png", "seven_walk_3_8.gif"),
    ):
        assert cli.main(["sample", str(where), "--n", "3", "--label", "7"]) == 0
        argv = ["interpolate", str(where), "--from-seed", "3", "--to-seed", "8", "--frames", "3", "--label", "7"]
        assert cli.main(argv) == 0
        assert capsys.readouterr().out == f"{sheet}\n{film}\n"
    assert cli.main(["evaluate", named, "--n", "100"]) == 0
    assert "seven, step 3" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "here").iterdir()} == {
        "seven_sample_3_label7_seed0.png", "seven_walk_3_8.gif", "seven_evaluation",
    }  # fmt: skip


def test_a_film_goes_from_one_sample_to_the_other_and_back(capsys, digits, tmp_path):
    argv = ["interpolate", str(digits), "--n", "4", "--frames", "5", "--out", str(tmp_path / "walk.gif")]
    assert cli.main([*argv, "--from-seed", "3", "--to-seed", "8"]) == 0
    found = frames(tmp_path / "walk.gif")
    assert len(found) == 8
    for i, seed in ((0, 3), (4, 8)):
        assert cli.main(["sample", str(digits), "--n", "4", "--seed", str(seed), "--out", str(tmp_path / "s.png")]) == 0
        sheet = np.asarray(Image.open(tmp_path / "s.png").convert("RGB"))
        assert np.abs(sheet.astype(int) - found[i]).mean() < 3  # a GIF has 256 colours
    for there, back in ((1, 7), (2, 6), (3, 5)):
        np.testing.assert_array_equal(found[there], found[back])
    assert (found[2] != found[0]).any()
    capsys.readouterr()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["sample", "sevem"], "unknown model 'sevem', and no run or file has this name: did you mean 'seven'?"),
        (["sample", "runs/seven"], "runs/seven holds no run (no config.toml in it), and is not a weights file"),
        (["interpolate", "seven", "--frames", "1"], "needs at least 2 frames, got 1"),
        (["interpolate", "seven", "--n", "0"], "n >= 1 images, got 0"),
        (["interpolate", "seven", "--label", "x"], "unknown label 'x'"),
        (["interpolate", "seven", "--frames", "9" * 15], "of memory"),
        (["export", "seven", "--weights", "new/"], "is a folder"),
        (["resume", "seven"], "seven holds no run"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(capsys, named, tmp_path, argv, message):
    if argv[-1] == "new/":
        argv[-1] = "new.safetensors"
        (tmp_path / "here" / "new.safetensors").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert message in failing(capsys, *argv)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_not_one_of_weights(capsys, named, tmp_path):
    (tmp_path / "x.pt").write_bytes(b"PK\x03\x04 and so on")
    assert "It looks like a zip archive, as PyTorch's .pt" in failing(capsys, "sample", tmp_path / "x.pt")


def test_wrong_usage(capsys):
    assert "expected a name that ends in .safetensors" in refused(capsys, "export", "x", "--weights", "g.pt")
    assert "expected a name that ends in .gif or .apng or .mp4" in refused(
        capsys, "interpolate", "x", "--out", "walk.png"
    )


def test_points_have_no_film(capsys, tmp_path):
    out = tmp_path / "ring"
    assert cli.main(["train", "--data", "ring", "--width", "4", "--steps", "1", "--out", str(out)]) == 0
    assert cli.main(["export", str(out), "--weights", str(tmp_path / "ring.safetensors")]) == 0
    assert cli.main(["sample", str(tmp_path / "ring.safetensors"), "--out", str(tmp_path / "ring.png")]) == 0
    capsys.readouterr()
    for where in (out, tmp_path / "ring.safetensors"):
        assert "draws points in the plane: a film needs a model of images" in failing(capsys, "interpolate", where)
