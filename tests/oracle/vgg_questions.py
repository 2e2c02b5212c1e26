"""What is asked of VGG-16 with its real weights, here and in PyTorch: images, stages, and which numbers of them are compared.

The features of one image of 224 x 224 pixels are 13 million numbers.  Of each stage only these are stored: its norm, some of its
values, and its projections on random vectors of +-1.  An error e anywhere changes a projection by about |e|, so a projection
that agrees to 1e-5 of the norm leaves no room for a wrong number, wherever it is.
"""

import numpy as np

SIZES = (64, 224)
VALUES, PROJECTIONS = 48, 6
SHIPPED_STAGES = (
    "conv1_1",
    "conv1_2",
    "pool1",
    "conv2_1",
    "conv2_2",
    "pool2",
    "conv3_1",
    "conv3_2",
    "conv3_3",
    "pool3",
)
DEEP_STAGES = ("conv4_1", "conv4_2", "conv4_3", "pool4", "conv5_1", "conv5_2", "conv5_3", "pool5")
GRADIENTS = {  # name -> the stages that send a gradient back
    "one": ("conv2_2",),
    "pool": ("pool1", "pool2"),
    "perceptual": ("conv1_2", "conv2_2", "conv3_3"),
    "deep": ("conv2_2", "conv4_3", "pool5"),
}


def image(size: int) -> np.ndarray:
    """Waves of many lengths and some noise: (1, size, size, 3), float32 in [-1, 1]."""
    rng = np.random.default_rng(size)
    t = np.linspace(0, 1, size)
    x = np.zeros((size, size, 3))
    for _ in range(12):
        u, v, phase = rng.uniform(-20, 20, (3, 3))
        x += rng.uniform(0.1, 0.4) * np.sin(t[:, None, None] * u + t[None, :, None] * v + phase)
    return np.clip(x / 2 + 0.1 * rng.standard_normal(x.shape), -1, 1)[None].astype(np.float32)


def signs(name: str, shape: tuple) -> np.ndarray:
    """Random numbers +-1 in this shape, the same for the same name."""
    rng = np.random.default_rng(list(name.encode()))
    bits = np.unpackbits(np.frombuffer(rng.bytes(-(-int(np.prod(shape)) // 8)), np.uint8))
    return bits[: np.prod(shape)].reshape(shape).astype(np.int8) * np.int8(2) - np.int8(1)


def weight(name: str, stage: np.ndarray) -> np.ndarray:
    """The gradient that a stage sends back: +-1 / sqrt(size), so that all stages count alike."""
    return signs(f"gradient {name}", stage.shape) / np.sqrt(stage.size)


def digest(name: str, a: np.ndarray) -> np.ndarray:
    """(N, H, W, C) -> its norm, VALUES of its numbers and PROJECTIONS on vectors of +-1: (1 + VALUES + PROJECTIONS,) float64."""
    a = np.asarray(a, np.float64)
    places = np.random.default_rng(list(name.encode())).integers(a.size, size=VALUES)
    projections = [(a * signs(f"{name} {i}", a.shape)).sum() for i in range(PROJECTIONS)]
    return np.array([np.linalg.norm(a), *a.ravel()[places], *projections])


def error(found: np.ndarray, answer: np.ndarray, size: int) -> float:
    """The larger of: max |difference of values| / their largest answer, and rms difference of projections / the norm."""
    values, projections = slice(1, 1 + VALUES), slice(1 + VALUES, None)
    scale = max(np.abs(answer[values]).max(), answer[0] / np.sqrt(size))
    local = np.abs(found[values] - answer[values]).max() / scale
    overall = np.sqrt(np.mean((found[projections] - answer[projections]) ** 2)) / answer[0]
    return max(local, overall)
