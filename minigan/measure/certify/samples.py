"""The registry of layers, each in awkward configurations.

Odd and non-square images, a batch of one, strides that do not divide the size, padding, no bias, one channel, two inputs,
labels, layers inside layers.  A layer that is correct only at (8, 4, 4, 16) is wrong; most bugs show only when sizes differ.
A test fails if a public Layer subclass is missing here.
"""

import copy
from typing import Any, NamedTuple

import numpy as np

from minigan.layers import (
    GRU,
    AvgPool2d,
    BatchNorm,
    Beside,
    Block,
    Color,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Copy,
    Cutout,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Frames,
    FrozenBatchNorm,
    InstanceNorm,
    Join,
    JoinFrames,
    Keep,
    LabelScore,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2d,
    MinibatchStd,
    Mirror,
    Normalize,
    Pack,
    Parallel,
    PixelNorm,
    ReLU,
    Reshape,
    Residual,
    SelfAttention,
    Shift,
    Sigmoid,
    SiLU,
    Softplus,
    SpectralNorm,
    Sum,
    Take,
    Tanh,
    TemporalConv,
    TimeEmbedding,
    Translation,
    UpConv2d,
    Upsample2x,
)
from minigan.network import Sequential


class Labels(NamedTuple):
    """An input of n integer labels below `classes`."""

    n: int
    classes: int


class Times(NamedTuple):
    """An input of n times in [0, 1]."""

    n: int


class Sample:
    """A layer and the shapes of its inputs (or Labels, or Times).  Networks and arrays are created on demand, the same ones each time."""

    def __init__(self, layer: Layer, *inputs: tuple[int, ...] | Labels | Times):
        self.layer, self.inputs = layer, inputs
        self.name = f"{layer} on {' and '.join(map(str, inputs))}"

    def network(self, dtype: type = np.float64) -> Sequential:
        """A network with this layer alone; its biases and gains are random, away from 0 and 1."""
        rng = np.random.default_rng(1)
        net = Sequential(copy.deepcopy(self.layer), rng=rng, dtype=np.float64)
        net.theta += 0.3 * rng.standard_normal(net.theta.size)
        for layer in reversed(list(net.layers[0].walk())):
            layer.reset(rng)
        return net.astype(dtype)

    def x(self, seed: int | np.random.SeedSequence = 2) -> Any:
        """The input: one array, or a tuple of them.  It is not centred at 0, where a missing mean would go unnoticed."""
        rng = np.random.default_rng(seed)
        drawn: tuple[np.ndarray, ...] = tuple(
            rng.integers(spec.classes, size=spec.n)
            if isinstance(spec, Labels)
            else rng.uniform(0.1, 0.9, spec.n)
            if isinstance(spec, Times)
            else 0.2 + rng.standard_normal(spec)
            for spec in self.inputs
        )
        return drawn if len(drawn) > 1 else drawn[0]

    @property
    def mixes(self) -> bool:
        """Does any layer inside mix samples of a batch?"""
        return any(layer.mixes for layer in self.layer.walk())


SAMPLES = [
    Sample(Dense(5, 3), (4, 5)),
    Sample(Dense(1, 4), (1, 1)),
    Sample(Dense(7, 2, bias=False), (3, 7)),
    Sample(Conv2d(2, 3, 3), (2, 5, 7, 2)),
    Sample(Conv2d(1, 2, 4, stride=2, pad=1), (1, 8, 6, 1)),
    Sample(Conv2d(3, 2, 3, stride=2, pad=1, bias=False), (2, 7, 4, 3)),  # stride and pad leave a margin unused
    Sample(Conv2d(2, 4, 1), (3, 3, 2, 2)),
    Sample(Conv2d(2, 2, 5, pad=2), (1, 3, 4, 2)),  # a window larger than the image
    Sample(Conv2d(3, 4, 3, pad=1), (2, 9, 8, 3)),
    Sample(ConvTranspose2d(3, 2, 4, stride=2, pad=1), (2, 3, 4, 3)),
    Sample(ConvTranspose2d(2, 3, 3), (1, 4, 2, 2)),
    Sample(ConvTranspose2d(2, 1, 3, stride=3, pad=2, bias=False), (2, 3, 5, 2)),
    Sample(ConvTranspose2d(4, 3, 4), (3, 1, 1, 4)),
    Sample(UpConv2d(2, 3), (2, 3, 4, 2)),
    Sample(UpConv2d(3, 1, 5, bias=False), (1, 2, 3, 3)),
    Sample(UpConv2d(2, 2, 1), (2, 1, 3, 2)),
    Sample(LeakyReLU(), (3, 5)),
    Sample(LeakyReLU(0.01), (1, 3, 4, 2)),
    Sample(ReLU(), (2, 3, 5, 2)),
    Sample(ReLU(), (1, 7)),
    Sample(Tanh(), (3, 5)),
    Sample(Tanh(), (1, 2, 3, 2)),
    Sample(Sigmoid(), (3, 4)),
    Sample(Sigmoid(), (1, 3, 2, 2)),
    Sample(Softplus(), (3, 4)),
    Sample(Softplus(), (1, 2, 3, 2)),
    Sample(SiLU(), (3, 4)),
    Sample(SiLU(), (1, 3, 2, 2)),
    Sample(Flatten(), (2, 3, 5, 2)),
    Sample(Flatten(), (1, 4)),
    Sample(Reshape(3, 2, 2), (2, 12)),
    Sample(Reshape(6), (1, 3, 1, 2)),
    Sample(Dropout(0.4), (5, 7)),
    Sample(Dropout(0.2), (1, 3, 4, 2)),
    Sample(Color(), (3, 3, 4, 3)),
    Sample(Color(0.5), (1, 2, 5, 1)),
    Sample(Translation(), (4, 9, 5, 2)),
    Sample(Translation(0.6), (1, 2, 17, 1)),
    Sample(Cutout(), (4, 5, 4, 2)),
    Sample(Cutout(0.5), (1, 1, 3, 1)),
    Sample(Mirror(), (4, 2, 5, 2)),
    Sample(Mirror(1.0), (1, 3, 2, 1)),
    Sample(Block(Mirror(), Color(), Translation(), Cutout(), Conv2d(3, 2, 4, 2, 1), Tanh()), (3, 8, 8, 3)),
    Sample(BatchNorm(3), (7, 3)),
    Sample(BatchNorm(2), (3, 4, 5, 2)),
    Sample(BatchNorm(2, momentum=0.5, eps=0.1), (1, 3, 2, 2)),
    Sample(LayerNorm(5), (3, 5)),
    Sample(LayerNorm(4, eps=0.1), (1, 2, 3, 4)),
    Sample(InstanceNorm(3), (2, 3, 4, 3)),
    Sample(InstanceNorm(1, eps=0.1), (1, 5, 2, 1)),
    Sample(PixelNorm(), (3, 5)),
    Sample(PixelNorm(eps=0.1), (1, 3, 2, 4)),
    Sample(AvgPool2d(), (2, 4, 6, 3)),
    Sample(AvgPool2d(3), (1, 3, 6, 1)),
    Sample(AvgPool2d(crop=True), (2, 5, 4, 2)),
    Sample(MaxPool2d(), (2, 4, 6, 3)),
    Sample(MaxPool2d(3), (1, 6, 3, 2)),
    Sample(MaxPool2d(crop=True), (2, 5, 7, 2)),
    Sample(Upsample2x(), (2, 3, 2, 3)),
    Sample(Upsample2x(), (1, 1, 4, 1)),
    Sample(MinibatchStd(), (4, 3)),
    Sample(MinibatchStd(), (3, 3, 2, 2)),
    Sample(Normalize(255, (103.939, 116.779, 123.68), (1, 1, 1), (2, 1, 0)), (2, 3, 2, 3)),
    Sample(Normalize(1, (0.5, 0.4, 0.3, 0.2), (0.1, 0.2, 0.3, 0.4), (2, 0, 1, 3)), (1, 2, 1, 4)),
    Sample(Pack(2), (4, 3)),
    Sample(Pack(3), (3, 2, 1, 2)),
    Sample(Embedding(5, 3), Labels(7, 5)),
    Sample(Embedding(2, 4), Labels(1, 2)),
    Sample(SelfAttention(3, d=2), (2, 3, 2, 3)),
    Sample(SelfAttention(8), (1, 2, 3, 8)),
    Sample(SpectralNorm(Dense(4, 3)), (3, 4)),
    Sample(SpectralNorm(Conv2d(2, 3, 3, stride=2, pad=1)), (1, 5, 4, 2)),
    Sample(SpectralNorm(ConvTranspose2d(3, 2, 4, stride=2, pad=1, bias=False)), (2, 2, 3, 3)),
    Sample(SpectralNorm(UpConv2d(2, 3)), (2, 3, 2, 2)),
    Sample(Copy(), (3, 4)),
    Sample(Copy(3), (1, 2, 3, 2)),
    Sample(Parallel([Dense(3, 2), Tanh()], []), (4, 3), (4, 2)),
    Sample(Parallel([SiLU()], [LayerNorm(3)], []), (1, 2), (1, 3), (1, 4)),
    Sample(Parallel([Tanh()], [Softplus()]), (2, 3), (2, 2)),  # every branch has a gradient of second order
    Sample(
        Block(Copy(), Parallel([], [Conv2d(2, 3, 4, 2, 1), Tanh(), ConvTranspose2d(3, 2, 4, 2, 1)]), Join()),
        (2, 4, 6, 2),
    ),
    Sample(Block(Dense(3, 5), SiLU(), Copy(), Parallel([Dense(5, 1)], [Dense(5, 4), Tanh()])), (3, 3)),
    Sample(Parallel([MinibatchStd()], [Dense(2, 2)]), (3, 2), (3, 2)),  # one branch mixes samples
    Sample(Sum(), (3, 4), (3, 4)),
    Sample(Sum(), (1, 3, 2, 2), (1, 3, 2, 2), (1, 3, 2, 2)),
    Sample(Join(), (3, 4), (3, 1)),
    Sample(Join(), (1, 3, 2, 1), (1, 3, 2, 2), (1, 3, 2, 3)),
    Sample(Block(Dense(2, 3), Tanh()), (1, 2)),
    Sample(Residual(Dense(4, 4)), (3, 4)),
    Sample(Residual(Dense(4, 6), Tanh(), Dense(6, 3), shortcut=Dense(4, 3, bias=False)), (2, 4)),
    Sample(Residual(Conv2d(2, 3, 3, pad=1), SiLU(), shortcut=Conv2d(2, 3, 1)), (1, 3, 5, 2)),
    Sample(Residual(Dense(3, 3), Residual(LayerNorm(3), Dense(3, 3), Softplus())), (2, 3)),
    Sample(Residual(SelfAttention(2), SpectralNorm(Conv2d(2, 2, 3, pad=1)), Tanh()), (2, 2, 3, 2)),
    Sample(FrozenBatchNorm(3), (1, 3)),
    Sample(FrozenBatchNorm(2, eps=0.1), (3, 4, 5, 2)),
    Sample(Residual(Dense(3, 3), BatchNorm(3), ReLU()), (5, 3)),
    Sample(Concat(right=[Embedding(4, 3)]), (5, 2), Labels(5, 4)),
    Sample(Concat(right=[Embedding(3, 6), Reshape(3, 2, 1)]), (1, 3, 2, 2), Labels(1, 3)),
    Sample(Concat(left=[Dense(3, 2), Tanh()], right=[Dense(2, 4), Softplus()]), (4, 3), (4, 2)),
    Sample(Beside(Dense(3, 4), SiLU(), Residual(LayerNorm(4), Dense(4, 4))), (3, 3), (3, 2)),
    Sample(Beside(Conv2d(1, 2, 3), LeakyReLU(), Flatten()), (1, 4, 5, 1), Labels(1, 3)),
    Sample(Beside(BatchNorm(3)), (4, 3), Labels(4, 2)),
    Sample(LabelScore(3, 4), (5, 3), Labels(5, 4)),
    Sample(LabelScore(2, 2), (1, 2), Labels(1, 2)),
    Sample(TimeEmbedding(6, 30.0), Times(5)),
    Sample(TimeEmbedding(2, 7.0), Times(1)),
    Sample(Shift(), (2, 3, 2, 3), (2, 3)),
    Sample(Shift(), (1, 4), (1, 4)),
    Sample(Take(1), (3, 2), (3, 4)),
    Sample(Take(2, 0), (1, 2), (1, 2, 3, 1), (1, 4)),
    Sample(Keep(Parallel([Conv2d(1, 2, 3, pad=1)], [Dense(3, 2)]), Shift(), SiLU()), (1, 3, 4, 1), (1, 3)),
    Sample(Keep(Parallel([], [TimeEmbedding(4, 9.0), Dense(4, 2)]), Shift(), Tanh()), (3, 2), Times(3)),
    Sample(Concat(left=[BatchNorm(2)], right=[Embedding(3, 1)]), (4, 2), Labels(4, 3)),
    Sample(GRU(3, 2), (2, 4, 3)),
    Sample(GRU(1, 3), (1, 1, 1)),
    Sample(GRU(2, 3, initial=True), (3, 3, 2), (3, 3)),
    Sample(TemporalConv(2, 3, 3, pad=1), (2, 3, 4, 5, 2)),
    Sample(TemporalConv(1, 2, 4, 2, 1), (1, 6, 4, 7, 1)),
    Sample(TemporalConv(3, 2, 2, k_t=3, stride_t=2, bias=False), (2, 6, 3, 2, 3)),  # the last frame is not met
    Sample(TemporalConv(2, 2, 1, k_t=4, stride_t=3, pad_t=3), (2, 2, 2, 1, 2)),  # a window longer than the clip
    Sample(Frames(Conv2d(2, 3, 3, 2, 1), Tanh(), Flatten()), (2, 3, 4, 5, 2)),
    Sample(Frames(Dense(3, 4), LeakyReLU()), (1, 2, 3)),
    Sample(Frames(Dense(3, 2), BatchNorm(2)), (2, 3, 3)),
    Sample(JoinFrames(), (2, 3), (2, 4, 2)),
    Sample(JoinFrames(), (1, 1), (1, 1, 3)),
    Sample(Block(Parallel([], [GRU(2, 3)]), JoinFrames(), Frames(Dense(4, 2), SiLU())), (1, 1), (1, 3, 2)),
]
