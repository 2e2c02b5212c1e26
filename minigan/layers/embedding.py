"""Embedding: one learned vector for each class, looked up by its label.  It is Dense on one-hot rows without the zeros.

A label has no slope, so `backward` returns None and a tangent that reaches it stops: labels do not move.
"""

import numpy as np

from minigan.layers.layer import Layer, ShapeError, normal, whole


def one_hot(labels, n_classes, dtype):  # (N,) -> (N, n_classes)
    rows = np.zeros((len(labels), n_classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


class Embedding(Layer):
    """y[n] = W[label[n]].   labels (N,) of integers in [0, n_classes), W (n_classes, dim) -> y (N, dim);   dW[label[n]] += dy[n]."""

    def __init__(self, n_classes: int, dim: int, std: float = 1.0):
        whole("Embedding", n_classes=n_classes, dim=dim)
        self.n_classes, self.dim = n_classes, dim
        self.parameters = {"W": ((n_classes, dim), normal(std))}

    def forward(self, labels):  # (N,) -> (N, dim)
        labels = np.asarray(labels)
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise ShapeError(
                f"{self} expected integer labels of shape (N,), got {labels.dtype} of shape {labels.shape}"
            )
        if labels.size and not 0 <= labels.min() <= labels.max() < self.n_classes:
            raise ValueError(f"{self} knows the labels 0 to {self.n_classes - 1}, got {labels.min()} to {labels.max()}")
        if not self.bound:
            raise ValueError(f"{self} has no weights yet: put it in Sequential(..., rng=rng), or call .init(rng)")
        return self.W[labels], (labels, 1)  # eq:embedding.forward

    def backward(self, dy, cache):
        return None

    def accumulate(self, dy, cache):
        labels, one = cache  # one is 0 after tangent: the output did not move
        if one:
            dy = self.check_slope(dy, (len(labels), self.dim))
            # dW[label[n]] += dy[n], repeated labels too   eq:embedding.dW
            self.dW += one_hot(labels, self.n_classes, dy.dtype).T @ dy

    def tangent(self, v, cache):
        labels, _ = cache
        return np.zeros((len(labels), self.dim), self.W.dtype), (labels, 0)

    def __repr__(self):
        return f"Embedding({self.n_classes}, {self.dim})"
