"""Do all contestants compute the same results?  Checked before anything is timed, in the processes that will be timed.

A step that computes something else is not faster.  So each contestant reports its losses and all gradients of D's step (with its
penalty) and of G's step, from the same weights and the same batch, in float32.  They must agree to 1e-4 of the network's largest
gradient: sums of thousands of terms in a different order differ by about 1e-6, a wrong term by far more.
"""

import tempfile
from pathlib import Path

import numpy as np

from minigan.measure.bench.timing import Worker

BOUND = 1e-4


def differences(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, float]:
    """max |ours - theirs| / scale for each name; inf if a term is missing, has another shape or is not finite.

    The scale of a loss is its own size (at least 1); that of a gradient is the largest gradient of its network.
    """
    scale: dict[str, float] = {}
    for name, value in ours.items():
        scale[name[0]] = max(scale.get(name[0], 0.0), float(np.abs(value).max())) if _gradient(name) else 0.0
    found = dict.fromkeys(theirs.keys() - ours.keys(), float("inf"))
    for name, value in ours.items():
        if name not in theirs or theirs[name].shape != value.shape:
            found[name] = float("inf")
            continue
        reference = scale[name[0]] if _gradient(name) else max(1.0, abs(float(value)))
        error = float(np.abs(value.astype(np.float64) - theirs[name]).max()) / (reference or 1.0)
        found[name] = error if np.isfinite(error) else float("inf")
    return found


def _gradient(name: str) -> bool:
    return name[:2] in ("D ", "G ")


def verify(workers: dict[str, Worker], ours: str) -> dict[str, dict[str, float]]:
    """For each other worker, its `differences` from the worker named `ours`."""
    from safetensors.numpy import load_file

    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = str(Path(folder) / "weights.safetensors")
        workers[ours].ask("clear", file=weights)
        for i, (name, worker) in enumerate(workers.items()):
            file = str(Path(folder) / f"{i}.safetensors")
            worker.ask("answers", weights=weights, file=file)
            answers[name] = {key: value.copy() for key, value in load_file(file).items()}
    return {name: differences(answers[ours], theirs) for name, theirs in answers.items() if name != ours}
