"""Restore images from what is known of them: inpainting, super-resolution and compressed sensing are one search.

    inpaint(G, images, known, rng)                    some pixels are known
    restore(G, Shrink(4), small, rng)                 the means of 4 x 4 blocks are known: super-resolution
    restore(G, Mix(100, shape, rng), y, rng)          100 random sums of all pixels are known: compressed sensing

The codes of all images, and all starts of each, are searched side by side: a quarter of the steps from every start, then all steps
from where the best one has come.  A conditional G needs a label, which nobody knows: each start takes another one.
"""

from typing import Any

import numpy as np

from minigan.apps.generator import Generator
from minigan.apps.invert import invert
from minigan.apps.measurement import Mask, Measurement
from minigan.apps.poisson import blend as poisson
from minigan.running.arguments import check_range

STARTS, STEPS, LR, L2, CRITIC = 4, 100, 0.1, 0.5, 0.1
SHORT = 4  # a short search has steps / SHORT steps
BLOCK = 256  # codes at a time; more would not fit into the cache


def restore(
    G: Generator, A: Measurement, y: np.ndarray, rng: np.random.Generator, *,
    restarts: int | None = None, steps: int = STEPS, lr: float = LR, l2: float = L2, critic: float = CRITIC,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The images G(z*) (N, H, W, C), the codes z* (N, latent) and the values of the objective (N,).

    Parameters
    ----------
    G : of a trained game, from `generator(game)`
    A, y : what is known: y (N, ...) = A x, perhaps with noise
    rng : draws the starts
    restarts : short searches for each image, of which the best one goes on; by default 4, or one for each class of a conditional G
    steps, lr : of Adam on the codes; a short search has a quarter of the steps
    l2 : weight of ||z||^2
    critic : weight of D's verdict; no effect without D

    Raises ValueError for restarts or steps below 1, and for a negative lr, l2 or critic.
    """
    starts = starts_for(G) if restarts is None else restarts
    for name, n in (("restarts", starts), ("steps", steps)):
        if n < 1:
            raise ValueError(f"a search needs {name} >= 1, got {n}")
    check_range("a search", lr=lr, l2=l2, critic=critic)
    N = len(y)
    z = G.prior(starts * N, G.latent, rng).reshape(starts, N, G.latent)
    labels = np.arange(starts) % G.classes if G.classes else None
    settings: dict[str, Any] = {"lr": lr, "l2": l2, "prior": G.critic(critic)}
    short, found = max(1, steps // SHORT), []
    block = max(1, BLOCK // starts)
    for i in range(0, N, block):
        known, first = y[i : i + block], z[:, i : i + block]  # (n, ...), (starts, n, latent)
        n, one = len(known), None if labels is None else labels.repeat(len(known))
        if starts > 1:
            many = np.concatenate([known] * starts)
            reached, _, values = invert(G, A, many, first.reshape(starts * n, -1), one, steps=short, **settings)
            best = values.reshape(starts, n).argmin(axis=0)
            first = reached.reshape(first.shape)[best, np.arange(n)]
            one = None if labels is None else labels[best]
        found.append(invert(G, A, known, first.reshape(n, -1), one, steps=steps, **settings))
    codes, images, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return images, codes, values


def starts_for(G: Generator) -> int:
    """The number of searches for each image: 4, or one for each class of a conditional G."""
    return max(STARTS, G.classes)


def inpaint(
    G: Generator, images: np.ndarray, known: np.ndarray, rng: np.random.Generator, *, blend: bool = True, **search: Any
) -> np.ndarray:
    """The images (N, H, W, C) with their hidden pixels filled by G; the known pixels stay.     Yeh et al. 2017.

    images : floats in [-1, 1]; what they hold at hidden pixels is not looked at
    known : (H, W) bool
    blend : Poisson blending, so that the filling has no edge; otherwise G's pixels as they are
    search : steps, restarts, ...: see `restore`
    """
    A = Mask(known)
    return fill(images, restore(G, A, A(images), rng, **search)[0], known, blend)


def in_one_pass(game: Any, images: np.ndarray, known: np.ndarray, blend: bool = True) -> np.ndarray:
    """As `inpaint`, with a context encoder in place of a search."""
    return fill(images, game.fill(images, np.broadcast_to(~known, images.shape[:3])), known, blend)


def fill(images: np.ndarray, drawn: np.ndarray, known: np.ndarray, blend: bool) -> np.ndarray:
    """The known pixels of `images`, the hidden ones of `drawn`, blended or not."""
    return poisson(known, images, drawn) if blend else np.where(known[:, :, None], images, drawn)
