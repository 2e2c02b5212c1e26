"""Parameters: one flat vector for a whole network, and views of it for the layers.

A layer only declares its parameters: name -> (shape, initialiser).  `allocate` makes the vectors theta, grad and state, and `bind`
gives every layer reshaped views of them: W, b, ... of theta, dW, db, ... of grad, its buffers of state.
"""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from minigan.running.machine import refuse_too_large

Init = Callable[[np.random.Generator, tuple], np.ndarray | float]


def all_layers(layers: Iterable[Any]) -> list:
    """All layers, those inside composites included, in the order of their parameters in theta."""
    return [inner for layer in layers for inner in layer.walk()]


def bind(layers: Iterable[Any], theta: np.ndarray, grad: np.ndarray, state: np.ndarray) -> None:
    """Give every layer its views: W, b, ... of theta, dW, db, ... of grad, its buffers of state."""
    layers = all_layers(layers)
    for vector, kind, prefix in ((theta, "parameters", ""), (grad, "parameters", "d"), (state, "buffers", "")):
        start = 0
        for layer in layers:
            for name, (shape, _) in getattr(layer, kind).items():
                size = math.prod(shape)
                setattr(layer, prefix + name, vector[start : start + size].reshape(shape))
                start += size
            layer.bound = True


def allocate(layers: Iterable[Any], rng: np.random.Generator, dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Allocate theta (P,), grad (P,) and state (S,) for these layers; bind and initialise them.

    Raises MemoryError, before anything is allocated, if they do not fit into this machine.
    """
    found = all_layers(layers)
    for layer in found:
        if layer.bound and (layer.parameters or layer.buffers):
            raise ValueError(f"{layer} already belongs to a network: build a new layer, or copy.deepcopy the network")
    if len({id(layer) for layer in found}) < len(found):
        raise ValueError("the same layer object appears twice in this network: build one object for each position")

    def zeros(kind: str) -> np.ndarray:
        size = sum(math.prod(shape) for layer in found for shape, _ in getattr(layer, kind).values())
        # theta and grad, and 16 bytes to draw each number
        refuse_too_large(f"a network of {size:,} {kind}", size * (2 * np.dtype(dtype).itemsize + 16))
        return np.zeros(size, dtype)

    theta, grad, state = zeros("parameters"), zeros("parameters"), zeros("buffers")
    bind(layers, theta, grad, state)
    for layer in found:
        for name, (shape, init) in (*layer.parameters.items(), *layer.buffers.items()):
            getattr(layer, name)[...] = init(rng, shape)
    for layer in reversed(found):  # children before the layers that hold them
        layer.reset(rng)
    return theta, grad, state


# ---- initialisers: (rng, shape) -> array; partial functions, since a lambda cannot be pickled ----


HE = math.sqrt(2)  # the gain that preserves the variance through ReLUs (He et al. 2015)


def normal(std: float) -> Init:
    """W ~ N(0, std^2)."""
    return partial(_normal, std)


def constant(value: float) -> Init:
    """W = value everywhere."""
    return partial(_constant, value)


def _normal(std: float, rng: np.random.Generator, shape: tuple) -> np.ndarray:
    return std * rng.standard_normal(shape)


def _constant(value: float, rng: np.random.Generator, shape: tuple) -> float:
    return value
