"""Spectral normalisation: divide a layer's weights by their largest singular value, so it stretches no vector by a factor above 1.

A chain of such layers is a D whose gradient is bounded by design, without a penalty (Miyato et al. 2018).  The singular value
is tracked by one step of power iteration at each forward pass in training mode; v is kept in `state`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.parameters import constant


class SpectralNorm(Layer):
    """y = layer(x; W / sigma),   sigma = u' M v,   M = W as a matrix (all but the last axis, last axis).     Miyato et al. 2018, alg. 1.

    u (rows,) and v (columns,) estimate M's leading singular vectors and are held constant in the gradient, which is exact
    once they have converged:  dW = (dWbar - <dWbar, Wbar> u v') / sigma, Wbar = W / sigma  (eq. 12).
    Wraps a linear layer with weights W: Dense, Conv2d, ConvTranspose2d, UpConv2d.
    """

    power_steps = 1  # of the power iteration, in each forward pass in training mode

    def __init__(self, layer: Layer):
        if not isinstance(layer, Layer) or "W" not in layer.parameters or layer.curved or layer.mixes or layer.buffers:
            raise ValueError(f"SpectralNorm wraps a linear layer with weights W, such as Dense or Conv2d, got {layer}")
        self.layer = layer
        self.buffers = {"v": ((layer.parameters["W"][0][-1],), constant(1.0))}

    def children(self) -> list[Layer]:
        return [self.layer]

    def reset(self, rng: np.random.Generator) -> None:
        """Start from the exact leading singular vector of the first W."""
        self.v[...] = np.linalg.svd(self._matrix())[2][0]

    def _matrix(self) -> np.ndarray:
        return self.layer.W.reshape(-1, self.layer.W.shape[-1])

    def _estimate(self, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Power iteration from the stored v -> u, v, sigma."""
        M, v = self._matrix(), _unit(self.v)
        for _ in range(steps):
            v = _unit(M.T @ (M @ v))  # eq:spectral.power
        u = _unit(M @ v)
        return u, v, u @ M @ v  # eq:spectral.sigma

    @contextmanager
    def _normalised(self, sigma: np.ndarray) -> Iterator[Any]:
        """The wrapped layer with W / sigma in place of W, and a zero dW to collect its gradient."""
        W, dW = self.layer.W, self.layer.dW
        self.layer.W, self.layer.dW = W / sigma, np.zeros_like(dW)  # eq:spectral.forward
        try:
            yield self.layer
        finally:
            self.layer.W, self.layer.dW = W, dW

    def normalised(self) -> AbstractContextManager[Layer]:
        """The wrapped layer as it is in evaluation mode, with W / sigma in place of W, inside a `with` block."""
        return self._normalised(self._estimate(0)[2])

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        self.check_bound()
        u, v, sigma = self._estimate(self.power_steps)
        self.v[...] = v
        with self._normalised(sigma) as layer:
            y, cache = layer.forward(x)
        return y, (cache, u, v, sigma)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.check_bound()
        with self.normalised() as layer:
            return layer(x)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        with self._normalised(cache[3]) as layer:
            return layer.backward(dy, cache[0])

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        inner, u, v, sigma = cache
        with self._normalised(sigma) as layer:
            layer.accumulate(dy, inner)
            dWbar, Wbar = layer.dW, layer.W
        outer = np.outer(u, v).reshape(Wbar.shape)
        # sigma depends on W too   eq:spectral.dW
        self.layer.dW += (dWbar - (dWbar * Wbar).sum() * outer) / sigma

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        with self._normalised(cache[3]) as layer:
            w, inner = layer.tangent(v, cache[0])
        return w, (inner, *cache[1:])

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        return self.layer.blend(c, cache[0], tcache[0]), *cache[1:]

    def __repr__(self) -> str:
        return f"SpectralNorm({self.layer})"


def _unit(a: np.ndarray) -> np.ndarray:
    return a / np.sqrt((a * a).sum() + a.dtype.type(1e-30))
