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
    more: tuple[str, Map] | None = (
        None  # another entry, and the part of it that PyTorch adds and minigan has in this array
    )
    derived: bool = False  # follows from the other entries, so that nothing is read from it


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


class _Images(tuple):
    """`image` (see _Walk) of each array of a tuple."""


class _Walk:
    """Visits the layers and collects their links.

    In all methods `image` is the shape (H, W, C) of the image that the current vector was flattened from or will be reshaped
    to: () if it was flattened from an image of unknown size, None if no image is involved; a tuple of these, _Images, where the
    layers pass a tuple of arrays.  `prefix` begins the names.
    """

    def __init__(self, channel_last: bool):
        self.found: list[Link] = []
        self.channel_last = channel_last

    def chain(self, layers: Sequence[mg.Layer], x: Any, image: Any, prefix: str) -> Any:
        """Visit layers in sequence; x is their input, if known.  Returns `image` after the last of them."""
        for i, layer in enumerate(layers):
            image = self.one(layer, x, image, _next_image(layers[i + 1 :]), f"{prefix}{i}.")
            x = None if x is None else layer(x)
        return image

    def one(self, layer: mg.Layer, x: Any, image: Any, ahead: Shape | None, prefix: str) -> Any:
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
                image = image[0] if isinstance(image, _Images) else image
                self.add(prefix + "weight", layer, "W", _last_axis(self.order(layer, layer.n, image)))
                self.add(prefix + "bias", layer, "b")
                return None
            case mg.Conv2d() | mg.ConvTranspose2d() | mg.UpConv2d() | mg.TemporalConv():
                prefix += "1." * isinstance(layer, mg.UpConv2d)
                self.add(prefix + "weight", layer, "W", _kernel(layer))
                self.add(prefix + "bias", layer, "b")
            case mg.BatchNorm() | mg.LayerNorm() | mg.InstanceNorm():
                names = {"weight": "gamma", "bias": "beta"} | {name: name for name in layer.buffers}
                for theirs, ours in names.items():
                    self.add(prefix + theirs, layer, ours, _last_axis(self.order(layer, layer.n, image)))
            case mg.SelfAttention():
                for theirs, ours in {"query": "Wq", "key": "Wk", "value": "Wv"}.items():
                    self.add(f"{prefix}{theirs}.weight", layer, ours, (np.transpose, np.transpose))
                self.add(prefix + "gamma", layer, "gamma")
            case mg.GRU():
                self.gru(layer, prefix)
            case mg.SpectralNorm():
                return self.spectral_norm(layer, x, image, ahead, prefix)
            case mg.Flatten() | mg.Reshape(shape=(_,)):
                return () if x is None else x.shape[1:] if x.ndim == 4 else image
            case mg.Reshape():
                self.check_reshape(layer, image)
                return None
            case mg.Copy():
                return _Images([image] * layer.n)
            case mg.Take():
                parts = [image[i] if isinstance(image, _Images) else None for i in layer.which]
                return _Images(parts) if len(parts) > 1 else parts[0]
            case mg.Sum() | mg.Join() | mg.Shift() | mg.JoinFrames():
                return self.joined(layer, image)
            case mg.Concat():
                parallel: Any = layer.chain.layers[0]  # Parallel, Join
                return self.joined(layer, self.branches(parallel, x, image, (prefix + "left.", prefix + "right.")))
            case mg.Beside():
                return self.branches(layer, x, image, (prefix + "body.", ""))
            case mg.Residual():
                parallel = layer.chain.layers[1]  # Copy, Parallel, Sum
                both = None if x is None else (x, x)
                prefixes = prefix + "body.", prefix + "shortcut."
                return self.joined(layer, self.branches(parallel, both, _Images([image] * 2), prefixes))
            case mg.Parallel():
                return self.branches(layer, x, image, [f"{prefix}{i}." for i in range(len(layer.branches))])
            case mg.Frames():
                return self.chain(layer.chain.layers, None if x is None else x.reshape(-1, *x.shape[2:]), image, prefix)
            case mg.Block():
                return self.chain(layer.chain.layers, x, image, prefix)
            case _ if layer.parameters or layer.children():
                raise ValueError(f"{layer} has no counterpart in torch.nn: convert its arrays by hand")
        return image

    def add(self, name: str, layer: mg.Layer, attribute: str, maps: tuple[Map, Map] | None = None, **more: Any) -> None:
        """Collect one link, unless the layer lacks this array (a bias may be absent).  maps: (to, back), default identity."""
        if attribute in layer.parameters or attribute in layer.buffers:
            to, back = maps or (_identity, _identity)
            self.found.append(Link(name, layer, getattr(layer, attribute), to, back, **more))

    def branches(self, layer: Any, x: Any, image: Any, prefixes: Sequence[str]) -> "_Images":
        """Visit the branches of a Parallel, each with its part of the input."""
        n = len(layer.branches)
        xs, images = x or (None,) * n, image if isinstance(image, _Images) else (None,) * n
        parts = zip(layer.branches, xs, images, prefixes, strict=True)
        return _Images(self.chain(branch.layers, part, shape, prefix) for branch, part, shape, prefix in parts)

    def joined(self, layer: mg.Layer, images: Any) -> Any:
        """`image` after several arrays became one, which has one order only if the arrays had."""
        if not isinstance(images, _Images) or set(images) == {None}:
            return None
        if isinstance(layer, mg.Sum | mg.Residual) and len(set(images)) == 1:
            return images[0]
        raise ValueError(f"{layer} joins a flattened image to another vector, whose order in PyTorch is unknown")

    def gru(self, layer: Any, prefix: str) -> None:
        """torch.nn.GRU adds a second bias to each gate; here only that of the candidate, c, is needed."""
        n = layer.n
        self.add(prefix + "weight_ih_l0", layer, "W", (np.transpose, np.transpose))
        self.add(prefix + "weight_hh_l0", layer, "U", (np.transpose, np.transpose))
        second = prefix + "bias_hh_l0"
        gates = second, lambda a: np.concatenate([a[: 2 * n], np.zeros(n, a.dtype)])
        self.add(prefix + "bias_ih_l0", layer, "b", more=gates)
        to = lambda c: np.concatenate([np.zeros(2 * n, c.dtype), c])  # noqa: E731
        self.add(second, layer, "c", (to, lambda a: a[2 * n :]))

    def spectral_norm(self, layer: Any, x: Any, image: Any, ahead: Shape | None, prefix: str) -> Any:
        """torch.nn.utils.parametrizations.spectral_norm: W has another name, and both singular vectors are stored.

        Their u is v here, whose order is that of the outputs.  Their v is M v / |M v|, which here is computed when it is needed.
        """
        start = len(self.found)
        image = self.one(layer.layer, x, image, ahead, prefix)
        (weight,) = (i for i in range(start, len(self.found)) if self.found[i].name.endswith("weight"))
        link = self.found[weight]
        name = f"{link.name.removesuffix('weight')}parametrizations.weight."
        self.found[weight] = link._replace(name=name + "original")
        axis = 1 if isinstance(layer.layer, mg.ConvTranspose2d) else 0  # of the outputs, in PyTorch's weight
        outputs = link.to(np.broadcast_to(np.arange(link.view.shape[-1]), link.view.shape))
        order = np.moveaxis(outputs, axis, 0).reshape(len(layer.v), -1)[:, 0]
        unit = lambda a: a / np.sqrt((a * a).sum() + 1e-30)  # noqa: E731
        self.add(name + "0._u", layer, "v", (lambda v: unit(v)[order], lambda a: a[np.argsort(order)]))

        def right(v: np.ndarray) -> np.ndarray:
            M = np.moveaxis(link.to(link.view), axis, 0).reshape(len(v), -1)  # PyTorch's: outputs, all else
            return unit(unit(v)[order] @ M)

        self.add(name + "0._v", layer, "v", (right, _identity), derived=True)
        return image

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


def _kernel(layer: mg.Layer) -> tuple[Map, Map]:
    """(k, k, c_in, c_out) -> (c_out, c_in, k, k), transposed (c_in, c_out, k, k); (k, k, k_t, c_in, c_out) -> (c_out, c_in, k_t, k, k)"""
    axes: tuple[int, ...] = (3, 2, 0, 1)
    if isinstance(layer, mg.ConvTranspose2d):
        axes = (2, 3, 0, 1)
    elif isinstance(layer, mg.TemporalConv):
        axes = (4, 3, 2, 0, 1)
    return lambda W: W.transpose(axes), lambda a: a.transpose(np.argsort(axes))
