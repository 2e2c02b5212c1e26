"""Normalisation: the mean and the deviation depend on x too, and learning and use are two different things."""

import numpy as np

from minigan import kernels
from minigan.kernels import reference
from minigan.layers import BatchNorm, Dense, InstanceNorm, LayerNorm, PixelNorm

from .instruments import alone, batchnorm_by_hand, derivatives, instancenorm_by_hand
from .registry import exhibit

CLOUD = (5, 3)


@exhibit(
    story="Mean and variance taken for constants: dx = gamma dy / s looks right, trains for a while, and drifts",
    caught_by="dx",
    check=derivatives(lambda: [BatchNorm(3)], CLOUD),
)
def batch_statistics_held_still(patch):
    def batchnorm_dx(dy, x, mean, inv_std, gamma):
        _, dgamma, dbeta = reference.batchnorm_dx(dy, x, mean, inv_std, gamma)
        return gamma * inv_std * dy, dgamma, dbeta  # right: ... (dy - dbeta / M - xhat dgamma / M)

    patch(kernels, "batchnorm_dx", batchnorm_dx)


@exhibit(
    story="np.var(ddof=1) under x - mean: the unbiased variance belongs in the running average only; small batches feel it",
    caught_by="y",
    check=batchnorm_by_hand,
)
def bessel_in_the_wrong_place(patch):
    def column_moments(x):
        mean, var = reference.column_moments(x)
        M = x.size // x.shape[-1]
        return mean, var * (M / (M - 1))  # right: var, the biased one

    patch(kernels, "column_moments", column_moments)


@exhibit(
    story="BatchNorm without eps: every gradient is exact, until a ReLU dies, a channel is constant, and 0 / 0 fills the net",
    caught_by="y",
    check=batchnorm_by_hand,
)
def epsilon_forgotten(patch):
    patch(BatchNorm, "_inv_std", lambda self, var: 1 / np.sqrt(var))  # right: var + eps


@exhibit(
    story="Momentum 0.1 in PyTorch is 0.9 in Keras: with the other's, the running statistics are nearly the last batch's",
    caught_by="running mean",
    check=batchnorm_by_hand,
)
def momentum_of_the_other_library(patch):
    def forward(self, x):
        self.momentum = 1 - self.momentum  # right: running += momentum (batch - running)
        out = right(self, x)
        self.momentum = 1 - self.momentum
        return out

    right = patch(BatchNorm, "forward", forward)


@exhibit(
    story="Sampling with G still in training mode: an image depends on the images drawn beside it, and alone it fails",
    caught_by="alone as in a batch",
    check=alone(lambda: [Dense(3, 4), BatchNorm(4)], CLOUD),
)
def use_with_the_batch_statistics(patch):
    def call(self, x):
        return kernels.batchnorm(x, *moments(x), self.gamma, self.beta)  # right: running_mean, running_var

    def moments(x):
        return x.mean(axis=0), 1 / np.sqrt(x.var(axis=0) + 1e-5)

    patch(BatchNorm, "__call__", call)


@exhibit(
    story="Running statistics updated in use as well: G after 10,000 samples is not the G that was saved",
    caught_by="use leaves state",
    check=alone(lambda: [Dense(3, 4), BatchNorm(4)], CLOUD),
)
def use_updates_the_statistics(patch):
    def call(self, x):
        if len(x) > 1:
            self.forward(x)  # right: nothing is updated in use
        return right(self, x)

    right = patch(BatchNorm, "__call__", call)


@exhibit(
    story="LayerNorm over axis 0 is BatchNorm unawares: every derivative agrees, and the samples of D's penalty mix",
    caught_by="alone as in a batch",
    check=alone(lambda: [Dense(3, 4), LayerNorm(4)], CLOUD),
)
def layer_norm_over_the_batch(patch):
    patch(LayerNorm, "axes", (0,))  # right: (-1,)


@exhibit(
    story="Channel-first axes (2, 3) in channel-last code: each row of pixels is normalised, with all its channels together",
    caught_by="y",
    check=instancenorm_by_hand,
)
def instance_norm_over_other_axes(patch):
    patch(InstanceNorm, "axes", (2, 3))  # right: (1, 2)


@exhibit(
    story="dgamma += dy, the line above copied: gamma learns what beta should, and the scale of every channel wanders",
    caught_by="dtheta",
    check=derivatives(lambda: [LayerNorm(3)], CLOUD),
)
def gamma_learns_like_beta(patch):
    def accumulate(self, dy, cache):
        self.dgamma += dy.sum(axis=0)  # right: (dy xhat).sum(axis=0)
        self.dbeta += dy.sum(axis=0)

    patch(LayerNorm, "accumulate", accumulate)


@exhibit(
    story="PixelNorm's slope with the mean subtracted, copied from LayerNorm: x / |x| has no mean to take",
    caught_by="dx",
    check=derivatives(lambda: [PixelNorm()], (2, 2, 3, 4)),
)
def pixel_norm_centres_its_slope(patch):
    def backward(self, dy, cache):
        dx = right(self, dy, cache)
        return dx - dx.mean(axis=-1, keepdims=True)  # right: dx

    right = patch(PixelNorm, "backward", backward)
