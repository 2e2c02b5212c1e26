"""The process of one contestant: it builds a model, warms up, and runs a slice of steps on request; otherwise it sleeps.

Two thread pools in one process slow each other down (kernels/parallel/threads.py), and PyTorch and OpenBLAS each have one.  So
each contestant has its own process: `minigan bench` starts this file once for each of them and sends requests over a pipe, one
line of JSON per message.

    sides: minigan   the library           twin   the library with its plain NumPy twins and OpenBLAS's own threads
           torch     the same in PyTorch   sgemm  one large matrix product: the peak of this machine
"""

import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from minigan import kernels
from minigan.measure.bench import calls, features, flops, kinks
from minigan.measure.bench.models import MODELS, Benchmark, scaling

SGEMM = 1536  # size of the matrix product that measures the peak
REPEATS = (
    50  # of a kernel on the same arguments; with more, Adam's moments for a zero gradient would become denormal numbers
)


class Contestant:
    """The methods that requests can call.

    spec: {"side", "threads"}, and "model" or "scaling" for a training step, "features", "batch" and "pass" for VGG-16 (none of
    these: single passes only), "variant" for torch.
    """

    benchmark: Any  # a Benchmark or a Peer
    features: Any  # VGG-16 in either library
    step: Callable[[], object]

    def __init__(self, spec: dict[str, Any]):
        self.empty, self.side, self.last = peak_memory(), spec["side"], 0.0
        if self.side == "sgemm":
            a, out = np.ones((2, SGEMM, SGEMM), np.float32), np.empty((SGEMM, SGEMM), np.float32)
            self.step = lambda: np.matmul(a[0], a[1], out=out)
        elif "features" in spec:
            self.features = features.TorchFeatures(spec) if self.side == "torch" else features.Features(spec)
            self.step = self.features.step
        elif self.side == "torch":
            from minigan.measure.bench.peers import Peer  # the only import that leads to torch

            self.empty = peak_memory()  # PyTorch's import is not its model's memory
            self.benchmark = Peer(_build(spec), spec["variant"], int(spec["threads"]))
            self.step = self.benchmark.step
        elif "model" in spec or "scaling" in spec:
            self.benchmark = _build(spec)
            self.step = self.benchmark.step

    def clear(self, file: str) -> dict[str, Any]:
        """Write weights at which no side is near a kink (kinks.py), for the comparison."""
        from safetensors.numpy import save_file

        before = self.benchmark.weights()
        kinks.clear(self.benchmark)
        save_file(self.benchmark.weights(), file)
        self.benchmark.load(before)
        return {}

    def answers(self, weights: str, file: str) -> dict[str, Any]:
        """Write the losses and gradients at these weights, then restore the current ones."""
        from safetensors.numpy import load_file, save_file

        before = self.benchmark.weights()
        self.benchmark.load(load_file(weights))
        save_file(self.benchmark.answers(), file)
        self.benchmark.load(before)
        return {}

    def feature_answers(self, file: str) -> dict[str, Any]:
        """Write VGG-16's features of a small image and their gradient, in float64."""
        from safetensors.numpy import save_file

        save_file(self.features.answers(), file)
        return {}

    def count(self) -> dict[str, Any]:
        """Operations of one step in matrix products, by definition and as executed (flops.py)."""
        if self.side == "sgemm":
            return {"direct": 2 * SGEMM**3, "real": 2 * SGEMM**3}
        return dict(zip(("direct", "real"), flops.count(self.step), strict=True))

    def step_once(self) -> dict[str, Any]:
        """Run one step, which compiles what needs compiling."""
        self.step()
        return {}

    def warm(self) -> dict[str, Any]:
        """Run three steps -> milliseconds of the last."""
        for _ in range(3):
            self.last = _timed(self.step)
        return {"ms": 1000 * self.last}

    def slice(self, seconds: float) -> dict[str, Any]:
        """Run steps for at least this long -> milliseconds of a step, and their number.

        If steps are short, an extra one runs first, to wake the threads and fill the caches.
        """
        if self.last < seconds / 4:
            self.step()
        n, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds or n == 0:
            self.step()
            n += 1
        self.last = spent / n
        return {"ms": 1000 * self.last, "steps": n}

    def run_pass(self, kernel_calls: list, seconds: float) -> dict[str, Any]:
        """Run the kernels of one pass on new arguments of these shapes -> milliseconds in the fastest group of repetitions."""
        best, end, rng = float("inf"), time.perf_counter() + seconds, np.random.default_rng(0)
        while best == float("inf") or time.perf_counter() < end:
            made = [(getattr(kernels, name), calls.make(name, arguments, rng)) for name, arguments in kernel_calls]
            once = _timed(lambda made=made: [kernel(*arguments) for kernel, arguments in made])
            n = max(1, min(REPEATS, int(seconds / 4 / once)))
            repeats = made * n
            best = min(best, _timed(lambda made=repeats: [kernel(*arguments) for kernel, arguments in made]) / n)
        return {"ms": 1000 * best}

    def memory(self) -> dict[str, Any]:
        """Peak memory in megabytes, without that of the imports."""
        return {"megabytes": peak_memory() - self.empty}


def _build(spec: dict[str, Any]) -> Benchmark:
    return scaling(**spec["scaling"]) if "scaling" in spec else MODELS[spec["model"]][0]()


def _timed(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rest(limit: float = 1.0) -> None:
    """Wait until this process is idle: BLAS and OpenMP threads spin for a while after their work and would disturb the next turn."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(0.02)
        if time.process_time() - before < 0.002:
            return


def peak_memory() -> float:
    """The peak resident memory of this process so far, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss may include the parent's memory
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def serve(spec: dict[str, Any], messages: TextIO, replies: TextIO) -> None:
    """Answer each message {"do": method, ...} with one line; an exception becomes {"error": text}.  Returns at the end of the input."""

    def reply(work: Callable[[], dict[str, Any]]) -> None:
        cpu = time.process_time()
        try:
            answer = work()
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0][:300]}
        rest()
        print(json.dumps(answer | {"cpu": time.process_time() - cpu}), file=replies, flush=True)

    made: list[Contestant] = []

    def build() -> dict[str, Any]:
        made.append(Contestant(spec))
        return {}

    def answer(message: dict[str, Any]) -> dict[str, Any]:
        return getattr(made[0], message.pop("do"))(**message)

    with kernels.use("reference" if spec["side"] == "twin" else "fast"):
        reply(build)
        for line in messages:
            message = json.loads(line)
            reply(partial(answer, message))


if __name__ == "__main__":
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # so that other output, such as a compiler's, does not mix with the replies
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(json.loads(sys.argv[1]), sys.stdin, replies)
