"""The whole algorithm: one step of D, one step of G.

D learns to score real images above fake ones; G learns to raise the score of its fakes.  Each step backpropagates *into* the
parameters of one network and at most *through* the other.  Read d_step and g_step first: they are the GAN.
Training uses fast_step.py, which shares passes and is certified to give the same gradients.

A conditional GAN works the same way on pairs: x = (image, label), z = (noise, label); D then sees (G(z), label).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from minigan.data.check import check_labels, labels_or_cycle, like_drawn
from minigan.fast_step import fast_d_step, with_label
from minigan.layers.tree import Tree, first
from minigan.losses import GANLoss
from minigan.network import Sequential
from minigan.optim import EMA, Optimizer
from minigan.penalties import Rng, add_penalty, as_penalties
from minigan.plots.panel import Panel
from minigan.plots.show import Pictured
from minigan.running.arguments import check_sample
from minigan.running.parts import check_game


def d_step(
    G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable] | None, opt_D: Any, x: Tree, z: Tree, rng: Rng = None
) -> dict[str, float]:
    """One step of D:   theta_D <- theta_D - lr d/dtheta_D [ loss.d(D(x), D(G(z))) + sum of penalties ].

    x: a real batch (N, ...), z: noise (N, latent).  penalties: values such as R1(gamma=1.0); rng is needed for those taken
    between or around the batches.  G is not updated.     Goodfellow et al. 2014, algorithm 1.
    """
    fake = with_label(G.forward(z)[0], z)  # G in training mode, but no gradient flows back into it
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


def g_step(G: Any, D: Any, loss: GANLoss, opt_G: Any, x: Tree, z: Tree) -> dict[str, float]:
    """One step of G:   theta_G <- theta_G - lr d/dtheta_G loss.g(D(x), D(G(z))).

    The gradient runs *through* D (learn=False) and into G.  Only a relativistic loss, which compares fake with real, uses x.
    """
    fake, caches = G.forward(z)
    f, fake_caches = D.forward(with_label(fake, z))
    r = D.forward(x)[0] if loss.relativistic else None
    value, d_fake, *_ = loss.g(r, f)  # eq:game.g_step
    dx = D.backward(d_fake, fake_caches, learn=False)  # eq:game.through
    G.backward(first(dx), caches, need_dx=False)
    opt_G.step()
    return {"loss_G": value}


class Game(Pictured):
    """What the Trainer drives. A method (GAN, VAE, ...) defines its networks, one training step, and how to sample."""

    networks: Mapping[str, Sequential] = {}  # what is saved, resumed, watched for NaN
    optimizers: Mapping[str, Optimizer] = {}
    averages: Mapping[str, EMA] = {}
    panels: tuple[Panel, ...] = ()  # what to plot
    classes: int = 0  # number of labels that `sample` can be given, 0 for none

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """One training step -> the scalars to log. draw() -> (x, y) gives a new batch each time it is called.

        x holds floats, images (N, H, W, C) in [-1, 1]; y holds labels (N,), or is None. rng: for everything random.
        """
        raise NotImplementedError(f"{type(self).__name__} has to define step(draw, rng) -> scalars")

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """The frames of a film, n images each, as the latent moves along a closed curve. Optional."""
        return iter(())

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        """(name, network, its input) for the batch x, y: where to look for the first NaN. Optional."""
        return iter(())

    def state(self) -> dict:
        """What a checkpoint must hold besides `arrays` and the optimizers' counts: a dict that fits in JSON. Optional."""
        return {}

    def restore(self, state: dict) -> None:
        """Continue from where `state` was taken."""

    def best(self, name: str) -> Sequential:
        """The moving average of this network, or the network itself if there is none: what draws and encodes."""
        return self.averages[name].net if name in self.averages else self.networks[name]

    def average(self) -> None:
        """Let every moving average follow its network, after a step."""
        for average in self.averages.values():
            average.step()

    def arrays(self) -> dict[str, np.ndarray]:
        """Every vector the next step depends on, by name: the live arrays, not copies."""
        arrays: dict[str, np.ndarray] = {}
        for name, net in self.networks.items():
            arrays |= {f"{name}.theta": net.theta, f"{name}.state": net.state}
        for name, opt in self.optimizers.items():
            arrays |= {f"{name}.optimizer.{slot}": vector for slot, vector in opt.vectors().items()}
        for name, ema in self.averages.items():
            arrays |= {f"{name}.average.theta": ema.net.theta, f"{name}.average.state": ema.net.state}
        return arrays


Prior = Callable[[int, int, np.random.Generator], np.ndarray]


def normal(n: int, latent: int, rng: np.random.Generator) -> np.ndarray:
    """z ~ N(0, 1), (n, latent)."""
    return rng.standard_normal((n, latent))


def uniform(reach: float = 1.0) -> Prior:
    """The prior z ~ U(-reach, reach), (n, latent)."""
    return partial(_uniform, reach)


def _uniform(reach: float, n: int, latent: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-reach, reach, (n, latent))


def circle(
    frames: int, n: int, latent: int, rng: np.random.Generator, dtype: Any, prior: Prior = normal
) -> Iterator[np.ndarray]:
    """z(s) = cos(s) a + sin(s) b for s from 0 to 2 pi: a closed curve on which z(s) is N(0, 1) if a and b are.   (n, latent)"""
    a, b = prior(2 * n, latent, rng).reshape(2, n, -1).astype(dtype)
    for s in np.linspace(0, 2 * np.pi, frames, endpoint=False, dtype=dtype):
        yield np.cos(s) * a + np.sin(s) * b  # eq:game.walk


class GAN(Game):
    """G and D with their loss, penalties and optimizers.

    Parameters
    ----------
    penalties : values such as R1(gamma=0.1); a weight may be a schedule, a function of D's step
    latent, prior : prior(n, latent, rng) -> z (n, latent); `normal` or `uniform(reach)`
    ema : moving average of G to sample from; None samples from G itself
    classes : number of classes of a conditional GAN, 0 without labels
    d_steps : steps of D, each on a new batch, for each step of G
    """

    def __init__(
        self, G: Sequential, D: Sequential, loss: GANLoss, penalties: Iterable[Callable] | None, opt_G: Optimizer, opt_D: Optimizer,
        latent: int, ema: EMA | None = None, classes: int = 0, d_steps: int = 1, prior: Prior = normal,
    ):  # fmt: skip
        check_game(G, D, loss, opt_G, opt_D, ema, prior, d_steps=d_steps, latent=latent, classes=classes)
        self.G, self.D, self.loss, self.opt_G, self.opt_D = G, D, loss, opt_G, opt_D
        self.penalties = as_penalties(penalties)
        self.latent, self.ema, self.classes, self.d_steps, self.prior = latent, ema, classes, d_steps, prior
        self.networks = {"G": G, "D": D}
        self.optimizers = {"G": opt_G, "D": opt_D}
        self.averages = {"G": ema} if ema else {}
        scores = {"score_real": "real", "score_fake": "fake"}
        self.panels = (
            Panel("Losses", ("loss_D", "loss_G"), loss.levels, short={"loss_D": "D", "loss_G": "G"}),
            Panel("D's mean score on real and on fake", tuple(scores), loss.score_levels, short=scores),
        )

    def noise(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> Any:
        """z (n, latent) from the prior, or the pair (z, labels) for a conditional GAN."""
        if self.classes and labels is None:
            raise ValueError(f"a conditional GAN (classes={self.classes}) needs a label for each image: pass labels y")
        z = self.prior(n, self.latent, rng).astype(self.G.dtype, copy=False)
        return (z, labels) if self.classes else z

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        """d_steps steps of D, each on a new batch and new noise, then one of G on the last batch and new noise."""
        row: dict[str, float] = {}
        for _ in range(self.d_steps):
            x, y = draw()
            n, x = len(x), (x, y) if self.classes else x
            z = self.noise(n, rng, y)
            penalties = [penalty.at_step(self.opt_D.t) for penalty in self.penalties]
            row = fast_d_step(self.G, self.D, self.loss, penalties, self.opt_D, x, z, rng)
        row |= g_step(self.G, self.D, self.loss, self.opt_G, x, self.noise(n, rng, y))
        self.average()
        return row

    def generate(self, z: Any, batch: int = 250) -> np.ndarray:
        """Images of the averaged G for z, or (z, labels), in evaluation mode, `batch` at a time."""
        net, parts = self.best("G"), z if isinstance(z, tuple) else (z,)
        chunks = ([part[i : i + batch] for part in parts] for i in range(0, len(parts[0]), batch))
        return np.concatenate([net(tuple(chunk) if self.classes else chunk[0]) for chunk in chunks])

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n images; without labels a conditional GAN cycles through its classes, 0, 1, 2, ..."""
        check_sample(n, rng)
        labels = labels_or_cycle(labels, n, self.classes)
        return self.generate(self.noise(n, rng, labels))

    def score(self, x: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """D(x), or D(x, labels) for a conditional GAN, in evaluation mode -> (N,).   x as the Trainer takes it, shaped like G's."""
        x = like_drawn(self, x)
        labels = check_labels(labels, len(x), self.classes)
        return self.D((x, labels) if self.classes else x).reshape(-1)

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        labels = np.arange(n) % self.classes if self.classes else None
        for z in circle(frames, n, self.latent, rng, self.G.dtype, self.prior):
            yield self.generate((z, labels) if self.classes else z)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        z = self.noise(len(x), rng, y)
        yield "G", self.G, z
        yield "D", self.D, (x, y) if self.classes else x
        yield "D", self.D, with_label(self.G(z), z)
