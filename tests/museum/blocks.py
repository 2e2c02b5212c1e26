"""Residual, dropout, embedding, attention, spectral norm: layers with a second path, a memory or a lookup.

Each has one path that is easily seen and one that is easily forgotten: the skip, the mask, the repeated label, the sum in the
softmax, the singular value that moves with the weights.
"""

import numpy as np

from minigan.layers import (
    BatchNorm,
    Copy,
    Dense,
    Dropout,
    Embedding,
    MinibatchStd,
    Residual,
    SelfAttention,
    SpectralNorm,
    Tanh,
)
from minigan.layers.more import attention

from .instruments import certified, derivatives, dropout_on_average, random
from .registry import exhibit


@exhibit(
    story="y = x + f(x) is written forward, and only f is written backward: the skip that should carry the slope is cut",
    caught_by="dx",
    check=derivatives(lambda: [Residual(Dense(3, 4), Tanh(), Dense(4, 3))], (4, 3)),
)
def residual_forgets_the_skip(patch):
    patch(Copy, "backward", lambda self, dy, cache: dy[0])  # right: the sum over both ways, the body and the skip


@exhibit(
    story="The mask is drawn again in backward: units that were off get the slope, units that were on do not",
    caught_by="dx",
    check=derivatives(lambda: [Dropout(0.5)], (4, 6)),
)
def dropout_redraws_its_mask(patch):
    def backward(self, dy, scale):
        return self.forward(dy)[0]  # right: dy * scale, the mask of this forward

    patch(Dropout, "backward", backward)


@exhibit(
    story="Dropout without the 1 / (1 - p): its gradient is exact, and in use every unit is suddenly twice as loud",
    caught_by="mean of forward is use",
    check=dropout_on_average,
)
def dropout_never_rescales(patch):
    def forward(self, x):
        y, scale = right(self, x)
        return y * (1 - self.p), scale * (1 - self.p)  # right: y = m x / (1 - p)

    right = patch(Dropout, "forward", forward)


@exhibit(
    story="`mask / (1 - p)` is float64 in NumPy: from this layer on a float32 net computes at half the speed",
    caught_by="y: dtype kept",
    check=certified("Dropout", "float32"),
)
def float64_leaks(patch):
    def forward(self, x):
        _, scale = right(self, x)
        scale = (scale != 0) / (1 - self.p)  # right: keep * x.dtype.type(1 / (1 - p))
        return x * scale, scale

    right = patch(Dropout, "forward", forward)


@exhibit(
    story="`dW[labels] += dy` adds a repeated label once (NumPy buffers it): frequent classes learn as slowly as rare ones",
    caught_by="dtheta",
    check=derivatives(lambda: [Embedding(3, 2)], np.array([0, 2, 0, 0])),
)
def embedding_counts_a_label_once(patch):
    def accumulate(self, dy, cache):
        labels, one = cache
        if one:
            self.dW[labels] += dy  # right: np.add.at(self.dW, labels, dy), or onehot' dy

    patch(Embedding, "accumulate", accumulate)


@exhibit(
    story="The softmax's slope as A dS, like a sigmoid's: the rows sum to 1, and the term that keeps them there is missing",
    caught_by="dx",
    check=derivatives(lambda: [SelfAttention(2)], random(2, 2, 2, 2)),
)
def softmax_without_its_row_sum(patch):
    patch(attention, "_softmax", lambda A, d: A * d)  # right: A (d - sum A d)


@exhibit(
    story="The slopes of queries and keys exchanged: both have the same shape, so nothing complains and attention learns noise",
    caught_by="dtheta",
    check=derivatives(lambda: [SelfAttention(2)], random(2, 2, 2, 2)),
)
def attention_confuses_keys_and_queries(patch):
    def _heads(self, dq, dk, dv, X, learn):
        return right(self, dk, dq, dv, X, learn)  # right: dq, dk, dv

    right = patch(SelfAttention, "_heads", _heads)


@exhibit(
    story="W / sigma with sigma held still (a `detach` too many): D is pushed along the direction that is divided out again",
    caught_by="dtheta",
    check=derivatives(lambda: [SpectralNorm(Dense(4, 3))], (4, 4)),
)
def spectral_norm_holds_sigma_still(patch):
    def accumulate(self, dy, cache):
        inner, _, _, sigma = cache
        with self._normalised(sigma) as layer:
            layer.accumulate(dy, inner)
            dWbar = layer.dW
        self.layer.dW += dWbar / sigma  # right: (dWbar - <dWbar, Wbar> u v') / sigma

    patch(SpectralNorm, "accumulate", accumulate)


@exhibit(
    story="ProGAN's statistic taken for a constant: D sees that G has collapsed, but G is never told the way out",
    caught_by="dx",
    check=derivatives(lambda: [MinibatchStd()], (4, 3)),
)
def minibatch_std_tells_nobody(patch):
    patch(MinibatchStd, "backward", lambda self, dy, cache: dy[..., :-1])  # right: + sum dy[..., -1] u / (N F s)


@exhibit(
    story="`dx = dy; dx *= ...` saves a copy and spoils the caller's array: a second user of the same slope gets it scaled",
    caught_by="arguments unchanged",
    check=certified("BatchNorm", "contract"),
)
def backward_spoils_its_argument(patch):
    def learn(self, dy, cache):
        dx = right(self, dy, cache)
        dy *= self.gamma  # right: a new array
        return dx

    right = patch(BatchNorm, "learn", learn)
