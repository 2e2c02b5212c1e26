"""Losses: value and slope are two claims, and each can be wrong alone.

A slope that is not the value's shows in the differences.  A value that is not the paper's shows only beside the definition:
all its slopes are right, and the game is another one.
"""

import numpy as np

from minigan import losses
from minigan.layers.activations import sigmoid, softplus
from minigan.losses import Hinge, LeastSquares, Minimax, NonSaturating, Relativistic, Wasserstein
from minigan.optim import SGD

from .instruments import certified
from .registry import exhibit


@exhibit(
    story="PyTorch-GAN #52: the relativistic g_loss is computed, then overwritten by plain BCE on the next line, for years",
    caught_by="g: value",
    check=certified("relativistic", "first order"),
)
def relativistic_loss_overwritten(patch):
    def g(self, r, f):
        _ = softplus(r - f).mean()
        return losses.non_saturating.g(r, f)  # right: what was just computed

    patch(Relativistic, "g", g)


@exhibit(
    story="G's relativistic loss with the sign of D's: G helps D, the loss falls nicely, and the pictures stay noise",
    caught_by="g: value",
    check=certified("relativistic", "first order"),
)
def relativistic_sign(patch):
    def g(self, r, f):
        value, d_real, d_fake = self.d(r, f)  # right: self.d(f, r), the roles exchanged
        return value, d_fake, d_real

    patch(Relativistic, "g", g)


@exhibit(
    story="RelativisticGAN #2, in the inventor's own code: mean(fake) - real; the fakes count by their average alone",
    caught_by="d: value",
    check=certified("relativistic", "first order"),
)
def relativistic_against_the_average(patch):
    def d(self, r, f):
        u = f.mean() - r
        slope = sigmoid(u) / r.size
        return softplus(u).mean(), -slope, np.full_like(f, slope.sum() / f.size)  # right: softplus(f - r), pair by pair

    patch(Relativistic, "d", d)


@exhibit(
    story="log(1 + exp(s)) as it stands in the papers: exp overflows at 89 in float32, and one very sure D is one inf loss",
    caught_by="d: finite",
    check=certified("minimax", "stable"),
)
def softplus_as_printed(patch):
    patch(losses, "softplus", lambda x: np.log(1 + np.exp(x)))  # right: max(x, 0) + log1p(exp(-|x|))


@exhibit(
    story="The value is a mean, the slope forgets the 1/N: with twice the batch the learning rate has doubled",
    caught_by="g: d_fake",
    check=certified("non_saturating", "first order"),
)
def slope_without_one_over_n(patch):
    patch(NonSaturating, "g", lambda self, r, f: (float(softplus(-f).mean()), -sigmoid(-f)))  # right: ... / f.size


@exhibit(
    story="The hinge opens on the wrong side: D works on the real images it is sure of and ignores those it gets wrong",
    caught_by="d: d_real",
    check=certified("hinge", "first order"),
)
def hinge_on_the_wrong_side(patch):
    def d(self, r, f):
        value, _, d_fake = right(self, r, f)
        return value, np.where(r > 1, -1.0, 0.0) / r.size, d_fake  # right: r < 1

    right = patch(Hinge, "d", d)


@exhibit(
    story="LSGAN with D's targets exchanged (real 0, fake 1) and G's left at 1: D and G agree, and nothing is learned",
    caught_by="d: value",
    check=certified("least_squares", "first order"),
)
def least_squares_targets_exchanged(patch):
    def d(self, r, f):
        value, d_fake, d_real = right(self, f, r)  # right: (r, f)
        return value, d_real, d_fake

    right = patch(LeastSquares, "d", d)


@exhibit(
    story="Minimax with G's minus lost: it descends on -log(1 - D(fake)), and learns to be recognised",
    caught_by="g: value",
    check=certified("minimax", "first order"),
)
def generator_learns_to_be_caught(patch):
    patch(Minimax, "g", lambda self, r, f: (float(softplus(f).mean()), sigmoid(f) / f.size))  # right: both negative


@exhibit(
    story="numpy-ml's critic is right only because two sign errors cancel: the loss slopes down, the optimizer walks up",
    caught_by="d: d_real",
    check=certified("wasserstein", "first order"),
)
def two_signs_that_cancel(patch):
    def d(self, r, f):
        value, d_real, d_fake = right(self, r, f)
        return value, -d_real, -d_fake  # right: no minus

    def update(self, lr):
        self.net.theta += lr * self.net.grad  # right: -=

    right = patch(Wasserstein, "d", d)
    patch(SGD, "update", update)
