"""Activations: a slope is a number for each element, so the bugs are small: the wrong side, the wrong array, the wrong point."""

import numpy as np

from minigan import kernels
from minigan.layers import Dense, LeakyReLU, Residual, Sigmoid, SiLU, Softplus, Tanh
from minigan.layers.activations import sigmoid

from .instruments import certified, derivatives
from .registry import exhibit


@exhibit(
    story="The leak on the wrong side, `x < 0` for `x > 0`: D learns from its dead units and hardly from its living ones",
    caught_by="dx",
    check=derivatives(lambda: [LeakyReLU(0.2)], (4, 5)),
)
def leak_on_the_wrong_side(patch):
    patch(kernels, "leaky_relu_dx", lambda dy, x, alpha: np.where(x < 0, dy, alpha * dy))  # right: x > 0


@exhibit(
    story="The two-line ReLU, `dy[x <= 0] = 0; return dy`, works in a chain; beside a skip it zeroes the skip's slope too",
    caught_by="dx",
    check=derivatives(lambda: [Residual(Dense(3, 3), LeakyReLU(0.0)), Dense(3, 2)], (4, 3)),
)
def relu_in_place(patch):
    def backward(self, dy, y):
        dy[y <= 0] *= self.alpha  # right: a new array; dy belongs to whoever called
        return dy

    patch(LeakyReLU, "backward", backward)


@exhibit(
    story="A sigmoid_derivative(x) called with the y of the cache: .20 to .25 everywhere, as if no unit were ever saturated",
    caught_by="dx",
    check=derivatives(lambda: [Sigmoid()], (4, 5)),
)
def sigmoid_of_sigmoid(patch):
    patch(Sigmoid, "df", lambda self, y: sigmoid(y) * (1 - sigmoid(y)))  # right: y (1 - y)


@exhibit(
    story="1 - tanh(.)^2 applied to the y of the cache: it never falls below .42, so G's saturated pixels run away",
    caught_by="dx",
    check=derivatives(lambda: [Tanh()], (4, 5)),
)
def tanh_of_tanh(patch):
    patch(Tanh, "df", lambda self, y: 1 - np.tanh(y) ** 2)  # right: 1 - y^2


@exhibit(
    story="SiLU's gate taken as a constant factor, as ReLU's mask is: x s(x) has two factors, and both move",
    caught_by="dx",
    check=derivatives(lambda: [SiLU()], (4, 5)),
)
def gate_held_still(patch):
    patch(SiLU, "df", lambda self, x, s: s)  # right: s + x s (1 - s)


@exhibit(
    story="The layer keeps its last input in self: D(fake) overwrites D(real)'s, whose slope is then taken at the wrong point",
    caught_by="two live caches, dx",
    check=certified("Softplus", "contract"),
)
def cache_hidden_in_the_layer(patch):
    last = {}

    def forward(self, x):
        y, cache = right(self, x)
        last[self] = cache  # right: the cache is handed over
        return y, cache

    right = patch(Softplus, "forward", forward)
    patch(Softplus, "backward", lambda self, dy, cache: dy * self.df(*last[self]))
