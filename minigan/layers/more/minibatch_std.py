"""Minibatch standard deviation: let D see how varied a batch is, so a generator whose images are all alike is caught at once.

ProGAN's cure for mode collapse (Karras et al. 2018, sec. 3).  Its whole point is to mix the samples of a batch, which is why
a D with a gradient penalty cannot contain it.
"""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.running.arguments import check_range


class MinibatchStd(Layer):
    """y = [x, c],  c = mean over positions and channels of sqrt(var_n x + eps), one extra channel of that one number.

    x (N, ..., C) -> y (N, ..., C + 1).  With u = x - mean_n x, s = sqrt(var_n x + eps) and F values a sample,
    dc/dx = u / (N F s), so  dx = dy[..., :C] + (sum of dy's last channel) u / (N F s).
    """

    mixes = True

    def __init__(self, eps: float = 1e-8):
        check_range("MinibatchStd", eps=eps)
        self.eps = eps

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.check(x, "(N, ..., C) with at least two axes", x.ndim >= 2)
        u = x - x.mean(axis=0)
        s = np.sqrt((u * u).mean(axis=0) + x.dtype.type(self.eps))
        extra = np.broadcast_to(s.mean(), (*x.shape[:-1], 1)).astype(x.dtype)  # eq:minibatch_std.forward
        return np.concatenate([x, extra], axis=-1), (u, s)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        u, s = cache
        dy = self.check_dy(dy, (*u.shape[:-1], u.shape[-1] + 1))
        return dy[..., :-1] + dy[..., -1].sum() * u / (u.size * s)  # N F = u.size   eq:minibatch_std.dx
