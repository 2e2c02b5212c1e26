"""The layers, one concept a file.  Start with layer.py (the contract), then dense.py, then chain.py (backpropagation).

branches.py builds every network that is not a chain; more/ is not needed on the first evening.
"""

from minigan.layers.activations import LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh  # noqa: I001 (the longest import stays on two lines)
from minigan.layers.branches import Beside, Block, Concat, Copy, Join, Parallel, Residual, Sum
from minigan.layers.conv import Conv2d, ConvTranspose2d
from minigan.layers.dense import Dense
from minigan.layers.layer import Layer, MixedSamplesError, ShapeError
from minigan.layers.more import (GRU, Color, Cutout, Dropout, Embedding, Frames, FrozenBatchNorm, JoinFrames, Keep, LabelScore,
    MinibatchStd, Mirror, Normalize, Pack, SelfAttention, Shift, SpectralNorm, Take, TemporalConv, TimeEmbedding, Translation)  # fmt: skip
from minigan.layers.norm import BatchNorm, InstanceNorm, LayerNorm, PixelNorm
from minigan.layers.pool import AvgPool2d, MaxPool2d, Upsample2x
from minigan.layers.shape import Flatten, Reshape
from minigan.layers.upconv import UpConv2d

__all__ = [
    "GRU", "AvgPool2d", "BatchNorm", "Beside", "Block", "Color", "Concat", "Conv2d", "ConvTranspose2d", "Copy", "Cutout", "Dense",
    "Dropout", "Embedding", "Flatten", "Frames", "FrozenBatchNorm", "InstanceNorm", "Join", "JoinFrames", "Keep", "LabelScore", "Layer",
    "LayerNorm", "LeakyReLU", "MaxPool2d", "MinibatchStd", "Mirror", "MixedSamplesError", "Normalize", "Pack", "Parallel", "PixelNorm",
    "ReLU", "Reshape", "Residual", "SelfAttention", "ShapeError", "Shift", "SiLU", "Sigmoid", "Softplus", "SpectralNorm", "Sum", "Take",
    "Tanh", "TemporalConv", "TimeEmbedding", "Translation", "UpConv2d", "Upsample2x",
]  # fmt: skip
