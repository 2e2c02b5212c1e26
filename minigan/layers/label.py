"""How a label leaves D: the image is judged by the score that belongs to its label.

    D = Sequential(Beside(Conv2d(1, 32, 4, 2, 1), ..., Flatten()), LabelScore(2048, 10))         D.forward((x, label))

"Is this a real image?" becomes "is this a real 7?", so G must draw what it was asked for.  One D with one score for each
class, read off at the label (Liu et al. 2019, FUNIT, sec. 3; Choi et al. 2020, StarGAN v2).
"""

import math

import numpy as np

from minigan.layers.chain import Chain
from minigan.layers.embedding import one_hot
from minigan.layers.layer import Layer, Scaled, ShapeError, constant, normal, whole
from minigan.layers.residual import Composite, Tangent


class Beside(Composite):
    """(x, c) -> (body(x), c):  the layers work on the first of a pair, the second waits beside them."""

    pairs = True

    def __init__(self, *layers: Layer):
        self.body = Chain(*layers)
        self.mixes, self.curved = self.body.mixes, self.body.curved

    def children(self):
        return self.body.layers

    def forward(self, x):
        x, c = self._pair(x)
        y, caches = self.body.forward(x)
        return (y, c), caches  # eq:beside.forward

    def __call__(self, x):
        x, c = self._pair(x)
        return self.body(x), c

    def back(self, dy, caches, learn):
        return self.body.backward(dy[0], caches, learn), dy[1]

    def tangent(self, v, caches):
        w, tangents = self.body.tangent(v[0], caches)
        return (w, v[1]), Tangent(caches, tangents)

    def backward_tangent(self, dw, dx, v, tcache, cache, learn=True):
        (dw, dc), (dx, primal) = dw, dx if isinstance(dx, tuple) and not isinstance(dx, Scaled) else (dx, None)
        dw, dx = self.body.streams(dw, dx, tcache.inner, cache, learn)
        return (dw, dc), dx if isinstance(dx, Scaled) or dx is primal is None else (dx, primal)

    def accumulate(self, dy, cache):
        if isinstance(cache, Tangent):
            super().accumulate(dy, cache)
        else:
            self.body.backward(dy[0], cache, learn=True, need_dx=False)

    def accumulate_tangent(self, dw, dx, v, tcache, cache):
        dx = dx[0] if isinstance(dx, tuple) and not isinstance(dx, Scaled) else dx
        self.body.streams(dw[0], dx, tcache.inner, cache, need_dx=False)

    def __repr__(self):
        return f"Beside({', '.join(map(str, self.body.layers))})"


class LabelScore(Layer):
    """y[n] = h[n] . W[label[n]] + b[label[n]].   (h (N, n), label (N,)) -> y (N, 1);   W (classes, n), b (classes,)

    dh[n] = dy[n] W[label[n]],   dW[label[n]] += dy[n] h[n],   db[label[n]] += dy[n].   The label has no slope (None).
    """

    pairs = True

    def __init__(self, n: int, classes: int, gain: float = 1.0):
        whole("LabelScore", n=n, classes=classes)
        self.n, self.classes = n, classes
        self.parameters = {"W": ((classes, n), normal(gain / math.sqrt(n))), "b": ((classes,), constant(0.0))}

    def forward(self, x):  # (N, n), (N,) -> (N, 1)
        if not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(f"{self} takes a pair (h, label), got {type(x).__name__}: put Beside(...) before it")
        h, label = x[0], np.asarray(x[1])
        h = self.check(
            h, f"(N, {self.n})", h.ndim == 2 and h.shape[1] == self.n, f"LabelScore({h.shape[-1]}, ...) would fit"
        )
        if label.shape != (len(h),) or label.dtype.kind not in "iu":
            raise ShapeError(f"{self} expected {len(h)} integer labels, got {label.dtype} of shape {label.shape}")
        if label.size and not 0 <= label.min() <= label.max() < self.classes:
            raise ValueError(f"{self} knows the labels 0 to {self.classes - 1}, got {label.min()} to {label.max()}")
        y = (h * self.W[label]).sum(axis=1) + self.b[label]  # h[n] . W[label[n]] + b[label[n]]   eq:label_score.forward
        return y[:, None], (h, label, 1)

    def backward(self, dy, cache):
        h, label, _ = cache
        return self.check_slope(dy, (len(h), 1)) * self.W[label], None  # eq:label_score.dx

    def accumulate(self, dy, cache):
        h, label, one = cache  # one is 0 after tangent, where b does not move
        chosen = one_hot(label, self.classes, dy.dtype)  # (N, classes)
        self.dW += chosen.T @ (self.check_slope(dy, (len(h), 1)) * h)  # dW[label[n]] += dy[n] h[n]   eq:label_score.dW
        if one:
            self.db += chosen.T @ dy[:, 0]

    def tangent(self, v, cache):
        h, label, _ = cache
        v = self.check_tangent(v[0], h.shape)
        return (v * self.W[label]).sum(axis=1)[:, None], (v, label, 0)

    def __repr__(self):
        return f"LabelScore({self.n}, {self.classes})"
