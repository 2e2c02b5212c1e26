"""A context encoder: G sees an image with a hole and draws what is missing, in one pass (Pathak et al. 2016).

Two losses teach it.  The squared error asks for the right pixels, and alone it gives the blurred mean of all that could be there.
So D, which sees the holes only, compares their fillings with the true ones:

    rec   mean over hidden pixels of (G(x, m) - x)^2              G, with the weight rec        m is 1 where a pixel is hidden
    GAN   D's scores on m x and on m G(x, m)                      D, and G with the weight adv and the opposite aim

Unlike the paper's, G is told which pixels are hidden, so one G serves every mask, and R1 keeps D smooth.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source, WithoutData
from minigan.data.check import refuse_labels
from minigan.data.mask import SIDES, mask
from minigan.data.source import to_float
from minigan.game import Game
from minigan.layers import Dense, Flatten, LeakyReLU, Tanh, UpConv2d
from minigan.losses import GANLoss, non_saturating
from minigan.models.dcgan import growing, shrinking, widths_of
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.penalties import R1, add_penalty
from minigan.plots import Panel
from minigan.running.arguments import check_sample
from minigan.zoo import gan
from minigan.zoo.recipe import option

RESULT = "mnist10k, the middle 16 x 16 hidden: PSNR 17.79 dB, 79.4 % of the digits read right; by the nearest digit 14.52 dB, 68.2 %"
MASKS = ("centre", "random", "half")


def context_step(
    G: Any, D: Any, loss: GANLoss, penalties: Iterable[Callable], opts: Mapping[str, Any], x: np.ndarray,
    hidden: np.ndarray, rec: float = 0.999, adv: float = 0.001,
) -> dict[str, float]:  # fmt: skip
    """One step of G and D, from gradients that are all taken before either of them moves.     Pathak et al. 2016, eqs. 1 to 3.

    x (N, H, W, C) in [-1, 1];  hidden (N, H, W) bool;  loss: a GAN loss that is not relativistic.
    """
    m = hidden[..., None]  # (N, H, W, 1)
    u, caches_G = G.forward(with_hole(x, hidden))
    e, n = np.where(m, u - x, 0), hidden.sum() * x.shape[3]
    value_rec = float((e * e).sum(dtype=np.float64)) / n  # eq:context.rec
    r, D_x = D.forward(np.where(m, x, 0))
    f, D_u = D.forward(np.where(m, u, 0))
    value_D, d_r, d_f = loss.d(r, f)  # eq:context.d
    value_G, g, *_ = loss.g(None, f)

    D.backward(d_r, D_x, need_dx=False)
    D.backward(d_f, D_u, need_dx=False)
    penalty = sum(add_penalty(D, r, D_x, penalty) for penalty in penalties)
    du = np.where(m, D.backward(g, D_u, learn=False), 0)
    G.backward(rec * 2 * e / n + adv * du, caches_G, need_dx=False)  # eq:context.g
    for name in ("G", "D"):
        opts[name].step()
    scores = {"score_real": float(r.mean()), "score_fake": float(f.mean())}
    return {"loss_rec": value_rec, "loss_D": value_D, "loss_G": value_G, "penalty": penalty, **scores}


def with_hole(x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """What G sees: the image with 0 at hidden pixels, and the mask as one more channel.   (N, H, W, C) -> (N, H, W, C + 1)"""
    m = hidden[..., None]
    return np.concatenate([np.where(m, 0, x), m], axis=3, dtype=x.dtype)


class ContextEncoder(Game):
    """G and D; `fill` draws with G's average.  `mask` is one of MASKS, or "any" for a new one of them for each image."""

    def __init__(
        self, G: Sequential, D: Sequential, loss: GANLoss, penalties: Iterable[Callable], opts: dict[str, Adam],
        shape: tuple[int, ...], examples: np.ndarray | None = None, mask: str = "any", rec: float = 0.999,
        adv: float = 0.001, ema: float = 0.0,
    ):  # fmt: skip
        self.G, self.D, self.loss, self.penalties, self.rec, self.adv = G, D, loss, list(penalties), rec, adv
        self.shape, self.examples, self.mask = tuple(shape), examples, mask
        self.networks, self.optimizers = {"G": G, "D": D}, opts
        self.averages = {"G": EMA(G, ema, warmup=True)} if ema else {}
        scores = {"score_real": "real", "score_fake": "fake"}
        self.panels = (
            Panel("Mean squared error of the hidden pixels", ("loss_rec",), scale="log", short={"loss_rec": "error"}),
            Panel("Losses of the GAN", ("loss_D", "loss_G"), loss.levels, short={"loss_D": "D", "loss_G": "G"}),
            Panel("D's mean score on real and on fake", tuple(scores), loss.score_levels, short=scores),
        )

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, _ = draw()
        hidden, nets = self.masks(len(x), rng), (self.G, self.D)
        row = context_step(*nets, self.loss, self.penalties, self.optimizers, x, hidden, self.rec, self.adv)
        self.average()
        return row

    def masks(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n masks (n, H, W), True where a pixel is hidden."""
        size = self.shape[0], self.shape[1]
        specs = {"centre": f"centre:{min(size) // 2}", "random": "random:0.8"}
        found = np.empty((n, *size), bool)
        for one in found:
            kind = self.mask if self.mask != "any" else MASKS[rng.integers(len(MASKS))]
            spec = specs.get(kind) or f"half:{list(SIDES)[rng.integers(len(SIDES))]}"
            one[...] = ~mask(spec, size, rng)
        return found

    def fill(self, x: np.ndarray, hidden: np.ndarray, batch: int = 250) -> np.ndarray:
        """G's drawing of each image (N, H, W, C), of which only the hidden pixels, hidden (N, H, W), mean something."""
        net, seen = self.best("G"), with_hole(x.astype(self.G.dtype), hidden)
        return np.concatenate([net(seen[i : i + batch]) for i in range(0, len(seen), batch)])

    def drawing(self, n: int, rng: np.random.Generator) -> tuple[Callable, dict[str, np.ndarray]]:
        """What is exported, and n samples of its inputs: images x, and hidden, True where G draws."""
        x = rng.uniform(-1, 1, (n, *self.shape)).astype(self.G.dtype)
        return self.fill, {"x": x, "hidden": rng.random(x.shape[:3]) < 0.5}

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n training images with random holes, which G has filled."""
        check_sample(n, rng)
        refuse_labels(labels)
        if self.examples is None:
            raise ValueError(
                "a context encoder fills holes and draws nothing without an image: minigan inpaint IMAGE --model RUN"
            )
        x, hidden = to_float(self.examples[rng.integers(len(self.examples), size=n)]), self.masks(n, rng)
        return np.where(hidden[..., None], self.fill(x, hidden), x)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        hidden = self.masks(len(x), rng)
        yield "G", self.G, with_hole(x, hidden)
        yield "D", self.D, np.where(hidden[..., None], x, 0)


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of the context encoder."""

    mask: str = option("any", f"what is hidden: {', '.join(MASKS)}, or any of them", choices=("any", *MASKS))
    rec: float = option(0.999, "weight of the squared error in G's loss", least=0)
    adv: float = option(0.001, "weight of the GAN's loss in G's loss", least=0)
    r1: float = option(0.1, "weight of the penalty R1 on D", least=0)
    lr: float = option(2e-3, "Adam's learning rate for G; D's is a tenth", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(0.998, "decay of G's moving average, which fills the holes; 0: none", least=0, below=1)
    latent: int = option(256, "size of the bottleneck between encoder and decoder", least=1)
    width: int = option(32, "channels of the first layer of G and D; all others follow", least=1)


def build(options: Options, source: Source, rng: np.random.Generator) -> ContextEncoder:
    """G and D for the images of `source`; the weights are drawn from `rng`."""
    gan.refuse_other_samples("a context encoder fills", options, source)
    shape, rate = source.shape, gan.SCHEDULES[options.schedule]
    G, D = networks(shape, options.latent, options.width, rng)
    opts = {name: Adam(net, rate(lr, options.steps), beta1=0.5, beta2=0.999) for name, net, lr in
            (("G", G, options.lr), ("D", D, options.lr / 10))}  # fmt: skip
    examples = None if isinstance(source, WithoutData) else source.reference()[0]
    penalties = [R1(options.r1)] if options.r1 else []
    weights = options.mask, options.rec, options.adv, options.ema
    return ContextEncoder(G, D, non_saturating, penalties, opts, shape, examples, *weights)


def networks(
    shape: tuple[int, ...], latent: int, width: int, rng: np.random.Generator
) -> tuple[Sequential, Sequential]:
    """G: (N, H, W, C + 1) -> latent -> (N, H, W, C) in [-1, 1];   D: (N, H, W, C) -> scores (N, 1)."""
    top = 16 * widths_of(shape, width)[-1]
    seen = shrinking((*shape[:2], shape[2] + 1), width)
    drawn = growing(lambda n, m: UpConv2d(n, m, 3), shape, latent, width)
    G = Sequential(*seen, Flatten(), Dense(top, latent), LeakyReLU(0.2), *drawn, Tanh(), rng=rng)
    return G, Sequential(*shrinking(shape, width), Flatten(), Dense(top, 1, gain=1.0), rng=rng)
