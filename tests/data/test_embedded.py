import csv

import numpy as np
import pytest

from minigan.data import load
from minigan.data.embedded import FILES, MNIST10K_COUNTS


def test_mnist10k():
    digits = load("mnist10k")
    assert digits.images.shape == (10000, 28, 28, 1)
    assert tuple(np.bincount(digits.labels)) == MNIST10K_COUNTS
    assert digits.classes == tuple("0123456789")
    # MNIST centres each digit by its centre of mass, so a sheet cut one pixel off would fail here.
    ink = digits.images[..., 0] / 255
    rows, columns = (np.tensordot(ink, axis, 2) / ink.sum(axis=(1, 2)) for axis in np.mgrid[:28, :28] * 1.0)
    assert abs(rows - 14).max() < 0.51
    assert abs(columns - 14).max() < 0.51


@pytest.mark.parametrize(("name", "bound"), [("mnist10k", 0.80), ("digits8", 0.88)])
def test_the_labels_match_the_images(name, bound):
    digits = load(name)
    x = digits.images.reshape(len(digits), -1) / 255
    means = np.stack([x[digits.labels == k][::2].mean(axis=0) for k in range(10)])
    held_out = np.concatenate([np.flatnonzero(digits.labels == k)[1::2] for k in range(10)])
    nearest = ((means**2).sum(axis=1) - 2 * x[held_out] @ means.T).argmin(axis=1)  # |x - m|^2 without |x|^2
    assert (nearest == digits.labels[held_out]).mean() > bound  # accuracy of the nearest class mean; chance is 0.1


def test_digits8():
    digits = load("digits8")
    assert digits.images.shape == (1797, 8, 8, 1)
    assert digits.labels[:10].tolist() == list(range(10))
    assert digits.images[0, 0, :, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]  # rint(255 / 16 * [0 0 5 13 9 1 0 0])
    assert set(np.unique(digits.images)) == {int(np.rint(255 / 16 * value)) for value in range(17)}


def test_emoji():
    twemoji, noto = load("emoji"), load("emoji_noto")
    with open(FILES / "emoji.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    for emoji in (twemoji, noto):
        assert emoji.images.shape == (1641, 32, 32, 3)
        assert [emoji.classes[label] for label in emoji.labels] == [row["category"] for row in rows]
        red, green = (emoji.images[names.index(name)] for name in ("apple", "green_apple"))
        assert red[12:24, 12:20, 0].mean() > 150 > 120 > red[12:24, 12:20, 1].mean()
        assert green[12:24, 12:20, 1].mean() > green[12:24, 12:20, 0].mean()
        assert (emoji.images[:, 0, 0].mean(axis=0) > 200).all()  # the corners: white paper
    assert twemoji.name == "emoji"
    assert noto.name == "emoji_noto"
    assert (twemoji.images != noto.images).any()


def test_each_file_has_its_licence():
    text = (FILES / "LICENSES.md").read_text(encoding="utf-8")
    for file in FILES.iterdir():
        assert file.name == "LICENSES.md" or f"`{file.name}`" in text
