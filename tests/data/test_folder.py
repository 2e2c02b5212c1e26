import warnings

import numpy as np
import pytest
from PIL import Image

from minigan.data import load


def random_image(height, width, seed=0, channels=3):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.squeeze()).save(path, **options)


def test_images_of_the_right_size_are_unchanged_and_sorted_by_path(tmp_path):
    arrays = [random_image(6, 6, seed) for seed in range(3)]
    for name, array in zip(("b.png", "a.bmp", "c.webp"), arrays):
        save(tmp_path / name, array, **({"lossless": True} if name == "c.webp" else {}))
    dataset = load(f"folder:{tmp_path}", size=6)
    np.testing.assert_array_equal(dataset.images, [arrays[1], arrays[0], arrays[2]])
    assert dataset.labels is None
    assert dataset.skipped == ()
    assert dataset.name == f"folder:{tmp_path}"


def test_the_central_square_is_kept(tmp_path):
    wide, tall = random_image(4, 10), random_image(9, 4)
    save(tmp_path / "a.png", wide)
    save(tmp_path / "b.png", tall)
    dataset = load(f"folder:{tmp_path}", size=4)
    np.testing.assert_array_equal(dataset.images[0], wide[:, 3:7])
    difference = np.abs(dataset.images[1].astype(int) - tall[2:6])  # the crop starts at row 2.5, between two rows
    assert difference.max() > 0
    assert load(f"folder:{tmp_path}").images.shape == (2, 32, 32, 3)  # small images are enlarged


def test_resizing_keeps_a_flat_image_and_averages_a_noisy_one(tmp_path):
    save(tmp_path / "flat.png", np.full((90, 70, 3), (10, 100, 200), np.uint8))
    save(tmp_path / "noisy.png", random_image(640, 640))
    flat, noisy = load(f"folder:{tmp_path}", size=8).images
    np.testing.assert_array_equal(flat, np.full((8, 8, 3), (10, 100, 200)))
    assert abs(noisy.astype(int) - 127.5).max() < 10  # nearest-neighbour resampling would keep the noise


def test_exif_orientation_is_applied(tmp_path):
    array = random_image(5, 5)
    exif = Image.Exif()
    exif[0x0112] = 6  # the viewer must rotate the image by 90 degrees clockwise
    save(tmp_path / "a.png", array, exif=exif)
    np.testing.assert_array_equal(load(f"folder:{tmp_path}", size=5).images[0], np.rot90(array, -1))


def test_colour_and_grey(tmp_path):
    colour, grey = random_image(3, 3), random_image(3, 3, channels=1)
    save(tmp_path / "a.png", colour)
    save(tmp_path / "b.png", grey)
    as_colour = load(f"folder:{tmp_path}", size=3, channels=3).images
    as_grey = load(f"folder:{tmp_path}", size=3, channels=1).images
    assert as_grey.shape == (2, 3, 3, 1)
    np.testing.assert_array_equal(as_colour, [colour, grey.repeat(3, axis=2)])
    np.testing.assert_array_equal(as_grey[1], grey)
    np.testing.assert_allclose(as_grey[0, ..., 0], colour @ (0.299, 0.587, 0.114), atol=1)  # ITU-R 601 luma


def test_transparent_sixteen_bit_palette_and_cmyk_images(tmp_path):
    half = np.zeros((2, 2, 4), np.uint8)
    half[0] = (0, 0, 0, 255)  # the upper row opaque black, the lower row transparent
    save(tmp_path / "a.png", half)
    save(tmp_path / "b.png", np.array([[0, 65535], [257 * 100, 257 * 200]], np.uint16))
    image = Image.fromarray(random_image(2, 2, channels=1).squeeze()).convert("P")
    image.save(tmp_path / "c.gif", transparency=image.getpixel((0, 0)))
    Image.new("CMYK", (2, 2), (0, 255, 255, 0)).save(tmp_path / "d.tif")
    with warnings.catch_warnings(action="error"):
        a, b, c, d = load(f"folder:{tmp_path}", size=2).images
    assert a[:, :, 0].tolist() == [[0, 0], [255, 255]]
    assert b[:, :, 1].tolist() == [[0, 255], [100, 200]]
    assert c[0, 0].tolist() == [255, 255, 255]
    assert d[0, 0].tolist() == [255, 0, 0]


def test_subfolders_are_classes(tmp_path):
    for i, name in enumerate(("dog/1.png", "cat/1.png", "cat/deep/2.png", ".hidden/x.png")):
        save(tmp_path / name, np.full((2, 2, 3), i, np.uint8))
    dataset = load(f"folder:{tmp_path}", size=2)
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 0, 1]
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 2, 0]
    save(tmp_path / "loose.png", random_image(2, 2))
    assert load(f"folder:{tmp_path}", size=2).labels is None


def test_bad_files_are_skipped_and_reported(tmp_path):
    good = tmp_path / "good.png"
    save(good, random_image(40, 40))
    complete = good.read_bytes()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cut.png").write_bytes(complete[: len(complete) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden").write_text("ignored")
    (tmp_path / "bomb.png").write_bytes(complete[:16] + (60000).to_bytes(4, "big") * 2 + complete[24:])
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "float.tif")
    (tmp_path / "zz.png").write_bytes(complete[:60] + b"\xff" * 50 + complete[110:])
    with pytest.warns(UserWarning, match=r"6 of 7 files skipped:") as caught:
        dataset = load(f"folder:{tmp_path}")
    assert len(caught) == 1
    assert "and 1 more" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert len(dataset) == 1
    assert dataset.labels is None
    reasons = dict(dataset.skipped)
    assert list(reasons) == ["bomb.png", "empty.jpg", "float.tif", "notes.txt", "sub/cut.png", "zz.png"]
    assert reasons["notes.txt"] == reasons["empty.jpg"] == "not an image"
    assert "mode F" in reasons["float.tif"]
    assert "truncated" in reasons["sub/cut.png"]


@pytest.mark.parametrize("seed", range(3))
def test_damaged_images_never_stop_the_run(tmp_path, seed):
    rng = np.random.default_rng(seed)
    save(tmp_path / "good.png", random_image(16, 16))
    for ending in ("png", "jpg", "gif", "bmp", "webp", "tif"):
        save(tmp_path / f"complete.{ending}", random_image(16, 16))
        data = bytearray((tmp_path / f"complete.{ending}").read_bytes())
        for i in range(8):
            for _ in range(3):
                data[rng.integers(len(data))] = rng.integers(256)
            (tmp_path / f"{i}.{ending}").write_bytes(data)
    with pytest.warns(UserWarning, match="files skipped"):
        dataset = load(f"folder:{tmp_path}", size=4)
    assert len(dataset) + len(dataset.skipped) == 1 + 6 + 48
    assert len(dataset) >= 7


def test_bad_arguments(tmp_path):
    with pytest.raises(FileNotFoundError, match="needs an existing folder of pictures"):
        load(f"folder:{tmp_path}/missing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError, match="needs an existing folder"):
        load(f"folder:{tmp_path}/file")
    with pytest.raises(ValueError, match=r"no usable image among 1 files.*\n  file: not an image"):
        load(f"folder:{tmp_path}")
    (tmp_path / "file").unlink()
    with pytest.raises(ValueError, match="no usable image among 0 files"):
        load(f"folder:{tmp_path}")
    with pytest.raises(ValueError, match=r"channels must be 3 \(colour\) or 1 \(grey\), got 4"):
        load(f"folder:{tmp_path}", channels=4)
    for size in (0, 32.5):
        with pytest.raises(ValueError, match="size must be an integer number of pixels"):
            load(f"folder:{tmp_path}", size=size)
