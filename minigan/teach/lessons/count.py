"""How often a lesson's statements about its trainings hold: at several seeds, on one thread and on two.

A training that goes well at one seed can go wrong at the next, and another number of threads rounds differently.  So a lesson prints
such statements (`usually`), with how often each held when its authors ran the lesson like this.  The counts are in held.json.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from minigan.running.files import atomic_write
from minigan.teach.lessons.quick import HELD, RECORD, held
from minigan.teach.lessons.run import code, execute, notebook_of

# every generator of the lesson and of the library gets the number of the run as one more part of its seed
SHIFT = """
import numpy as np
_default_rng = np.random.default_rng
def _shifted(seed=None):
    whole = np.size(seed) and np.asarray(seed).dtype.kind in "iu"
    return _default_rng([*np.atleast_1d(seed).tolist(), {run}] if whole else seed)
np.random.default_rng = _shifted
"""


def run_at(path: Path, seed: int, threads: int) -> tuple[list[tuple[str, bool]], list[str]]:
    """Run a lesson once -> ([(statement, does it hold), ...], the errors of its cells).  Seed 0 is the lesson as it is."""
    import nbformat

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    made = [code(cell) for cell in cells if cell["cell_type"] == "code"]
    if seed:
        made.insert(0, nbformat.v4.new_code_cell(SHIFT.format(run=seed)))
    notebook = notebook_of(made)
    with tempfile.TemporaryDirectory(prefix="minigan-count-") as folder:
        record = Path(folder) / "statements"
        execute(notebook, folder, {RECORD: str(record), "MINIGAN_THREADS": str(threads)}, allow_errors=True)
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return [tuple(json.loads(line)) for line in lines], list(errors(notebook.cells))


def errors(cells: list) -> Iterator[str]:
    """The exceptions of cells that were run, each with the line that raised it."""
    for cell in cells:
        for out in cell.outputs:
            if out.output_type == "error":
                yield f"{out.ename}: {out.evalue}".rstrip(": ") + f"  in the cell that begins {cell.source[:60]!r}"


def count(path: Path, seeds: int) -> tuple[dict[str, list[int]], list[str]]:
    """Run a lesson at `seeds` seeds on one thread and on two -> {statement: [how often it held, runs]}, and all errors."""
    yes: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    failed = []
    for seed in range(seeds):
        for threads in (1, 2):
            statements, wrong = run_at(path, seed, threads)
            failed += [f"seed {seed}, threads {threads}: {error}" for error in wrong]
            for statement, holds in statements:
                runs[statement] += 1
                yes[statement] += holds
    return {statement: [yes[statement], n] for statement, n in runs.items()}, failed


def store(counts: dict[str, list[int]]) -> None:
    """Add these counts to held.json, in place of older ones of the same statements, one line for each."""
    rows = [f"{json.dumps(name, ensure_ascii=False)}: {pair}" for name, pair in sorted((held() | counts).items())]
    held.cache_clear()
    atomic_write(HELD, "{\n" + ",\n".join(rows) + "\n}\n")
