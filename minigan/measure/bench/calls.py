"""Which kernels does a step call, on which shapes?  Ask it: run one step and write every call down.

Better than a list kept by hand: it follows the models wherever they go.  `listening` puts a listener before each kernel;
`recorded` sorts what it hears by layer and pass; `make` builds arguments of the same shapes again, so that layers.py can
time each pass alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from minigan import kernels

NOT_KERNELS = {"get_shares", "get_threads", "set_threads", "use"}
KERNELS = [name for name in kernels.__all__ if name not in NOT_KERNELS]
PASSES = {"forward": "forward", "backward": "dx", "accumulate": "dW", "learn": "dx and dW", "tangent": "tangent"}


@dataclass
class Pass:
    """One verb of one layer: its kernel calls [(name, arguments)], an array given by {"shape", "order"}; and who makes it."""

    layer: str
    verb: str
    calls: list[tuple[str, list]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.layer} {self.verb} {self.calls}"


@contextmanager
def listening(listener: Callable) -> Iterator[None]:
    """Within, every kernel call goes through listener(name, function, args)."""
    before = {name: getattr(kernels, name) for name in KERNELS}

    def through(name, function):
        return lambda *args: listener(name, function, args)  # kernels are called by position

    for name, function in before.items():
        setattr(kernels, name, through(name, function))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(kernels, name, function)


def recorded(benchmark) -> list[Pass]:
    """The distinct passes of one step that call a kernel, in order."""
    seen: dict[str, Pass] = {}
    running: list[Pass] = []

    def keep(made):
        if made.calls:
            seen.setdefault(made.key, made)

    def listener(name, function, args):
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
def _naming(layers, running, keep):
    """Within, the top of `running` is the pass at work; each goes to `keep` when it ends."""

    def say(layer, verb, work):
        def verbed(*args, **kwargs):
            running.append(Pass(repr(layer), PASSES[verb]))
            try:
                return work(*args, **kwargs)
            finally:
                keep(running.pop())

        return verbed

    for layer in layers:
        for verb in PASSES:
            setattr(layer, verb, say(layer, verb, getattr(layer, verb)))
    try:
        yield
    finally:
        for layer in layers:
            for verb in PASSES:
                delattr(layer, verb)  # the class's own verb appears again


def describe(a):
    """An array by its shape and the order of its axes in memory (weights may come transposed); other values as they are."""
    if isinstance(a, np.ndarray):
        return {"shape": list(a.shape), "order": [int(i) for i in np.argsort([-n for n in a.strides], kind="stable")]}
    return a.item() if isinstance(a, np.generic) else a


def make(kernel: str, arguments: list, rng: np.random.Generator) -> list:
    """Arguments of these shapes, float32 normal numbers; Adam's second moment must not be negative."""

    def array(shape, order):
        inside = rng.standard_normal([shape[i] for i in order], np.float32)
        return (np.abs(inside) if kernel == "adam" else inside).transpose(np.argsort(order))

    return [array(**a) if isinstance(a, dict) else a for a in arguments]
