"""What the discriminator of a projected GAN sees: frozen features at several scales, their channels mixed at random (Sauer et al. 2021).

A discriminator that is given VGG's features instead of pixels does not have to learn features of its own. The paper's reason for the
mixing: a D can tell real from fake by a few channels, and G then improves only those; after a random mixing each channel depends on
all of them. So P(x) = (phi_s(x) M_s, one for each stage s) is fixed, and only the heads behind it are trained.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import Conv2d, Dense, Flatten, Join, Layer, LeakyReLU, Parallel
from minigan.models.vgg import VGG
from minigan.network import Sequential
from minigan.running.arguments import check_generator, check_whole

STAGES = {"conv1_2": 1, "conv2_2": 2, "conv3_3": 4}  # stage -> by how much it is smaller than the image
UNIT = 100  # the shipped features are in the hundreds


class Projection:
    """P(x) = (phi_s(x) M_s, for each stage s), with M_s ~ N(0, 1 / (UNIT^2 n_s)) drawn once.

    net: a VGG up to conv3_3 at least; mixed: the number of channels after the mixing; rng: of the M_s.
    """

    def __init__(self, net: VGG, mixed: int, rng: np.random.Generator):
        check_whole("Projection", mixed=mixed)
        check_generator(rng)
        self.net = net
        widths = {name: net.layers()[name].c_out for name in STAGES}
        self.M = {
            name: (rng.standard_normal((n, mixed)) / (UNIT * np.sqrt(n))).astype(net.features.dtype)
            for name, n in widths.items()
        }

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """(N, H, W, 1 or 3) in [-1, 1] -> one (N, H / 2^i, W / 2^i, mixed) for each stage."""
        return self._mix(self.net.stages(_colour(x), list(STAGES)))

    def forward(self, x: np.ndarray) -> tuple[tuple[np.ndarray, ...], list]:
        """The same, and the caches for `backward`."""
        stages, caches = self.net.forward(_colour(x), list(STAGES))
        return self._mix(stages), caches

    def _mix(self, stages: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        return tuple(stages[name] @ M for name, M in self.M.items())  # phi_s(x) M_s

    def backward(self, dy: Sequence[np.ndarray], caches: list, channels: int = 3) -> np.ndarray:
        """dx = sum_s J_s' dy_s M_s'.   One (N, H / 2^i, W / 2^i, mixed) for each stage -> (N, H, W, channels), 1 or 3."""
        dx = self.net.backward({name: d @ M.T for d, (name, M) in zip(dy, self.M.items(), strict=True)}, caches)
        assert dx is not None
        return dx if channels == 3 else dx.sum(axis=3, keepdims=True)  # a grey value was copied three times


def _colour(x: np.ndarray) -> np.ndarray:
    return x if x.shape[3] == 3 else x.repeat(3, axis=3)


def heads(side: int, mixed: int, rng: np.random.Generator | int, dtype: DTypeLike = "float32") -> Sequential:
    """D: the features of images of `side` pixels (8, 16, 32, ...) -> scores (N, 3), one head for each stage."""

    def head(n: int) -> list[Layer]:
        layers: list[Layer] = []
        while n > 4:
            layers += [Conv2d(mixed, mixed, 4, 2, 1), LeakyReLU(0.2)]
            n //= 2
        return [*layers, Flatten(), Dense(n * n * mixed, 1, gain=1.0)]

    return Sequential(Parallel(*(head(side // smaller) for smaller in STAGES.values())), Join(), rng=rng, dtype=dtype)
