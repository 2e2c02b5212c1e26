"""The data sets inside the package, so that the first command works without a network.

The images of a set are stored on one contact sheet (sheet.py). Portraits have a file of their own, portraits.py. Origins and
licences: files/LICENSES.md.
"""

from __future__ import annotations

import csv
import gzip

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.sheet import FILES, cut

DIGITS = tuple("0123456789")
MNIST10K_COUNTS = (1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978)  # images of each digit, 0 to 9, on the sheet


def mnist10k() -> Dataset:
    """MNIST's first 10,000 training digits, uint8 (10000, 28, 28, 1), sorted by label (LeCun and Cortes, CC BY-SA 3.0)."""
    return Dataset(cut(FILES / "mnist10k.png", 28), np.repeat(np.arange(10), MNIST10K_COUNTS), "mnist10k", DIGITS)


def digits8() -> Dataset:
    """1797 digits, uint8 (1797, 8, 8, 1), values 0 .. 16 scaled to 0 .. 255 (Alpaydin and Kaynak, CC BY 4.0)."""
    with gzip.open(FILES / "digits8.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",")  # (1797, 64 pixels + 1 label)
    images = np.rint(table[:, :64] * (255 / 16)).astype(np.uint8)
    return Dataset(images.reshape(-1, 8, 8, 1), table[:, 64].astype(np.int64), "digits8", DIGITS)


def emoji() -> Dataset:
    """1641 emoji drawn by Twemoji (CC BY 4.0), uint8 (1641, 32, 32, 3) on white; the label is the category."""
    return _emoji("emoji", "emoji_twemoji.png")


def emoji_noto() -> Dataset:
    """The same 1641 emoji in the same order, drawn by Noto (Apache-2.0): image i pairs with image i of `emoji`."""
    return _emoji("emoji_noto", "emoji_noto.png")


def _emoji(name: str, sheet: str) -> Dataset:
    with open(FILES / "emoji.csv", encoding="utf-8", newline="") as file:
        categories = [row["category"] for row in csv.DictReader(file)]
    classes = tuple(sorted(set(categories)))
    labels = np.array([classes.index(category) for category in categories], dtype=np.int64)
    images = cut(FILES / sheet, 32)[: len(labels)]  # the sheet's last row is not full
    return Dataset(
        images, labels, name, classes, attributes={"category": labels}, attribute_classes={"category": classes}
    )
