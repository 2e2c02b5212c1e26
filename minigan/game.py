"""The whole algorithm: one step of D, one step of G.

D learns to score real images above fake ones; G learns to raise the score of its fakes.  Each step runs one network
backward *into* its parameters and the other, if at all, only *through*.  Read d_step and g_step first: they are the GAN.
What trains is fast_step.py, which shares passes; it is certified to give the same gradients.

A conditional GAN is the same with pairs: x = (image, label), z = (noise, label); D then sees (G(z), label).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minigan.fast_step import fast_d_step, with_label
from minigan.layers.tree import Tree, first
from minigan.losses import GANLoss
from minigan.network import Sequential
from minigan.optim import EMA, Optimizer
from minigan.penalties import add_penalty, as_penalties


def d_step(
    G: Sequential,
    D: Sequential,
    loss: GANLoss,
    penalties: Iterable[Callable] | None,
    opt_D: Any,
    x: Tree,
    z: Tree,
    rng: np.random.Generator | None = None,
) -> dict[str, float]:
    """One step of D:   theta_D <- theta_D - lr d/dtheta_D [ loss.d(D(x), D(G(z))) + sum of penalties ].

    x: a real batch (N, ...), z: noise (N, latent).  penalties: values such as R1(gamma=1.0); rng is needed for those taken
    between or around the batches.  G does not move.     Goodfellow et al. 2014, algorithm 1.
    """
    fake = with_label(G.forward(z)[0], z)  # G as it trains, but nothing flows back into it
    r, real_caches = D.forward(x)
    f, fake_caches = D.forward(fake)  # both caches are alive at once
    value, d_real, d_fake = loss.d(r, f)  # eq:game.d_step
    D.backward(d_real, real_caches, need_dx=False)
    D.backward(d_fake, fake_caches, need_dx=False)
    total, seen = 0.0, {"real": (r, real_caches), "fake": (f, fake_caches)}
    for penalty in as_penalties(penalties):
        if penalty.place in seen:
            scores, caches = seen[penalty.place]
        else:
            scores, caches = D.forward(with_label(penalty.points(first(x), first(fake), rng), x))
        total += add_penalty(D, scores, caches, penalty)
    opt_D.step()
    return {"loss_D": value, "penalty": total, "score_real": float(r.mean()), "score_fake": float(f.mean())}


def g_step(G: Sequential, D: Sequential, loss: GANLoss, opt_G: Any, x: Tree, z: Tree) -> dict[str, float]:
    """One step of G:   theta_G <- theta_G - lr d/dtheta_G loss.g(D(x), D(G(z))).

    The gradient runs *through* D (learn=False) and into G.  Only a relativistic loss, which compares with real, uses x.
    """
    fake, caches = G.forward(z)
    f, fake_caches = D.forward(with_label(fake, z))
    r = D.forward(x)[0] if loss.relativistic else None
    value, d_fake, *_ = loss.g(r, f)  # eq:game.g_step
    dx = D.backward(d_fake, fake_caches, learn=False)  # eq:game.through
    G.backward(first(dx), caches, need_dx=False)
    opt_G.step()
    return {"loss_G": value}


class Game:
    """What the Trainer drives.  A method (GAN, VAE, ...) says its networks, one training step, and how to sample."""

    networks: dict[str, Sequential]  # what is saved, resumed, watched
    optimizers: dict[str, Optimizer]
    averages: dict[str, EMA]

    def step(self, x, y, rng) -> dict[str, float]:
        """One training step on images x (N, H, W, C) in [-1, 1] and labels y (N,) or None -> the scalars to log."""
        raise NotImplementedError

    def sample(self, n: int, rng) -> np.ndarray:
        """n new images (n, H, W, C) in [-1, 1]."""
        raise NotImplementedError

    def walk(self, frames: int, n: int, rng) -> Iterator[np.ndarray]:
        """A film of n images each, the latent moving on a closed curve.  Optional."""
        return iter(())

    def inspect(self, x, y, rng) -> Iterator[tuple[str, Sequential, object]]:
        """(name, network, an input of it): where to look for the first NaN."""
        return iter(())


class GAN(Game):
    """G and D with their loss, penalties and optimizers.   z ~ N(0, 1) of size `latent`.

    classes: the number of labels of a conditional GAN (0: none).  d_steps: steps of D for each of G.
    """

    def __init__(
        self,
        G: Sequential,
        D: Sequential,
        loss,
        penalties: Sequence[Callable],
        opt_G: Optimizer,
        opt_D: Optimizer,
        latent: int,
        ema: EMA | None = None,
        classes: int = 0,
        d_steps: int = 1,
    ):
        for name, net, opt in (("G", G, opt_G), ("D", D, opt_D)):
            if opt.net is not net:
                raise ValueError(f"opt_{name} moves another network than {name}: build it as Adam({name}, ...)")
        self.G, self.D, self.loss, self.penalties, self.opt_G, self.opt_D = G, D, loss, penalties, opt_G, opt_D
        self.latent, self.ema, self.classes, self.d_steps = latent, ema, classes, d_steps
        self.networks = {"G": G, "D": D}
        self.optimizers = {"G": opt_G, "D": opt_D}
        self.averages = {"G": ema} if ema else {}

    def noise(self, n: int, rng, labels=None):
        """z (n, latent), or the pair (z, labels) for a conditional GAN."""
        if self.classes and labels is None:
            raise ValueError(f"a conditional GAN (classes={self.classes}) needs a label for each image: pass labels y")
        z = rng.standard_normal((n, self.latent)).astype(self.G.dtype)
        return (z, labels) if self.classes else z

    def step(self, x, y, rng):
        x = (x, y) if self.classes else x
        for _ in range(self.d_steps):
            row = fast_d_step(
                self.G, self.D, self.loss, self.penalties, self.opt_D, x, self.noise(len(first(x)), rng, y), rng
            )
        row |= g_step(self.G, self.D, self.loss, self.opt_G, x, self.noise(len(first(x)), rng, y))
        if self.ema:
            self.ema.step()
        return row

    def generate(self, z, batch: int = 250) -> np.ndarray:
        """Images of the averaged G, in evaluation mode, a few at a time."""
        net = self.ema.net if self.ema else self.G
        parts = z if isinstance(z, tuple) else (z,)
        chunks = ([part[i : i + batch] for part in parts] for i in range(0, len(parts[0]), batch))
        return np.concatenate([net(tuple(chunk) if self.classes else chunk[0]) for chunk in chunks])

    def sample(self, n, rng, labels=None):
        """n images; a conditional GAN counts through its labels 0, 1, 2, ... unless told."""
        if n < 1:
            raise ValueError(f"sample needs n >= 1 images, got {n}")
        labels = np.arange(n) % self.classes if self.classes and labels is None else labels
        return self.generate(self.noise(n, rng, labels))

    def walk(self, frames, n, rng):
        """z(s) = cos(s) a + sin(s) b for s from 0 to 2 pi: a closed curve on which each z(s) stays N(0, 1)."""
        a, b = rng.standard_normal((2, n, self.latent)).astype(self.G.dtype)
        labels = np.arange(n) % self.classes if self.classes else None
        for s in np.linspace(0, 2 * np.pi, frames, endpoint=False, dtype=self.G.dtype):
            z = np.cos(s) * a + np.sin(s) * b  # eq:game.walk
            yield self.generate((z, labels) if self.classes else z)

    def inspect(self, x, y, rng):
        z = self.noise(len(x), rng, y)
        yield "G", self.G, z
        yield "D", self.D, (x, y) if self.classes else x
        yield "D", self.D, with_label(self.G(z), z)
