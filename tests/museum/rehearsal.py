"""The other instruments: a whole training of a few steps, watched from outside.

No derivative sees these: does a step move both networks, does a resumed run end in the same bits, does looking change
anything, does each image reach the game in [-1, 1] beside its own label?
"""

from tempfile import TemporaryDirectory

import numpy as np

from minigan import losses, penalties
from minigan.data import Epochs
from minigan.game import GAN, Game
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import BatchNorm, Dense, Tanh
from minigan.measure.certify.claim import holds, same
from minigan.optim import EMA, Adam, NonFiniteError
from minigan.running.files import atomic_write
from minigan.trainer import Trainer

from .instruments import network, pair, random


def gan() -> GAN:
    """With BatchNorm in G, moments and an average: everything that a run has to remember."""
    G = network(Dense(2, 4), BatchNorm(4), Tanh(), Dense(4, 2))
    _, D = pair()
    loss, r1 = losses.relativistic, penalties.r1
    return GAN(G, D, loss, [r1], Adam(G, 0.01), Adam(D, 0.01), latent=2, ema=EMA(G, 0.5))


def trainer(steps: int, **options) -> Trainer:
    return Trainer(gan(), random(12, 2, seed=7), batch=4, steps=steps, seed=0, **options)


def one_game_step() -> list[Check]:
    it, rng = gan(), np.random.default_rng(0)
    before, drawn = {name: net.theta.copy() for name, net in it.networks.items()}, it.noise(4, rng)
    average = it.ema.theta.copy()
    it.step(lambda: (random(4, 2), None), rng)
    moved = [
        holds(f"a step of the game moves {name}", not np.array_equal(net.theta, before[name]), "not one bit changed")
        for name, net in it.networks.items()
    ]
    return [
        *moved,
        compare("the average follows this step", it.ema.theta, 0.5 * average + 0.5 * it.G.theta, ADJOINT),
        holds("new noise each time", not np.array_equal(drawn, it.noise(4, rng)), "the same noise was drawn twice"),
    ]


def resume() -> list[Check]:
    """Stopped in the middle of an epoch and resumed, a run ends in the bits of one that was never stopped."""
    with TemporaryDirectory() as folder:
        whole, first = trainer(7), trainer(5, out=folder)
        whole.run(), first.run()
        second = trainer(7, out=folder).restore()
        second.run()
    return [same(f"resumed {name}", second.arrays()[name], array) for name, array in whole.arrays().items()]


def pictures() -> list[Check]:
    """Looking at a run does not change it: with pictures at every step it ends in the same bits as without."""
    plain = trainer(4)
    plain.run()
    with TemporaryDirectory() as folder:
        watched = trainer(4, out=folder, picture=lambda images, path: atomic_write(path, b""), sheet=5)
        watched.run()
    return [same(f"unwatched {name}", watched.arrays()[name], array) for name, array in plain.arrays().items()]


def epochs() -> list[Check]:
    source = Epochs(np.zeros((12, 2)), rng=np.random.default_rng(0))
    first, second = (np.concatenate([source.indices(4) for _ in range(3)]) for _ in range(2))
    return [
        same("each image once an epoch", np.sort(first), np.arange(12)),
        holds("a new order each epoch", not np.array_equal(first, second), "the second epoch repeats the first"),
    ]


class _Recorder(Game):
    """A game that learns nothing and keeps the last batch it was given."""

    def step(self, draw, rng):
        self.batch = draw()
        return {}


def batches() -> list[Check]:
    """What reaches the game: images in [-1, 1], each beside its own label.  Image k is all of grey 51 k, its label k."""
    labels, recorder = np.arange(6), _Recorder()
    images = np.repeat((51 * labels).astype(np.uint8), 4).reshape(6, 2, 2, 1)
    Trainer(recorder, images, labels, batch=6, steps=1).run()
    x, y = recorder.batch
    grey = np.sort(x[:, 0, 0, 0])
    return [
        compare("black is -1, white is 1", grey[[0, -1]], [-1, 1], 1e-6),
        same("each image beside its label", np.argsort(np.argsort(x[:, 0, 0, 0])), y),
    ]


def bad_number() -> list[Check]:
    """NaN in the data stops the run before it reaches the weights."""
    run = trainer(1)
    run.source.x[...] = np.nan
    try:
        run.run()
    except NonFiniteError:
        stopped = True
    else:
        stopped = False
    return [
        holds("the run stops", stopped, "it went on"),
        *(
            holds(f"{name} keeps its last good weights", bool(np.isfinite(net.theta).all()), "theta holds NaN")
            for name, net in run.game.networks.items()
        ),
    ]
