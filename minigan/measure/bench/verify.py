"""Do both sides compute the same thing?  Asked before anything is timed, of the very processes that will be timed.

A fast step that computes something else is no faster.  So each contestant hands over its losses and every gradient of D's step
(with its penalty) and of G's step, from the same weights and the same batch, in float32.  They must agree to 1e-4 of the
network's largest gradient: sums of thousands of terms in another order differ by some 1e-6, a wrong term by far more.
"""

import tempfile
from pathlib import Path

import numpy as np

BOUND = 1e-4


def differences(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, float]:
    """name -> |ours - theirs| relative: a loss to itself (at least 1), a gradient to its network's largest; inf if missing."""
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


def _gradient(name):
    return name[:2] in ("D ", "G ")


def verify(workers: dict, ours: str) -> dict[str, dict[str, float]]:
    """Worker name -> its differences from the worker named `ours`."""
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
