"""Weights from and to PyTorch's layouts: to compare with a model that is written there, or to take over what it has learned.

    minigan                                         torch.nn
    images           (N, H, W, C)                   images           (N, C, H, W)
    Dense            W (n_in, n_out)                Linear           weight (n_out, n_in)
    Conv2d           W (k, k, c_in, c_out)          Conv2d           weight (c_out, c_in, k, k)
    ConvTranspose2d  W (k, k, c_in, c_out)          ConvTranspose2d  weight (c_in, c_out, k, k)
    UpConv2d         W (k, k, c_in, c_out)          Sequential(Upsample(scale_factor=2), Conv2d)
    a norm           gamma, beta                    weight, bias

One thing is easy to miss.  Where an image becomes a row, or a row an image, our numbers go pixel by pixel and PyTorch's channel
by channel: number h W C + w C + c of our row is number c H W + h W + w of PyTorch's.  Every parameter that meets such a row is
permuted, so that both networks compute the same from the same image.

Nothing here imports torch.  Arrays go out, and whatever NumPy can read comes in, PyTorch's tensors among it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigan import layers as mg
from minigan.layers.layer import ShapeError
from minigan.network import Sequential

BATCHES = "num_batches_tracked"  # PyTorch's BatchNorm counts its batches, ours does not


def to_torch(net: Sequential, x=None) -> dict[str, np.ndarray]:
    """The state_dict of the same layers in torch.nn.Sequential: {"0.weight": (n_out, n_in), "0.bias": (n_out,), ...}.

        model.load_state_dict({name: torch.from_numpy(a) for name, a in interop.to_torch(D, x).items()})

    x: an input of net, of which only the shape matters; needed where a Flatten makes rows of images.  Layers inside a layer have
    its number before theirs ("0.body.2.weight").  Raises ValueError for a layer that torch.nn does not have.
    """
    found = {link.name: np.array(link.to(link.view), order="C") for link in links(net, x)}
    means = [name for name in found if name.endswith(".running_mean")]
    return found | {name.replace("running_mean", BATCHES): np.array(0) for name in means}


def from_torch(net: Sequential, weights: Mapping[str, Any], x=None) -> None:
    """Fill theta and state from a state_dict with the names and shapes of `to_torch(net, x)`.

    Raises ValueError for a name too few or too many, ShapeError for a wrong shape; net is then as it was.
    """
    there = links(net, x)
    given = {name: np.asarray(a) for name, a in weights.items() if not name.endswith(BATCHES)}
    expected = [link.name for link in there]
    if missing := [name for name in expected if name not in given]:
        raise ValueError(f"the weights lack {', '.join(missing)}; there are: {', '.join(given) or 'none'}")
    if more := [name for name in given if name not in expected]:
        raise ValueError(f"this network has no {', '.join(more)}; it has: {', '.join(expected)}")
    for link in there:
        shape = link.to(link.view).shape
        if given[link.name].shape != shape:
            raise ShapeError(
                f"{link.name} of {link.layer} has the shape {shape} in PyTorch, got {given[link.name].shape}"
            )
    for link in there:
        link.view[...] = link.back(given[link.name])


class Link(NamedTuple):
    """One parameter or running statistic on both sides."""

    name: str  # in PyTorch's state_dict
    layer: mg.Layer
    view: np.ndarray  # minigan's, a view into theta or state
    to: Callable  # minigan's layout -> PyTorch's
    back: Callable


def links(net: Sequential, x=None, channel_last: bool = False) -> list[Link]:
    """All of them, in the order of theta.  channel_last: PyTorch's model, too, makes its rows of (N, H, W, C); none is permuted."""
    walk = _Walk(channel_last)
    walk.chain(net.layers, None if x is None else net.cast(x), None, "")
    return walk.found


class _Walk:
    """Goes through the layers.  row: the (H, W, C) that the row at hand was or becomes, () if not known, None if it is no image."""

    def __init__(self, channel_last: bool):
        self.found, self.channel_last = [], channel_last

    def chain(self, layers, x, row, where: str):
        """-> row behind the last layer."""
        for i, layer in enumerate(layers):
            row = self.one(layer, x, row, _becomes(layers[i + 1 :]), f"{where}{i}.")
            x = None if x is None else layer(x)
        return row

    def one(self, layer, x, row, ahead, where: str):
        """Note the links of one layer -> row behind it.  ahead: what a row that is made here becomes."""
        match layer:
            case mg.Dense():
                rows, columns = self.order(layer, layer.n_in, row), self.order(layer, layer.n_out, ahead)
                self.note(where + "weight", layer, "W", *_matrix(rows, columns))
                self.note(where + "bias", layer, "b", *_last_axis(columns))
                return ahead
            case mg.Embedding():
                self.note(where + "weight", layer, "W", *_last_axis(self.order(layer, layer.dim, ahead)))
                return ahead
            case mg.LabelScore():
                self.note(where + "weight", layer, "W", *_last_axis(self.order(layer, layer.n, row)))
                self.note(where + "bias", layer, "b")
                return None
            case mg.Conv2d() | mg.ConvTranspose2d() | mg.UpConv2d():
                where += "1." * isinstance(layer, mg.UpConv2d)
                self.note(where + "weight", layer, "W", *_kernel(isinstance(layer, mg.ConvTranspose2d)))
                self.note(where + "bias", layer, "b")
            case mg.BatchNorm() | mg.LayerNorm() | mg.InstanceNorm():
                names = {"weight": "gamma", "bias": "beta"} | {name: name for name in layer.buffers}
                for there, here in names.items():
                    self.note(where + there, layer, here, *_last_axis(self.order(layer, layer.n, row)))
            case mg.Flatten() | mg.Reshape(shape=(_,)):
                return () if x is None else x.shape[1:] if x.ndim == 4 else row
            case mg.Reshape():
                return self.image(layer, row)
            case mg.Concat():
                parts = (None, None) if x is None else x
                sides = zip(layer.chain.layers[0].branches, parts, ("left.", "right."), strict=True)
                rows = [self.chain(side.layers, part, None, where + name) for side, part, name in sides]
                if rows != [None, None]:
                    raise ValueError(
                        f"{layer} joins a row that was an image to another row: no order of PyTorch's is known"
                    )
            case mg.Beside():
                return self.chain(layer.branches[0].layers, None if x is None else x[0], row, where + "body.")
            case mg.Residual():
                for name, part in zip(("body.", "shortcut."), layer.chain.layers[1].branches, strict=True):
                    self.chain(part.layers, x, row, where + name)
            case _ if layer.parameters or layer.children():
                raise ValueError(f"{layer} has no counterpart in torch.nn: carry its arrays over by hand")
        return row

    def note(self, name, layer, here, to=lambda a: a, back=lambda a: a) -> None:
        if here in layer.parameters or here in layer.buffers:  # b may be absent
            self.found.append(Link(name, layer, getattr(layer, here), to, back))

    def order(self, layer, n, row) -> np.ndarray:
        """(n,): which of our numbers stands where in PyTorch's row."""
        if row == () and not self.channel_last:
            raise ValueError(
                f"{layer} comes after a Flatten, whose images may have any size: pass x, an input of the network"
            )
        return np.arange(n) if self.channel_last or not row else _channel_first(row)

    def image(self, layer, row) -> None:
        """A row becomes an image: the layer that made the row has seen to its order, if there was one."""
        mixed = len(layer.shape) == 3 and np.any(np.diff(_channel_first(layer.shape)) != 1)
        if mixed and row != layer.shape and not self.channel_last:
            raise ValueError(
                f"{layer} makes images of a row that no Dense or Embedding made: permute it in PyTorch, by"
                f" Unflatten(1, {layer.shape}) and permute(0, 3, 1, 2)"
            )


def _becomes(layers):
    """The (H, W, C) that a Reshape makes of the row that enters these layers, None if another layer with weights comes first."""
    for layer in layers:
        if isinstance(layer, mg.Reshape):
            return layer.shape if len(layer.shape) == 3 else None
        if isinstance(layer, mg.Dense) or layer.children():
            return None
    return None


def _channel_first(shape) -> np.ndarray:
    """(H, W, C) -> (C H W,): at place c H W + h W + w stands h W C + w C + c."""
    return np.arange(math.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()


# ---- the layouts: there and back -------------------------------------------------------------------------------------


def _last_axis(order):  # (..., n) -> (..., n)
    return lambda a: a[..., order], lambda a: a[..., np.argsort(order)]


def _matrix(rows, columns):  # (n_in, n_out) -> (n_out, n_in)
    back = np.ix_(np.argsort(rows), np.argsort(columns))
    return lambda W: W[np.ix_(rows, columns)].T, lambda a: a.T[back]


def _kernel(transposed):  # (k, k, c_in, c_out) -> (c_out, c_in, k, k), transposed: (c_in, c_out, k, k)
    axes = (2, 3, 0, 1) if transposed else (3, 2, 0, 1)
    return lambda W: W.transpose(axes), lambda a: a.transpose(np.argsort(axes))
