"""The portraits, their attributes, and the test set that is not in the package."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from minigan.data import Dataset, load, portraits
from minigan.data.sheet import FILES


def test_the_set_and_its_attributes():
    found = load("portraits")
    assert (found.images.shape, found.images.dtype, found.labels) == ((4000, 32, 32, 3), np.uint8, None)
    sizes = {name: len(names) for name, names in found.attribute_classes.items()}
    assert sizes == {
        "skin": 5, "hair": 4, "rear_hair": 5, "hair_color": 5, "beard": 6, "eyes": 5, "eyebrows": 5, "mouth": 4,
        "clothes": 5, "clothes_color": 10, "background": 6,
    }  # fmt: skip
    for name, codes in found.attributes.items():
        assert codes.dtype == np.int64
        assert len(np.unique(codes)) == sizes[name]


def test_the_colours_are_where_they_should_be():
    """The upper left corner has the colour of the background; hair and clothes are darker where they are called black."""
    found = load("portraits")
    names = {name: np.array(values)[found.attributes[name]] for name, values in found.attribute_classes.items()}
    for name, value in portraits.COLORS["background"].items():
        color = [int(name[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(found.images[names["background"] == value, 0, 0] - np.array(color)).max() <= 2
    clothes = found.images[:, 30, 14:19].mean(axis=(1, 2))
    assert (
        clothes[names["clothes_color"] == "black"].mean() < 60 < 150 < clothes[names["clothes_color"] == "white"].mean()
    )
    hair = found.images[:, 6, 14:19].mean(axis=(1, 2))
    assert hair[names["hair_color"] == "black"].mean() + 50 < hair[names["hair_color"] == "blonde"].mean()


def test_sad_and_smile_are_the_same_picture():
    """The reason why both are called closed: no pixel tells them apart, while an open mouth shows at once."""
    with open(FILES / "portraits.csv", encoding="utf-8") as file:
        rows = [line.strip().split(",") for line in file]
    mouth = np.array([row[rows[0].index("mouth")] for row in rows[1:]])
    x = load("portraits").images / 255

    def largest_t(one, two):
        a, b = x[mouth == one], x[mouth == two]
        return np.abs(
            (a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b) + 1e-9)
        ).max()

    assert largest_t("sad", "smile") < 5  # of 3,072 pixels; chance alone gives about 3.5
    assert largest_t("sad", "laugh") > 20


def test_labels_by_attribute():
    found = load("portraits").conditioned_on("hair_color")
    assert found.classes == ("blonde", "honey", "auburn", "brown", "black")
    np.testing.assert_array_equal(found.labels, found.attributes["hair_color"])
    assert load("emoji").conditioned_on("category").classes == load("emoji").classes
    with pytest.raises(ValueError, match="portraits has no attribute 'hat': choose from skin, hair, rear_hair, "):
        load("portraits").conditioned_on("hat")
    with pytest.raises(ValueError, match="mnist10k has no attribute 'hat': it has none"):
        load("mnist10k").conditioned_on("hat")


@pytest.mark.parametrize(
    ("codes", "classes", "message"),
    [
        ({"a": np.zeros(2, np.int64)}, {}, "got attributes a and attribute_classes none"),
        ({"a": np.zeros(3, np.int64)}, {"a": ("x",)}, r"the attribute a: codes must be one int64 for each of 2 images"),
        ({"a": np.array([0, 1])}, {"a": ("x",)}, r"the attribute a: codes must be in 0 \.\. 0, got 0 \.\. 1"),
    ],
)
def test_attributes_that_do_not_fit_are_refused(codes, classes, message):
    with pytest.raises(ValueError, match=message):
        Dataset(np.zeros((2, 3, 3, 1), np.uint8), None, "some", attributes=codes, attribute_classes=classes)


# ---- the test set ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A folder with a small test set, and its checksums in place of the real ones: the first 100 training portraits."""
    images = load("portraits").images[:100]
    sheet = np.concatenate(list(images), axis=1)  # one row
    Image.fromarray(sheet).save(tmp_path / "portraits_fresh.png")
    lines = (FILES / "portraits.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "portraits_fresh.csv").write_text("\n".join(lines[:101]) + "\n", encoding="utf-8")
    raw = {".png": images.tobytes(), ".csv": (tmp_path / "portraits_fresh.csv").read_bytes()}
    monkeypatch.setattr(portraits, "MD5", {kind: hashlib.md5(found).hexdigest() for kind, found in raw.items()})
    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    return tmp_path


def test_it_is_found_in_a_folder_or_by_the_environment(fresh, monkeypatch):
    found = load("portraits", split="test", folder=fresh)
    train = load("portraits")
    np.testing.assert_array_equal(found.images, train.images[:100])
    for name, codes in found.attributes.items():
        np.testing.assert_array_equal(codes, train.attributes[name][:100])
    monkeypatch.setenv("MINIGAN_DATA", str(fresh))
    assert len(load("portraits", split="test")) == 100


def test_a_missing_one_says_how_to_make_it(fresh):
    with pytest.raises(
        FileNotFoundError, match=r"none was given, and MINIGAN_DATA is not set\nTo make them:\n  pip install"
    ):
        load("portraits", split="test")
    (fresh / "portraits_fresh.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"no portraits_fresh\.csv"):
        load("portraits", split="test", folder=fresh)


def test_other_portraits_are_refused(fresh):
    with open(fresh / "portraits_fresh.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(FileNotFoundError, match=r"different or damaged: portraits_fresh\.csv"):
        load("portraits", split="test", folder=fresh)


def test_a_folder_is_for_the_test_set_only(fresh):
    with pytest.raises(ValueError, match="folder applies only to mnist, fashion_mnist and the test portraits"):
        load("portraits", folder=fresh)
