"""Tiny benchmarks, so the tests do not wait for real training steps."""

import json
import sys
from functools import partial
from types import ModuleType

import numpy as np
import pytest

from minigan import kernels
from minigan.game import GAN
from minigan.layers import Dense, LeakyReLU
from minigan.losses import wasserstein
from minigan.measure.bench import models
from minigan.measure.bench.models import Benchmark
from minigan.measure.bench.timing import WorkerError
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import WganGp


def _tiny(critic=False) -> Benchmark:
    rng = np.random.default_rng(0)
    G = Sequential(Dense(3, 5), LeakyReLU(0.2), Dense(5, 2), rng=rng)
    D = Sequential(Dense(2, 7), LeakyReLU(0.2), Dense(7, 1), rng=rng)
    x, z = rng.standard_normal((4, 2), np.float32), tuple(rng.standard_normal((2, 4, 3), np.float32))
    penalties = [WganGp(lam=10.0)] if critic else []
    return Benchmark(GAN(G, D, wasserstein, penalties, Adam(G, 1e-7), Adam(D, 1e-7), 3), x, z, critic)


@pytest.fixture
def tiny():
    """tiny(critic=False): points, G 3-5-2, D 2-7-1, batch 4."""
    return _tiny


@pytest.fixture
def only_tiny(monkeypatch):
    """In this process, `minigan bench` has two models, both tiny."""
    chosen = {"tiny": (_tiny, "points"), "tiny_critic": (partial(_tiny, critic=True), "points, one critic step")}
    monkeypatch.setattr(models, "MODELS", chosen)
    for module in ("worker", "compare", "layers"):
        monkeypatch.setattr(f"minigan.measure.bench.{module}.MODELS", chosen)
    return chosen


class Here:
    """A worker without a process of its own: this process answers the same messages."""

    def __init__(self, side, threads, **spec):
        from minigan.measure.bench.worker import Contestant

        self.side, self.spec, self.closed = side, spec, False
        try:
            self.made = Contestant({"side": side, "threads": threads, **spec})
        except ImportError as error:
            raise WorkerError(str(error)) from error

    def ask(self, do, **message):
        message = json.loads(json.dumps(message))  # only what JSON can hold goes through a pipe
        with kernels.use("reference" if self.side == "twin" else "fast"):
            return {"cpu": 0.0} | getattr(self.made, do)(**message)

    def close(self):
        self.closed = True


class Pretender:
    """The library itself, in place of PyTorch.  The variant `wrong` computes different gradients; `broken` cannot be built."""

    def __init__(self, benchmark, variant, threads):
        if variant == "broken":
            raise ImportError("no compiler here")
        self.made, self.variant, self.step = benchmark, variant, benchmark.step
        self.weights, self.load = benchmark.weights, benchmark.load

    def answers(self):
        found = self.made.answers()
        return found | ({"D 0 W": found["D 0 W"] + 1} if self.variant == "wrong" else {})


@pytest.fixture
def in_process(monkeypatch, only_tiny):
    """No processes, tiny models, a tiny peak; in_process(*variants) pretends that PyTorch is installed and has these variants."""
    for module in ("compare", "layers", "scaling"):
        monkeypatch.setattr(f"minigan.measure.bench.{module}.Worker", Here)
    monkeypatch.setattr("minigan.measure.bench.worker.SGEMM", 8)
    monkeypatch.setattr("minigan.measure.bench.timing.busy_seconds", lambda: None)  # tests run on busy machines
    fake = ModuleType("minigan.measure.bench.peers")
    fake.Peer = Pretender
    monkeypatch.setitem(sys.modules, "minigan.measure.bench.peers", fake)

    def pretend(*names):
        monkeypatch.setattr("minigan.measure.bench.compare.has_torch", lambda: bool(names))
        monkeypatch.setattr("minigan.measure.bench.compare.variants", lambda benchmark, quick: list(names))

    pretend()
    return pretend
