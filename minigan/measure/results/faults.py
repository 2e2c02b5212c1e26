"""Faults to be found: runs that were sabotaged, by a bad setting or by a bug planted in the step, and good ones.

The bugs are those of tests/museum that a training survives: it goes on, and nothing says that something is wrong.  Each fault names the
findings of the doctor that are right for it.  Several may be: a frozen D is a D that does not move, and one that cannot tell.
"""

import contextlib
import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigan.data import Epochs, Source
from minigan.game import GAN
from minigan.layers import Tanh
from minigan.losses import GANLoss
from minigan.optim import Adam, NonFiniteError
from minigan.running.build import assemble, load_source
from minigan.trainer import Trainer
from minigan.zoo import gan

COMMON: dict[str, Any] = {"ema": 0.98}  # the runs are short
BASES: dict[str, dict[str, Any]] = {
    "ring": {
        "steps": 500,
        "loss": "relativistic",
        "penalty": "r1,r2",
        "gamma": 0.02,
        "latent": 2,
        "width": 64,
        "lr": 3e-3,
    },
    "digits8": {"steps": 200, "width": 8, "batch": 64},
    "mnist10k": {"steps": 120, "width": 8, "batch": 32},
}


@dataclasses.dataclass(frozen=True)
class Times:
    """This many times the option of the base."""

    factor: float

    def of(self, value: Any) -> Any:
        """The option: an int stays an int."""
        return type(value)(self.factor * value)


# on the ring, WGAN-GP with its usual weight finds no mode within 500 steps (seed 10): a bad setting there, so it is for images
ONLY_IMAGES = ("Wasserstein, WGAN-GP",)
GOOD: dict[str, dict[str, Any]] = {
    "as it is": {},
    "non-saturating": {"loss": "non_saturating"},
    "least squares": {"loss": "least_squares"},
    "hinge": {"loss": "hinge"},
    "relativistic, R1 + R2": {"loss": "relativistic", "penalty": "r1,r2"},
    "Wasserstein, WGAN-GP": {"loss": "wasserstein", "penalty": "wgan_gp"},
    "constant rate": {"schedule": "constant"},
    "half the rate": {"lr": Times(0.5)},
    "half of gamma": {"gamma": Times(0.5)},
    "twice the batch": {"batch": Times(2)},
    "wider": {"width": Times(1.5)},
    "beta1 1/2": {"beta1": 0.5},
    "D twice": {"d_steps": 2},
    "no average": {"ema": 0.0},
}


class Spoiled(GANLoss):
    """The right loss; a subclass spoils one of its two halves."""

    def __init__(self, right: GANLoss):
        self.right, self.relativistic = right, right.relativistic

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        return self.right.d(r, f)

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return self.right.g(r, f)


class WrongSign(Spoiled):
    """G's gradient with the wrong sign."""

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        value, *gradients = self.right.g(r, f)
        return value, *(-gradient for gradient in gradients)


class FakesDropped(Spoiled):
    """D's gradient on the fakes is forgotten."""

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        value, d_real, d_fake = self.right.d(r, f)
        return value, d_real, 0 * d_fake


class Bugged(GAN):
    """Its step uses another loss than the one it says."""

    wrong: type[Spoiled]

    def step(self, draw: Any, rng: np.random.Generator) -> dict[str, float]:
        right, self.loss = self.loss, self.wrong(self.loss)
        try:
            return super().step(draw, rng)
        finally:
            self.loss = right


class Uphill(Bugged):
    wrong = WrongSign


class OneSided(Bugged):
    wrong = FakesDropped


class Stale(Adam):
    """The gradient is not zeroed after a step, so each step follows the sum of all gradients until then."""

    def step(self) -> None:
        grad = self.net.grad.copy()
        super().step()
        self.net.grad[...] = grad


def eager(game: GAN) -> None:
    """G's learning rate is ten times as high as that of the base, and D's a tenth of it."""
    rates = game.opt_G.lr, game.opt_D.lr
    game.opt_G.lr, game.opt_D.lr = (partial(_times, factor, lr) for factor, lr in zip((10, 0.1), rates, strict=True))


def _times(factor: float, lr: Any, t: int) -> float:
    return factor * (lr(t) if callable(lr) else lr)


def frozen(game: GAN, name: str) -> None:
    """This network's learning rate is 0."""
    game.optimizers[name].lr = 0.0


def border(source: Source, rng: np.random.Generator) -> Source:
    """A frame of black and white pixels is drawn around each real image, the same around all."""
    assert isinstance(source, Epochs)
    edge, (rows, columns) = max(1, source.shape[0] // 8), np.indices(source.shape[:2])
    x = np.broadcast_to((255 * ((rows + columns) % 2)).astype(np.uint8)[..., None], source.x.shape).copy()
    x[:, edge:-edge, edge:-edge] = source.x[:, edge:-edge, edge:-edge]
    return Epochs(x, source.y, rng=source.rng, names=source.names)


def tiny(source: Source, rng: np.random.Generator) -> Source:
    """Sixteen samples are left, each many times."""
    assert isinstance(source, Epochs)
    chosen = np.arange(16).repeat(64)
    return Epochs(source.x[chosen], None if source.y is None else source.y[chosen], rng=source.rng, names=source.names)


def shuffled(source: Source, rng: np.random.Generator) -> Source:
    """Each image has the label of another."""
    assert isinstance(source, Epochs)
    assert source.y is not None
    return Epochs(source.x, rng.permutation(source.y), rng=source.rng, names=source.names)


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to spoil a run.

    found : the names of the findings that are right
    options : replace those of the base
    data, game : are called with the source and the game before the run
    kind, optimizer : of the game
    images : only for images; labels: only for data with labels
    """

    found: tuple[str, ...]
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    data: Callable[[Source, np.random.Generator], Source] | None = None
    game: Callable[[GAN], None] | None = None
    kind: type[GAN] = GAN
    optimizer: Callable[..., Any] | None = None
    D_width: int = 0  # of D alone
    linear: bool = False  # G without its last Tanh
    images: bool = False


FAULTS: dict[str, Fault] = {
    "lr x 100": Fault(("lr_too_high", "losses_diverge", "not_finite"), {"lr": Times(100)}),
    "lr / 1000": Fault(("lr_too_low",), {"lr": Times(0.001)}),
    "D too strong": Fault(("D_far_ahead", "no_gradient_at_G"), {"penalty": "none", "loss": "minimax", "d_steps": 8}),
    "gamma 1000": Fault(("penalty_too_strong", "D_constant"), {"penalty": "r1", "gamma": 1000.0}),
    "batch 2": Fault(("small_batch",), {"batch": 2}),
    "narrow D": Fault(("D_too_weak", "D_constant"), D_width=1),
    "G faster than D": Fault(("diversity_gone", "modes_missing", "D_too_weak"), game=eager),
    "G frozen": Fault(("G_frozen",), game=lambda game: frozen(game, "G")),
    "D frozen": Fault(("D_frozen",), game=lambda game: frozen(game, "D")),
    "wrong sign in G": Fault(("uphill_G",), kind=Uphill),
    "fakes dropped in D": Fault(("one_sided_D",), kind=OneSided),
    "stale gradients": Fault(("stale_gradient",), optimizer=Stale),
    "16 samples": Fault(("memorised", "few_images"), data=tiny),
    "labels shuffled": Fault(("labels_do_not_fit",), data=shuffled, images=True),
    "G without tanh": Fault(("outside_the_range",), linear=True, images=True),
    "constant border": Fault(("constant_pixels",), data=border, images=True),
}


def trainer(data: str, name: str, seed: int, steps: int | None = None) -> Trainer:
    """The run of `data` that is good or has a fault, by its name, before its first step.   steps: default those of the base"""
    fault = FAULTS.get(name) or Fault((), GOOD[name])
    base: dict[str, Any] = {"data": data, **COMMON, **BASES[data]}
    plain = gan.Options(**base)
    changes = {
        key: value.of(getattr(plain, key)) if isinstance(value, Times) else value
        for key, value in fault.options.items()
    }
    options = dataclasses.replace(plain, **changes | {"seed": seed, "steps": steps or plain.steps})
    rng = np.random.default_rng([seed, 1])
    source = load_source(options)
    if fault.data:
        source = fault.data(source, rng)
    trainer = assemble(_Recipe(fault), options, source, None)  # type: ignore[arg-type]
    if data != "ring":
        trainer.evaluate = None
    trainer.evaluated, trainer.log_every = {options.steps}, 5
    if fault.game:
        fault.game(trainer.game)  # type: ignore[arg-type]
    return trainer


class _Recipe:
    """The recipe gan with a fault."""

    def __init__(self, fault: Fault):
        self.fault = fault

    def build(self, options: gan.Options, source: Source, rng: np.random.Generator) -> GAN:
        G, D = gan.networks(options, source, rng)
        if self.fault.D_width:
            D = gan.networks(dataclasses.replace(options, width=self.fault.D_width), source, rng)[1]
        if self.fault.linear:
            G.layers[:] = [layer for layer in G.layers if not isinstance(layer, Tanh)]
        made = self.fault.optimizer
        adam = made and (lambda net, rate: made(net, rate, options.beta1, options.beta2))
        return gan.game(options, source, G, D, self.fault.kind, adam)


def run(data: str, name: str, seed: int, steps: int | None = None) -> tuple[Trainer, dict[str, np.ndarray]]:
    """Train it to its end, or to the first number that is not finite -> the trainer, and the first weights of its networks."""
    made = trainer(data, name, seed, steps)
    start = {name: net.theta.copy() for name, net in made.game.networks.items()}
    with contextlib.suppress(NonFiniteError):
        made.run()
    return made, start
