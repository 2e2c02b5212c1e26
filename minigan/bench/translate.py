"""A minigan network in PyTorch, layer by layer, with the same first weights.

minigan keeps images channel-last, (N, H, W, C); PyTorch's habit is (N, C, H, W).  Where an image becomes a row of numbers, or a
row an image, the numbers stand in another order, and the Dense weights there are permuted once, so that neither side
shuffles anything while it trains.  With `last` PyTorch uses its channels_last format and needs no permutation.

`links` pairs every parameter with the way back, so that gradients can be compared in minigan's layout.  Only peers.py imports
this file, and only where torch is installed.
"""

import numpy as np
import torch
from torch import nn

from minigan import layers as mg


class ToImage(nn.Module):
    """A row of numbers becomes an image (N, C, H, W), whose memory is channel-last if `last`."""

    def __init__(self, H, W, C, last):
        super().__init__()
        self.shape, self.last = (H, W, C) if last else (C, H, W), last

    def forward(self, x):
        x = x.view(len(x), *self.shape)
        return x.permute(0, 3, 1, 2) if self.last else x


class ToRow(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.last = last

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) if self.last and x.ndim == 4 else x).flatten(1)


class Conditioned(nn.Module):
    """(x, label) -> [x, embedding of the label]."""

    def __init__(self, embedding):
        super().__init__()
        self.embedding = embedding

    def forward(self, pair):
        return torch.cat([pair[0], self.embedding(pair[1])], dim=1)


class Besides(nn.Module):
    """(x, label) -> (body(x), label)."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, pair):
        return self.body(pair[0]), pair[1]


class Score(nn.Module):
    """The row of W and the entry of b that belong to the label."""

    def __init__(self, n, classes):
        super().__init__()
        self.W, self.b = nn.Embedding(classes, n), nn.Embedding(classes, 1)

    def forward(self, pair):
        h, label = pair
        return (h * self.W(label)).sum(1, keepdim=True) + self.b(label)


class Translator:
    """net = Translator(last)(G, shape): shape is of one sample as it comes in; links: [(torch parameter, minigan's view, there, back)]."""

    def __init__(self, last: bool):
        self.last, self.links = last, []

    def __call__(self, net, shape) -> nn.Module:
        return self._chain(net.layers, shape)[0]

    def _chain(self, found, shape):
        made = []
        for i, layer in enumerate(found):
            image = next((u.shape for u in found[i + 1 : i + 2] if isinstance(u, mg.Reshape)), None)
            module, shape = self._one(layer, shape, image)
            made.append(module)
        return nn.Sequential(*made), shape

    def _one(self, layer, shape, image):
        """-> the module, the shape it hands on: (n,), (H, W, C) or ("row", H, W, C), a row that was an image."""
        match layer:
            case mg.Dense():
                return self._dense(layer, shape, image), (layer.n_out,)
            case mg.Conv2d():
                made = nn.Conv2d(layer.c_in, layer.c_out, layer.k, layer.stride, layer.pad, bias=layer.bias)
                return self._kernel(made, layer, (3, 2, 0, 1)), (*layer.size(*shape[:2]), layer.c_out)
            case mg.ConvTranspose2d():
                made = nn.ConvTranspose2d(layer.c_in, layer.c_out, layer.k, layer.stride, layer.pad, bias=layer.bias)
                return self._kernel(made, layer, (2, 3, 0, 1)), (*layer.size(*shape[:2]), layer.c_out)
            case mg.UpConv2d():
                made = nn.Conv2d(layer.c_in, layer.c_out, layer.k, padding=layer.k // 2, bias=layer.bias)
                made = nn.Sequential(nn.Upsample(scale_factor=2), self._kernel(made, layer, (3, 2, 0, 1)))
                return made, (2 * shape[0], 2 * shape[1], layer.c_out)
            case mg.BatchNorm():
                kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
                made = kind(layer.n, eps=layer.eps, momentum=layer.momentum)
                self._link(made.weight, layer.gamma)
                self._link(made.bias, layer.beta)
                return made, shape
            case mg.LeakyReLU():  # ReLU too
                return (nn.LeakyReLU(layer.alpha) if layer.alpha else nn.ReLU()), shape
            case mg.Tanh():
                return nn.Tanh(), shape
            case mg.Reshape():
                return (ToImage(*layer.shape, self.last) if len(layer.shape) == 3 else nn.Identity()), layer.shape
            case mg.Flatten():
                return ToRow(self.last), ("row", *shape) if len(shape) == 3 else shape
            case mg.Concat():
                (embedding,) = layer.sides[1].layers
                made = nn.Embedding(embedding.n_classes, embedding.dim)
                self._link(made.weight, embedding.W)
                return Conditioned(made), (shape[0] + embedding.dim,)
            case mg.Beside():
                body, shape = self._chain(layer.body.layers, shape)
                return Besides(body), shape
            case mg.LabelScore():
                made, order = Score(layer.n, layer.classes), self._order(shape)
                self._link(made.W.weight, layer.W, lambda W: W[:, order], lambda W: W[:, np.argsort(order)])
                self._link(made.b.weight, layer.b, lambda b: b[:, None], lambda b: b[:, 0])
                return made, (1,)
        raise ValueError(f"no translation of {layer} into PyTorch is written yet")

    def _order(self, shape):
        """Which of minigan's numbers stands where in PyTorch's row, for a row that was or becomes an image (H, W, C)."""
        size = shape[1:] if shape[0] == "row" else shape
        order = np.arange(int(np.prod(size)))
        return order if self.last or len(size) < 3 else order.reshape(size).transpose(2, 0, 1).ravel()

    def _dense(self, layer, shape, image):
        made = nn.Linear(layer.n_in, layer.n_out, bias=layer.bias)
        rows, columns = self._order(shape), self._order(image or (layer.n_out,))
        back_rows, back_columns = np.argsort(rows), np.argsort(columns)
        self._link(made.weight, layer.W, lambda W: W[rows][:, columns].T, lambda W: W.T[back_rows][:, back_columns])
        if layer.bias:
            self._link(made.bias, layer.b, lambda b: b[columns], lambda b: b[back_columns])
        return made

    def _kernel(self, made, layer, axes):
        self._link(made.weight, layer.W, lambda W: W.transpose(axes), lambda W: W.transpose(np.argsort(axes)))
        if layer.bias:
            self._link(made.bias, layer.b)
        return made

    def _link(self, parameter, values, to=lambda a: a, back=lambda a: a):
        self.links.append((parameter, values, to, back))


def load(links) -> None:
    """Copy minigan's weights into PyTorch's parameters."""
    with torch.no_grad():
        for parameter, values, to, _ in links:
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(to(values))))
