"""Self-attention: let every pixel look at every other, whereas a convolution sees only neighbours.

The most curved layer of the library: it is cubic in x, with a softmax inside.  Its second order still uses the same two
streams; each line of `backward_tangent` is one product rule.
"""

import math
from typing import Any

import numpy as np

from minigan.layers.composite import Composite, Tangent
from minigan.layers.parameters import constant, normal
from minigan.layers.tree import add
from minigan.running.arguments import check_whole


def _T(a: np.ndarray) -> np.ndarray:
    return a.swapaxes(-1, -2)


class SelfAttention(Composite):
    """y = x + gamma A v,   A = softmax(q k' / sqrt(d)),   q = x Wq, k = x Wk, v = x Wv.

    x (N, H, W, C), treated as T = H W pixels -> y (N, H, W, C).  Wq, Wk (C, d), Wv (C, C), gamma (1,) starting at 0, so the
    layer starts as the identity.  d defaults to max(1, C // 8).  Zhang et al. 2019 (SAGAN), eqs. 1 to 3; the scale
    1 / sqrt(d) is from Vaswani et al. 2017, eq. 1.
    """

    curved = True

    def __init__(self, c: int, d: int | None = None):
        check_whole("SelfAttention", c=c, d=1 if d is None else d)
        self.c, self.d = c, d or max(1, c // 8)
        std = normal(1 / math.sqrt(c))
        shapes = {"Wq": (c, self.d), "Wk": (c, self.d), "Wv": (c, c)}
        self.parameters = {name: (shape, std) for name, shape in shapes.items()} | {"gamma": ((1,), constant(0.0))}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        hint = f"the last axis is the channels (channel-last): SelfAttention({x.shape[-1]}) would fit"
        x = self.check(x, f"(N, H, W, {self.c})", x.ndim == 4 and x.shape[-1] == self.c, hint)
        X = x.reshape(len(x), -1, self.c)  # (N, T, C)
        q, k, v = X @ self.Wq, X @ self.Wk, X @ self.Wv
        S = q @ _T(k) / math.sqrt(self.d)  # (N, T, T)   eq:attention.scores
        E = np.exp(S - S.real.max(axis=-1, keepdims=True))
        A = E / E.sum(axis=-1, keepdims=True)  # eq:attention.weights
        o = A @ v  # (N, T, C)
        return x + self.gamma * o.reshape(x.shape), (X, q, k, v, A, o, x.shape)  # eq:attention.forward

    def _heads(self, dq: np.ndarray, dk: np.ndarray, dv: np.ndarray, X: np.ndarray, learn: bool) -> np.ndarray:
        """Gradients in q, k, v, which are products of X -> gradient in X."""
        if learn:
            for dW, d in ((self.dWq, dq), (self.dWk, dk), (self.dWv, dv)):
                dW += X.reshape(-1, self.c).T @ d.reshape(-1, d.shape[-1])  # dW += X' d   eq:attention.dW
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T

    def back(self, dy: np.ndarray, cache: Any, learn: bool) -> np.ndarray:
        X, q, k, v, A, o, shape = cache
        dY = self.check_dy(dy, shape).reshape(X.shape)
        if learn:
            self.dgamma += (dY * o).sum()
        do = self.gamma * dY
        dS = _softmax(A, do @ _T(v)) / math.sqrt(self.d)
        return dy + self._heads(dS @ k, _T(dS) @ q, _T(A) @ do, X, learn).reshape(shape)  # eq:attention.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        X, q, k, val, A, _, shape = cache
        U = self.check_v(v, shape).reshape(X.shape)
        tq, tk, tv = U @ self.Wq, U @ self.Wk, U @ self.Wv  # the tangents of q, k, v
        tS = (tq @ _T(k) + q @ _T(tk)) / math.sqrt(self.d)
        tA = _softmax(A, tS)  # the softmax's Jacobian is symmetric
        to = tA @ val + A @ tv
        return v + self.gamma * to.reshape(shape), Tangent(cache, (U, tq, tk, tv, tS, tA, to))  # eq:attention.tangent

    def backward_tangent(
        self, dw: Any, dx: Any, v: Any, tcache: Any, cache: Any, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        X, q, k, val, A, _, shape = cache
        U, tq, tk, tv, tS, tA, to = tcache.inner
        scale = 1 / math.sqrt(self.d)
        dY = dw.reshape(X.shape)
        if learn:
            self.dgamma += (dY * to).sum()
        dto = self.gamma * dY
        # to = tA val + A tv
        dtA, dval = dto @ _T(val), _T(tA) @ dto
        dA, dtv = dto @ _T(tv), _T(A) @ dto
        # tA = A (tS - r), r = sum A tS: its gradients in tS and in A
        r = (A * tS).sum(axis=-1, keepdims=True)
        dA += dtA * (tS - r) - tS * (A * dtA).sum(axis=-1, keepdims=True)  # eq:attention.second
        dtS = _softmax(A, dtA) * scale
        # tS = (tq k' + q tk') scale;  A = softmax(q k' scale)
        dS = _softmax(A, dA) * scale
        dtq, dtk = dtS @ k, _T(dtS) @ q
        dq, dk = dtS @ tk + dS @ k, _T(dtS) @ tq + _T(dS) @ q  # eq:attention.second
        dw_in = dw + self._heads(dtq, dtk, dtv, U, learn).reshape(shape)
        born = self._heads(dq, dk, dval, X, learn).reshape(shape)
        through = None if dx is None else self.back(dx, cache, learn)
        return dw_in, add(through, born)

    def __repr__(self) -> str:
        return f"SelfAttention({self.c})"


def _softmax(A: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The softmax's Jacobian times d, row by row:  A (d - sum A d)."""
    return A * (d - (A * d).sum(axis=-1, keepdims=True))  # eq:attention.softmax
