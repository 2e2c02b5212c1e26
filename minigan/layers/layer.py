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
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

Init = Callable[[np.random.Generator, tuple], np.ndarray | float]


class ShapeError(ValueError):
    """An array of the wrong shape, found before any kernel could read past its end."""


class MixedSamplesError(ValueError):
    """A per-sample derivative was asked of a layer in which the samples of a batch influence each other."""


class Layer:
    curved = False  # True: the Jacobian depends on x, so `curvature` is not zero
    pairs = False  # True: takes a tuple of inputs, such as (image, label)
    mixes = False  # True: one sample's output depends on the other samples of the batch
    bound = False  # True once a network has handed out the views
    parameters: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # name -> (shape, init(rng, shape))
    buffers: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # the same, for what is not trained

    # ---- the five verbs ------------------------------------------------------------------------------------------

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} has to define forward(x) -> y, cache")

    def backward(self, dy, cache):
        raise NotImplementedError(f"{type(self).__name__} has to define backward(dy, cache) -> dx")

    def accumulate(self, dy, cache) -> None:
        """Add this layer's parameter gradient: nothing to do without parameters."""

    def tangent(self, v, cache):
        if self.mixes:
            raise MixedSamplesError(
                f"{self} mixes the samples of a batch: its output for one image depends on all the others, so 'the gradient "
                "of D at this image', which a gradient penalty measures, does not exist. Use a norm that looks at one "
                "sample at a time (LayerNorm, InstanceNorm, PixelNorm), SpectralNorm, or no norm in D."
            )
        raise NotImplementedError(f"{type(self).__name__} has to define tangent(v, cache) -> w, tcache")

    def curvature(self, dy, v, cache):
        raise NotImplementedError(
            f"{self} is piecewise linear (curved = False): its curvature is zero, nobody should ask"
        )

    def __call__(self, x):
        return self.forward(x)[0]

    # ---- what the network calls; composite layers, which hold layers, override these two ---------------------------

    def learn(self, dy, cache):
        """accumulate, then backward: one layer's share of an ordinary backward pass."""
        self.accumulate(dy, cache)  # eq:chain.dtheta
        return self.backward(dy, cache)

    def backward_tangent(self, dw, dx, v, tcache, cache, learn: bool = True):
        """One layer's share of the second-order pass: (dw, dx) at its output -> (dw, dx) at its input.

        dw is the slope of the tangent stream, dx that of the primal stream: None while there is none, or `Scaled`.
        """
        if isinstance(dx, Scaled):
            self.accumulate_both(dw, dx.c, tcache, cache)
            return self.backward(dw, tcache), dx
        if learn:
            self.accumulate(dw, tcache)
        if dx is not None:
            dx = self.learn(dx, cache) if learn else self.backward(dx, cache)
        if self.curved:  # J depends on x, so the tangent stream leaks back into the primal one   eq:layer.curvature
            dx = add(dx, self.curvature(dw, v, cache))
        return self.backward(dw, tcache), dx  # eq:chain.second

    def accumulate_both(self, dw, c, tcache, cache) -> None:
        """The parameter gradient of both streams where the primal slope is c dw, row by row."""
        if self.parameters or self.children():
            self.accumulate(dw, tcache)
            self.accumulate(per_sample(c, dw) * dw, cache)

    def accumulate_tangent(self, dw, dx, v, tcache, cache) -> None:
        """backward_tangent for the first layer, where nobody reads the slopes that come out."""
        if isinstance(dx, Scaled):
            self.accumulate_both(dw, dx.c, tcache, cache)
        else:
            self.accumulate(dw, tcache)
            if dx is not None:
                self.accumulate(dx, cache)

    # ---- parameters --------------------------------------------------------------------------------------------------

    def children(self) -> list["Layer"]:
        """The layers this layer holds (composite layers only)."""
        return []

    def walk(self) -> Iterator["Layer"]:
        """This layer and every layer inside it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def reset(self, rng) -> None:
        """Called once after initialisation, for state that depends on the weights (spectral norm's u)."""

    def init(self, rng, dtype=np.float32) -> "Layer":
        """Give a layer that stands alone its own parameters: Dense(3, 4).init(rng)."""
        self.theta, self.grad, self.state = allocate([self], np.random.default_rng(rng), dtype)
        return self

    # ---- guards ------------------------------------------------------------------------------------------------------

    def check(self, x, expected: str, fits: bool, hint: str = ""):
        """Return x C-contiguous, or say what this layer wanted, what it got and what would fit."""
        if not fits:
            raise ShapeError(
                f"{self} expected an input of shape {expected}, got {tuple(x.shape)}{hint and ': ' + hint}"
            )
        if self.parameters and not self.bound:
            raise ValueError(f"{self} has no weights yet: put it in Sequential(..., rng=rng), or call .init(rng)")
        if x.dtype.kind not in "fc":
            raise TypeError(f"{self} computes with floats, got {x.dtype}: use x.astype(np.float32)")
        mine = getattr(self, next(iter(self.parameters))).dtype if self.parameters else x.dtype
        if x.dtype != mine:
            raise TypeError(
                f"{self} has weights in {mine}, got {x.dtype}: use x.astype(np.{mine}); Sequential does it for you"
            )
        return np.ascontiguousarray(x)

    def check_slope(self, dy, shape: tuple):
        """The same for the slope that comes back: it has the shape of the output."""
        if dy.shape != tuple(shape):
            raise ShapeError(
                f"{self} gave an output of shape {tuple(shape)}, but its backward got dy of shape {dy.shape}"
            )
        return np.ascontiguousarray(dy)

    def check_tangent(self, v, shape: tuple):
        """The same for the direction that is pushed forward: it has the shape of the input."""
        if v.shape != tuple(shape):
            raise ShapeError(f"{self} saw an input of shape {tuple(shape)}, but its tangent got v of shape {v.shape}")
        return np.ascontiguousarray(v)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Scaled(NamedTuple):
    """A primal slope that is c (N, 1) times the tangent slope, row by row, and so need not be carried.

    In a piecewise-linear network that gives one score a sample, the backward pass of c is c times the backward pass of ones.
    """

    c: np.ndarray


def per_sample(c, like):  # (N, 1) -> (N, 1, ..., 1), to multiply an array (N, ...)
    return c.reshape(-1, *[1] * (like.ndim - 1))


def add(a, b):
    """a + b for slopes, where None stands for zero, c dw + c dw' = c (dw + dw'), and a tuple is added item by item."""
    if a is None or b is None or isinstance(a, Scaled):
        return b if a is None else a
    return tuple(map(add, a, b)) if isinstance(a, tuple) else a + b


def whole(layer: str, **sizes) -> None:
    """A size is a whole number from 1 on; a wrong one is named here, not later inside NumPy."""
    for name, n in sizes.items():
        if not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"{layer} needs a whole number {name} >= 1, got {name}={n!r}")


def every(layers) -> list[Layer]:
    """All layers, those inside composite layers included, in the order their parameters stand in theta."""
    return [inner for layer in layers for inner in layer.walk()]


def count(layers, kind: str) -> int:
    return sum(int(np.prod(shape)) for layer in every(layers) for shape, _ in getattr(layer, kind).values())


def bind(layers, theta, grad, state) -> None:
    """Hand every layer its views: W, b, ... into theta, dW, db, ... into grad, its buffers into state."""
    for vector, kind, prefix in ((theta, "parameters", ""), (grad, "parameters", "d"), (state, "buffers", "")):
        start = 0
        for layer in every(layers):
            for name, (shape, _) in getattr(layer, kind).items():
                size = int(np.prod(shape))
                setattr(layer, prefix + name, vector[start : start + size].reshape(shape))
                start += size
            layer.bound = True


def allocate(layers, rng, dtype):
    """Allocate theta, grad and state for these layers, bind and initialise them -> theta (P,), grad (P,), state (S,)."""
    found = every(layers)
    for layer in found:
        if layer.bound and (layer.parameters or layer.buffers):
            raise ValueError(
                f"{layer} already belongs to a network: build a new layer, or copy the network (copy.deepcopy)"
            )
    if len({id(layer) for layer in found}) < len(found):
        raise ValueError("the same layer object stands twice in this network: build one object for each place")
    theta = np.zeros(count(layers, "parameters"), dtype)
    grad = np.zeros_like(theta)
    state = np.zeros(count(layers, "buffers"), dtype)
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
    return lambda rng, shape: value
