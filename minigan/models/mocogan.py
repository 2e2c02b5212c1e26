"""The three networks of MoCoGAN (Tulyakov et al. 2018): what is in a video is drawn once, how it moves is drawn frame by frame.

    c ~ N(0, 1)                                 the content, one for each clip
    m[1], ..., m[T] = GRU(e[1], ..., e[T])      the motion, a path: e[t] and the first state are N(0, 1)
    x[t] = G_I(c, m[t])                         one generator of images draws every frame

Nothing in G knows how long a clip is, so it draws clips of any length.  D_I judges single frames: are they sharp?  D_V judges whole
clips: do they move as they should?
"""

from collections.abc import Sequence
from typing import Any

from minigan.layers import (
    GRU,
    Conv2d,
    Dense,
    Flatten,
    Frames,
    JoinFrames,
    Layer,
    LeakyReLU,
    Parallel,
    Tanh,
    TemporalConv,
    UpConv2d,
)
from minigan.models.dcgan import growing, shrinking, widths_of
from minigan.network import Sequential
from minigan.running.arguments import check_whole


def generator(
    shape: Sequence[int], content: int = 48, noise: int = 8, motion: int = 48, width: int = 32, rng: Any = None,
    dtype: Any = "float32",
) -> Sequential:  # fmt: skip
    """G: (c, (e, h0)) -> clips (N, T, H, W, C) in [-1, 1];  c (N, content), e (N, T, noise), h0 (N, motion), all N(0, 1).

    shape : (T, H, W, C) of a clip, H = W = 8, 16, 32, ...; T plays no role
    content, noise, motion : numbers in c, in e[t], and in the state of the GRU
    width : channels of the last hidden layer; each level above has twice as many
    """
    check_whole("MoCoGAN", content=content, noise=noise, motion=motion, width=width)
    frames = growing(lambda n, m: UpConv2d(n, m, 3), shape[1:], content + motion, width)
    latent = Parallel([], [GRU(noise, motion, initial=True)]), JoinFrames()  # -> (N, T, content + motion)
    return Sequential(*latent, Frames(*frames, Tanh()), rng=rng, dtype=dtype)


def image_critic(shape: Sequence[int], width: int = 24, rng: Any = None, dtype: Any = "float32") -> Sequential:
    """D_I: frames (N, H, W, C) -> scores (N, 1), for clips of `shape`, (T, H, W, C)."""
    top = 16 * widths_of(shape[1:], width)[-1]
    return Sequential(*shrinking(shape[1:], width), Flatten(), Dense(top, 1, gain=1.0), rng=rng, dtype=dtype)


def video_critic(shape: Sequence[int], width: int = 24, rng: Any = None, dtype: Any = "float32") -> Sequential:
    """D_V: clips (N, T, H, W, C) -> scores (N, 1), for clips of `shape`, (T, H, W, C).

    D_I with a window of 4 frames: each level halves time and space, time not below 2 frames.
    """
    layers: list[Layer] = []
    frames, widths = shape[0], widths_of(shape[1:], width)
    for a, b in zip([shape[3], *widths[:-1]], widths, strict=True):
        if frames >= 4:
            layers += [TemporalConv(a, b, 4, 2, 1), LeakyReLU(0.2)]
            frames = (frames - 2) // 2 + 1
        else:
            layers += [Frames(Conv2d(a, b, 4, 2, 1)), LeakyReLU(0.2)]
    top = frames * 16 * widths[-1]
    return Sequential(*layers, Flatten(), Dense(top, 1, gain=1.0), rng=rng, dtype=dtype)
