"""The layer contract: five verbs, and a cache that is returned, never hidden.

    forward(x) -> y, cache            y  = f(x; theta)              every layer
    backward(dy, cache) -> dx         dx = J' dy                    every layer
    accumulate(dy, cache)             dW += d(dy . y)/dW            layers with parameters
    tangent(v, cache) -> w, tcache    w  = J v                      all that do not mix samples
    curvature(dy, v, cache) -> dx     dx = d/dx [dy . (J(x) v)]     only curved layers: J depends on x

A GAN needs several caches at once: D(real) and D(fake) are both alive when the loss runs backward.  `accumulate` is
separate from `backward` because G's step goes *through* D without updating D.  `layer(x)` is the layer in evaluation mode,
without a cache.  A cache is valid until the network's next optimizer step; a backward pass changes neither its arguments
nor the weights.

Parameters live in ONE flat vector per network.  A layer only declares them (name -> shape and initialiser); `bind` gives
it reshaped views W, dW, ..., always written in place (W[...] = ...).  Running statistics are views of `state` in the same way.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.layers.parameters import Init, allocate, bind
from minigan.layers.tree import add
from minigan.running.arrays import as_array


class ShapeError(ValueError):
    """An array of the wrong shape, found before any kernel could read past its end."""


class MixedSamplesError(ValueError):
    """A per-sample derivative was requested from a layer in which the samples of a batch influence each other."""


class Layer:
    """A function y = f(x; theta) with its derivatives.  Subclass it, define the verbs, declare `parameters`; nothing else."""

    curved = False  # True: the Jacobian depends on x, so `curvature` is not zero
    pairs = False  # True: takes a tuple of inputs, such as (image, label)
    mixes = False  # True: one sample's output depends on the other samples of the batch
    bound = False  # True once a network has assigned the views
    parameters: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # name -> (shape, init(rng, shape))
    buffers: Mapping[str, tuple[tuple, Init]] = MappingProxyType({})  # the same for arrays that are not trained

    if TYPE_CHECKING:  # the views W, dW, ... appear when a network binds the layer

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    # ---- the five verbs ------------------------------------------------------------------------------------------

    def forward(self, x: Any) -> tuple[Any, Any]:
        """y, cache = layer.forward(x):   y = f(x; theta), in training mode.

        x: (N, ...), or a tuple of such arrays where `pairs` is True.  cache: whatever the other verbs need; the caller
        keeps it and passes it back.  Raises ShapeError if x does not fit.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define forward(x) -> y, cache")

    def backward(self, dy: Any, cache: Any) -> Any:
        """dx = J' dy, the gradient of the loss in x.   dy has the shape of y, dx that of x (None for a label)."""
        raise NotImplementedError(f"{type(self).__name__} has to define backward(dy, cache) -> dx")

    def accumulate(self, dy: Any, cache: Any) -> None:
        """dtheta += d(dy . y)/dtheta, ADDED to the layer's gradient views.   Does nothing without parameters."""

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
        """y = f(x; theta) in evaluation mode, without a cache."""
        return self.forward(x)[0]

    # ---- derived from the verbs; a composite, a layer that holds layers, overrides them -----------------------------

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
        """The cache at c x + v, with one c per sample, (N, 1): lets a loss and its penalty share one backward pass.

        Without parameters the tangent's cache will do.  A layer with parameters that leaves `blend` out costs D one pass
        more (see fast_step.can_blend).
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
        """Give a standalone layer its own parameters: Dense(3, 4).init(rng)."""
        self.theta, self.grad, self.state = allocate([self], np.random.default_rng(rng), dtype)
        return self

    def __setstate__(self, state: dict) -> None:  # after unpickling or deepcopy: rebuild the views, if it has its own
        self.__dict__.update(state)
        if "theta" in state:
            bind([self], self.theta, self.grad, self.state)

    # ---- guards ------------------------------------------------------------------------------------------------------

    def check(self, x: np.ndarray, expected: str, fits: bool, hint: str = "") -> np.ndarray:
        """Return x, C-contiguous, or raise an error with what the layer expects, what it got and what would fit."""
        if not fits:
            hint = hint and f": {hint}"
            raise ShapeError(f"{self} expected an input of shape {expected}, got {tuple(x.shape)}{hint}")
        self.check_bound()
        if x.dtype.kind not in "fc":
            raise TypeError(f"{self} computes with floats, got {x.dtype}: use x.astype(np.float32), images / 127.5 - 1")
        mine = getattr(self, next(iter(self.parameters))).dtype if self.parameters else x.dtype
        if x.dtype != mine:
            raise TypeError(f"{self} has {mine} weights, got {x.dtype}: use x.astype(np.{mine}), as Sequential does")
        return np.ascontiguousarray(as_array(self, x))

    def check_bound(self) -> None:
        """Raise ValueError if the layer has parameters or buffers but no arrays for them yet."""
        if (self.parameters or self.buffers) and not self.bound:
            raise ValueError(f"{self} has no weights yet: put it in Sequential(..., rng=rng), or call .init(rng)")

    def check_dy(self, dy: np.ndarray, shape: Iterable[int]) -> np.ndarray:
        """The same check for dy, which has the shape of the output."""
        if dy.shape != tuple(shape):
            raise ShapeError(f"{self} returned shape {tuple(shape)}, but its backward got dy of shape {dy.shape}")
        return np.ascontiguousarray(dy)

    def check_v(self, v: np.ndarray, shape: Iterable[int]) -> np.ndarray:
        """The same check for v, which has the shape of the input."""
        if v.shape != tuple(shape):
            raise ShapeError(f"{self} got an input of shape {tuple(shape)}, but its tangent got v of shape {v.shape}")
        return np.ascontiguousarray(v)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
