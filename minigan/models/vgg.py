"""VGG (Simonyan and Zisserman 2015): 3 x 3 convolutions and nothing else, trained on photographs of a thousand things.

Its classifier is forgotten, its features are everywhere: the layers on the way see edges, textures, then parts of objects, so
two images that look alike to us are near each other there and not in their pixels.  A perceptual loss, a distance between sets of
images and a projected discriminator all need the same thing from it: some of its stages, and the gradient in the image.

    11   64 | 128 | 256 256 | 512 512 | 512 512                  each number is a convolution and its channels,
    13   64 64 | 128 128 | 256 256 | 512 512 | 512 512           each | halves the image;
    16   64 64 | 128 128 | 256 256 256 | 512 512 512 | ...       a stage is named after its place, such as conv3_2 or
    19   64 64 | 128 128 | 256 256 256 256 | ...                 pool3, and is taken after the ReLU

vgg_weights.py reads the weights from a file.
"""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, Layer, MaxPool2d, Normalize, ReLU, ShapeError
from minigan.layers.parameters import constant
from minigan.layers.tree import add
from minigan.models import vgg_weights
from minigan.models.vgg_layout import BLOCKS, DENSE, stages
from minigan.network import Sequential
from minigan.running.arguments import check_flag, is_whole


class VGG:
    """x (N, H, W, 3), RGB in [-1, 1] -> the features of each stage, and the gradient in x.

    features     a Sequential: the conversion of the input, then convolutions, ReLUs and pools
    classifier   a Sequential, (N, 7 * 7 * 512) -> scores of the classes, or None
    places       stage -> the number of its layer in `features`, in the order of the layers
    """

    def __init__(self, features: Sequential, places: Mapping[str, int], classifier: Sequential | None = None):
        self.features, self.places, self.classifier = features, dict(places), classifier

    def stages(self, x: np.ndarray, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """The features in evaluation mode: {"conv1_1": (N, H, W, 64), ...}; only the stages in `names`, if given."""
        found, at = {}, self._chosen(names)
        y = self.features.cast(x)
        for i, layer in enumerate(self.features.layers[: max(at) + 1]):
            y = layer(y)
            if i in at:
                found[at[i]] = y
        return found

    def forward(self, x: np.ndarray, names: Sequence[str] | None = None) -> tuple[dict[str, np.ndarray], list]:
        """The same stages, and the caches for `backward`."""
        found, caches, at = {}, [], self._chosen(names)
        y = self.features.cast(x)
        for i, layer in enumerate(self.features.layers[: max(at) + 1]):
            y, cache = layer.forward(y)
            caches.append(cache)
            if i in at:
                found[at[i]] = y
        return found, caches

    def backward(self, dstages: Mapping[str, np.ndarray], caches: list, learn: bool = False) -> np.ndarray | None:
        """dx = sum over the stages of J' dstage.   {"conv1_2": (N, H, W, 64), ...} -> (N, H, W, 3); None if no stage is given.

        The weights are frozen unless `learn`, which adds their gradients to features.grad.
        """
        gradients, dx = {self._place(name): dy for name, dy in dstages.items()}, None
        if max(gradients, default=0) >= len(caches):
            raise ValueError(f"the forward pass stopped before {', '.join(dstages)}: ask it for the same stages")
        for i in reversed(range(len(caches))):
            dx = add(dx, self.features.cast(gradients.get(i)))  # the gradient from above, and this stage's own
            if dx is not None:
                layer = self.features.layers[i]
                dx = layer.learn(dx, caches[i]) if learn else layer.backward(dx, caches[i])
        return dx

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The scores of the classes (N, K) in evaluation mode.   x (N, 224, 224, 3)"""
        if self.classifier is None:
            raise ValueError("this VGG has features only: models.vgg(..., classifier=True) builds the classifier, too")
        if x.shape[1:] != (224, 224, 3):
            raise ShapeError(
                f"VGG's classifier takes images (N, 224, 224, 3), got {x.shape}: resize them, or use stages(x)"
            )
        return self.classifier(self.stages(x, ["pool5"])["pool5"])

    def _chosen(self, names: Sequence[str] | None) -> dict[int, str]:
        names = list(self.places) if names is None else [names] if isinstance(names, str) else names
        if not names:
            raise ValueError(f"no stage is asked for; there are: {', '.join(self.places)}")
        return {self._place(name): name for name in names}

    def _place(self, name: str) -> int:
        if name not in self.places:
            near = get_close_matches(str(name), self.places, n=1)
            raise ValueError(
                f"this VGG has no stage {name!r}{f', did you mean {near[0]!r}?' if near else ''}; "
                f"it has: {', '.join(self.places)}"
            )
        return self.places[name]

    def layers(self) -> dict[str, Any]:
        """{"conv1_1": its Conv2d, ..., "fc8": its Dense}."""
        found: list[Layer] = [layer for layer in self.features.layers if isinstance(layer, Conv2d)]
        found += [layer for layer in self.classifier.layers if isinstance(layer, Dense)] if self.classifier else []
        names = [name for name in self.places if name.startswith("conv")] + [stage for stage, *_ in DENSE.values()]
        return dict(zip(names, found))

    def __repr__(self) -> str:
        return f"VGG({', '.join(self.places)}{'; classifier' if self.classifier else ''})"


def vgg(
    depth: int = 16,
    batch_norm: bool = False,
    weights: str | os.PathLike | None = None,
    preprocess: str | None = None,
    classifier: bool = False,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = "float32",
) -> VGG:
    """VGG-11, 13, 16 or 19, with weights from a file or untrained.

        f = models.vgg(16, weights="conv3_3").stages(x)["conv2_2"]        # comes with the package

    Parameters
    ----------
    depth : 11, 13, 16 or 19
    batch_norm
        Whether a BatchNorm follows each convolution.  With `weights`, it is folded into the convolution: W gamma / s,
        beta + (b - mean) gamma / s, which computes the same as BatchNorm in evaluation mode.
    weights
        "conv3_3" (VGG-16 up to that stage, for depth 16), or a safetensors file, float16 or float32, with the names of
        torchvision, of timm, or ours: conv1_1.W, conv1_1.b, ... as in `layers()`.  A file may end early; the network then ends
        with the pool after its last stage.  None: random weights.
    preprocess : "oxford" or "torchvision"
        What the weights were trained on.  Default: what the file says; without a file, "torchvision".
    classifier
        Build the dense layers, too (124 million weights): `net(x)` then gives the scores of the classes.
    rng
        Generator or seed; required without `weights`.
    dtype
        float32 or float64.

    Raises
    ------
    ValueError
        For another depth, an unknown preprocessing, and none at all.
    FileNotFoundError, CheckpointError
        If there is no such file, or it is not a VGG of this depth; the message says what it looks like.
    """
    if not is_whole(depth) or depth not in BLOCKS:
        raise ValueError(f"there are VGG-11, 13, 16 and 19, got depth={depth!r}")
    check_flag("vgg", batch_norm=batch_norm, classifier=classifier)
    arrays: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    if weights is None:
        last, kind, classes = "pool5", preprocess or "torchvision", 1000
    else:
        arrays, kind = vgg_weights.load(weights, depth, batch_norm, preprocess, classifier)
        last = [name for name in stages(depth) if name in arrays][-1]
        batch_norm, rng, classes = False, 0, len(arrays["fc8"][1]) if classifier else 0
    blank = weights is not None
    features, places = _features(depth, last, batch_norm, vgg_weights.preprocessing(kind), blank)
    net = Sequential(*features, rng=rng, dtype=dtype)
    found = VGG(net, places, Sequential(*_classifier(classes, blank), rng=rng, dtype=dtype) if classifier else None)
    for name, layer in found.layers().items():
        if name in arrays:
            layer.W[...], layer.b[...] = arrays[name]
    return found


def _features(
    depth: int, last: str, batch_norm: bool, preprocess: Normalize, blank: bool
) -> tuple[list[Layer], dict[str, int]]:
    """The layers up to the stage `last`, and the pool after it; the place of each stage."""
    layers: list[Layer] = [preprocess]
    places, c_in, ended = {}, 3, False
    for stage, c_out in stages(depth).items():
        if stage.startswith("pool"):
            layers.append(MaxPool2d(2, crop=True))  # as the original: no pixel beyond the last block, no padding
        elif ended:
            break
        else:
            layers.append(_init(Conv2d(c_in, c_out, 3, pad=1), blank))
            layers += [BatchNorm(c_out), ReLU()] if batch_norm else [ReLU()]
        places[stage], c_in = len(layers) - 1, c_out
        if ended:
            break
        ended = stage == last
    return layers, places


def _classifier(classes: int, blank: bool) -> list[Layer]:
    (_, a, b), (_, c, d), (_, e, _) = DENSE.values()
    dense = [_init(Dense(n, m), blank) for n, m in ((a, b), (c, d), (e, classes))]
    return [Flatten(), dense[0], ReLU(), Dropout(0.5), dense[1], ReLU(), Dropout(0.5), dense[2]]


def _init(layer: Layer, blank: bool) -> Layer:
    """The layer; with `blank`, it starts with zeros, because drawing 124 million numbers takes longer than reading them."""
    if blank:
        layer.parameters = {name: (shape, constant(0.0)) for name, (shape, _) in layer.parameters.items()}
    return layer
