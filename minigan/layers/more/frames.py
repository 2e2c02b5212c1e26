"""From a clip to its frames and back: what draws or judges one image also draws or judges every frame of a clip.

A clip is (N, T, ...): N samples of T frames.  The frames of a clip belong to one sample, so the samples of a batch need not mix,
although the layers inside see N T images.
"""

from typing import Any

import numpy as np

from minigan.layers.composite import Block, Tangent
from minigan.layers.layer import Layer, ShapeError
from minigan.layers.tree import Tree


class Frames(Block):
    """y[n, t] = f(x[n, t]): a chain of layers, the same for every frame.   (N, T, ...) -> (N, T, ...)

    Frames(layer, layer, ...); to the layers inside, N clips of T frames are a batch of N T images.
    """

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        self.check(x, "(N, T, ...)", x.ndim >= 3, "clips of frames; leave Frames out for single images")
        y, caches = self.chain.forward(images(x))
        return clips(y, x.shape), (caches, x.shape)  # eq:frames.forward

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.check(x, "(N, T, ...)", x.ndim >= 3, "clips of frames; leave Frames out for single images")
        return clips(self.chain(images(x)), x.shape)

    def back(self, dy: np.ndarray, cache: Any, learn: bool) -> np.ndarray:
        caches, shape = cache
        return clips(self.chain.backward(images(dy), caches, learn), shape)  # eq:frames.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Tangent]:
        w, tangents = self.chain.tangent(images(v), cache[0])
        return clips(w, v.shape), Tangent(cache, tangents)

    def backward_tangent(
        self, dw: Any, dx: Any, v: Any, tcache: Any, cache: Any, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        caches, shape = cache
        dx = None if dx is None else images(dx)
        streams = self.chain.streams(images(dw), dx, tcache.inner, caches, learn, need_dx or not learn)
        dw, dx = (None if d is None else clips(d, shape) for d in streams)
        return dw, dx

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        caches, shape = cache
        return self.chain.blend(c.repeat(shape[1], axis=0), caches, tcache.inner), shape


class JoinFrames(Layer):
    """y[n, t] = [c[n], x[n, t]]: what does not change in a clip, beside what does.   (N, d), (N, T, e) -> (N, T, d + e)

    The content of a video is drawn once, so its gradient adds up what all frames say: dc[n] = sum_t dy[n, t, :d].
    """

    pairs = True

    def forward(self, x: Tree) -> tuple[np.ndarray, Any]:
        if not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(f"{self} takes a pair (content, frames), got {type(x).__name__}: put Parallel before it")
        c, f = x
        if c.ndim != 2 or f.ndim != 3 or len(c) != len(f):
            raise ShapeError(f"{self} expected (N, d) and (N, T, e), got {c.shape} and {f.shape}")
        y = np.empty((*f.shape[:2], c.shape[1] + f.shape[2]), f.dtype)
        y[:, :, : c.shape[1]], y[:, :, c.shape[1] :] = c[:, None], f  # eq:join_frames.forward
        return y, (y.shape, c.shape[1])

    def backward(self, dy: np.ndarray, cache: Any) -> Tree:
        shape, d = cache
        dy = self.check_dy(dy, shape)
        return dy[:, :, :d].sum(axis=1), np.ascontiguousarray(dy[:, :, d:])  # eq:join_frames.dx

    def tangent(self, v: Tree, cache: Any) -> tuple[np.ndarray, Any]:
        return self.forward(v)[0], cache


def images(x: np.ndarray) -> np.ndarray:
    """(N, T, ...) -> (N T, ...)."""
    return np.ascontiguousarray(x).reshape(-1, *x.shape[2:])


def clips(y: np.ndarray, like: tuple[int, ...]) -> np.ndarray:
    """(N T, ...) -> (N, T, ...), with N and T the first two numbers of `like`."""
    return y.reshape(*like[:2], *y.shape[1:])
