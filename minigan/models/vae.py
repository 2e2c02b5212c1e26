"""The networks of a variational autoencoder: E finds where an image's latent code probably is, G draws the image of a code.

E returns two arrays, the mean and the log-variance of q(z|x) = N(mu, exp(log_var)).  So E ends with two heads: Copy gives each
of them the same features, Parallel applies them (layers/branches.py).  The D of a VAE-GAN has two outputs in the same way.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import Copy, Dense, Flatten, Layer, Parallel, Reshape, Tanh, UpConv2d
from minigan.models.dcgan import growing, shrinking, widths_of
from minigan.network import Sequential
from minigan.running.arguments import check_shape, check_whole, is_whole

Rng = np.random.Generator | int | None


def vae_mlp(
    shape: Sequence[int] = (28, 28, 1),
    latent: int = 50,
    width: int = 200,
    rng: Rng = None,
    dtype: DTypeLike = "float32",
) -> tuple[Sequential, Sequential]:
    """E: image - w - w - (latent, latent);   G: latent - w - w - image.     Burda et al. 2016, sec. 5: 784-200-200-50, tanh.

    Parameters
    ----------
    shape : of an image, (H, W, C)
    latent : size of the code z
    width : w, the units of each hidden layer
    rng : Generator or seed of the initial weights; required
    dtype : float32 or float64

    Returns
    -------
    E, G : Sequential
        E: images (N, H, W, C) -> mu (N, latent), log_var (N, latent);  G: z (N, latent) -> y (N, H, W, C), any real number.
    """
    check_shape("vae_mlp", shape)
    check_whole("vae_mlp", latent=latent, width=width)
    n = math.prod(shape)

    def hidden(size: int) -> list[Layer]:
        return [Dense(size, width, gain=1.0), Tanh(), Dense(width, width, gain=1.0), Tanh()]

    E = Sequential(Flatten(), *hidden(n), *_heads(width, latent), rng=rng, dtype=dtype)
    G = Sequential(*hidden(latent), Dense(width, n, gain=1.0), Reshape(*shape), rng=rng, dtype=dtype)
    return E, G


def start_at(mean: np.ndarray, y: np.ndarray, E: Sequential, G: Sequential) -> None:
    """Let the networks of `vae_mlp` start at the mean image:   b_E = -W_E' mean,   b_G = y.

    E's first layer then sees x - mean, and G's first images are those of the parameters y, both (H, W, C).  Images of digits are
    mostly black, so without this a large constant hides what distinguishes them (LeCun et al. 1998, "Efficient BackProp",
    sec. 4.3; Burda et al. 2016 start G there too).
    """
    first, last = E.layers[1], G.layers[-2]
    assert isinstance(first, Dense)
    assert isinstance(last, Dense)
    first.b[...] = -(mean.ravel() @ first.W)
    last.b[...] = y.ravel()


def vae_conv(
    shape: Sequence[int] = (32, 32, 3), latent: int = 64, width: int = 32, rng: Rng = None, dtype: DTypeLike = "float32",
    tanh: bool = False,
) -> tuple[Sequential, Sequential]:  # fmt: skip
    """E: 4 x 4 convolutions with stride 2, w - 2w - 4w channels, then the heads;   G: that of `dcgan_up`.

    shape must be square, 8, 16, 32, 64, ... pixels; with tanh, G's images are in [-1, 1].  Everything else as in `vae_mlp`.
    """
    check_whole("vae_conv", latent=latent, width=width)
    size = 16 * widths_of(shape, width)[-1]
    E = Sequential(*shrinking(shape, width), Flatten(), *_heads(size, latent), rng=rng, dtype=dtype)
    end = [Tanh()] if tanh else []
    G = Sequential(*growing(lambda n, m: UpConv2d(n, m, 3), shape, latent, width), *end, rng=rng, dtype=dtype)
    return E, G


def critic(
    shape: Sequence[int] = (32, 32, 3), width: int = 32, level: int = 2, rng: Rng = None, dtype: DTypeLike = "float32"
) -> Sequential:
    """D: images (N, H, W, C) -> features (N, H/2^l, W/2^l, w 2^(l-1)), scores (N, 1);   l = level.

    The D of `dcgan_up`, which also returns what its convolution number l sees (Larsen et al. 2016, sec. 3.1).  Raises
    ValueError for a level that it does not have.
    """
    check_whole("critic", width=width)
    layers, size = shrinking(shape, width), 16 * widths_of(shape, width)[-1]
    if not is_whole(level) or not 1 <= level <= len(layers) // 2:
        raise ValueError(f"D has the levels 1 to {len(layers) // 2} for images of {shape[0]} pixels, got level={level}")
    rest = [*layers[2 * level :], Flatten(), Dense(size, 1, gain=1.0)]
    return Sequential(*layers[: 2 * level], Copy(2), Parallel([], rest), rng=rng, dtype=dtype)


def _heads(n: int, latent: int) -> list[Layer]:
    """(N, n) -> mu (N, latent), log_var (N, latent)."""
    return [Copy(2), Parallel([Dense(n, latent, gain=1.0)], [Dense(n, latent, gain=1.0)])]
