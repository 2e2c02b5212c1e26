"""Which kernels does a step call, with which shapes?  Run one step and record each call.

Unlike a list kept by hand, this stays correct when the models change.  `listening` wraps each kernel; `recorded` groups the
calls by layer and pass; `make` creates arguments of the same shapes, so layers.py can time each pass alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers import Layer
from minigan.measure.bench.models import Benchmark

NOT_KERNELS = {"check_vectors", "get_shares", "get_threads", "set_threads", "use"}
KERNELS = [name for name in kernels.__all__ if name not in NOT_KERNELS]
PASSES = {"forward": "forward", "backward": "dx", "accumulate": "dW", "learn": "dx and dW", "tangent": "tangent"}


@dataclass
class Pass:
    """One verb of one layer, and the kernels it calls.

    calls: [(kernel, arguments)], with each array described by {"shape", "order"}.  models: the models in which the pass occurs.
    """

    layer: str
    verb: str
    calls: list[tuple[str, list]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Equal for passes that do the same work."""
        return f"{self.layer} {self.verb} {self.calls}"


@contextmanager
def listening(listener: Callable[[str, Callable, tuple], Any]) -> Iterator[None]:
    """A context in which each kernel call becomes listener(name, kernel, args); the listener calls the kernel."""
    before = {name: getattr(kernels, name) for name in KERNELS}

    def wrapped(name: str, function: Callable) -> Callable:
        return lambda *args: listener(name, function, args)  # kernels are called with positional arguments

    for name, function in before.items():
        setattr(kernels, name, wrapped(name, function))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(kernels, name, function)


def recorded(benchmark: Benchmark) -> list[Pass]:
    """Run one step -> its distinct passes that call a kernel, in order."""
    seen: dict[str, Pass] = {}
    running: list[Pass] = []

    def keep(made: Pass) -> None:
        if made.calls:
            seen.setdefault(made.key, made)

    def listener(name: str, function: Callable, args: tuple) -> Any:
        call = (name, [describe(a) for a in args])
        if running:
            running[-1].calls.append(call)
        else:
            keep(Pass("optimizer", "step", [call]))
        return function(*args)

    layers = [layer for net in (benchmark.G, benchmark.D) for top in net.layers for layer in top.walk()]
    with listening(listener), _naming(layers, running, keep):
        benchmark.step()
    return list(seen.values())


@contextmanager
def _naming(layers: list[Layer], running: list[Pass], keep: Callable[[Pass], None]) -> Iterator[None]:
    """A context in which the current pass is on top of the stack `running`; keep(pass) is called when a pass ends."""

    def wrapped(layer: Layer, verb: str, method: Callable) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            running.append(Pass(repr(layer), PASSES[verb]))
            try:
                return method(*args, **kwargs)
            finally:
                keep(running.pop())

        return call

    for layer in layers:
        for verb in PASSES:
            setattr(layer, verb, wrapped(layer, verb, getattr(layer, verb)))
    try:
        yield
    finally:
        for layer in layers:
            for verb in PASSES:
                delattr(layer, verb)  # restores the method of the class


def describe(a: Any) -> Any:
    """An array -> its shape and the order of its axes in memory (weights may be transposed); other values are unchanged."""
    if isinstance(a, np.ndarray):
        return {"shape": list(a.shape), "order": [int(i) for i in np.argsort([-n for n in a.strides], kind="stable")]}
    return a.item() if isinstance(a, np.generic) else a


def make(kernel: str, arguments: list, rng: np.random.Generator) -> list:
    """Arguments of these shapes, filled with float32 normal numbers; for Adam, whose second moment is >= 0, their absolute values."""

    def array(shape: list[int], order: list[int]) -> np.ndarray:
        inside = rng.standard_normal([shape[i] for i in order], np.float32)
        return (np.abs(inside) if kernel == "adam" else inside).transpose(np.argsort(order))

    return [array(**a) if isinstance(a, dict) else a for a in arguments]
