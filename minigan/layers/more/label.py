"""How D uses a label: the image is judged by the score that belongs to its label.

    D = Sequential(Beside(Conv2d(1, 32, 4, 2, 1), ..., Flatten()), LabelScore(2048, 10))         D.forward((x, label))

"Is this a real image?" becomes "is this a real 7?", so G must draw what it was asked for.  D has one score for each class
and uses the one at the label (Liu et al. 2019, FUNIT, sec. 3; Choi et al. 2020, StarGAN v2).
"""

import math
from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.more.embedding import check_labels, one_hot
from minigan.layers.parameters import constant, normal
from minigan.running.arguments import check_range, check_whole


class LabelScore(Layer):
    """y[n] = h[n] . W[label[n]] + b[label[n]].   (h (N, n), label (N,)) -> y (N, 1);   W (classes, n), b (classes,)

    dh[n] = dy[n] W[label[n]],   dW[label[n]] += dy[n] h[n],   db[label[n]] += dy[n].   The label has no gradient (None).
    """

    pairs = True

    def __init__(self, n: int, classes: int, gain: float = 1.0):
        check_whole("LabelScore", n=n, classes=classes)
        check_range("LabelScore", gain=gain)
        self.n, self.classes = n, classes
        self.parameters = {"W": ((classes, n), normal(gain / math.sqrt(n))), "b": ((classes,), constant(0.0))}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:  # (N, n), (N,) -> (N, 1)
        if not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(f"{self} takes a pair (h, label), got {type(x).__name__}: put Beside(...) before it")
        h = x[0]
        h = self.check(
            h, f"(N, {self.n})", h.ndim == 2 and h.shape[1] == self.n, f"LabelScore({h.shape[-1]}, ...) would fit"
        )
        label = check_labels(self, x[1], self.classes, len(h))
        y = (h * self.W[label]).sum(axis=1) + self.b[label]  # h[n] . W[label[n]] + b[label[n]]   eq:label_score.forward
        return y[:, None], (h, label, 1)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        h, label, _ = cache
        return self.check_dy(dy, (len(h), 1)) * self.W[label], None  # eq:label_score.dx

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        h, label, one = cache  # one is 1 after forward, 0 after tangent, c after blend
        chosen = one_hot(label, self.classes, dy.dtype)  # (N, classes)
        self.dW += chosen.T @ (self.check_dy(dy, (len(h), 1)) * h)  # dW[label[n]] += dy[n] h[n]   eq:label_score.dW
        self.db += chosen.T @ (one * dy)[:, 0]

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        h, label, _ = cache
        v = self.check_v(v[0], h.shape)
        return (v * self.W[label]).sum(axis=1)[:, None], (v, label, 0)

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        return c * cache[0] + tcache[0], cache[1], c

    def __repr__(self) -> str:
        return f"LabelScore({self.n}, {self.classes})"
