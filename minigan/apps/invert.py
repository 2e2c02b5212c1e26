"""Which z did G draw this from?  One search answers, whatever part of the image is known.

    y = A x + noise        A hides pixels (inpainting), averages them (super-resolution) or mixes them (compressed sensing)
    z* = argmin || A G(z) - y ||^2 + l2 ||z||^2        and G(z*) is the image that is sought (Bora et al. 2017, eq. 3)

G is trained and does not change; the parameter is z, so the search is `backward` through G and Adam on z, like any training.
The landscape has many valleys.  So each image is searched for from several starts at once, and the best one counts.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.apps.measurement import Measurement
from minigan.layers.more.frozen import freeze
from minigan.layers.tree import first
from minigan.network import Sequential
from minigan.optim import Adam, cosine
from minigan.running.arguments import check_range, check_whole
from minigan.running.arrays import as_array

# images (N, H, W, C), labels (N,) or None -> value (N,), gradient (N, H, W, C)
Prior = Callable[[np.ndarray, np.ndarray | None], tuple[np.ndarray, np.ndarray]]


class Latent:
    """z as the parameter vector of an optimizer: what Adam needs of a network."""

    def __init__(self, z: np.ndarray):
        self.z = np.ascontiguousarray(z)
        self.theta = self.z.reshape(-1)
        self.grad = np.zeros_like(self.theta)

    def zero_grad(self) -> None:
        """grad <- 0."""
        self.grad[...] = 0

    def locate(self, i: int) -> str:
        """The place of an entry, for error messages."""
        return f"z[{', '.join(map(str, np.unravel_index(i, self.z.shape)))}]"


def objective(
    G: Any,
    A: Measurement,
    y: np.ndarray,
    z: np.ndarray,
    labels: np.ndarray | None,
    l2: float,
    prior: Prior | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """||A G(z) - y||^2 + l2 ||z||^2 + prior(G(z), labels) for each image (N,), its gradient dz (N, latent), and the images G(z).

    G: a frozen generator; y (N, ...): the measurements; labels (N,) for a conditional G.
    """
    x, caches = G.forward(z if labels is None else (z, labels))  # (N, H, W, C)
    u = A(x) - y
    value = (u * u).reshape(len(u), -1).sum(axis=1) + l2 * (z * z).sum(axis=1)  # eq:invert
    dx = A.adjoint(2 * u)
    if prior is not None:
        more, d_prior = prior(x, labels)
        value, dx = value + more, dx + d_prior
    dz = first(G.backward(dx, caches, learn=False)) + 2 * l2 * z  # eq:invert.dz
    return value, dz, x


def invert(
    G: Any, A: Measurement, y: np.ndarray, z: np.ndarray, labels: np.ndarray | None = None, *,
    steps: int = 200, lr: float = 0.1, l2: float = 1e-3, prior: Prior | None = None, starts: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The best codes z (N, latent), the images G(z) (N, H, W, C) and the values of the objective (N,).

    Parameters
    ----------
    G : Sequential or apps.generator.Generator
        Of a Sequential a frozen copy is searched, so it may contain BatchNorm and is not changed.
    A, y : what was measured: y (N, ...) = A x
    z : (starts * N, latent)
        Where to start, drawn from G's prior: z[i * N + n] is start i of image n.
    labels : (starts * N,), for a conditional G
    steps, lr : of Adam on z; the learning rate falls to 0 as a cosine
    l2 : weight of ||z||^2, which keeps z where the prior has its mass
    prior : (images, labels) -> (value (N,), gradient): what else an image should be, such as `by_critic`

    Raises ValueError if z has not `starts` rows for each image.
    """
    check_whole("invert", steps=steps, starts=starts)
    check_range("invert", lr=lr, l2=l2)
    y, z = as_array("y", y), as_array("z", z)
    N = len(y)
    if len(z) != starts * N:
        raise ValueError(f"{starts} starts for each of {N} images are {starts * N} rows of z, got {len(z)}")
    frozen = freeze(G) if isinstance(G, Sequential) else G
    latent = Latent(z.astype(G.dtype))
    adam = Adam(latent, cosine(lr, steps), beta1=0.9, beta2=0.999)
    many = np.concatenate([y] * starts).astype(G.dtype, copy=False)
    for _ in range(steps):
        latent.grad[...] = objective(frozen, A, many, latent.z, labels, l2, prior)[1].reshape(-1)
        adam.step()
    value, _, x = objective(frozen, A, many, latent.z, labels, l2, prior)
    best = value.reshape(starts, N).argmin(axis=0) * N + np.arange(N)
    return latent.z[best], x[best], value[best]


def by_critic(D: Any, loss: Any, weight: float) -> Prior:
    """weight * loss.g(D(x)), or D(x, labels), image by image: an image should look real to D.     Yeh et al. 2017, eq. 5.

    loss: a GAN loss that is not relativistic.
    """
    check_range("by_critic", weight=weight)
    frozen = freeze(D)

    def prior(x: np.ndarray, labels: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        scores, caches = frozen.forward(x if labels is None or not frozen.layers[0].pairs else (x, labels))
        others = (None,) * (len(scores) - 1) if isinstance(scores, tuple) else ()  # a VAE-GAN's D returns features too
        scores = scores[-1] if others else scores
        values = np.array([loss.g(None, s)[0] for s in scores])
        d = weight * scores.size * loss.g(None, scores)[1]  # of the sum over the images, not the mean
        return weight * values, first(frozen.backward((*others, d) if others else d, caches, learn=False))

    return prior
