"""The table of a run for other programs: a CSV file for a spreadsheet or pandas, or scalars for TensorBoard."""

import csv
import io
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from minigan.running.files import atomic_write
from minigan.running.rows import HEAD
from minigan.running.run import Run

INSTALL = "pip install 'minigan[tensorboard]'"


def columns(run: Run) -> list[str]:
    """The names in the rows of a run, in the order in which they first appear.  Raises ValueError for a run without rows."""
    names = list(dict.fromkeys(name for row in run.trainer.rows for name in row))
    if not names:
        what = "is not a run, so it has" if run.model else "has"
        raise ValueError(f"{run.model or run.out} {what} no table: give the folder of a run that was trained")
    return names


def write_csv(run: Run, path: str | os.PathLike) -> int:
    """Write a line for each row, below the names; what was not measured at a step is left empty -> the number of rows."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns(run), lineterminator="\n"
    )  # a float with all the digits that tell it from others
    writer.writeheader()
    writer.writerows(run.trainer.rows)
    atomic_write(path, text.getvalue())
    return len(run.trainer.rows)


def write_tensorboard(run: Run, folder: str | os.PathLike) -> Path:
    """Write every number of every row as a scalar of TensorBoard, at its step and at the time it was measured -> the file.

    Raises ValueError if tensorboardX is not installed, FileExistsError if the folder has such a log already: TensorBoard would
    draw both as one curve.
    """
    if find_spec("tensorboardX") is None:
        raise ValueError(f"TensorBoard's files are written by tensorboardX, which is not installed: {INSTALL}")
    from tensorboardX import SummaryWriter

    names, folder, rows = [name for name in columns(run) if name not in HEAD], Path(folder), run.trainer.rows
    if found := sorted(folder.glob("events.out.tfevents.*")):
        raise FileExistsError(f"{found[0]} is a log of TensorBoard already: choose another folder, or delete it")
    start = (run.trainer.checkpoint_path.stat().st_mtime if run.recorded else 0) - rows[-1].get("seconds", 0)
    with tempfile.TemporaryDirectory() as temporary:
        with SummaryWriter(temporary) as writer:
            for row in rows:
                for name in names:
                    if name in row:
                        writer.add_scalar(name, row[name], row["step"], start + row.get("seconds", 0))
        (written,) = Path(temporary).glob("events.out.tfevents.*")
        atomic_write(folder / written.name, written.read_bytes())
    return folder / written.name
