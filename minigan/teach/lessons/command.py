"""minigan notebooks: hand the lessons to the reader, or run them all."""

import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from minigan.teach.lessons.run import environment, run
from minigan.teach.lessons.shelf import copy_lessons, lessons

INSTALL = "pip install -e '.[notebooks]' in minigan's source folder, or pip install jupyterlab"


def hand_out(folder: Path, force: bool, view: bool) -> int:
    """Copy the lessons to `folder`, say what was done with each, and open Jupyter Lab there."""
    for name, done in copy_lessons(folder, force).items():
        print(f"  {folder / name}  {done}")
    if not view:
        return 0
    if not find_spec("jupyterlab"):
        print(
            f"\nJupyter Lab is not installed; to read the lessons: {INSTALL}\nAny other editor of notebooks will do as well."
        )
        return 0
    print(f"\nopening Jupyter Lab in {folder}; Ctrl-C ends it", flush=True)
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], env=environment()).returncode


def check_all(only: str | None) -> int:
    """Run each lesson as it stands and with its solutions; 0 if all is well, else 1."""
    if not find_spec("nbclient") or not find_spec("ipykernel"):
        raise ValueError(f"to run the lessons, nbclient and ipykernel are needed: {INSTALL} ipykernel nbclient")
    start, results = time.perf_counter(), []
    for lesson in lessons(only):
        results.append(run(lesson))
        print(results[-1], flush=True)
    failed = [result.name for result in results if result.flaws]
    total = sum(result.seconds for result in results)
    print(f"lessons: {len(results)}, {total:.0f} s to run them once, {time.perf_counter() - start:.0f} s in all")
    print(
        f"failed: {', '.join(failed)}" if failed else "every lesson runs, every stub and every solution is recognised"
    )
    return 1 if failed else 0
