"""Embedding: one learned vector for each class, looked up by its label.  It is Dense on one-hot rows, skipping the zeros.

A label has no gradient, so `backward` returns None and the tangent is zero: a label cannot vary continuously.
"""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer, ShapeError
from minigan.layers.parameters import normal
from minigan.running.arguments import check_range, check_whole
from minigan.running.arrays import as_array


def one_hot(labels: np.ndarray, n_classes: int, dtype: Any) -> np.ndarray:  # (N,) -> (N, n_classes)
    rows = np.zeros((len(labels), n_classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def check_labels(layer: Layer, labels: Any, n_classes: int, n: int | None = None) -> np.ndarray:
    """Return the labels as an array of integers (N,) in [0, n_classes), or raise an error that describes what they are."""
    labels = as_array(layer, labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or n not in (None, len(labels)):
        expected = "(N,)" if n is None else f"({n},)"
        raise ShapeError(
            f"{layer} expected integer labels of shape {expected}, got {labels.dtype} of shape {labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"{layer} takes labels 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}")
    return labels


class Embedding(Layer):
    """y[n] = W[label[n]].   labels (N,) of integers in [0, n_classes), W (n_classes, dim) -> y (N, dim);   dW[label[n]] += dy[n]."""

    def __init__(self, n_classes: int, dim: int, std: float = 1.0):
        check_whole("Embedding", n_classes=n_classes, dim=dim)
        check_range("Embedding", std=std)
        self.n_classes, self.dim = n_classes, dim
        self.parameters = {"W": ((n_classes, dim), normal(std))}

    def forward(self, labels: np.ndarray) -> tuple[np.ndarray, Any]:  # (N,) -> (N, dim)
        labels = check_labels(self, labels, self.n_classes)
        self.check_bound()
        return self.W[labels], (labels, 1)  # eq:embedding.forward

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return None

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        labels, one = cache  # one is 1 after forward, 0 after tangent (labels are fixed), c after blend
        dy = one * self.check_dy(dy, (len(labels), self.dim))
        # dW[label[n]] += dy[n], repeated labels too   eq:embedding.dW
        self.dW += one_hot(labels, self.n_classes, dy.dtype).T @ dy

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        labels, _ = cache
        return np.zeros((len(labels), self.dim), self.W.dtype), (labels, 0)

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        return cache[0], c

    def __repr__(self) -> str:
        return f"Embedding({self.n_classes}, {self.dim})"
