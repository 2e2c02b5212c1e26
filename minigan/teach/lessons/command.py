"""The command `minigan notebooks`: copy the lessons for the reader, or run them all."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from minigan.teach.lessons.quick import quick
from minigan.teach.lessons.run import environment, run
from minigan.teach.lessons.shelf import copy_lessons, lessons
from minigan.teach.lessons.translate import translated_lessons

INSTALL = "pip install -e '.[notebooks]' in minigan's source folder, or pip install jupyterlab"


def hand_out(folder: Path, force: bool, view: bool, language: str = "en") -> int:
    """Copy the lessons to `folder`, print what was done with each, and open Jupyter Lab there if `view`; return the exit code."""
    translated = translated_lessons(lessons(), language) if language != "en" else {}
    for name, done in copy_lessons(folder, force, translated).items():
        print(f"  {folder / name}  {done}")
    if not view:
        return 0
    if not find_spec("jupyterlab"):
        print(f"\nJupyter Lab is not installed; to read the lessons: {INSTALL}\nAny other notebook editor works too.")
        return 0
    print(f"\nopening Jupyter Lab in {folder}; press Ctrl-C to stop it", flush=True)
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], env=environment()).returncode


def check_all(only: str | None, workers: int = 1) -> int:
    """Run each lesson twice, with stubs and with solutions, `workers` lessons at a time; return 0 if all pass, else 1.

    Each lesson has a process of its own.  Raises ValueError if a package is missing.
    """
    require_nbclient()
    start, results = time.perf_counter(), []
    with ThreadPoolExecutor(workers) as pool:
        for result in pool.map(run, lessons(only)):
            results.append(result)
            print(result, flush=True)
    failed = [result.name for result in results if result.flaws]
    total = sum(result.seconds for result in results)
    print(f"lessons: {len(results)}, {total:.0f} s to run them once, {time.perf_counter() - start:.0f} s in all")
    print(
        f"failed: {', '.join(failed)}" if failed else "every lesson runs, every stub and every solution is recognised"
    )
    return 1 if failed else 0


def count_all(only: str | None, seeds: int) -> int:
    """Count how often the statements of each lesson hold, at `seeds` seeds on one and on two threads, and store the counts.

    Returns 1 if a cell of a lesson raised an exception, else 0.  Raises ValueError if a package is missing or runs are shortened.
    """
    from minigan.teach.lessons.count import count, store

    require_nbclient()
    if quick():
        raise ValueError("a quick run says nothing about a training: unset MINIGAN_QUICK")
    worst = 0
    for path in lessons(only):
        counts, failed = count(path, seeds)
        store(counts)
        print(
            path.stem, *(f"{times} of {runs}: {statement}" for statement, (times, runs) in counts.items()), sep="\n  "
        )
        print(*(f"  FAILED {error}" for error in failed), sep="\n", flush=True)
        worst |= bool(failed)
    return worst


def require_nbclient() -> None:
    """Raise ValueError, with the command that installs them, unless the packages that run a notebook are there."""
    if not all(find_spec(name) for name in ("nbclient", "nbformat", "ipykernel")):
        raise ValueError(
            f"running the lessons needs nbclient, nbformat and ipykernel: {INSTALL} ipykernel nbclient nbformat"
        )
