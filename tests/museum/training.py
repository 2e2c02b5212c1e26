"""The loop: order, labels, pictures, resume.  None of it is calculus, all of it decides what is learned."""

import numpy as np

from minigan import optim
from minigan.data import Epochs
from minigan.game import GAN
from minigan.optim import Optimizer
from minigan.running.recorder import Recorder
from minigan.trainer import Trainer

from .registry import exhibit
from .rehearsal import bad_number, batches, epochs, pictures, resume


@exhibit(
    story="stylegan2-ada-pytorch #108: a resumed run starts Adam's moments at zero; its first step moves all weights alike",
    caught_by="resumed G.theta",
    check=resume,
)
def resume_without_the_moments(patch):
    patch(Optimizer, "vectors", lambda self: {})  # right: m and v


@exhibit(
    story="The moments are saved, Adam's count t is not: 1 - b^t starts again near 0 and blows the warm moments up",
    caught_by="resumed G.theta",
    check=resume,
)
def resume_without_the_count(patch):
    def restore(self):
        right(self)
        for opt in self.game.optimizers.values():
            opt.t = 0  # right: the count of the checkpoint
        return self

    right = patch(Trainer, "restore", restore)


@exhibit(
    story="A resumed run seeds its noise as the first one did: the same noise again, after every stop",
    caught_by="resumed G.theta",
    check=resume,
)
def resume_without_the_noise(patch):
    def restore(self):
        fresh = self.rng.bit_generator.state
        right(self)
        self.rng.bit_generator.state = fresh  # right: the state of the checkpoint
        return self

    right = patch(Trainer, "restore", restore)


@exhibit(
    story="A resumed run begins a new epoch: stopped every night, it never sees the images at the end of the order",
    caught_by="resumed D.theta",
    check=resume,
)
def resume_at_the_start_of_an_epoch(patch):
    patch(Epochs, "restore", lambda self, state: None)  # right: generator and place


@exhibit(
    story="Shuffled once, before the loop: the same batches meet in every epoch, and BatchNorm learns them by heart",
    caught_by="a new order each epoch",
    check=epochs,
)
def never_shuffled_again(patch):
    def indices(self, n):
        self.place = (self.place + n) % self.length  # right: a new permutation at each turn
        return self.order[self.place - n :][:n]

    patch(Epochs, "indices", indices)


@exhibit(
    story="`rng.integers(n, size=batch)` draws with replacement: more than a third of the images is missing from each epoch",
    caught_by="each image once an epoch",
    check=epochs,
)
def drawn_with_replacement(patch):
    patch(Epochs, "indices", lambda self, n: self.rng.integers(self.length, size=n))  # right: a permutation, cut


@exhibit(
    story="The images are shuffled on loading, the labels are not: a conditional G learns to ignore what it is asked for",
    caught_by="each image beside its label",
    check=batches,
)
def labels_left_behind(patch):
    def init(self, game, x, y=None, **options):
        right(self, game, np.random.default_rng(0).permutation(x), y, **options)  # right: one order for both

    right = patch(Trainer, "__init__", init)


@exhibit(
    story="Images scaled to [0, 1] for a G that ends in tanh: one look below zero, and D knows the fakes",
    caught_by="black is -1, white is 1",
    check=batches,
)
def images_from_zero_to_one(patch):
    def init(self, game, x, y=None, **options):
        x = x / np.float32(255) if x.dtype == np.uint8 else x  # right: x / 127.5 - 1
        right(self, game, x, y, **options)

    right = patch(Trainer, "__init__", init)


@exhibit(
    story="The pictures of a run are drawn in training mode: each one moves the running statistics of the network it shows",
    caught_by="unwatched G.average.state",
    check=pictures,
)
def pictures_in_training_mode(patch):
    patch(GAN, "generate", lambda self, z, batch=250: self.ema.net.forward(z)[0])  # right: net(z)


@exhibit(
    story="The pictures draw their noise from the training's generator: to look more often is to train another network",
    caught_by="unwatched G.theta",
    check=pictures,
)
def pictures_from_the_training_noise(patch):
    def record(self, *args, **options):
        self.game.sample(self.sheet, self.rng)  # right: np.random.default_rng(self.seed)
        right(self, *args, **options)

    right = patch(Recorder, "record", record)


@exhibit(
    story="The NaN is noticed after the step, in the loss: by then Adam has written it into the weights and both moments",
    caught_by="D keeps its last good weights",
    check=bad_number,
)
def noticed_after_the_step(patch):
    patch(optim, "refuse_non_finite", lambda net: None)  # right: look at the gradient before using it
