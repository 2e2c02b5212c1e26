"""What would more ranks save?  Measure the parts of a shared step, predict the step on R ranks, and compare with the step on 1, 2 and 4.

    T(R) = max(1, R / cores) (c0 + c1 N / R + d N) + sum over Allreduces of A(b, R)
    A(b, R) = 2 ceil(log2 R) alpha + 2 (R - 1) / R b beta           Thakur, Rabenseifner and Gropp 2005, sec. 4.5

c0 + c1 n  a step on n samples, by one process             alpha  seconds until the first byte of a message arrives
d          drawing the noise of one sample: each rank      beta   seconds a byte, with the time to add it
           draws that of the whole batch                   b      bytes: the gradients of D and of G, and two small ones

All times are the least of several, since other processes only add to them.  c0, c1 and d are CPU time, which does not count the
time in which others have the core.  `minigan bench --ranks` starts mpiexec for 1, 2 and 4 ranks of one thread each; it needs
`pip install 'minigan[mpi]'`.  alpha and beta come from 2 ranks on this machine; ranks on several machines have those of their
network, see docs/scaling.md.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigan.kernels.parallel.pool import cores
from minigan.running.job import count, rank

COUNTS = (1, 2, 4)
PREDICTED = (2, 4, 8, 16, 64, 256, 1024)
BYTES = tuple(8 << k for k in range(0, 22, 3))  # 8 B to 16 MB
HEAD: tuple[str, ...] = (
    "ranks",
    "samples each",
    "CPU ms each",
    "predicted",
    "off",
    "ms a step",
    "predicted",
    "off",
    "speed-up",
)
AHEAD: tuple[str, ...] = ("ranks", "ms, batch shared", "speed-up", "ms, batch each", "of ideal")


def measure(batch: int, seconds: float) -> dict[str, Any]:
    """The parts of a step, from one job of mpiexec for each number of ranks -> what `predict` needs, and the steps themselves.

    Raises ValueError without mpiexec or mpi4py.
    """
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if (mpiexec := shutil.which("mpiexec", path=here)) is None:
        raise ValueError("bench --ranks needs mpiexec: pip install 'minigan[mpi]'")
    found: dict[int, Any] = {}
    for n in COUNTS:
        command = [mpiexec, "-n", str(n), sys.executable, "-m", __spec__.name, str(batch), str(seconds)]
        environment = {**os.environ, "MINIGAN_THREADS": "1"}
        job = subprocess.run(command, capture_output=True, text=True, env=environment)
        if job.returncode:
            raise ValueError(f"the job of {n} ranks failed: {job.stderr.strip().splitlines()[-1:] or job.returncode}")
        found[n] = json.loads(job.stdout.splitlines()[-1])
    samples, times = np.array(found[1]["compute"]).T
    c1, c0 = np.polyfit(samples, times, 1)
    alpha, beta = fit_network(found[2]["allreduce"])
    parts = {"c0": c0, "c1": c1 - found[1]["draw"], "d": found[1]["draw"], "alpha": alpha, "beta": beta}
    steps = {n: one["step"] for n, one in found.items()}
    return {"batch": batch, "cores": cores(), "parts": parts, "bytes": found[1]["bytes"], "steps": steps}


def fit_network(times: list[tuple[int, float]]) -> tuple[float, float]:
    """(bytes, seconds) of Allreduces on 2 ranks, A = 2 alpha + b beta -> alpha, beta, by least squares of the relative error."""
    b, t = np.array(times, float).T
    (two_alpha, beta), *_ = np.linalg.lstsq(np.stack([1 / t, b / t], axis=1), np.ones(len(t)), rcond=None)
    return max(two_alpha / 2, 0.0), max(beta, 0.0)


def allreduce(b: float, R: int, alpha: float, beta: float) -> float:
    """A(b, R) = 2 ceil(log2 R) alpha + 2 (R - 1) / R b beta, in seconds; 0 for one rank."""
    return 2 * math.ceil(math.log2(R)) * alpha + 2 * (R - 1) / R * b * beta


def compute(found: Mapping[str, Any], R: int, N: int) -> float:
    """c0 + c1 N / R + d N: CPU seconds of each of R ranks in a step on a batch of N."""
    part = found["parts"]
    return part["c0"] + part["c1"] * N / R + part["d"] * N


def predict(found: Mapping[str, Any], R: int, N: int, cores: float = math.inf) -> float:
    """Seconds of a step of R ranks on a batch of N; with fewer cores than ranks they take turns."""
    part = found["parts"]
    sums = sum(allreduce(b, R, part["alpha"], part["beta"]) for b in found["bytes"])
    return max(1.0, R / cores) * compute(found, R, N) + sums


def measured_cells(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The table of the steps that were measured, CPU time and time, each beside its prediction."""
    rows, N, one = [HEAD], found["batch"], found["steps"][1][0]
    for R, (seconds, cpu) in found["steps"].items():
        row = [f"{R}", f"{N / R:g}"]
        for measured, expected in ((cpu, compute(found, R, N)), (seconds, predict(found, R, N, found["cores"]))):
            row += [f"{1e3 * measured:.3g}", f"{1e3 * expected:.3g}", f"{100 * (expected / measured - 1):+.0f} %"]
        rows.append((*row, f"{one / seconds:.2f}"))
    return rows


def predicted_cells(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The table of predictions, a core for each rank: N samples shared by all ranks, and N samples on each."""
    rows, N, one = [AHEAD], found["batch"], predict(found, 1, found["batch"])
    for R in PREDICTED:
        shared = f"{1e3 * predict(found, R, N):.3g}", f"{one / predict(found, R, N):.1f}"
        each = predict(found, R, R * N)
        rows.append((f"{R}", *(shared if R <= N else ("-", "-")), f"{1e3 * each:.3g}", f"{100 * one / each:.0f} %"))
    return rows


# ---- in the job ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Measure in each rank of a job, and print what rank 0 found as JSON."""
    batch, seconds = int(sys.argv[1]), float(sys.argv[2])
    from minigan.kernels.parallel import ranks

    found: dict[str, Any] = {}
    if count() == 1:
        found["compute"] = [(n, _step(n, seconds)[1]) for n in (batch // 4, batch // 2)]
        found["draw"] = _draw(batch, seconds)
    found["step"] = _step(batch, seconds)
    if count() == 1:
        found["compute"].append((batch, found["step"][1]))
    trainer = _trainer(batch)
    game = trainer.game
    scalars = 8 * (4 + len(game.optimizers))
    found["bytes"] = [*(net.grad.nbytes for net in game.networks.values()), scalars, 8]
    if count() > 1:
        found["allreduce"] = []
        for b in BYTES:
            a = np.zeros(b // 8)
            found["allreduce"].append((b, _time(lambda a=a: ranks.all_reduce(a), seconds / 8)[0]))  # type: ignore[misc]
        ranks.set_done(True)
    if rank() == 0:
        print(json.dumps(found), flush=True)


def _trainer(batch: int) -> Any:
    """The default recipe on the embedded digits, in memory."""
    from minigan.running.build import build
    from minigan.zoo import gan

    return build(gan, gan.Options(batch=batch, steps=1 << 30))


def _step(batch: int, seconds: float) -> tuple[float, float]:
    """(seconds, CPU seconds) of a shared step on a batch, after its kernels were compiled."""
    from minigan.running import ranks

    trainer = _trainer(batch)
    ranks.share(trainer)
    return _time(trainer.step, seconds)


def _draw(batch: int, seconds: float) -> float:
    """The time that the noise of one sample takes in a step: D's z and G's."""
    game, rng = _trainer(batch).game, np.random.default_rng(0)
    return 2 * _time(lambda: game.prior(4096, game.latent, rng), seconds / 4)[1] / 4096


def _time(call: Callable[[], object], seconds: float) -> tuple[float, float]:
    """The least (seconds, CPU seconds) of several calls, of which all ranks make the same number."""
    for _ in range(2):
        call()
    started = time.perf_counter()
    call()
    once = np.array([time.perf_counter() - started])
    if count() > 1:
        from minigan.kernels.parallel import ranks

        ranks.all_reduce(once, largest=True)
    times = []
    for _ in range(min(10_000, max(5, int(seconds / once[0])))):
        started, cpu = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - started, time.process_time() - cpu))
    least, least_cpu = np.min(times, axis=0).tolist()
    return least, least_cpu


if __name__ == "__main__":
    main()
