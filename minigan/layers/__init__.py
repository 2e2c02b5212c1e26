"""The layers, one concept a file.  Start with layer.py (the contract), then dense.py, then chain.py (backpropagation)."""

from minigan.layers.activations import LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from minigan.layers.concat import Concat
from minigan.layers.conv import Conv2d, ConvTranspose2d
from minigan.layers.dense import Dense
from minigan.layers.dropout import Dropout
from minigan.layers.embedding import Embedding
from minigan.layers.label import Beside, LabelScore
from minigan.layers.layer import Layer, MixedSamplesError, ShapeError
from minigan.layers.more.attention import SelfAttention
from minigan.layers.more.minibatch_std import MinibatchStd
from minigan.layers.more.pack import Pack
from minigan.layers.more.spectral_norm import SpectralNorm
from minigan.layers.norm import BatchNorm, InstanceNorm, LayerNorm, PixelNorm
from minigan.layers.pool import AvgPool2d, MaxPool2d, Upsample2x
from minigan.layers.residual import Residual
from minigan.layers.shape import Flatten, Reshape
from minigan.layers.upconv import UpConv2d

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Beside",
    "Concat",
    "Conv2d",
    "ConvTranspose2d",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "InstanceNorm",
    "LabelScore",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool2d",
    "MinibatchStd",
    "MixedSamplesError",
    "Pack",
    "PixelNorm",
    "ReLU",
    "Reshape",
    "Residual",
    "SelfAttention",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "SpectralNorm",
    "Tanh",
    "UpConv2d",
    "Upsample2x",
]
