"""Samples come in batches and are the same as in one; a sheet has a limit, separate files have none."""

import numpy as np
import pytest
from PIL import Image

from minigan import plots
from minigan.game import Game
from minigan.running import draw


class Echo(Game):
    """A sample is its label, and the batches that were asked for are kept."""

    def __init__(self, classes=0, shape=(2, 3, 1)):
        self.classes, self.shape, self.sizes = classes, shape, []

    def sample(self, n, rng, labels=None):
        self.sizes.append(n)
        noise = rng.standard_normal((n, *self.shape))
        return noise if labels is None else np.tanh(noise) * 0 + labels.reshape(n, 1, 1, 1) / 100


def test_batches_are_the_samples_of_one_call(monkeypatch):
    whole = Echo().sample(1203, np.random.default_rng(7))
    game = Echo()
    np.testing.assert_array_equal(np.concatenate(list(draw.draw(game, 1203, 7))), whole)
    assert game.sizes == [500, 500, 203]


def test_labels_go_on_from_batch_to_batch():
    labels = np.concatenate([batch[:, 0, 0, 0] for batch in draw.draw(Echo(classes=7), 1203, 0)]) * 100
    np.testing.assert_allclose(labels, np.arange(1203) % 7)
    only = np.concatenate([batch[:, 0, 0, 0] for batch in draw.draw(Echo(classes=7), 600, 0, label=5)]) * 100
    np.testing.assert_allclose(only, 5)


def test_a_billion_samples_are_not_drawn_before_they_are_used():
    game = Echo()
    assert next(draw.draw(game, 10**9, 0)).shape == (500, 2, 3, 1)
    assert game.sizes == [500]


@pytest.mark.parametrize("n", [0, -3])
def test_no_samples(n):
    with pytest.raises(ValueError, match=f"sample needs n >= 1 images, got {n}"):
        next(draw.draw(Echo(), n, 0))


def test_a_sheet_has_a_limit(tmp_path):
    images, points = np.zeros((1, 28, 28, 1)), np.zeros((1, 2))
    draw.check_sheet(images, 99_000, tmp_path / "sheet.png")
    with pytest.raises(
        ValueError, match=r"one picture holds at most 99,420 of these samples, got n = 100,000: .* --separate DIR"
    ):
        draw.check_sheet(images, 100_000, tmp_path / "sheet.png")
    with pytest.raises(ValueError, match="at most 1,000,000 of these samples, got n = 1,000,001: ask for fewer"):
        draw.check_sheet(points, 1_000_001, tmp_path / "sheet.png")
    with pytest.raises(ValueError, match=r"sheet.gif: .gif is not a format known here; choose .png, .jpg"):
        draw.check_sheet(images, 1, tmp_path / "sheet.gif")


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".png", "PNG"),
        (".jpg", "JPEG"),
        (".JPEG", "JPEG"),
        (".bmp", "BMP"),
        (".tif", "TIFF"),
        (".tiff", "TIFF"),
        ("", "PNG"),
    ],
)
def test_the_suffix_sets_the_format(tmp_path, suffix, kind):
    plots.save_image(tmp_path / f"x{suffix}", np.full((8, 9, 3), 200, np.uint8))
    with Image.open(tmp_path / f"x{suffix}") as picture:
        assert (picture.format, picture.size) == (kind, (9, 8))
        assert abs(int(np.asarray(picture)[4, 4, 0]) - 200) <= 2


@pytest.mark.parametrize(
    ("write", "name", "known"),
    [
        (plots.save_image, "x.xyz", ".png, .jpg, .jpeg, .bmp, .tif, .tiff"),
        (plots.save_png, "x.jpg", ".png"),
        (lambda path, image: plots.save_gif(path, [image]), "x.png", ".gif"),
    ],
)
def test_a_name_that_lies_is_refused(tmp_path, write, name, known):
    with pytest.raises(ValueError, match=f"is not a format known here; choose {known}$"):
        write(tmp_path / name, np.zeros((8, 8), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_format_with_a_limit_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"cannot write 1 x 70000 pixels as jpeg .*: try a name with .png"):
        plots.save_image(tmp_path / "x.jpg", np.zeros((70_000, 1), np.uint8))
    assert list(tmp_path.iterdir()) == []
