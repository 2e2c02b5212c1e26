"""Runs that the tests of the command line share."""

import numpy as np
import pytest
from PIL import Image

from cli import TINY
from minigan import cli


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A finished run of three steps, in a folder whose name has a letter that not every terminal knows."""
    out = tmp_path_factory.mktemp("runs") / "é"
    assert cli.main(["train", *TINY, "--data", "digits8", "--seed", "5", "--out", str(out)]) == 0
    return out


@pytest.fixture
def damaged(digits, tmp_path):
    """A copy of the run, to be damaged."""
    for name in ("config.toml", "checkpoint.safetensors", "run.jsonl"):
        (tmp_path / name).write_bytes((digits / name).read_bytes())
    return tmp_path


@pytest.fixture(scope="session")
def pets(tmp_path_factory):
    """A finished conditional run on a folder with two sub-folders of pictures, cats and dogs."""
    data = pictures(tmp_path_factory.mktemp("pets"), "cats", "dogs")
    out = tmp_path_factory.mktemp("runs") / "pets"
    argv = ["train", *TINY, "--data", data, "--size", "8", "--batch", "5", "--out", str(out)]
    assert cli.main(argv) == 0
    return out


def pictures(folder, *classes):
    """A folder of coloured noise, one subfolder a class."""
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(5):
            Image.fromarray(rng.integers(256, size=(9 + i, 12, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return f"folder:{folder}"
