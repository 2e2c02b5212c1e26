"""What is asked of both frameworks: the networks, the points, the cotangents.  Imports NumPy and nothing of either framework.

Every number fed in is a function of its name (SHAKE-256 of the name, read as fractions), so only the answers are stored, and
no random generator of any version stands between the two sides.  A network is a list of (layer name, arguments ...).
"""

import hashlib

import numpy as np


def numbers(name: str, *shape: int) -> np.ndarray:
    """Reproducible numbers in (-1, 1), as if uniform: float64 of this shape, a function of the name alone."""
    size = int(np.prod(shape))
    bits = np.frombuffer(hashlib.shake_256(name.encode()).digest(8 * size), "<u8") >> 11  # 53 bits
    return (bits * 2.0**-52 - 1).reshape(shape)


# ---- first order: forward, input slope, parameter slopes --------------------------------------------------------------

IMAGE = (2, 6, 5, 2)  # (N, H, W, C), odd and not square

FIRST = {  # name -> (network, shape of x)
    "dense": ([("Dense", 5, 3)], (4, 5)),
    "dense, no bias, batch 1": ([("Dense", 3, 7, False)], (1, 3)),
    "upconv k1": ([("UpConv2d", 2, 3, 1)], (1, 3, 4, 2)),
    "upconv k3": ([("UpConv2d", 2, 3, 3)], (2, 3, 4, 2)),
    "upconv k5, no bias": ([("UpConv2d", 3, 2, 5, False)], (1, 3, 2, 3)),
    "leaky relu": ([("LeakyReLU", 0.2)], (3, 7)),
    "relu": ([("ReLU",)], (3, 7)),
    "tanh": ([("Tanh",)], (3, 7)),
    "sigmoid": ([("Sigmoid",)], (3, 7)),
    "softplus": ([("Softplus",)], (3, 7)),
    "silu": ([("SiLU",)], (3, 7)),
    "batch norm, dense": ([("BatchNorm", 3)], (5, 3)),
    "batch norm, image": ([("BatchNorm", 2)], IMAGE),
    "layer norm, dense": ([("LayerNorm", 7)], (3, 7)),
    "layer norm, image": ([("LayerNorm", 3)], (2, 3, 2, 3)),
    "instance norm": ([("InstanceNorm", 2)], IMAGE),
    "pixel norm": ([("PixelNorm",)], (2, 3, 2, 5)),
    "average pool": ([("AvgPool2d", 2)], (2, 4, 6, 3)),
    "average pool k3": ([("AvgPool2d", 3)], (1, 6, 3, 2)),
    "max pool": ([("MaxPool2d", 2)], (2, 4, 6, 3)),
    "max pool k3": ([("MaxPool2d", 3)], (1, 6, 3, 2)),
    "upsample": ([("Upsample2x",)], (2, 3, 2, 2)),
    "minibatch std": ([("MinibatchStd",)], (4, 3, 2, 2)),
    "embedding": ([("Embedding", 5, 3)], "labels"),
    "concat": ([("Concat", [("Dense", 3, 2)], [("Embedding", 5, 4)])], "pair"),
    "label score": ([("LabelScore", 3, 5)], "pair"),
    "residual": ([("Residual", [("Conv2d", 2, 2, 3, 1, 1), ("Tanh",), ("Conv2d", 2, 2, 1)], None)], IMAGE),
    "residual, shortcut": (
        [("Residual", [("Conv2d", 2, 3, 4, 2, 1), ("SiLU",)], ("Conv2d", 2, 3, 2, 2))],
        (2, 6, 4, 2),
    ),
    "attention": ([("SelfAttention", 4, 3)], (2, 3, 2, 4)),
    "spectral norm, dense": ([("SpectralNorm", ("Dense", 5, 3))], (4, 5)),
    "spectral norm, conv": ([("SpectralNorm", ("Conv2d", 2, 3, 3, 2, 1))], IMAGE),
    "spectral norm, transposed": ([("SpectralNorm", ("ConvTranspose2d", 2, 3, 4, 2, 1))], (2, 3, 4, 2)),
    "spectral norm, upconv": ([("SpectralNorm", ("UpConv2d", 2, 3, 3))], (2, 3, 2, 2)),
}
for k in (1, 2, 3, 4, 5):
    for s in (1, 2, 3):
        for p in range(min(3, k)):
            bias = (k + s + p) % 2 == 0  # each k, each stride and each pad with and without
            FIRST[f"conv k{k} s{s} p{p}"] = ([("Conv2d", 2, 3, k, s, p, bias)], IMAGE)
for k, s, p in (
    (1, 1, 0),
    (2, 2, 0),
    (3, 1, 1),
    (3, 2, 0),
    (3, 2, 2),
    (4, 2, 1),
    (4, 3, 1),
    (5, 3, 2),
    (5, 1, 0),
    (2, 3, 0),
):
    FIRST[f"transposed k{k} s{s} p{p}"] = ([("ConvTranspose2d", 2, 3, k, s, p, (s + p) % 2 == 0)], (1, 3, 4, 2))

LABELS = np.array([3, 0, 3, 4, 1])  # one twice, one (2) never

# ---- second order: the penalties' parameter gradients ------------------------------------------------------------------

CRITICS = {
    "dense, leaky relu": ([("Dense", 5, 6), ("LeakyReLU", 0.2), ("Dense", 6, 1)], (4, 5)),
    "dense, tanh, layer norm, softplus": (
        [("Dense", 5, 6), ("Tanh",), ("Dense", 6, 4), ("LayerNorm", 4), ("Softplus",), ("Dense", 4, 1)],
        (4, 5),
    ),
    "dense, sigmoid, pixel norm": ([("Dense", 5, 6), ("Sigmoid",), ("PixelNorm",), ("Dense", 6, 1)], (4, 5)),
    "conv, silu": (
        [("Conv2d", 2, 3, 3, 2, 1), ("SiLU",), ("Conv2d", 3, 2, 2), ("SiLU",), ("Flatten",), ("Dense", 4, 1)],
        (3, 6, 4, 2),
    ),
    "conv, leaky relu, pool": (
        [("Conv2d", 2, 4, 3, 1, 1), ("LeakyReLU", 0.1), ("AvgPool2d", 2), ("Conv2d", 4, 2, 3, 1, 1), ("Tanh",)]
        + [("MaxPool2d", 2), ("Flatten",), ("Dense", 2, 1)],
        (3, 4, 4, 2),
    ),
    "conv, instance norm": (
        [("Conv2d", 2, 3, 3, 1, 1), ("InstanceNorm", 3), ("LeakyReLU", 0.2), ("Flatten",), ("Dense", 18, 1)],
        (3, 3, 2, 2),
    ),
    "transposed, upconv, tanh": (
        [("ConvTranspose2d", 2, 3, 3, 2, 1), ("Tanh",), ("UpConv2d", 3, 2, 3), ("SiLU",), ("AvgPool2d", 2)]
        + [("Flatten",), ("Dense", 18, 1)],
        (3, 2, 2, 2),
    ),
    "attention": (
        [("Conv2d", 2, 4, 3, 1, 1), ("LeakyReLU", 0.2), ("SelfAttention", 4, 2), ("Tanh",), ("Flatten",)]
        + [("Dense", 24, 1)],
        (3, 2, 3, 2),
    ),
    "spectral norm": (
        [("SpectralNorm", ("Conv2d", 2, 3, 3, 2, 1)), ("LeakyReLU", 0.2), ("Flatten",)]
        + [("SpectralNorm", ("Dense", 18, 4)), ("Softplus",), ("SpectralNorm", ("Dense", 4, 1))],
        (3, 6, 4, 2),
    ),
    "label score": (
        [("Beside", [("Conv2d", 2, 3, 3, 1, 1), ("SiLU",), ("Flatten",)]), ("LabelScore", 18, 5)],
        (3, 3, 2, 2),
    ),
    "label as a channel": (
        [("Concat", [], [("Embedding", 5, 6), ("Reshape", 3, 2, 1)]), ("Conv2d", 3, 2, 3, 1, 1), ("Tanh",)]
        + [("Flatten",), ("Dense", 12, 1)],
        (3, 3, 2, 2),
    ),
    "residual": (
        [("Residual", [("Conv2d", 2, 3, 3, 1, 1), ("SiLU",), ("Conv2d", 3, 3, 1)], ("Conv2d", 2, 3, 1)), ("Tanh",)]
        + [("Flatten",), ("Dense", 18, 1)],
        (3, 3, 2, 2),
    ),
}
GAMMA, LAM = 1.7, 10.0

# ---- the whole training: 5 steps of D and of G ---------------------------------------------------------------------------

LATENT, STEPS, BATCH = 4, 5, 4
# No bias before a BatchNorm: its slope is exactly 0, and Adam would blow up the rounding error in it.
GENERATOR = [  # (N, 4) -> (N, 8, 8, 2)
    ("Dense", LATENT, 12),
    ("Reshape", 2, 2, 3),
    ("BatchNorm", 3),
    ("ReLU",),
    ("ConvTranspose2d", 3, 3, 4, 2, 1, False),
    ("BatchNorm", 3),
    ("LeakyReLU", 0.2),
    ("UpConv2d", 3, 2, 3),
    ("Tanh",),
]
CRITIC = [  # (N, 8, 8, 2) -> (N, 1)
    ("Conv2d", 2, 3, 4, 2, 1),
    ("LeakyReLU", 0.2),
    ("Conv2d", 3, 4, 3, 2, 1),
    ("SiLU",),
    ("Flatten",),
    ("Dense", 16, 1),
]
TAKEN_OVER = [  # a model as PyTorch builds it, its weights by their names there: conv, row, image, upsampled image
    ("Conv2d", 3, 4, 3, 2, 1),
    ("BatchNorm", 4),
    ("LeakyReLU", 0.2),
    ("Flatten",),
    ("BatchNorm", 24),
    ("Dense", 24, 7, False),
    ("Tanh",),
    ("Dense", 7, 30),
    ("BatchNorm", 30),
    ("ReLU",),
    ("Reshape", 2, 3, 5),
    ("ConvTranspose2d", 5, 4, 4, 2, 1),
    ("UpConv2d", 4, 2, 3),
]
TAKEN_OVER_SHAPE = (3, 6, 4, 3)
ADAM = {"lr": 2e-3, "beta1": 0.5, "beta2": 0.99, "eps": 1e-8}


def conditional(spec, x):
    """The input of a critic: x alone, or with labels if the critic begins with a layer for pairs."""
    return (x, LABELS[: len(x)]) if spec[0][0] in ("Beside", "Concat") else x


def point(name: str, shape):
    """The input of a case: numbers, labels, or a pair of both."""
    if shape == "labels":
        return LABELS
    if shape == "pair":
        return numbers(f"{name}: x", len(LABELS), 3), LABELS
    return 2 * numbers(f"{name}: x", *shape)


def weight(name: str, *shape: int) -> np.ndarray:
    """The parameter or running statistic of this name in PyTorch's state_dict; a variance is positive."""
    values = numbers(f"taken over: {name}", *shape)
    return 1.5 + values if name.endswith("running_var") else values
