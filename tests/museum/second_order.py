"""The second order: what a gradient penalty needs, and what hand-written ones leave out.

The penalty is a function of dD/dx.  Moving a weight changes dD/dx in two ways: directly, and by moving the point at which
every curved layer is bent.  Forget the second and a ReLU net will never tell you.
"""

import numpy as np

from minigan import penalties
from minigan.layers import Dense, Layer, LayerNorm, Softplus, Tanh, norm
from minigan.layers.conv import Conv2d
from minigan.layers.tree import add
from minigan.penalties import PENALTIES

from .instruments import certified, derivatives, steps
from .registry import exhibit

POINTS = (4, 3)


@exhibit(
    story="numpy-ml's WGAN-GP `_bwd2` is exact for ReLU and silently wrong for tanh: f'' is never carried down",
    caught_by="second order, dtheta",
    check=derivatives(lambda: [Dense(3, 4), Tanh(), Dense(4, 1)], POINTS),
)
def curvature_of_tanh_dropped(patch):
    patch(Tanh, "d2f", lambda self, y: np.zeros_like(y))  # right: -2 y (1 - y^2)


@exhibit(
    story="softplus'' read off as sigmoid(x), which is its first derivative: one prime lost in copying",
    caught_by="second order, dx",
    check=derivatives(lambda: [Softplus()], POINTS),
)
def softplus_bent_by_its_slope(patch):
    patch(Softplus, "d2f", lambda self, x: self.df(x))  # right: s (1 - s)


@exhibit(
    story="LayerNorm is what WGAN-GP's paper advises for the critic; its curvature takes half a page, and is left out",
    caught_by="second order, dtheta",
    check=derivatives(lambda: [Dense(3, 4), LayerNorm(4), Dense(4, 1)], POINTS),
)
def curvature_of_layer_norm_dropped(patch):
    patch(norm, "curve", lambda dy, v, y, s, axes, center=True: np.zeros_like(dy))  # right: half a page, layers/norm.py


@exhibit(
    story="LayerNorm's curvature with the mean and deviation held still in it: nearly right is still wrong",
    caught_by="second order, dx",
    check=derivatives(lambda: [LayerNorm(3)], POINTS),
)
def curvature_of_layer_norm_half_done(patch):
    def curve(dy, v, y, s, axes, center=True):
        Pv = norm.project(v, y, axes, center)
        return -y * (dy * Pv).mean(axis=axes, keepdims=True) / s**2  # right: - P(dy mean(y v) + v mean(y dy)) / s^2 too

    patch(norm, "curve", curve)


@exhibit(
    story="The primal stream is born in a tanh and dropped by the layer below: all weights further down get half a slope",
    caught_by="second order, dtheta",
    check=derivatives(lambda: [Dense(3, 4), Tanh(), Dense(4, 4), Tanh(), Dense(4, 1)], POINTS),
)
def primal_stream_dropped(patch):
    def backward_tangent(self, dw, dx, v, tcache, cache, learn=True, need_dx=True):
        if learn:
            self.accumulate(dw, tcache)  # right: and what dx brings from above
        return self.backward(dw, tcache), self.curvature(dw, v, cache) if self.curved else None

    patch(Layer, "backward_tangent", backward_tangent)


@exhibit(
    story="The primal stream runs down past the weights but never into them: it was given `backward`, not `accumulate`",
    caught_by="second order, dtheta",
    check=derivatives(lambda: [Dense(3, 4), Tanh(), Dense(4, 1)], POINTS),
)
def primal_stream_teaches_nobody(patch):
    def backward_tangent(self, dw, dx, v, tcache, cache, learn=True, need_dx=True):
        if learn:
            self.accumulate(dw, tcache)
        dx = None if dx is None else self.backward(dx, cache)  # right: and self.accumulate(dx, cache)
        return self.backward(dw, tcache), add(dx, self.curvature(dw, v, cache)) if self.curved else dx

    patch(Layer, "backward_tangent", backward_tangent)


@exhibit(
    story="The tangent pass reuses forward, bias and all: J v + b is no derivative along v",
    caught_by="tangent",
    check=derivatives(lambda: [Dense(3, 2)], POINTS),
)
def bias_moves_along(patch):
    patch(Dense, "tangent", lambda self, v, cache: self.forward(v))  # right: v W, and a cache (v, 0)


@exhibit(
    story="A bias adds nothing to dD/dx, yet the second-order pass teaches it: `accumulate` forgot which stream it serves",
    caught_by="second order, dtheta",
    check=derivatives(lambda: [Conv2d(1, 2, 3)], (2, 4, 5, 1)),
)
def bias_learns_from_the_penalty(patch):
    right = patch(Conv2d, "accumulate", lambda self, dy, cache: right(self, dy, (cache[0], 1)))  # right: (v, 0)


@exhibit(
    story="create_graph=True forgotten: the penalty is printed and logged every step, and D's weights never feel it",
    caught_by="D step, dtheta",
    check=steps(penalty="r1"),
)
def penalty_only_printed(patch):
    def r1(g, gamma=1.0):
        value, v = right(g, gamma)
        return value, np.zeros_like(v)  # right: v, which the second-order pass carries into the weights

    right = patch(PENALTIES, "r1", r1)


@exhibit(
    story="autograd.grad of D(x).mean() instead of .sum(): each sample's slope is N times too small, and R1 N^2 times",
    caught_by="value",
    check=certified("r1", "second order", "conv, LeakyReLU"),
)
def slope_of_the_mean_score(patch):
    def add_penalty(D, scores, caches, penalty, dy=None):
        mean = np.ones_like(scores) / len(scores)  # right: ones, so that row n is dD(x_n)/dx_n
        value, v = penalty(D.backward(mean, caches, learn=False))
        D.backward_tangent(mean, D.tangent(v, caches)[1], caches)
        return value

    patch(penalties, "add_penalty", add_penalty)
