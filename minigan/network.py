"""A network: layers end to end over ONE flat vector theta.

Because all parameters are in one array, and all their gradients in another, Adam, the moving average, a gradient check and a
checkpoint are one array operation each.  The calculus itself is in layers/chain.py.
"""

import copy
import math
from typing import Any

import numpy as np

from minigan.layers.chain import Chain
from minigan.layers.layer import Layer
from minigan.layers.parameters import allocate, bind
from minigan.layers.tree import tree_map
from minigan.running.arrays import cast
from minigan.running.parts import check_built


class Sequential(Chain):
    """y = f_L(... f_2(f_1(x))).

        G = Sequential(Dense(64, 128), LeakyReLU(0.2), Dense(128, 784), Tanh(), rng=np.random.default_rng(0))
        y = G(x)                        evaluation mode, no caches
        y, caches = G.forward(x)        training mode, caches for backward
        dx = G.backward(dy, caches)     dx = J' dy, and grad += dL/dtheta (learn=False: leaves grad alone)

    theta, grad (P,) and state (S,) (running statistics) are the network's whole memory; layers hold views into them.
    dtype: float32 for speed, float64 for proofs; inputs are cast to it.  rng may be a Generator or a seed.
    """

    def __init__(self, *layers: Layer | Chain, rng: np.random.Generator | int | None = None, dtype: Any = np.float32):
        super().__init__(*layers)
        check_built(dtype, rng)
        self.theta, self.grad, self.state = allocate(self.layers, np.random.default_rng(rng), dtype)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of theta, to which inputs are cast: float32, float64 or complex128."""
        return self.theta.dtype

    def forward(self, x: Any) -> tuple[Any, list]:
        return super().forward(self._input(x))

    def __call__(self, x: Any) -> Any:
        return super().__call__(self._input(x))

    def _input(self, x: Any) -> Any:
        if isinstance(x, tuple) and self.layers and not self.layers[0].pairs:
            raise TypeError(
                f"this network takes one array, got a tuple of {len(x)}: a conditional network begins with Concat(...) or Beside(...)"
                " (a layer of your own that takes several inputs sets `pairs = True`)"
            )
        return self.cast(x)

    def backward(self, dy: Any, caches: list, learn: bool = True, need_dx: bool = True) -> Any:
        return super().backward(self.cast(dy), caches, learn, need_dx)

    def tangent(self, v: Any, caches: list) -> tuple[Any, list]:
        return super().tangent(self.cast(v), caches)

    def backward_tangent(self, dw: Any, tangents: list, caches: list, dx: Any = None, need_dx: bool = True) -> Any:
        return super().backward_tangent(self.cast(dw), tangents, caches, self.cast(dx), need_dx)

    def cast(self, x: Any) -> Any:
        """Cast floats to the network's dtype; integer labels and None are kept; uint8 images, masks and complex numbers raise TypeError."""
        return tree_map(lambda leaf: cast(leaf, self.dtype), x)

    def zero_grad(self) -> None:
        """grad <- 0."""
        self.grad[...] = 0

    def astype(self, dtype: Any) -> "Sequential":
        """A copy of this network in another dtype: float64 for a proof, complex128 for a complex step."""
        return self._copy({}, np.dtype(dtype))

    def __setstate__(self, state: dict) -> None:  # after unpickling: rebuild the layers' views of theta and grad
        self.__dict__.update(state)
        bind(self.layers, self.theta, self.grad, self.state)

    def __deepcopy__(self, memo: dict) -> "Sequential":
        return self._copy(memo, self.dtype)

    def _copy(self, memo: dict, dtype: np.dtype) -> "Sequential":
        new = memo[id(self)] = object.__new__(type(self))
        new.layers = copy.deepcopy(self.layers, memo)
        new.theta, new.grad, new.state = (a.astype(dtype) for a in (self.theta, self.grad, self.state))
        bind(new.layers, new.theta, new.grad, new.state)
        return new

    def summary(self, x: Any = None) -> str:
        """A table of the layers, their parameters and, given an example x, the shape of each one's output."""
        rows = [("layer", "output" if x is not None else "", "parameters")]
        x = self.cast(x)
        for layer in self.layers:
            x = None if x is None else layer(x)
            size = sum(math.prod(shape) for inner in layer.walk() for shape, _ in inner.parameters.values())
            shape = "" if x is None else str(tree_map(lambda part: part.shape, x))
            rows.append((str(layer), shape, f"{size:,}" if size else ""))
        rows.append(("total", "", f"{self.theta.size:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows)

    def locate(self, index: int) -> str:
        """The parameter at theta[index], such as 'layer 2, Conv2d(3, 8, 4), W[0, 1, 2, 5]'."""
        start = 0
        for i, top in enumerate(self.layers if index >= 0 else ()):
            for layer in top.walk():
                for name, (shape, _) in layer.parameters.items():
                    size = math.prod(shape)
                    if index < start + size:
                        place = ", ".join(str(int(j)) for j in np.unravel_index(index - start, shape))
                        return f"layer {i}, {layer}, {name}[{place}]"
                    start += size
        raise IndexError(f"theta has {self.theta.size} entries, got index {index}")

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(str, self.layers))})"
