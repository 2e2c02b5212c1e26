"""Which parameter of a network is which entry of PyTorch's state_dict, and how the two layouts map to each other.

`links` walks through the layers.  The only state it carries along is the shape of the current vector: if a vector was flattened
from an image (H, W, C), or will be reshaped to one, PyTorch orders its entries channel by channel, and the parameters that
act on it have to be permuted.  interop.py, which uses the links, has the table of layouts.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigan import layers as mg
from minigan.network import Sequential

Shape = tuple[int, ...]
Map = Callable[[np.ndarray], np.ndarray]


class Link(NamedTuple):
    """One parameter or running statistic, in both libraries."""

    name: str  # in PyTorch's state_dict
    layer: mg.Layer
    view: np.ndarray  # minigan's array, a view into theta or state
    to: Map  # minigan's layout -> PyTorch's
    back: Map  # PyTorch's layout -> minigan's


def links(net: Sequential, x: Any = None, channel_last: bool = False) -> list[Link]:
    """All parameters and running statistics of net, in the order of theta.

    Parameters
    ----------
    net
        The network.
    x
        An input of net; required if a Flatten turns images into vectors.
    channel_last
        True if PyTorch's model flattens and reshapes images as (N, H, W, C) too: then nothing is permuted.
    """
    walk = _Walk(channel_last)
    walk.chain(net.layers, None if x is None else net.cast(x), None, "")
    return walk.found


class _Walk:
    """Visits the layers and collects their links.

    In all methods `image` is the shape (H, W, C) of the image that the current vector was flattened from or will be reshaped
    to: () if it was flattened from an image of unknown size, None if no image is involved.  `prefix` begins the names.
    """

    def __init__(self, channel_last: bool):
        self.found: list[Link] = []
        self.channel_last = channel_last

    def chain(self, layers: Sequence[mg.Layer], x: Any, image: Shape | None, prefix: str) -> Shape | None:
        """Visit layers in sequence; x is their input, if known.  Returns `image` after the last of them."""
        for i, layer in enumerate(layers):
            image = self.one(layer, x, image, _next_image(layers[i + 1 :]), f"{prefix}{i}.")
            x = None if x is None else layer(x)
        return image

    def one(self, layer: mg.Layer, x: Any, image: Shape | None, ahead: Shape | None, prefix: str) -> Shape | None:
        """Visit one layer.  ahead: the image that a vector produced here will be reshaped to.  Returns `image` after it."""
        match layer:
            case mg.Dense():
                rows, columns = self.order(layer, layer.n_in, image), self.order(layer, layer.n_out, ahead)
                self.add(prefix + "weight", layer, "W", _matrix(rows, columns))
                self.add(prefix + "bias", layer, "b", _last_axis(columns))
                return ahead
            case mg.Embedding():
                self.add(prefix + "weight", layer, "W", _last_axis(self.order(layer, layer.dim, ahead)))
                return ahead
            case mg.LabelScore():
                self.add(prefix + "weight", layer, "W", _last_axis(self.order(layer, layer.n, image)))
                self.add(prefix + "bias", layer, "b")
                return None
            case mg.Conv2d() | mg.ConvTranspose2d() | mg.UpConv2d():
                prefix += "1." * isinstance(layer, mg.UpConv2d)
                self.add(prefix + "weight", layer, "W", _kernel(isinstance(layer, mg.ConvTranspose2d)))
                self.add(prefix + "bias", layer, "b")
            case mg.BatchNorm() | mg.LayerNorm() | mg.InstanceNorm():
                names = {"weight": "gamma", "bias": "beta"} | {name: name for name in layer.buffers}
                for theirs, ours in names.items():
                    self.add(prefix + theirs, layer, ours, _last_axis(self.order(layer, layer.n, image)))
            case mg.Flatten() | mg.Reshape(shape=(_,)):
                return () if x is None else x.shape[1:] if x.ndim == 4 else image
            case mg.Reshape():
                self.check_reshape(layer, image)
                return None
            case mg.Concat():
                parallel: Any = layer.chain.layers[0]  # Parallel, Join
                parts = (None, None) if x is None else x
                sides = zip(parallel.branches, parts, ("left.", "right."), strict=True)
                images = [self.chain(side.layers, part, None, prefix + name) for side, part, name in sides]
                if images != [None, None]:
                    raise ValueError(
                        f"{layer} joins a flattened image to another vector, whose order in PyTorch is unknown"
                    )
            case mg.Beside():
                return self.chain(layer.branches[0].layers, None if x is None else x[0], image, prefix + "body.")
            case mg.Residual():
                parallel = layer.chain.layers[1]  # Copy, Parallel, Sum
                for name, branch in zip(("body.", "shortcut."), parallel.branches, strict=True):
                    self.chain(branch.layers, x, image, prefix + name)
            case _ if layer.parameters or layer.children():
                raise ValueError(f"{layer} has no counterpart in torch.nn: convert its arrays by hand")
        return image

    def add(self, name: str, layer: mg.Layer, attribute: str, maps: tuple[Map, Map] | None = None) -> None:
        """Collect one link, unless the layer lacks this array (a bias may be absent).  maps: (to, back), default identity."""
        if attribute in layer.parameters or attribute in layer.buffers:
            to, back = maps or (_identity, _identity)
            self.found.append(Link(name, layer, getattr(layer, attribute), to, back))

    def order(self, layer: mg.Layer, n: int, image: Shape | None) -> np.ndarray:
        """(n,): entry j of PyTorch's vector is entry order[j] of minigan's."""
        if image == () and not self.channel_last:
            raise ValueError(
                f"{layer} comes after a Flatten, and the size of the image is unknown: pass x, an input of the network"
            )
        return np.arange(n) if self.channel_last or not image else _channel_first(image)

    def check_reshape(self, layer: mg.Reshape, image: Shape | None) -> None:
        """A vector becomes an image: raise ValueError unless the layer that produced the vector has been permuted for it."""
        reordered = len(layer.shape) == 3 and np.any(np.diff(_channel_first(layer.shape)) != 1)
        if reordered and image != layer.shape and not self.channel_last:
            raise ValueError(
                f"{layer} reshapes a vector that no Dense or Embedding produced: permute it in PyTorch, with"
                f" Unflatten(1, {layer.shape}) and permute(0, 3, 1, 2)"
            )


def _next_image(layers: Sequence[mg.Layer]) -> Shape | None:
    """The (H, W, C) to which these layers reshape their input, None if another layer with weights comes first."""
    for layer in layers:
        if isinstance(layer, mg.Reshape):
            return layer.shape if len(layer.shape) == 3 else None
        if isinstance(layer, mg.Dense) or layer.children():
            return None
    return None


def _channel_first(shape: Shape) -> np.ndarray:
    """(H, W, C) -> (C H W,): at index c H W + h W + w, the number h W C + w C + c."""
    return np.arange(math.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()


# ---- the layouts: (to, back) -----------------------------------------------------------------------------------------


def _identity(a: np.ndarray) -> np.ndarray:
    return a


def _last_axis(order: np.ndarray) -> tuple[Map, Map]:  # (..., n) -> (..., n)
    return lambda a: a[..., order], lambda a: a[..., np.argsort(order)]


def _matrix(rows: np.ndarray, columns: np.ndarray) -> tuple[Map, Map]:  # (n_in, n_out) -> (n_out, n_in)
    back = np.ix_(np.argsort(rows), np.argsort(columns))
    return lambda W: W[np.ix_(rows, columns)].T, lambda a: a.T[back]


def _kernel(transposed: bool) -> tuple[Map, Map]:  # (k, k, c_in, c_out) -> (c_out, c_in, k, k) or (c_in, c_out, k, k)
    axes = (2, 3, 0, 1) if transposed else (3, 2, 0, 1)
    return lambda W: W.transpose(axes), lambda a: a.transpose(np.argsort(axes))
