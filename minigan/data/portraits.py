"""Cartoon portraits whose makers are known: every hair style, beard and colour is a label, and their frequencies are exact.

Each portrait was put together from parts drawn at random (DiceBear's style ToonHead), so the set is a generator's output of which
everything is known: which values there are, that they are independent, and how often each occurs. A GAN trained on it can be
asked what the losses and the Frechet distance cannot answer: which values does it leave out, which combinations are new?

The 4,000 portraits in the package are for training. Another 1,000 of the same generator are a true test set; they are not in the
package, and docs/data/make_portraits.py draws them.
"""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.sheet import FILES, cut

SIDE = 32
TEST = "portraits_fresh"  # .png and .csv
MAKE = "pip install dicebear-core==10.7.0 dicebear-styles==10.6.0 resvg-py; python docs/data/make_portraits.py"
MD5 = {  # of the pixels and of the table, so another PNG compression is not an error
    ".png": "088130f513aa3cf8bce70b726fde94d1",
    ".csv": "8d88df262bcbade4bde46a0611e019dd",
}
ALIKE = {"mouth": {"sad": "closed", "smile": "closed"}}  # a line thinner than a pixel: at 32 x 32 they are one picture
COLORS = {  # names for the colours of the table
    "skin": {"#f1c3a5": "light", "#c68e7a": "rosy", "#b98e6a": "tan", "#a36b4f": "brown", "#5c3829": "dark"},
    "hair_color": {"#d6b370": "blonde", "#b58143": "honey", "#a55728": "auburn", "#724133": "brown", "#2c1b18": "black"},
    "clothes_color": {
        "#e8e9e6": "white", "#545454": "grey", "#151613": "black", "#b11f1f": "red", "#f97316": "orange",
        "#eab308": "yellow", "#147f3c": "green", "#0b3286": "blue", "#731ac3": "purple", "#ec4899": "pink",
    },
    "background": {
        "#ffffff": "white", "#ffe3c9": "peach", "#fff4b8": "yellow", "#d9f2d0": "green", "#cfe8ff": "blue", "#e9dcff": "violet",
    },
}  # fmt: skip


def load_portraits(split: str = "train", folder: str | os.PathLike | None = None) -> Dataset:
    """4,000 portraits, uint8 (4000, 32, 32, 3), with eleven attributes (ToonHead by Johan Melin, CC BY 4.0); no labels.

    Parameters
    ----------
    split
        "train", in the package, or "test": 1,000 portraits that no training has seen.
    folder
        Of the test set: where portraits_fresh.png and .csv are. Then $MINIGAN_DATA/portraits and $MINIGAN_DATA follow.

    Raises
    ------
    FileNotFoundError
        If the test set is not found; the message says where it was looked for and how to make it.
    """
    return read(FILES / "portraits.png") if split == "train" else read(_find(folder))


def read(sheet: Path) -> Dataset:
    """The portraits on this sheet, with the attributes in the csv beside it."""
    table, classes = _table(sheet), _classes()
    codes = {
        name: np.array([values.index(value) for value in table[name]], dtype=np.int64)
        for name, values in classes.items()
    }
    images = cut(sheet, SIDE)[: len(table["skin"])]
    return Dataset(images, None, "portraits", attributes=codes, attribute_classes=classes)


def _table(sheet: Path) -> dict[str, list[str]]:
    """Attribute -> the name of its value for each portrait on the sheet."""
    with open(sheet.with_suffix(".csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {name: COLORS.get(name, {}) | ALIKE.get(name, {}) for name in rows[0]}
    return {name: [known.get(row[name], row[name]) for row in rows] for name, known in names.items()}


def _classes() -> dict[str, tuple[str, ...]]:
    """The names of every attribute's values, from the training set, so that a code means the same in both sets."""
    table = _table(FILES / "portraits.png")
    return {
        name: tuple(COLORS[name].values()) if name in COLORS else tuple(sorted(set(values)))
        for name, values in table.items()
    }


def _find(folder: str | os.PathLike | None) -> Path:
    """The sheet of the test set, in the first place that has the right one."""
    searched = []
    for place in _places(folder):
        sheet = place / f"{TEST}.png"
        missing = [file.name for file in (sheet, sheet.with_suffix(".csv")) if not file.is_file()]
        problem = f"no {' and no '.join(missing)}" if missing else _problem(sheet)
        if not problem:
            return sheet
        searched.append(f"  {place}: {problem}")
    raise FileNotFoundError(
        "\n".join(
            [
                "portraits: the 1,000 test portraits are not part of the package, and were not found in",
                *(searched or ["  any folder: none was given, and MINIGAN_DATA is not set"]),
                "To make them:",
                f"  {MAKE} FOLDER 1000 4000 {TEST}",
                "then give that folder, or set MINIGAN_DATA to it",
            ]
        )
    )


def _places(folder: str | os.PathLike | None) -> list[Path]:
    root = os.environ.get("MINIGAN_DATA")
    found = [Path(folder).expanduser()] if folder is not None else []
    return found + ([Path(root).expanduser() / "portraits", Path(root).expanduser()] if root else [])


def _problem(sheet: Path) -> str:
    """What is wrong with these two files, or ""."""
    contents = {".png": cut(sheet, SIDE).tobytes(), ".csv": sheet.with_suffix(".csv").read_bytes()}
    wrong = [kind for kind, raw in contents.items() if hashlib.md5(raw, usedforsecurity=False).hexdigest() != MD5[kind]]
    return f"different or damaged: {' and '.join(TEST + kind for kind in wrong)}" if wrong else ""
