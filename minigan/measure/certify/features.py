"""Claims about VGG: its stages are those of the paper, and the gradient in the image is the derivative.

Features that are slightly wrong (red and blue exchanged, [-1, 1] where 0..255 was meant, a ReLU left out, a pool that pads) look like
features; no training fails because of them.  So each stage is computed a second time from the definition, with the shipped weights, at
a size that the pools do not divide.  The gradient is checked by the complex step, which kinks do not disturb.
"""

from collections.abc import Iterator

import numpy as np

from minigan.gradcheck import ADJOINT, FIRST, Check, compare
from minigan.kernels import reference
from minigan.layers import Conv2d
from minigan.measure.certify.claim import Claim, holds, same
from minigan.models.perceptual import STAGES, perceptual
from minigan.models.vgg import VGG, vgg

SHAPE, CORNERS = (2, 13, 11, 3), (0, 100, 428, 857)


def images(seed: int = 0) -> np.ndarray:
    """Random images in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, SHAPE)


def shipped() -> VGG:
    """VGG-16 up to conv3_3, in float64."""
    return vgg(16, weights="conv3_3", dtype="float64")


def defined(net: VGG, x: np.ndarray) -> dict[str, np.ndarray]:
    """The stages, step by step as the authors of VGG published them: BGR in 0..255 minus the mean, convolution, max(., 0), pool."""
    y = 127.5 * (x[..., ::-1] + 1) - np.array([103.939, 116.779, 123.68])
    convolutions = iter([layer for layer in net.features.layers if isinstance(layer, Conv2d)])
    found = {}
    for name in net.places:
        if name.startswith("pool"):
            rows, columns = y.shape[1] // 2, y.shape[2] // 2
            y = y[:, : 2 * rows, : 2 * columns].reshape(len(y), rows, 2, columns, 2, -1).max(axis=(2, 4))
        else:
            layer = next(convolutions)
            y = np.maximum(reference.conv2d(y, layer.W, 1, 1) + layer.b, 0)
        found[name] = y
    return found


def stages() -> Iterator[Check]:
    """Each stage against its definition, in evaluation and with caches."""
    net, x = shipped(), images()
    expected, forward = defined(net, x), net.forward(x)[0]
    yield holds("all stages", list(net.stages(x)) == list(expected), f"the stages are {', '.join(net.stages(x))}")
    for name, got in net.stages(x).items():
        yield compare(name, got, expected[name], ADJOINT)
        yield same(f"{name}, forward", forward[name], got)


def gradient() -> Iterator[Check]:
    """dx of three stages at once: some of its entries, and its product with a random direction, by the complex step."""
    net, x, rng = shipped(), images(), np.random.default_rng(1)
    found, caches = net.forward(x, STAGES)
    sent = {name: rng.standard_normal(a.shape) / a.size for name, a in found.items()}
    dx = net.backward(sent, caches)
    assert dx is not None
    yield same("the weights are frozen", net.features.grad, np.zeros_like(net.features.grad))
    complex_net = VGG(net.features.astype(np.complex128), net.places)

    def derivative(v: np.ndarray) -> float:
        moved = complex_net.stages(x + 1e-30j * v, STAGES)
        return sum((sent[name] * a.imag).sum() for name, a in moved.items()) / 1e-30

    v = rng.standard_normal(x.shape)
    yield compare("along a direction", (dx * v).sum(), derivative(v), 1e-11)
    for i in CORNERS:
        v = np.zeros(x.shape)
        v.flat[i] = 1
        yield compare(f"dx[{i}]", dx.flat[i], derivative(v), 1e-9)


def perceptual_loss() -> Iterator[Check]:
    """The value against the definition, the gradient against central differences along random directions."""
    net, x, target, rng = shipped(), images(), images(2), np.random.default_rng(3)
    weights = {"conv1_2": 1e-3, "conv2_2": 1e-4, "conv3_3": 2e-4}
    value, dx = perceptual(net, x, target, weights)
    a, b = defined(net, x), defined(net, target)
    yield compare("value", value, sum(w * ((a[name] - b[name]) ** 2).mean() for name, w in weights.items()), ADJOINT)
    yield compare("no difference", perceptual(net, x, x, weights)[0], 0.0, 0.0)
    for i in range(3):
        v = rng.standard_normal(x.shape)
        h = 1e-6
        up, down = (perceptual(net, x + s * h * v, target, weights)[0] for s in (1, -1))
        yield compare(f"along direction {i}", (dx * v).sum(), (up - down) / (2 * h), 10 * FIRST)


def claims() -> list[Claim]:
    """The three claims above."""
    sample = "VGG-16 up to conv3_3 on " + str(SHAPE)
    parts = {"stages": stages, "gradient in x": gradient}
    made = [Claim("features", "VGG", verb, sample, check) for verb, check in parts.items()]
    return [*made, Claim("features", "perceptual", "value and gradient", sample, perceptual_loss)]
