"""A folder of pictures of one size, read as they are."""

import numpy as np
import pytest
from PIL import Image

from minigan.data.equal import read_equal
from minigan.data.pictures import read_whole


def write(path, shape, seed=0):
    pixels = np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels).save(path)
    return pixels


def test_pictures_are_neither_cropped_nor_resized(tmp_path):
    made = [write(tmp_path / f"{i}.png", (5, 9, 3), i) for i in range(3)]
    np.testing.assert_array_equal(read_equal(tmp_path), made)


def test_grey_pictures_stay_grey_unless_one_is_in_colour(tmp_path):
    grey = write(tmp_path / "a.png", (5, 9))
    np.testing.assert_array_equal(read_equal(tmp_path), grey[None, :, :, None])
    colour = write(tmp_path / "sub" / "b.png", (5, 9, 3), 1)
    np.testing.assert_array_equal(read_equal(tmp_path), [np.repeat(grey[:, :, None], 3, axis=2), colour])


@pytest.mark.parametrize(
    ("mode", "channels"), [("1", 1), ("L", 1), ("LA", 1), ("P", 3), ("RGB", 3), ("RGBA", 3), ("I;16", 1)]
)
def test_the_mode_of_the_file_decides_what_is_grey(tmp_path, mode, channels):
    Image.new(mode, (7, 4)).save(tmp_path / "a.png")
    assert read_whole(tmp_path / "a.png").shape == (4, 7, channels)


def test_what_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a folder of pictures, got"):
        read_equal(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="there is no picture in"):
        read_equal(tmp_path)
    write(tmp_path / "a.png", (5, 9))
    with pytest.raises(NotADirectoryError, match="expected a folder of pictures, got"):
        read_equal(tmp_path / "a.png")
    write(tmp_path / "b.png", (5, 8))
    with pytest.raises(
        ValueError, match=r"have different sizes: a\.png has 9 x 5 pixels, b\.png 8 x 5; resize them to one size"
    ):
        read_equal(tmp_path)
    (tmp_path / "b.png").write_text("not a picture")
    with pytest.raises(ValueError, match=r"b\.png: not an image; take it out of the folder"):
        read_equal(tmp_path)
