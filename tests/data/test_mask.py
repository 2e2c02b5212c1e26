"""Masks by name and from a picture: which pixels they hide, and what they refuse."""

import numpy as np
import pytest
from PIL import Image

from minigan.data.mask import mask


def hidden(spec, shape=(6, 4), rng=0):
    return ~mask(spec, shape, np.random.default_rng(rng))


def test_centre():
    expected = np.zeros((6, 5), bool)
    expected[2:4, 1:3] = True
    np.testing.assert_array_equal(hidden("centre:2", (6, 5)), expected)
    np.testing.assert_array_equal(hidden("center:2", (6, 5)), expected)


@pytest.mark.parametrize(
    ("side", "at"), [("left", np.s_[:, :2]), ("right", np.s_[:, 2:]), ("top", np.s_[:3]), ("bottom", np.s_[3:])]
)
def test_halves(side, at):
    expected = np.zeros((6, 4), bool)
    expected[at] = True
    np.testing.assert_array_equal(hidden(f"half:{side}"), expected)


def test_random_hides_its_share_and_follows_the_generator():
    found = hidden("random:0.8", (100, 100))
    assert abs(found.mean() - 0.8) < 0.02
    np.testing.assert_array_equal(found, hidden("random:0.8", (100, 100)))
    assert (found != hidden("random:0.8", (100, 100), rng=1)).any()


def test_a_picture_hides_what_is_white(tmp_path):
    Image.fromarray(np.array([[0, 255, 255], [0, 0, 127]], np.uint8)).save(tmp_path / "m.png")
    np.testing.assert_array_equal(hidden(str(tmp_path / "m.png"), (2, 3)), [[0, 1, 1], [0, 0, 0]])
    with pytest.raises(ValueError, match=r"m\.png has 3 x 2 pixels, the image 4 x 6: resize it"):
        hidden(str(tmp_path / "m.png"))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("centre:0", "a side of 1 to 3 pixels, as in centre:2"),
        ("centre:4", "a side of 1 to 3 pixels"),
        ("centre:x", "a side of 1 to 3 pixels"),
        ("random:1.5", "a number between 0 and 1, as in random:0.8"),
        ("random:", "a number between 0 and 1"),
        ("random:nan", "a number between 0 and 1"),
        ("half:up", "there is no mask 'half:up'"),
        ("half:lefft", "there is no mask 'half:lefft': did you mean half:left?"),
        ("centr:3", "there is no mask 'centr:3': did you mean centre:3?"),
        ("strokes", "there is no mask 'strokes'; it is one of centre:PIXELS"),
        ("random:1e-300", "hides nothing of 4 x 6 pixels; hide a part of them"),
    ],
)
def test_what_is_refused(spec, words):
    with pytest.raises(ValueError, match=words):
        hidden(spec)


def test_a_picture_that_cannot_be_read(tmp_path):
    """The sentence says that the mask is meant, not the image, and what a mask is."""
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:45])
    np.savez(tmp_path / "m.npz", np.zeros((6, 4)))
    (tmp_path / "folder").mkdir()
    for name, reason in (
        ("cut.png", "image file is truncated"), ("m.npz", "not an image"), ("folder", "not a regular file"), ("none.png", "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(
            ValueError, match=rf"the mask .*{name}: {reason}.*; a mask is a PNG of 4 x 6 pixels, white where"
        ):
            hidden(str(tmp_path / name))
