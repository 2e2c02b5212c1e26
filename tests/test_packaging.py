"""A wheel holds every file of the package: weights, data, tables, notebooks; and no more than Python can find there."""

import configparser
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def tracked(*folders):
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode or not listed.stdout:
        pytest.skip("this copy is not a checkout")
    return {Path(line) for line in listed.stdout.splitlines()}


def test_every_file_beside_the_code_is_named_as_data():
    named = set()
    for package, patterns in SETUP["options.package_data"].items():
        folder = Path(*package.split("."))
        named |= {path.relative_to(ROOT) for pattern in patterns.split() for path in (ROOT / folder).glob(pattern)}
    assert {path for path in tracked("minigan") if path.suffix != ".py"} <= named


def test_every_folder_with_code_is_a_package():
    """Otherwise find_packages leaves it out."""
    code = [path for path in tracked("minigan") if path.suffix == ".py"]
    assert {path.parent for path in code} == {path.parent for path in code if path.name == "__init__.py"}


def test_every_notebook_is_named_as_data():
    named = set()
    for patterns in SETUP["options.data_files"].values():
        named |= {path.relative_to(ROOT) for pattern in patterns.split() for path in ROOT.glob(pattern)}
    wanted = {path for path in tracked("notebooks") if path.suffix == ".ipynb"} | {Path("notebooks/microgan.py")}
    assert wanted <= named
