"""MoCoGAN: clips of one content and a path of motion, judged by two critics (Tulyakov et al. 2018).

D_I   scores of some frames of each clip, real and fake       learns from its loss, and R1 on frames
D_V   scores of whole clips                                   learns from its loss, and R1 on clips
G     the sum of its losses against both critics              the gradient of a frame is added at its place in the clip
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.data import Source
from minigan.data.check import like_drawn, refuse_labels
from minigan.fast_step import backward_with_penalties
from minigan.game import Game
from minigan.layers.more.frames import clips, images
from minigan.losses import GAN_LOSSES, GANLoss
from minigan.models.mocogan import generator, image_critic, video_critic
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.penalties import R1
from minigan.plots import Panel
from minigan.running.arguments import check_sample, check_whole
from minigan.zoo import gan
from minigan.zoo.recipe import option

BLOCK = 1024  # frames that G draws at a time


def mocogan_step(
    G: Any, D_I: Any, D_V: Any, loss: GANLoss, penalties: Mapping[str, Iterable[Callable]], opts: Mapping[str, Any],
    x: np.ndarray, z: Any, at: np.ndarray,
) -> dict[str, float]:  # fmt: skip
    """One step of G, D_I and D_V, from gradients that are all taken before any of them moves.     Tulyakov et al. 2018, eq. 5.

    x (N, T, H, W, C) in [-1, 1];  z = (c, (e, h0));  at (2, N, K): the K frames that D_I sees, of the real and of the fake clips.
    penalties: on the real batch, for each of "D_I" and "D_V".
    """
    fake, caches = G.forward(z)  # (N, T, H, W, C)
    n = np.arange(len(x))[:, None]
    judged = {"D_I": (D_I, images(x[n, at[0]]), images(fake[n, at[1]])), "D_V": (D_V, x, fake)}
    row, dfake = {"loss_G": 0.0}, {}
    for name, (D, real, drawn) in judged.items():
        (r, caches_r), (f, caches_f) = D.forward(real), D.forward(drawn)
        row[f"loss_{name}"], d_r, d_f = loss.d(r, f)  # eq:mocogan.d
        value, g, *_ = loss.g(r, f)
        row["loss_G"] += value  # eq:mocogan.g
        dfake[name] = D.backward(g, caches_f, learn=False)
        row[f"penalty_{name}"] = backward_with_penalties(D, d_r, r, caches_r, list(penalties.get(name, ())))
        D.backward(d_f, caches_f, need_dx=False)
        row |= {f"real_{name}": float(r.mean()), f"fake_{name}": float(f.mean())}
    dx = dfake["D_V"]
    dx[n, at[1]] += clips(dfake["D_I"], at[1].shape)  # the frames that D_I has seen   eq:mocogan.g
    G.backward(dx, caches, need_dx=False)
    for name in ("G", *judged):
        opts[name].step()
    return row


class MoCoGAN(Game):
    """G, D_I and D_V; clips are those of G's moving average, if there is one.

    shape : (T, H, W, C) of a clip of the training; `noise` and `sample` take other lengths too
    """

    any_length = True  # of a clip that `sample` draws

    def __init__(
        self, G: Sequential, D_I: Sequential, D_V: Sequential, loss: GANLoss, opts: dict[str, Adam], shape: tuple[int, ...],
        sizes: tuple[int, int, int], r1_image: float = 1.0, r1_video: float = 1.0, ema: float = 0.0, images: int = 1,
    ):  # fmt: skip
        self.G, self.D_I, self.D_V, self.loss, self.shape = G, D_I, D_V, loss, tuple(shape)
        self.content, self.e, self.motion = sizes  # numbers in c, in e[t], in h0
        self.images = min(images, self.shape[0])  # frames of a clip that D_I sees
        weights = {"D_I": r1_image, "D_V": r1_video}
        self.penalties = {name: [R1(gamma)] for name, gamma in weights.items() if gamma}
        self.networks, self.optimizers = {"G": G, "D_I": D_I, "D_V": D_V}, opts
        self.averages = {"G": EMA(G, ema, warmup=True)} if ema else {}
        self.panels = (
            Panel(
                "Losses",
                ("loss_D_I", "loss_D_V", "loss_G"),
                short={"loss_D_I": "D_I", "loss_D_V": "D_V", "loss_G": "G"},
            ),
            Panel("D_I's mean score of frames", ("real_D_I", "fake_D_I"), loss.score_levels),
            Panel("D_V's mean score of clips", ("real_D_V", "fake_D_V"), loss.score_levels),
        )

    def noise(self, n: int, rng: np.random.Generator, frames: int | None = None) -> Any:
        """z = (c, (e, h0)): c (n, content), e (n, frames, noise), h0 (n, motion), all N(0, 1).

        A longer clip begins like a shorter one of the same seed.
        """
        frames = self.shape[0] if frames is None else frames
        check_whole("a clip", frames=frames)
        c, h0 = rng.standard_normal((n, self.content)), rng.standard_normal((n, self.motion))
        e = rng.standard_normal((frames, n, self.e)).swapaxes(0, 1)
        dtype = self.G.dtype
        return c.astype(dtype), (e.astype(dtype), h0.astype(dtype))

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, _ = draw()
        z, at = self.noise(len(x), rng, x.shape[1]), self.choose(len(x), rng)
        row = mocogan_step(self.G, self.D_I, self.D_V, self.loss, self.penalties, self.optimizers, x, z, at)
        self.average()
        return row

    def choose(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The frames that D_I sees, none of them twice: (2, n, K), of n real and of n fake clips."""
        every = np.tile(np.arange(self.shape[0]), (2, n, 1))
        return rng.permuted(every, axis=2)[:, :, : self.images]

    def generate(self, z: Any) -> np.ndarray:
        """The clips of the averaged G for z, in evaluation mode, some at a time."""
        net, (c, (e, h0)) = self.best("G"), z
        some = max(1, BLOCK // e.shape[1])
        return np.concatenate(
            [net((c[i : i + some], (e[i : i + some], h0[i : i + some]))) for i in range(0, len(c), some)]
        )

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None, frames: int | None = None
    ) -> np.ndarray:
        """n clips (n, frames, H, W, C), by default as long as those of the training."""
        check_sample(n, rng)
        refuse_labels(labels)
        return self.generate(self.noise(n, rng, frames))

    def score(self, x: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """D_V's score of each clip of the training's length, in evaluation mode -> (N,)."""
        refuse_labels(labels)
        return self.D_V(like_drawn(self, x)).reshape(-1)

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """n clips, frame by frame."""
        yield from self.sample(n, rng, frames=frames).swapaxes(0, 1)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        z = self.noise(len(x), rng, x.shape[1])
        yield "G", self.G, z
        yield "D_I", self.D_I, x[:, 0]
        yield "D_V", self.D_V, x
        yield "D_V", self.D_V, self.G(z)


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of MoCoGAN."""

    data: str = option("bouncing_digits", "bouncing_digits or moving_portraits")
    batch: int = option(16, "clips a step", least=1)
    loss: str = option("non_saturating", ", ".join(GAN_LOSSES), choices=GAN_LOSSES)
    r1_image: float = option(1.0, "weight of the penalty R1 on D_I, the critic of frames", least=0)
    r1_video: float = option(1.0, "weight of the penalty R1 on D_V, the critic of clips", least=0)
    lr: float = option(2e-3, "Adam's learning rate, for all three networks", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(0.998, "decay of G's moving average, which draws the samples; 0: none", least=0, below=1)
    content: int = option(48, "size of the noise for what is in a clip", least=1)
    noise: int = option(8, "size of the noise of each frame", least=1)
    motion: int = option(
        16, "size of the state that moves from frame to frame; small, so that it cannot hold the content", least=1
    )
    width: int = option(32, "channels of G's last hidden layer; all others follow", least=1)
    images: int = option(4, "frames of each clip that D_I sees in a step", least=1)
    critic: int = option(24, "channels of the first layer of D_I and D_V; all others follow", least=1)


def build(options: Options, source: Source, rng: np.random.Generator) -> MoCoGAN:
    """G, D_I and D_V for the clips of `source`; the weights are drawn from `rng`."""
    if len(source.shape) != 4:
        raise ValueError(
            f"MoCoGAN learns clips (T, H, W, C), and {options.data} has samples of shape {source.shape}: use --data bouncing_digits"
        )
    sizes = options.content, options.noise, options.motion
    G = generator(source.shape, *sizes, options.width, rng)
    D_I = image_critic(source.shape, options.critic, rng)
    D_V = video_critic(source.shape, options.critic, rng)
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    opts = {name: Adam(net, rate, beta1=0.0, beta2=0.99) for name, net in (("G", G), ("D_I", D_I), ("D_V", D_V))}
    loss, r1 = GAN_LOSSES[options.loss], (options.r1_image, options.r1_video)
    return MoCoGAN(G, D_I, D_V, loss, opts, source.shape, sizes, *r1, options.ema, options.images)
