"""Read a run's checkpoint back: everything that its next step depends on, or nothing.

A stranger may have written the file.  So the metadata are checked entry by entry, and the weights are copied last: a checkpoint
that is refused leaves them as they were.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data.identity import compare
from minigan.running import checkpoint
from minigan.running import rows as log
from minigan.running.place import LOG, shown

NEEDED = ("step", "seconds", "rng", "counts", "averages")  # in the meta of a run's checkpoint


def restore(
    recorder: Any, loaded: tuple[dict[str, np.ndarray], dict] | None = None, changed_data: bool = False
) -> tuple[int, float, list[dict]]:
    """Restore game, source and rng from the checkpoint -> its step, its seconds, the rows up to it.  Files do not change.

    Parameters
    ----------
    recorder : the Recorder of the run
    loaded : (arrays, meta) of the checkpoint, if it has been read already
    changed_data : with other data than those the run was trained on, warn instead of raising ValueError

    A checkpoint of a version that did not store the data's identity is restored with any data of the right shape.
    """
    mine = recorder.game.arrays()
    arrays, meta = loaded or checkpoint.load(recorder.checkpoint_path)
    if missing := [name for name in NEEDED if name not in meta]:
        raise checkpoint.CheckpointError(
            f"{recorder.checkpoint_path} is not the checkpoint of a run: it does not say {', '.join(missing)}"
        )
    if "data" in meta:
        with _sound(recorder.checkpoint_path):
            if not all(isinstance(name, str) for name in dict(meta["data"]).get("names", ())):
                raise TypeError("a name of a class that is not a text")
        compare(meta["data"], recorder.source.identity(), changed_data)
    checkpoint.compare(recorder.checkpoint_path, arrays, mine)
    with _sound(recorder.checkpoint_path):
        _restore(recorder, meta)
    if meta["step"] > recorder.steps:
        warnings.warn(
            f"{shown(recorder.checkpoint_path.parent)} is at step {meta['step']} already, so a run of steps={recorder.steps} has "
            f"nothing left to do: ask for more than {meta['step']} steps to train on",
            stacklevel=4,
        )
    for name, array in arrays.items():  # last: a checkpoint that is refused leaves the weights as they were
        mine[name][...] = array
    rows = log.read_rows(recorder.checkpoint_path.with_name(LOG))
    return meta["step"], meta["seconds"], [row for row in rows if row["step"] <= meta["step"]]


def _restore(recorder: Any, meta: dict) -> None:
    """All but the arrays.  Raises an error of any kind if something in meta is not what `save` writes."""
    _count(meta["step"])
    if not 0 <= meta["seconds"] < math.inf:
        raise ValueError(f"seconds = {meta['seconds']}")
    recorder.source.restore(meta["source"] if "source" in meta else meta["order"])  # "order": in older checkpoints
    recorder.game.restore(meta.get("game", {}))
    recorder.rng.bit_generator.state = meta["rng"]
    for name, opt in recorder.game.optimizers.items():
        opt.t = _count(meta["counts"][name])
    for name, ema in recorder.game.averages.items():
        ema.t = _count(meta["averages"][name])
    recorder.shares = _count(meta["shares"], 1) if meta.get("shares") is not None else recorder.shares
    recorder.facts = recorder.facts or dict(meta.get("run", {}))
    kept = meta.get("epochs", {"length": recorder.epoch, "since": 0, "before": 0.0})
    recorder.since, recorder.before = _count(kept["since"]), float(kept["before"])
    if _count(kept["length"], 1) != recorder.epoch:  # the batch has another size from here on
        recorder.since, recorder.before = meta["step"], kept["before"] + (meta["step"] - kept["since"]) / kept["length"]
    if not 0 <= recorder.before < math.inf:
        raise ValueError(f"{recorder.before} epochs")


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Turn what is raised by metadata of a wrong kind into a CheckpointError that names the file."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise checkpoint.CheckpointError(
            f"{path} is not the checkpoint of this run: its metadata do not fit ({reason})"
        ) from error


def _count(n: Any, least: int = 0) -> int:
    """A whole number that is at least `least`, as it is.  Raises ValueError."""
    if type(n) is not int or not least <= n < 2**63:
        raise ValueError(f"expected a whole number >= {least}, got {str(n)[:40]!r}")
    return n
