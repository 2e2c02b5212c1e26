"""A gated recurrent unit: a state that is carried from frame to frame, and changed a little by each input.

All frames share one set of weights. Backpropagation through time is the chain rule over frames: the gradient of the state h[t] is
what the output t says about it, plus what h[t + 1], which was made of it, says. So the backward pass runs from the last frame to
the first and carries dh; the weights add up what every frame says. The second order does the same with two streams, h and its
derivative along v (see layers/chain.py).
"""

import math
from typing import Any

import numpy as np

from minigan.layers.composite import Composite, Tangent
from minigan.layers.parameters import constant, normal
from minigan.layers.tree import Tree
from minigan.running.arguments import check_whole


class GRU(Composite):
    """h[t] = n + u (h[t-1] - n),   n = tanh(a_n + r (h[t-1] U_n + c)),   r, u = sigma(a_r + h[t-1] U_r), sigma(a_u + h[t-1] U_u).

    a = x[t] W + b, all three parts side by side.  x (N, T, n_in) -> y (N, T, n), the states h[1], ..., h[T].  h[0] is 0, or with
    initial=True the second of two inputs: (x, h0), h0 (N, n).  W (n_in, 3n), U (n, 3n), b (3n,), c (n,), whose parts are in
    the order r, u, n.  T may be another one in each call.  Cho et al. 2014, eqs. 5 to 8, with the reset gate applied after the
    product with U_n, as in cuDNN and PyTorch, and u as the weight of the old state.

    n_in, n : sizes of an input and of the state
    initial : take h0 as a second input
    """

    curved = True

    def __init__(self, n_in: int, n: int, initial: bool = False):
        check_whole("GRU", n_in=n_in, n=n)
        self.n_in, self.n, self.pairs = n_in, n, initial
        self.parameters = {
            "W": ((n_in, 3 * n), normal(1 / math.sqrt(n_in))),
            "U": ((n, 3 * n), normal(1 / math.sqrt(n))),
            "b": ((3 * n,), constant(0.0)),
            "c": ((n,), constant(0.0)),
        }

    def parts(self, x: Tree) -> tuple[np.ndarray, np.ndarray]:
        """(x, h0): the inputs (N, T, n_in), and the first state (N, n), zero unless it was given."""
        if self.pairs and not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(
                f"{self} takes a pair (x, h0), got {type(x).__name__}: leave initial=True out to begin at 0"
            )
        a, h0 = x if self.pairs else (x, None)
        a = self.check(a, f"(N, T, {self.n_in})", a.ndim == 3 and a.shape[2] == self.n_in and a.shape[1] > 0)
        if h0 is None:
            return a, np.zeros((len(a), self.n), a.dtype)
        return a, self.check(h0, f"h0 (N, {self.n}) beside x", h0.shape == (len(a), self.n))

    def packed(self, dx: np.ndarray, dh0: np.ndarray) -> Tree:
        return (dx, dh0) if self.pairs else dx

    def forward(self, x: Tree) -> tuple[np.ndarray, Any]:
        x, h = self.parts(x)
        a = x @ self.W + self.b  # (N, T, 3n)
        N, T, n = len(x), x.shape[1], self.n
        y, steps = np.empty((N, T, n), a.dtype), []
        for t in range(T):
            p = h @ self.U
            r, u = sigma(a[:, t, :n] + p[:, :n]), sigma(a[:, t, n : 2 * n] + p[:, n : 2 * n])  # eq:gru.gates
            m = p[:, 2 * n :] + self.c
            new = np.tanh(a[:, t, 2 * n :] + r * m)  # eq:gru.candidate
            steps.append((h, r, u, m, new))
            h = y[:, t] = new + u * (h - new)  # eq:gru.state
        return y, (x, steps)

    def back(self, dy: np.ndarray, cache: Any, learn: bool) -> Tree:
        x, steps = cache
        dy = self.check_dy(dy, (*x.shape[:2], self.n))
        da, dh = np.empty((*x.shape[:2], 3 * self.n), dy.dtype), np.zeros_like(dy[:, 0])
        for t in reversed(range(len(steps))):
            h, r, u, m, new = steps[t]
            dh = (
                dh + dy[:, t]
            )  # what the later frames say about h[t], and what its own output says   eq:gru.through_time
            ds = dh * (1 - u) * (1 - new * new)
            dq = np.concatenate([ds * m * r * (1 - r), dh * (h - new) * u * (1 - u)], axis=1)
            dp = np.concatenate([dq, ds * r], axis=1)
            da[:, t] = np.concatenate([dq, ds], axis=1)
            dh = dh * u + dp @ self.U.T  # eq:gru.dh
            if learn:
                self.dU += h.T @ dp  # eq:gru.dU
                self.dc += (ds * r).sum(axis=0)
        if learn:
            self._inputs(x, da, da)
        return self.packed(da @ self.W.T, dh)

    def _inputs(self, x: np.ndarray, da: np.ndarray, db: np.ndarray | None) -> None:
        """dW += x' da, db += 1' da, over all frames at once."""
        self.dW += x.reshape(-1, self.n_in).T @ da.reshape(-1, 3 * self.n)
        if db is not None:
            self.db += db.sum(axis=(0, 1))

    def tangent(self, v: Tree, cache: Any) -> tuple[np.ndarray, Tangent]:
        x, steps = cache
        vx, k = v if self.pairs else (v, np.zeros_like(steps[0][0]))  # k: the derivative of h along v
        ka = self.check_v(vx, x.shape) @ self.W
        n, w, moved = self.n, np.empty((*x.shape[:2], self.n), ka.dtype), []
        for t, (h, r, u, m, new) in enumerate(steps):
            kp = k @ self.U
            kr, ku, km = ka[:, t, :n] + kp[:, :n], ka[:, t, n : 2 * n] + kp[:, n : 2 * n], kp[:, 2 * n :]
            ks = ka[:, t, 2 * n :] + r * (1 - r) * kr * m + r * km
            knew = (1 - new * new) * ks
            moved.append((k, kr, ku, km, ks, knew))
            k = w[:, t] = knew * (1 - u) + u * (1 - u) * ku * (h - new) + u * k  # eq:gru.tangent
        return w, Tangent(cache, (vx, moved))

    def backward_tangent(
        self, dw: Any, dx: Any, v: Any, tcache: Any, cache: Any, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        (x, steps), (vx, moved) = cache, tcache.inner
        dy = np.zeros_like(dw) if dx is None else dx
        dka, da = np.empty((2, *x.shape[:2], 3 * self.n), dw.dtype)
        dk, dh = np.zeros(
            (2, *dw[:, 0].shape), dw.dtype
        )  # gradients of k, the tangent stream, and of h, the primal one
        for t in reversed(range(len(steps))):
            (h, r, u, m, new), (k, kr, ku, km, ks, knew) = steps[t], moved[t]
            dk, dh = dk + dw[:, t], dh + dy[:, t]
            su, sr, curve = u * (1 - u), r * (1 - r), 1 - new * new
            # k' = knew (1 - u) + su ku (h - new) + u k;  knew = curve ks;  ks = ka_n + sr kr m + r km
            dks, dku = dk * (1 - u) * curve, dk * su * (h - new)
            dkr, dkm = dks * sr * m, dks * r
            dn = dh * (1 - u) - dk * su * ku - 2 * new * ks * dk * (1 - u)
            ds = dn * curve
            du = dh * (h - new) + dk * (k - knew) + dk * (1 - 2 * u) * ku * (h - new)
            dr = ds * m + dks * (km + (1 - 2 * r) * kr * m)
            dm = ds * r + dks * sr * kr  # eq:gru.second
            dkq, dq = np.concatenate([dkr, dku], axis=1), np.concatenate([dr * sr, du * su], axis=1)
            dka[:, t], da[:, t] = np.concatenate([dkq, dks], axis=1), np.concatenate([dq, ds], axis=1)
            dkp, dp = np.concatenate([dkq, dkm], axis=1), np.concatenate([dq, dm], axis=1)
            if learn:
                self.dU += k.T @ dkp + h.T @ dp
                self.dc += dm.sum(axis=0)
            dh = dh * u + dk * su * ku + dp @ self.U.T
            dk = dk * u + dkp @ self.U.T
        if learn:
            self._inputs(vx, dka, None)
            self._inputs(x, da, da)
        return self.packed(dka @ self.W.T, dk), self.packed(da @ self.W.T, dh)

    def __repr__(self) -> str:
        return f"GRU({self.n_in}, {self.n}{', initial=True' * self.pairs})"


def sigma(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow, for complex numbers too."""
    return (1 + np.tanh(x / 2)) / 2
