"""VGG's weights as others store them: which file is accepted, what is refused, and in which words.

A file of weights comes from a stranger.  It is a safetensors file, which cannot run code; its names and shapes must be those of
one VGG, before any array is read; and it must be known what its network was trained on, because weights do not show it: VGG
with red and blue exchanged computes plausible features of the wrong image.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from minigan.layers import Normalize
from minigan.models.vgg_layout import BLOCKS, NORM, TIMM, Parameter, parameters
from minigan.running import checkpoint
from minigan.running.checkpoint import CheckpointError

SHIPPED = {"conv3_3": Path(__file__).parent / "files" / "vgg16_conv3_3.safetensors"}
PREPROCESS: dict[
    str, tuple[str, dict[str, Any]]
] = {  # name -> what the metadata of a file says, and the layer's arguments
    "oxford": (
        "BGR, 0..255, minus (103.939, 116.779, 123.68)",
        {"scale": 255.0, "mean": (103.939, 116.779, 123.68), "std": (1, 1, 1), "order": (2, 1, 0)},
    ),
    "torchvision": (
        "RGB, 0..1, minus (0.485, 0.456, 0.406), over (0.229, 0.224, 0.225)",
        {"scale": 1.0, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
    ),
}
EPS = 1e-5  # of torchvision's BatchNorm
OWN = re.compile(r"((?:conv|fc)[\d_]+)\.([Wb])")  # our names: of `VGG.layers()`, such as conv1_1.W
CONVERT = (
    'convert it once, with PyTorch: python -c "import torch, safetensors.torch as s; '
    "s.save_file(torch.load('vgg.pth', weights_only=True), 'vgg.safetensors')\""
)
HEADER = 100_000_000  # a safetensors file begins with 8 bytes, the length of its header, which is at most this
MAGIC = {  # how other files begin
    b"PK\x03\x04": f"is a PyTorch file (.pth), which may run code when it is opened, or NumPy's .npz; {CONVERT}",
    b"\x80": f"is a pickle, which may run code when it is opened; {CONVERT}",
    b"\x89HDF": "is an HDF5 file (Keras); convert it to safetensors with torchvision's names",
    b"\x93NUMPY": "is a NumPy file; write a safetensors file with torchvision's names",
}


def preprocessing(kind: str) -> Normalize:
    """The layer that turns RGB in [-1, 1] into what these weights were trained on: "oxford" or "torchvision"."""
    if kind not in PREPROCESS:
        raise ValueError(f"preprocess must be {' or '.join(map(repr, PREPROCESS))}, got {kind!r}")
    return Normalize(**PREPROCESS[kind][1])


def load(
    weights: str | os.PathLike, depth: int, batch_norm: bool = False, preprocess: str | None = None, dense: bool = False
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], str]:
    """Read a file -> {"conv1_1": (W, b), ..., "fc8": (W, b)} in minigan's layouts, float64, and the name of its preprocessing.

    Batch norm is folded into W and b.  The dense layers are read only if asked for.  For what is raised see `models.vgg`.
    """
    from safetensors import SafetensorError, safe_open

    path = _path(weights)
    _sniff(path)
    try:
        with safe_open(path, framework="np") as file:
            about = file.metadata() or {}
            names = _torchvision(list(file.keys()), depth, batch_norm)
            found = {name: file.get_slice(stored) for name, stored in names.items()}
            shapes = {name: _shape(names[name], s.get_shape()) for name, s in found.items()}
            wanted = _fitting(path, about, shapes, depth, batch_norm, dense)
            for name in wanted:
                if (kind := found[name].get_dtype()) not in ("F16", "F32", "F64"):
                    raise CheckpointError(f"{path}: {names[name]} is stored as {kind}; float16 and float32 are read")
            arrays = {
                p: _oihw(names[name], file.get_tensor(names[name])).reshape(p.shape) for name, p in wanted.items()
            }
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is not a readable safetensors file ({error}): it was cut short or altered, or is another kind of file; "
            f"copy it again from its source"
        ) from error
    if "minigan" in about:
        about |= {key: str(value) for key, value in checkpoint.load(path)[1].items()}  # with its checksum
    return _layers(path, arrays), _kind(path, about, preprocess)


def _path(weights: str | os.PathLike) -> str:
    """The file that is meant, by name or path."""
    if not isinstance(weights, str | os.PathLike):
        raise TypeError(f"weights must be a name or a path, got {type(weights).__name__}")
    path = Path(SHIPPED.get(weights, weights) if isinstance(weights, str) else weights).expanduser()
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise FileNotFoundError(f"{path} {what}: pass a safetensors file, or one of: {', '.join(map(repr, SHIPPED))}")
    return str(path)


def _sniff(path: str) -> None:
    """Refuse files that are recognised by their first bytes."""
    with open(path, "rb") as file:
        start = file.read(8)
    for magic, sentence in MAGIC.items():
        if start.startswith(magic) and int.from_bytes(start, "little") > HEADER:
            raise CheckpointError(f"{path} {sentence}")


def _torchvision(stored: list[str], depth: int, batch_norm: bool) -> dict[str, str]:
    """torchvision's names -> those in the file: the same, timm's (of the dense layers) or ours (of this depth, or one that fits)."""
    ours = [name for name in stored if OWN.fullmatch(name)]
    tables = [
        {f"{p.stage}.{p.array}": theirs for theirs, p in parameters(d, batch_norm).items()} for d in (depth, *BLOCKS)
    ]
    known = next((table for table in tables if all(name in table for name in ours)), tables[0])
    known |= {f"{timm}.{array}": f"{theirs}.{array}" for timm, theirs in TIMM.items() for array in ("weight", "bias")}
    return {known.get(name, name): name for name in stored}


def _shape(stored: str, shape: list[int]) -> tuple[int, ...]:
    """The shape that torchvision's array has, of the array stored under this name, timm's or ours.

    timm has dense layers as convolutions (4096, 512, 7, 7): the same numbers in the same order as (4096, 25088).
    """
    if OWN.fullmatch(stored):  # ours are (3, 3, C, O) and (n_in, n_out)
        return tuple(shape[::-1])
    if stored.startswith(("classifier", *TIMM)) and len(shape) == 4:
        return shape[0], int(np.prod(shape[1:]))
    return tuple(shape)


def _oihw(stored: str, a: np.ndarray) -> np.ndarray:
    """The array as torchvision stores it: ours are (3, 3, C, O) and (n_in, n_out), in fc6 with the pixels in our order."""
    if not OWN.fullmatch(stored) or a.ndim == 1:
        return a
    if a.ndim == 4:
        return a.transpose(3, 2, 0, 1)
    return a.T.reshape(-1, 7, 7, 512).transpose(0, 3, 1, 2) if stored.startswith("fc6") else a.T


def _fitting(
    path: str, about: Mapping[str, str], given: Mapping[str, tuple], depth: int, batch_norm: bool, dense: bool
) -> dict[str, Parameter]:
    """The parameters to read, by their names; refuses a file that is not this VGG, or only a part of it with a gap."""
    given = {name: shape for name, shape in given.items() if not name.endswith("num_batches_tracked")}
    all_known = {(d, n): parameters(d, n) for d in BLOCKS for n in (False, True)}
    looks = [key for key, known in all_known.items() if not _wrong(given, known)]
    named = re.search(r"VGG-?(11|13|16|19)\b", about.get("source", ""))
    if named:  # VGG-16 and VGG-19 begin alike
        looks = [key for key in looks if key[0] == int(named[1])]
    if looks and (depth, batch_norm) not in looks:
        d, n = min(looks, key=lambda key: abs(key[0] - depth))  # a short file may fit several
        call = f"models.vgg({d}{', batch_norm=True' * n}, weights=...)"
        raise CheckpointError(f"{path} looks like the file of VGG-{d}{' with batch norm' * n}: use {call}")
    known = all_known[depth, batch_norm]
    if wrong := _wrong(given, known):
        raise CheckpointError(f"{path} is not VGG-{depth}{' with batch norm' * batch_norm}: {wrong}")
    wanted = {name: p for name, p in known.items() if name in given and (dense or name.startswith("features"))}
    if dense and (lacking := [name for name in known if name not in given]):
        raise CheckpointError(f"{path} has no {lacking[0]}: its features can be used, without classifier=True")
    return {name: p._replace(shape=given[name]) for name, p in wanted.items()}


def _wrong(given: Mapping[str, tuple], known: Mapping[str, Parameter]) -> str:
    """What is wrong with these names and shapes, in a sentence; "" if they are those of a VGG, or of its first layers."""
    for name, shape in given.items():
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0)
            return f"unknown name {name!r}; the nearest of torchvision's names is {near[0]!r}"
        expected = known[name].shape
        if known[name].stage == "fc8":  # any number of classes
            expected = (*shape[:1], *expected[1:])
        if shape != expected:
            return f"{name} has shape {shape}, expected {expected}"
    present = [name in given for name in known if name.startswith("features")]
    end = max((i for i, here in enumerate(present) if here), default=-1)
    features = [name for name in known if name.startswith("features")]
    size = 2 + len(NORM) * any("running_mean" in name for name in known)  # arrays of one convolution
    for name in features[: max(end // size + 1, 1) * size]:
        if name not in given:
            return f"{name} is missing"
    return ""


def _layers(path: str, arrays: Mapping[Parameter, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Arrays as stored -> (W, b) of each stage, batch norm folded."""
    by_stage: dict[str, dict[str, np.ndarray]] = {}
    for parameter, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{path}: the weights of {parameter.stage} hold NaN or infinite numbers")
        by_stage.setdefault(parameter.stage, {})[parameter.array] = array.astype(np.float64)
    return {stage: _layer(stage, found) for stage, found in by_stage.items()}


def _layer(stage: str, a: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    W, b = a["W"], a["b"]
    if stage == "fc6":
        W = (
            W.reshape(-1, 512, 7, 7).transpose(0, 2, 3, 1).reshape(len(W), -1)
        )  # we flatten (7, 7, 512), they (512, 7, 7)
    if W.ndim == 2:
        return W.T, b  # (n_out, n_in) -> (n_in, n_out)
    W = W.transpose(2, 3, 1, 0)  # (O, C, 3, 3) -> (3, 3, C, O)
    if "gamma" not in a:
        return W, b
    factor = a["gamma"] / np.sqrt(a["running_var"] + EPS)  # gamma / s
    return W * factor, a["beta"] + (b - a["running_mean"]) * factor


def _kind(path: str, about: Mapping[str, str], preprocess: str | None) -> str:
    """What the weights were trained on: as the file says, or as the caller says."""
    said = [kind for kind, (text, _) in PREPROCESS.items() if about.get("input") in (text, kind)]
    if preprocess is not None:
        preprocessing(preprocess)
        if said and said != [preprocess]:
            raise ValueError(f"{path} says that its input is {said[0]!r}, got preprocess={preprocess!r}")
        return preprocess
    if not said:
        raise ValueError(
            f"{path} does not say what its images were: pass preprocess='torchvision' (RGB, ImageNet's mean and standard "
            "deviation: files of torchvision and timm) or preprocess='oxford' (BGR, 0..255: the original weights)"
        )
    return said[0]
