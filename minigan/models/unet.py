"""Networks that turn a picture into a picture, and the critic that judges one patch by patch.

    unet          fine detail passes through skip connections, context through a bottleneck of a few pixels
    patch_critic  a map of scores, one for each patch: it judges texture, while a loss of pixels judges the layout
    enlarger      the picture enlarged two or four times, plus the detail that the network adds

In a U-Net each level is Copy, Parallel, Join (layers/branches.py): the picture itself beside what was drawn below it.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import (
    Conv2d,
    Copy,
    InstanceNorm,
    Join,
    Layer,
    LeakyReLU,
    Parallel,
    ReLU,
    Residual,
    Sum,
    Tanh,
    UpConv2d,
    Upsample2x,
)
from minigan.network import Sequential
from minigan.running.arguments import check_shape, check_whole

Rng = np.random.Generator | int | None


def unet(
    given: Sequence[int], channels: int, width: int = 32, levels: int = 4, rng: Rng = None, dtype: DTypeLike = "float32"
) -> Sequential:
    """G: y (N, H, W, C) -> x (N, H, W, channels) in [-1, 1].     Ronneberger et al. 2015; Isola et al. 2017, sec. 3.2.1.

    Parameters
    ----------
    given : shape of y, (H, W, C), both sides divisible by 2^levels
    channels : of x
    width : channels at half the size; w - 2w - 4w - 4w ... further down
    levels : how often the size is halved
    rng, dtype : as of `Sequential`

    Raises ValueError for sides that cannot be halved so often.
    """
    check_shape("unet", given)
    check_whole("unet", channels=channels, width=width, levels=levels)
    side = 2**levels
    if len(given) != 3 or given[0] % side or given[1] % side:
        raise ValueError(
            f"a U-Net of {levels} levels needs images (H, W, C) with sides divisible by {side}, got {given}"
        )
    widths = [given[2], *(width * min(2**i, 4) for i in range(levels))]
    last = [Conv2d(given[2] + width, channels, 3, pad=1, gain=1.0), Tanh()]
    return Sequential(*_level(widths, 0), *last, rng=rng, dtype=dtype)


def _level(widths: list[int], i: int) -> list[Layer]:
    """y = [x, up(below(down(x)))]:   (N, h, w, n) -> (N, h, w, n + m).   The lowest level is the identity."""
    if i == len(widths) - 1:
        return []
    n, m = widths[i], widths[i + 1]
    k, drawn = (2 * m if i + 2 < len(widths) else m), (n if i else m)
    down = [Conv2d(n, m, 4, 2, 1), *([InstanceNorm(m)] if i else []), LeakyReLU(0.2)]
    up = [UpConv2d(k, drawn, 3), InstanceNorm(drawn), ReLU()]
    return [Copy(2), Parallel([], [*down, *_level(widths, i + 1), *up]), Join()]  # eq:unet.level


def patch_critic(
    channels: int, width: int = 32, levels: int = 2, given: int = 0, rng: Rng = None, dtype: DTypeLike = "float32"
) -> Sequential:
    """D: x (N, H, W, channels) -> a map of scores (N, H/2^l, W/2^l, 1).     Isola et al. 2017, sec. 3.2.2: PatchGAN.

    given : channels of the picture that D sees beside x, D((x, y)); 0: D sees x alone.  With 2 levels a score sees 18 x 18 pixels.

    A loss takes all scores of the map, and its mean is over their losses: each patch is judged by itself.
    """
    check_whole("patch_critic", channels=channels, width=width, levels=levels)
    check_whole("patch_critic", least=0, given=given)
    layers: list[Layer] = [Join()] if given else []
    widths = [channels + given, *(width * 2**i for i in range(levels))]
    for n, m in itertools.pairwise(widths):
        layers += [Conv2d(n, m, 4, 2, 1), LeakyReLU(0.2)]
    return Sequential(*layers, Conv2d(widths[-1], 1, 3, pad=1, gain=1.0), rng=rng, dtype=dtype)  # eq:patch_critic


def enlarger(
    channels: int, factor: int = 2, width: int = 32, blocks: int = 4, rng: Rng = None, dtype: DTypeLike = "float32"
) -> Sequential:
    """G: y (N, h, w, channels) -> y enlarged + body(y), (N, h k, w k, channels);   k = factor, a power of 2.

    The body is SRResNet's, residual blocks and then upsampling, without its BatchNorm.     Ledig et al. 2017, sec. 2.1.
    """
    check_whole("enlarger", channels=channels, factor=factor, width=width, blocks=blocks)
    times = int(math.log2(factor))
    if 2**times != factor or factor < 2:
        raise ValueError(f"an image is enlarged 2, 4, 8, ... times, got factor={factor}")
    body: list[Layer] = [Conv2d(channels, width, 3, pad=1), LeakyReLU(0.2)]
    for _ in range(blocks):
        body.append(Residual(Conv2d(width, width, 3, pad=1), LeakyReLU(0.2), Conv2d(width, width, 3, pad=1, gain=0.1)))
    for _ in range(times):
        body += [UpConv2d(width, width, 3), LeakyReLU(0.2)]
    body.append(Conv2d(width, channels, 3, pad=1, gain=0.1))
    larger = [Upsample2x() for _ in range(times)]
    return Sequential(Copy(2), Parallel(larger, body), Sum(), rng=rng, dtype=dtype)  # eq:enlarger
