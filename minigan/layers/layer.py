"""The layer contract: five verbs, and the cache is handed over, never hidden.

    forward(x) -> y, cache            y  = f(x; theta)              every layer
    backward(dy, cache) -> dx         dx = J' dy                    every layer
    accumulate(dy, cache)             dW += d(dy . y)/dW            layers with parameters
    tangent(v, cache) -> w, tcache    w  = J v                      all whose samples do not mix
    curvature(dy, v, cache) -> dx     dx = d/dx [dy . (J(x) v)]     only curved layers: J depends on x

A GAN needs several caches at once: D(real) and D(fake) are both alive when the loss runs backward.  `accumulate` stands
apart from `backward` because G's step goes *through* D without moving D.  `layer(x)` is the same to *use*: evaluation
mode, no cache.  A cache is valid until the network's next optimizer step; a backward changes neither its arguments nor
a weight.

Parameters live in ONE flat vector per network.  A layer only declares them (name -> shape and initialiser); `bind` hands
it reshaped views W, dW, ... which are always written in place (W[...] = ...).  Running statistics live in `state` likewise.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from minigan.layers.tree import add

Init = Callable[[np.random.Generator, tuple], np.ndarray | float]


class ShapeError(ValueError):
    """An array of the wrong shape, found before any kernel could read past its end."""


class MixedSamplesError(ValueError):
    """A per-sample derivative was asked of a layer in which the samples of a batch influence each other."""


class Layer:
    """A function y = f(x; theta) with its derivatives.  Subclass it, define the verbs, declare `parameters`; nothing else."""

    curved = False  # True: the Jacobian depends on x, so `curvature` is not zero
    pairs = False  # True: takes a tuple of inputs, such as (image, label)
    mixes = False  # True: one sample's output depends on the other samples of the batch
    bound = False  # True once a network has handed out the views
    parameters: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # name -> (shape, init(rng, shape))
    buffers: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # the same, for what is not trained

    # ---- the five verbs ------------------------------------------------------------------------------------------

    def forward(self, x: Any) -> tuple[Any, Any]:
        """y, cache = layer.forward(x):   y = f(x; theta), in training mode.

        x: (N, ...), or a tuple of such arrays where `pairs` is True.  cache: whatever the other verbs need; the caller
        keeps it and hands it back.  Raises ShapeError if x does not fit.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define forward(x) -> y, cache")

    def backward(self, dy: Any, cache: Any) -> Any:
        """dx = J' dy, the gradient of the loss in x.   dy has the shape of y, dx that of x (None for a label)."""
        raise NotImplementedError(f"{type(self).__name__} has to define backward(dy, cache) -> dx")

    def accumulate(self, dy: Any, cache: Any) -> None:
        """dtheta += d(dy . y)/dtheta, ADDED to the layer's gradient views.   Nothing to do without parameters."""

    def tangent(self, v: Any, cache: Any) -> tuple[Any, Any]:
        """w, tcache = layer.tangent(v, cache):   w = J v, the derivative of y along v.

        v has the shape of x (None for a label), w that of y.  tcache: what `accumulate` and `backward` need to
        differentiate w.  Raises MixedSamplesError where the samples of a batch influence each other.
        """
        if self.mixes:
            raise MixedSamplesError(
                f"{self} mixes the samples of a batch: its output for one image depends on all the others, so 'the gradient "
                "of D at this image', which a gradient penalty measures, does not exist. Use a norm that looks at one "
                "sample at a time (LayerNorm, InstanceNorm, PixelNorm), SpectralNorm, or no norm in D."
            )
        raise NotImplementedError(f"{type(self).__name__} has to define tangent(v, cache) -> w, tcache")

    def curvature(self, dy: Any, v: Any, cache: Any) -> Any:
        """dx = d/dx [dy . (J(x) v)]: zero, and never called, unless `curved`.   dy has the shape of y, v and dx that of x."""
        raise NotImplementedError(f"{self} is piecewise linear (curved = False), so its curvature is zero")

    def __call__(self, x: Any) -> Any:
        """y = f(x; theta), to use: evaluation mode, no cache."""
        return self.forward(x)[0]

    # ---- what follows from them: a composite, a layer that holds layers, has its own --------------------------------

    def learn(self, dy: Any, cache: Any) -> Any:
        """accumulate, then backward: one layer's part of an ordinary backward pass."""
        self.accumulate(dy, cache)  # eq:chain.dtheta
        return self.backward(dy, cache)

    def backward_tangent(
        self, dw: Any, dx: Any, v: Any, tcache: Any, cache: Any, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        """One layer's part of the second-order pass: (dw, dx) at its output -> (dw, dx) at its input.

        dw is the gradient of the tangent stream, dx that of the primal stream, None while it is zero.
        """
        if learn:
            self.accumulate(dw, tcache)
            if dx is not None:
                self.accumulate(dx, cache)
        if not need_dx:
            return None, None
        dx = None if dx is None else self.backward(dx, cache)
        if self.curved:  # J depends on x, so the tangent stream leaks back into the primal one   eq:layer.curvature
            dx = add(dx, self.curvature(dw, v, cache))
        return self.backward(dw, tcache), dx  # eq:chain.second

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        """The cache at c x + v, one c (N, 1) a sample: with it a loss and its penalty share one backward pass.

        A layer whose gradient in theta does not depend on x keeps the tangent's cache.
        """
        return tcache

    # ---- parameters --------------------------------------------------------------------------------------------------

    def children(self) -> list["Layer"]:
        """The layers this layer holds (composites only)."""
        return []

    def walk(self) -> Iterator["Layer"]:
        """This layer and every layer inside it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def reset(self, rng: np.random.Generator) -> None:
        """Called once after initialisation, for state that depends on the weights (spectral norm's v)."""

    def init(self, rng: np.random.Generator | int, dtype: Any = np.float32) -> "Layer":
        """Give a layer that stands alone its own parameters: Dense(3, 4).init(rng)."""
        self.theta, self.grad, self.state = allocate([self], np.random.default_rng(rng), dtype)
        return self

    # ---- guards ------------------------------------------------------------------------------------------------------

    def check(self, x: np.ndarray, expected: str, fits: bool, hint: str = "") -> np.ndarray:
        """x, C-contiguous, or an error that says what this layer expects, what it got and what would fit."""
        if not fits:
            raise ShapeError(
                f"{self} expected an input of shape {expected}, got {tuple(x.shape)}{hint and ': ' + hint}"
            )
        self.check_bound()
        if x.dtype.kind not in "fc":
            raise TypeError(f"{self} computes with floats, got {x.dtype}: use x.astype(np.float32)")
        mine = getattr(self, next(iter(self.parameters))).dtype if self.parameters else x.dtype
        if x.dtype != mine:
            raise TypeError(
                f"{self} has weights in {mine}, got {x.dtype}: use x.astype(np.{mine}); Sequential does it for you"
            )
        return np.ascontiguousarray(x)

    def check_bound(self) -> None:
        """Raise ValueError if the layer has parameters or buffers but no arrays for them yet."""
        if (self.parameters or self.buffers) and not self.bound:
            raise ValueError(f"{self} has no weights yet: put it in Sequential(..., rng=rng), or call .init(rng)")

    def check_dy(self, dy: np.ndarray, shape: Iterable[int]) -> np.ndarray:
        """The same for the gradient that comes back: it has the shape of the output."""
        if dy.shape != tuple(shape):
            raise ShapeError(
                f"{self} gave an output of shape {tuple(shape)}, but its backward got dy of shape {dy.shape}"
            )
        return np.ascontiguousarray(dy)

    def check_v(self, v: np.ndarray, shape: Iterable[int]) -> np.ndarray:
        """The same for the direction that is pushed forward: it has the shape of the input."""
        if v.shape != tuple(shape):
            raise ShapeError(f"{self} saw an input of shape {tuple(shape)}, but its tangent got v of shape {v.shape}")
        return np.ascontiguousarray(v)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


# ---- parameters: one flat vector, and views into it -------------------------------------------------------------------


def per_sample(
    c: np.ndarray, like: np.ndarray
) -> np.ndarray:  # (N, 1) -> (N, 1, ..., 1), to multiply an array (N, ...)
    return c.reshape(-1, *[1] * (like.ndim - 1))


def check_sizes(layer: str, **sizes: Any) -> None:
    """Raise ValueError, naming the layer and the argument, unless every size is a whole number from 1 on."""
    for name, n in sizes.items():
        if not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"{layer} needs a whole number {name} >= 1, got {name}={n!r}")


def all_layers(layers: Iterable[Any]) -> list[Layer]:
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
    """Allocate theta (P,), grad (P,) and state (S,) for these layers; bind and initialise them."""
    found = all_layers(layers)
    for layer in found:
        if layer.bound and (layer.parameters or layer.buffers):
            raise ValueError(
                f"{layer} already belongs to a network: build a new layer, or copy the network (copy.deepcopy)"
            )
    if len({id(layer) for layer in found}) < len(found):
        raise ValueError("the same layer object appears twice in this network: build one object for each place")

    def zeros(kind: str) -> np.ndarray:
        return np.zeros(sum(math.prod(shape) for layer in found for shape, _ in getattr(layer, kind).values()), dtype)

    theta, grad, state = zeros("parameters"), zeros("parameters"), zeros("buffers")
    bind(layers, theta, grad, state)
    for layer in found:
        for name, (shape, init) in (*layer.parameters.items(), *layer.buffers.items()):
            getattr(layer, name)[...] = init(rng, shape)
    for layer in reversed(found):  # children before the layers that hold them
        layer.reset(rng)
    return theta, grad, state


# ---- initialisers: (rng, shape) -> array ------------------------------------------------------------------------------


HE = math.sqrt(2)  # the gain that keeps the variance through ReLUs (He et al. 2015)


def normal(std: float) -> Init:
    """W ~ N(0, std^2)."""
    return lambda rng, shape: std * rng.standard_normal(shape)


def constant(value: float) -> Init:
    """W = value everywhere."""
    return lambda rng, shape: value
