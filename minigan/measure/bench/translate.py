"""Translate a minigan network into PyTorch, layer by layer, with the same initial weights (torch_layout.py knows the layouts).

Weights next to a reshape between rows and images are permuted once, so neither side permutes activations during training.
With `last`, PyTorch uses its channels_last format and needs no permutation.

Only peers.py imports this file, and only if torch is installed.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn.functional import embedding

from minigan import layers as mg
from minigan.layers.tree import Tree, first
from minigan.network import Sequential
from minigan.running.torch_layout import Link, links

Links = list[tuple[nn.Parameter, Link]]  # PyTorch's parameter, and the part of theta it corresponds to
Pair = tuple[torch.Tensor, torch.Tensor]  # x, label
Shape = tuple[int, ...]


class ToImage(nn.Module):
    """(N, H W C) -> (N, C, H, W), channel-last in memory if `last`."""

    def __init__(self, H: int, W: int, C: int, last: bool):
        super().__init__()
        self.shape, self.last = (H, W, C) if last else (C, H, W), last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.view(len(x), *self.shape)
        return x.permute(0, 3, 1, 2) if self.last else x


class ToRow(nn.Module):
    """(N, C, H, W) -> (N, H W C) if `last`, else (N, C H W)."""

    def __init__(self, last: bool):
        super().__init__()
        self.last = last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.permute(0, 2, 3, 1) if self.last and x.ndim == 4 else x).flatten(1)


class Conditioned(nn.Module):
    """(x, label) -> x and the embedding of the label, concatenated."""

    def __init__(self, embedding: nn.Module):
        super().__init__()
        self.embedding = embedding

    def forward(self, pair: Pair) -> torch.Tensor:
        return torch.cat([pair[0], self.embedding(pair[1])], dim=1)


class Besides(nn.Module):
    """(x, label) -> (body(x), label)."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, pair: Pair) -> Pair:
        return self.body(pair[0]), pair[1]


class Score(nn.Module):
    """(h, label) -> h . W[label] + b[label]."""

    def __init__(self, n: int, classes: int):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.zeros(classes, n)), nn.Parameter(torch.zeros(classes))

    def forward(self, pair: Pair) -> torch.Tensor:
        h, label = pair
        return (h * embedding(label, self.W)).sum(1, keepdim=True) + embedding(label, self.b[:, None])


def translate(net: Sequential, x: Tree, last: bool) -> tuple[nn.Module, Links]:
    """-> the PyTorch module, and [(PyTorch's parameter, minigan's link)], from which load() copies the weights.   x: an input of net"""
    made = _Translator(last).chain(net.layers, first(x).shape[1:])[0]
    ours = [link for link in links(net, x, channel_last=last) if np.shares_memory(link.view, net.theta)]
    return made, list(zip(made.parameters(), ours, strict=True))


class _Translator:
    def __init__(self, last: bool):
        self.last = last

    def chain(self, layers: list[mg.Layer], shape: Shape) -> tuple[nn.Module, Shape]:
        """-> the module, and the shape of its output for one sample: (n,) or (H, W, C)."""
        made = []
        for layer in layers:
            module, shape = self.one(layer, shape)
            made.append(module)
        return nn.Sequential(*made), shape

    def one(self, layer: mg.Layer, shape: Shape) -> tuple[nn.Module, Shape]:
        """The same for a single layer.  Raises ValueError for a layer without a translation."""
        match layer:
            case mg.Dense():
                return nn.Linear(layer.n_in, layer.n_out, bias=layer.bias), (layer.n_out,)
            case mg.Conv2d():
                made = nn.Conv2d(layer.c_in, layer.c_out, layer.k, layer.stride, layer.pad, bias=layer.bias)
                return made, (*layer.size(*shape[:2]), layer.c_out)
            case mg.ConvTranspose2d():
                made = nn.ConvTranspose2d(layer.c_in, layer.c_out, layer.k, layer.stride, layer.pad, bias=layer.bias)
                return made, (*layer.size(*shape[:2]), layer.c_out)
            case mg.UpConv2d():
                made = nn.Conv2d(layer.c_in, layer.c_out, layer.k, padding=layer.k // 2, bias=layer.bias)
                return nn.Sequential(nn.Upsample(scale_factor=2), made), (2 * shape[0], 2 * shape[1], layer.c_out)
            case mg.BatchNorm():
                kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
                return kind(layer.n, eps=layer.eps, momentum=layer.momentum), shape
            case mg.LeakyReLU():  # ReLU too
                return (nn.LeakyReLU(layer.alpha) if layer.alpha else nn.ReLU()), shape
            case mg.Tanh():
                return nn.Tanh(), shape
            case mg.Reshape():
                return (ToImage(*layer.shape, self.last) if len(layer.shape) == 3 else nn.Identity()), layer.shape
            case mg.Flatten():
                return ToRow(self.last), (math.prod(shape),)
            case mg.Concat():
                branches = next(part for part in layer.walk() if isinstance(part, mg.Parallel)).branches
                (label,) = branches[1].layers
                assert isinstance(label, mg.Embedding)
                return Conditioned(nn.Embedding(label.n_classes, label.dim)), (shape[0] + label.dim,)
            case mg.Beside():
                body, shape = self.chain(layer.branches[0].layers, shape)
                return Besides(body), shape
            case mg.LabelScore():
                return Score(layer.n, layer.classes), (1,)
        raise ValueError(f"{layer} cannot be translated into PyTorch yet")


def load(links: Links) -> None:
    """Copy minigan's weights into PyTorch's parameters."""
    with torch.no_grad():
        for parameter, link in links:
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(link.to(link.view))))
