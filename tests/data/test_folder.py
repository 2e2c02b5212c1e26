import logging
import os
import random
import unicodedata
import warnings
from pathlib import Path

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
    assert dataset.skipped == ((".hidden/", "hidden: its name begins with a dot"),)


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
    with pytest.warns(UserWarning, match=r"1 image read, 6 files or folders skipped:") as caught:
        dataset = load(f"folder:{tmp_path}")
    assert len(caught) == 1
    assert "and 1 more" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert len(dataset) == 1
    assert dataset.labels is None
    reasons = dict(dataset.skipped)
    assert reasons.pop(".hidden") == "hidden: its name begins with a dot"
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
    with pytest.warns(UserWarning, match="files or folders skipped"):
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
    for options in ({"size": True}, {"channels": True}, {"size": "32"}, {"channels": 3.0}):
        with pytest.raises(ValueError, match="must be"):
            load(f"folder:{tmp_path}", **options)
    with pytest.raises(FileNotFoundError, match="needs an existing folder"):
        load("folder:~nobody/pictures")
    with pytest.raises(FileNotFoundError, match="needs an existing folder"):
        load("folder:a\0b")


# ---- links, and folders that are not read ----------------------------------------------------------------------------------


def value(k):
    return np.full((2, 2, 3), k, np.uint8)


def values(dataset):
    return dataset.images[:, 0, 0, 0].tolist()


def quiet(path, **options):
    """The data set without its warning."""
    with warnings.catch_warnings(action="ignore"):
        return load(f"folder:{path}", **{"size": 2} | options)


def test_links_to_folders_and_files_are_followed(tmp_path):
    save(tmp_path / "photos" / "cat" / "1.png", value(1))
    save(tmp_path / "elsewhere" / "deep" / "2.png", value(2))
    save(tmp_path / "3.png", value(3))
    (tmp_path / "photos" / "dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "photos" / "cat" / "linked.png").symlink_to(tmp_path / "3.png")
    dataset = load(f"folder:{tmp_path / 'photos'}", size=2)
    assert dataset.classes == ("cat", "dog")
    assert values(dataset) == [1, 3, 2]
    assert dataset.labels.tolist() == [0, 0, 1]
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    assert values(load(f"folder:{tmp_path / 'link'}", size=2)) == [1, 3, 2]


def test_links_that_lead_back_or_nowhere(tmp_path):
    save(tmp_path / "cat" / "1.png", value(1))
    (tmp_path / "cat" / "up").symlink_to(tmp_path)
    (tmp_path / "a_cat").symlink_to("cat")  # comes first, but the folder itself is the class
    (tmp_path / "cat" / "none.png").symlink_to("nothing")
    (tmp_path / "cat" / "self").symlink_to("self")
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    (tmp_path / "cat" / "zero.png").symlink_to("/dev/zero")
    dataset = quiet(tmp_path)
    assert (dataset.classes, values(dataset)) == (("cat",), [1])
    assert dict(dataset.skipped) == {
        "a_cat/": "a link to cat/, which is read already",
        "cat/none.png": "a link to a file that does not exist",
        "cat/pipe.png": "not a regular file",
        "cat/self": "cannot be read: Too many levels of symbolic links",
        "cat/up/": "a link to the folder itself, which is read already",
        "cat/zero.png": "not a regular file",
    }


def test_links_do_not_multiply(tmp_path):
    """Each of 30 folders holds two links to the next one: 2^30 paths, 31 folders."""
    for k in range(30):
        (tmp_path / f"x{k}").mkdir()
        for name in "ab":
            (tmp_path / f"x{k}" / name).symlink_to(tmp_path / f"x{k + 1}")
    save(tmp_path / "x30" / "1.png", value(1))
    assert values(quiet(tmp_path / "x0")) == [1]


def test_a_folder_that_cannot_be_read_is_reported(tmp_path, monkeypatch):
    save(tmp_path / "cat" / "1.png", value(1))
    save(tmp_path / "dog" / "2.png", value(2))
    scandir = os.scandir

    def guarded(path="."):  # the tests may run as root, who may read everything
        if Path(os.fspath(path)) == tmp_path / "dog":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.warns(UserWarning, match="dog/: cannot be read: Permission denied"):
        dataset = load(f"folder:{tmp_path}", size=2)
    assert dataset.skipped == (("dog/", "cannot be read: Permission denied"),)
    with pytest.raises(PermissionError):
        load(f"folder:{tmp_path / 'dog'}", size=2)


def test_runs_and_clutter_are_not_data(tmp_path):
    save(tmp_path / "1.png", value(1))
    for name in ("runs/digits/samples/x.png", "__MACOSX/x.png", ".ipynb_checkpoints/x.png", "ran/x.png"):
        save(tmp_path / name, value(9))
    for name in ("runs/digits/config.toml", "runs/digits/checkpoint.safetensors", "ran/checkpoint.safetensors", "ran/run.jsonl",
                 "Thumbs.db", "desktop.ini", ".DS_Store"):  # fmt: skip
        (tmp_path / name).write_text("x")
    with pytest.warns(
        UserWarning, match=r"1 image read, 2 files or folders skipped:\n  ran/: a run of minigan\n  runs/digits/"
    ):
        dataset = load(f"folder:{tmp_path}", size=2)
    assert (values(dataset), dataset.labels) == ([1], None)
    assert len(dataset.skipped) == 7
    with pytest.raises(ValueError, match="is a run of minigan, not a folder of pictures; samples are in"):
        load(f"folder:{tmp_path / 'runs' / 'digits'}")
    assert values(load(f"folder:{tmp_path / 'runs' / 'digits' / 'samples'}", size=2)) == [9]
    (tmp_path / "config.toml").write_text("of something else")
    assert 1 in values(quiet(tmp_path))


# ---- classes -------------------------------------------------------------------------------------------------------------


def test_a_stray_picture_does_not_cost_the_labels(tmp_path):
    for i, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png", "stray.png")):
        save(tmp_path / name, value(i))
    with pytest.warns(UserWarning, match=r"stray.png: in no class: move it into the folder of one \(cat, dog\)"):
        dataset = load(f"folder:{tmp_path}", size=2)
    assert dataset.labels.tolist() == [0, 0, 1]
    assert values(dataset) == [0, 1, 2]
    everything = load(f"folder:{tmp_path}", size=2, labels=False)
    assert (everything.labels, everything.classes, values(everything)) == (None, (), [0, 1, 2, 3])


def test_mostly_stray_pictures_are_refused(tmp_path):
    for i, name in enumerate(("old/1.png", "1.png", "2.png")):
        save(tmp_path / name, value(i))
    with pytest.raises(
        ValueError, match=r"2 images are in the folder itself and 1 in subfolders \(old\): move .* --no-labels"
    ):
        load(f"folder:{tmp_path}", size=2)
    assert values(load(f"folder:{tmp_path}", size=2, labels=False)) == [1, 2, 0]


def test_a_class_without_pictures_is_reported(tmp_path):
    save(tmp_path / "cat" / "1.png", value(1))
    (tmp_path / "dog").mkdir()
    (tmp_path / "fish").mkdir()
    (tmp_path / "fish" / "notes.txt").write_text("x")
    dataset = quiet(tmp_path)
    assert dataset.classes == ("cat",)
    assert dataset.skipped == (
        ("dog/", "an empty folder"),
        ("fish/", "no usable image in it: not a class"),
        ("fish/notes.txt", "not an image"),
    )


def test_one_name_in_two_forms_of_unicode_is_one_class(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "\xe9t\xe9") for form in ("NFC", "NFD"))
    save(tmp_path / composed / "b.png", value(2))
    save(tmp_path / decomposed / "a.png", value(1))
    save(tmp_path / "eta" / "c.png", value(3))
    dataset = load(f"folder:{tmp_path}", size=2)
    assert dataset.classes == ("eta", composed)
    assert values(dataset) == [3, 1, 2]
    assert dataset.labels.tolist() == [0, 1, 1]


def test_the_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    for k in range(12):
        save(tmp_path / f"{'ab'[k % 2]}" / f"{k:02}.png", value(k))
    (tmp_path / "c").symlink_to(tmp_path / "a")
    expected = quiet(tmp_path)
    scandir = os.scandir

    def shuffled(path="."):
        entries = list(scandir(path))
        random.Random(0).shuffle(entries)
        return entries

    monkeypatch.setattr(os, "scandir", shuffled)
    found = quiet(tmp_path)
    np.testing.assert_array_equal(found.images, expected.images)
    assert (found.classes, found.skipped) == (expected.classes, expected.skipped)


def test_more_than_the_memory_is_refused_before_a_picture_is_read(tmp_path):
    save(tmp_path / "1.png", value(1))
    with pytest.raises(
        ValueError, match=r"1 images of 10000000 x 10000000 x 3 bytes are 300,000.0 GB, more than the [0-9.]+ GB"
    ):
        load(f"folder:{tmp_path}", size=10_000_000)


def test_what_is_read_is_logged_in_one_sentence(tmp_path, caplog):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "stray.png"):
        save(tmp_path / name, value(0))
    with caplog.at_level(logging.INFO, "minigan.data"):
        quiet(tmp_path)
    assert caplog.messages == [f"3 pictures, 2 classes: cat, dog (skipped: 1, see minigan data {tmp_path})"]
