"""minigan translate: a picture from a picture, both ways, larger; and whatever does not fit the model."""

import numpy as np
import pytest
from PIL import Image

from cli import failing
from minigan import cli
from minigan.running.translate import sheet, translate

pytestmark = pytest.mark.slow  # it trains two runs


def train(tmp_path_factory, *argv):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert cli.main(["train", *map(str, argv), "--steps", "2", "--batch", "4", "--width", "2", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def cycle(tmp_path_factory):
    return train(tmp_path_factory, "cyclegan")


@pytest.fixture(scope="session")
def larger(tmp_path_factory):
    return train(tmp_path_factory, "superres", "--blocks", 1, "--adv", 0, "--features", 0, "--data", "digits8")


def test_one_picture_is_written_as_it_is_and_several_on_a_sheet(capsys, cycle, tmp_path):
    out = tmp_path / "f.png"
    assert cli.main(["translate", str(cycle), "emoji_noto:5", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as picture:
        assert picture.size == (32, 32)
        written = np.asarray(picture)
    there = translate(["emoji_noto:5"], cycle, out)
    np.testing.assert_array_equal(written, np.rint((there.images[0] + 1) * 127.5))
    translate(["emoji_noto:0-3"], cycle, out)
    with Image.open(out) as picture:
        assert picture.size == (2 * 34 + 2, 2 * 34 + 2)
    back = translate(["emoji_noto:5"], cycle, out, back=True)
    assert (there.images != back.images).any()


def test_a_picture_of_a_set_is_shrunk_as_in_training_and_a_file_is_taken_as_it_is(larger, tmp_path):
    found = translate(["digits8:3"], larger, tmp_path / "f.png")
    assert found.given.shape == (1, 4, 4, 1)
    assert found.images.shape == (1, 8, 8, 1)
    Image.fromarray(np.full((4, 4), 90, np.uint8)).save(tmp_path / "small.png")
    assert translate([str(tmp_path / "small.png")], larger, tmp_path / "f.png").images.shape == (1, 8, 8, 1)


def test_the_default_file_is_in_the_folder_of_the_run(cycle):
    assert translate(["emoji:1"], cycle).path.name == "translated.png"
    assert (cycle / "translated.png").exists()


def test_a_comparison_shows_the_given_picture_as_large_as_the_drawn_one():
    y, x = np.full((2, 2, 2, 1), -1.0), np.full((2, 4, 4, 1), 1.0)
    shown = sheet(y, x, True)
    assert shown.shape == (2 * 98 + 2, 2 * 98 + 2, 1)
    assert (shown[2:98, 2:98] == 0).all()
    assert (shown[2:98, 100:196] == 255).all()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, shape in (("grey", (32, 32)), ("large", (9, 12, 3)), ("fits", (32, 32, 3))):
        Image.fromarray(np.full(shape, 90, np.uint8)).save(f"{name}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "fits.png").read_bytes()[:40])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["grey.png"], "grey.png is a grey image, and {run} takes colour ones: convert it to colour first"),
        (["large.png"], "large.png has 12 x 9 pixels, and {run} takes 32 x 32: resize it"),
        (["fits.png", "mnist10k:0"], "mnist10k:0 is a grey image, and {run} takes colour ones"),
        (["broken.png"], "broken.png: "),
        (["missing.png"], "missing.png"),
        (["emoji:1641"], "emoji:1641: the set has the images 0 to 1640"),
        (["emoji:5-2"], "emoji:5-2: the set has the images"),
        (["emoji:x"], "expected the number of an image after the colon"),
        (["emojis:1"], "there is no data set 'emojis'"),
        (["fits.png", "--out", "f.txt"], "f.txt"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_nothing_is_written(capsys, cycle, files, tmp_path, argv, words):
    out = [] if "--out" in argv else ["--out", "f.png"]
    said = failing(capsys, "translate", cycle, *argv, *out)
    assert words.format(run=cycle) in said
    assert not list(tmp_path.glob("f.*"))


def test_models_that_do_not_translate(capsys, digits, larger):
    assert "draws pictures from noise: choose a run of pix2pix, cyclegan or superres" in failing(
        capsys, "translate", digits, "digits8:0"
    )
    assert "was trained in one direction: leave --back out" in failing(
        capsys, "translate", larger, "digits8:0", "--back"
    )
