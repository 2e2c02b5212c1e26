"""One process for each contestant: it builds its model, warms up, then runs a slice whenever it is told to, else it sleeps.

Two pools of threads in one process spoil each other (kernels/threads.py), and PyTorch and OpenBLAS both bring one.  So nobody
shares a process: `minigan bench` starts this file once for each contestant and drives it over a pipe, one JSON line a message.

    sides: minigan   the library           twin   the library on its plain NumPy twins, OpenBLAS with its own threads
           torch     the same in PyTorch   sgemm  one large matrix product: what this machine can reach at all
"""

import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np

from minigan import kernels
from minigan.measure.bench import calls, flops, kinks
from minigan.measure.bench.models import MODELS, scaling

SGEMM = 1536  # side of the product that shows the peak
REPEATS = 50  # of kernels on the same arguments: after more, Adam's moments of a zero gradient become denormal numbers


class Contestant:
    """What answers the messages.  spec: {"side", "model" or "scaling" or neither, to run single passes; torch: "variant"}."""

    def __init__(self, spec: dict):
        self.empty, self.side, self.last, self.benchmark = peak_memory(), spec["side"], 0.0, None
        if self.side == "sgemm":
            a, out = np.ones((2, SGEMM, SGEMM), np.float32), np.empty((SGEMM, SGEMM), np.float32)
            self.step = lambda: np.matmul(a[0], a[1], out=out)
        elif self.side == "torch":
            from minigan.measure.bench.peers import (
                Peer,  # the only place that leads to torch, and only in its own process
            )

            self.empty = peak_memory()  # PyTorch's import is not its model's memory
            self.benchmark = Peer(_build(spec), spec["variant"], int(spec["threads"]))
            self.step = self.benchmark.step
        elif "model" in spec or "scaling" in spec:
            self.benchmark = _build(spec)
            self.step = self.benchmark.step

    def clear(self, file: str) -> dict:
        """Write weights that are off the kinks, for all sides to be compared on (kinks.py)."""
        from safetensors.numpy import save_file

        before = self.benchmark.weights()
        kinks.clear(self.benchmark)
        save_file(self.benchmark.weights(), file)
        self.benchmark.load(before)
        return {}

    def answers(self, weights: str, file: str) -> dict:
        """Write the losses and gradients at these weights, and go back to one's own."""
        from safetensors.numpy import load_file, save_file

        before = self.benchmark.weights()
        self.benchmark.load(load_file(weights))
        save_file(self.benchmark.answers(), file)
        self.benchmark.load(before)
        return {}

    def count(self) -> dict:
        """Products of one step: 2 m n k for each, by the direct definition and as really multiplied."""
        if self.side == "sgemm":
            return {"direct": 2 * SGEMM**3, "real": 2 * SGEMM**3}
        return dict(zip(("direct", "real"), flops.count(self.step), strict=True))

    def step_once(self) -> dict:
        self.step()
        return {}

    def warm(self) -> dict:
        for _ in range(3):
            self.last = _timed(self.step)
        return {"ms": 1000 * self.last}

    def slice(self, seconds: float) -> dict:
        """Steps for at least that long, after one that wakes threads and caches, unless it would be a large share."""
        if self.last < seconds / 4:
            self.step()
        n, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds or n == 0:
            self.step()
            n += 1
        self.last = spent / n
        return {"ms": 1000 * self.last, "steps": n}

    def run_pass(self, kernel_calls: list, seconds: float) -> dict:
        """The kernels of one pass on fresh arguments of these shapes -> the fastest group of repetitions."""
        best, end, rng = float("inf"), time.perf_counter() + seconds, np.random.default_rng(0)
        while best == float("inf") or time.perf_counter() < end:
            made = [(getattr(kernels, name), calls.make(name, arguments, rng)) for name, arguments in kernel_calls]
            once = _timed(lambda made=made: [kernel(*arguments) for kernel, arguments in made])
            n = max(1, min(REPEATS, int(seconds / 4 / once)))
            repeats = made * n
            best = min(best, _timed(lambda made=repeats: [kernel(*arguments) for kernel, arguments in made]) / n)
        return {"ms": 1000 * best}

    def memory(self) -> dict:
        """Megabytes at the peak, above what the bare imports take."""
        return {"megabytes": peak_memory() - self.empty}


def _build(spec):
    return scaling(**spec["scaling"]) if "scaling" in spec else MODELS[spec["model"]][0]()


def _timed(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rest(limit: float = 1.0) -> None:
    """Wait until this process uses no processor: idle BLAS and OpenMP threads spin for a while, and would spoil the next turn."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(0.02)
        if time.process_time() - before < 0.002:
            return


def peak_memory() -> float:
    """The largest resident memory of this process so far, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss can remember the parent's memory
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def serve(spec: dict, messages: TextIO, replies: TextIO) -> None:
    """Answer each message {"do": verb, ...} by one line; an exception becomes {"error": text}.  Ends with the input."""

    def reply(work):
        cpu = time.process_time()
        try:
            answer = work()
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0][:300]}
        rest()
        print(json.dumps(answer | {"cpu": time.process_time() - cpu}), file=replies, flush=True)

    made = []
    twin = kernels.use("reference" if spec["side"] == "twin" else "fast")
    with twin:
        reply(lambda: made.append(Contestant(spec)) or {})
        for line in messages:
            message = json.loads(line)
            reply(lambda message=message: getattr(made[0], message.pop("do"))(**message))


if __name__ == "__main__":
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a compiler prints must not get between the replies
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(json.loads(sys.argv[1]), sys.stdin, replies)
