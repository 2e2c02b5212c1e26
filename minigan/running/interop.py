"""Convert weights to and from PyTorch: to compare with a model written there, or to use what it has learned.

    minigan                                         torch.nn
    images           (N, H, W, C)                   images           (N, C, H, W)
    Dense            W (n_in, n_out)                Linear           weight (n_out, n_in)
    Conv2d           W (k, k, c_in, c_out)          Conv2d           weight (c_out, c_in, k, k)
    ConvTranspose2d  W (k, k, c_in, c_out)          ConvTranspose2d  weight (c_in, c_out, k, k)
    UpConv2d         W (k, k, c_in, c_out)          Sequential(Upsample(scale_factor=2), Conv2d)
    TemporalConv     W (k, k, k_t, c_in, c_out)     Conv3d           weight (c_out, c_in, k_t, k, k)
    a norm           gamma, beta                    weight, bias
    GRU              W, U, b, c                     GRU              weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
    SelfAttention    Wq, Wk (C, d), Wv (C, C)       three Linear     query.weight, key.weight, value.weight, and gamma
    SpectralNorm     W and v of the layer in it     parametrizations.spectral_norm: original, 0._u, 0._v

One detail is easy to miss.  When an image is flattened to a vector, or a vector is reshaped to an image, minigan orders the
entries pixel by pixel and PyTorch channel by channel: entry h W C + w C + c here is entry c H W + h W + w there.  Every
parameter that acts on such a vector is permuted, so that both networks compute the same output from the same image
(torch_layout.py).

Nothing here imports torch: arrays go out, and anything NumPy can convert comes in, including PyTorch's CPU tensors.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigan.layers.layer import ShapeError
from minigan.network import Sequential
from minigan.running import checkpoint
from minigan.running.torch_layout import Link, links

BATCHES = "num_batches_tracked"  # PyTorch's BatchNorm counts its batches, minigan's does not


def to_torch(net: Sequential, x: Any = None) -> dict[str, np.ndarray]:
    """The state_dict of a torch.nn.Sequential with the same layers: {"0.weight": (n_out, n_in), "0.bias": (n_out,), ...}.

        model.load_state_dict({name: torch.from_numpy(a) for name, a in interop.to_torch(D, x).items()})

    Parameters
    ----------
    net
        The network whose weights and running statistics are converted.
    x
        An input of net, of which only the shape matters.  Required if net contains a Flatten after a convolution, because
        the permutation depends on the size of the image.

    Returns
    -------
    dict
        name -> a contiguous copy.  The name of a layer inside another begins with that layer's name ("0.body.2.weight").

    Raises
    ------
    ValueError
        If a layer has no counterpart in torch.nn, or x is required and missing.
    """
    state_dict = {link.name: np.array(link.to(link.view), order="C") for link in links(net, x)}
    means = [name for name in state_dict if name.endswith(".running_mean")]
    return state_dict | {name.replace("running_mean", BATCHES): np.array(0) for name in means}


def from_torch(net: Sequential, weights: Mapping[str, Any] | str | os.PathLike, x: Any = None) -> None:
    """Set theta and state from a state_dict with the names and shapes of `to_torch(net, x)`, or from a file of one.

    Parameters
    ----------
    net
        The network to fill; it is not changed if an error is raised.
    weights
        name -> array, or the path of a safetensors file.  Numbers are cast to the dtype of net.
    x
        As in `to_torch`.

    Raises
    ------
    ValueError
        If a name is missing or unknown, a number is NaN, infinite or too large, a variance is negative, or as `to_torch`.
    ShapeError
        If an array has the wrong shape.
    TypeError
        If weights is not a mapping or a path, or an entry does not hold real numbers.
    CheckpointError, FileNotFoundError
        If the file is not a readable safetensors file.
    """
    wanted = links(net, x)
    if isinstance(weights, str | os.PathLike):
        weights = checkpoint.read(weights)[0]
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a state_dict or the path of a safetensors file, got {type(weights).__name__}")
    given = {str(name): a for name, a in weights.items() if not str(name).endswith(BATCHES)}
    names = [link.name for link in wanted]
    if missing := [name for name in names if name not in given]:
        raise ValueError(f"the weights lack {_list(missing)}; they have: {_list(given) or 'none'}")
    if unknown := [name for name in given if name not in names]:
        raise ValueError(f"this network has no {_list(unknown)}; it has: {_list(names)}")
    arrays = [_checked(link, given[link.name]) for link in wanted]
    for link, array in zip(wanted, arrays, strict=True):  # nothing is written before all of it has been checked
        if not link.derived:
            name, part = link.more or ("", None)
            link.view[...] = array if part is None else array + part(np.asarray(given[name]))


def _checked(link: Link, given: Any) -> np.ndarray:
    """One entry in minigan's layout and dtype.  Raises as from_torch does."""
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:  # a ragged list, a tensor that NumPy cannot convert
        raise TypeError(f"{link.name} must be an array of real numbers: {error}") from error
    shape = link.to(link.view).shape
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{link.name} must be an array of real numbers, got {array.dtype}")
    if array.shape != shape:
        raise ShapeError(f"{link.name} of {link.layer} has shape {shape} in PyTorch, got {array.shape}")
    with np.errstate(over="ignore"):
        array = link.back(array).astype(link.view.dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{link.name} holds NaN, infinite numbers, or numbers too large for {array.dtype}")
    if link.name.endswith("running_var") and (array < 0).any():
        raise ValueError(f"{link.name} holds negative numbers, but is a variance")
    return array


def _list(names: Iterable[str], most: int = 20) -> str:
    """The first of the names, joined by commas."""
    names = [name if len(name) <= 80 else f"{name[:77]}..." for name in names]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
