"""The rules of the game: who plays for what, with which pieces.

All gradients here are exact, of another game than the one that was meant.  Only the definition tells, or a look from outside.
"""

import numpy as np

from minigan import game
from minigan.fast_step import with_label
from minigan.game import GAN
from minigan.layers.tree import first
from minigan.optim import Adam

from .instruments import certified
from .registry import exhibit
from .rehearsal import one_game_step


@exhibit(
    story="Real and fake exchanged on the way into the loss: D learns to score the fakes high, which is all G ever wanted",
    caught_by="loss_D",
    check=certified("values", "both steps", "non_saturating, dense"),
)
def real_and_fake_exchanged(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        fake = G.forward(z)[0]
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
        value, d_fake, d_real = loss.d(f, r)  # right: value, d_real, d_fake = loss.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        opt_D.step()
        return {"loss_D": value, "penalty": 0.0, "score_real": r.mean(), "score_fake": f.mean()}

    patch(game, "d_step", d_step)


@exhibit(
    story="Proposed in pytorch/examples #804: fakes for D drawn in evaluation mode, so that D judges a G that is not training",
    caught_by="loss_D",
    check=certified("values", "both steps", "relativistic, none, images"),
)
def fakes_in_evaluation_mode(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        fake = with_label(G(z), z)  # right: G.forward(z)[0]
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
        value, d_real, d_fake = loss.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        opt_D.step()
        return {"loss_D": value, "penalty": 0.0, "score_real": r.mean(), "score_fake": f.mean()}

    patch(game, "d_step", d_step)


@exhibit(
    story="'One loss for both players', handed to G without the minus: it helps D to tell its own fakes from the real",
    caught_by="loss_G",
    check=certified("values", "both steps", "non_saturating, dense"),
)
def generator_minimises_ds_loss(patch):
    def g_step(G, D, loss, opt_G, x, z):
        fake, caches = G.forward(z)
        f, fake_caches = D.forward(with_label(fake, z))
        value, _, d_fake = loss.d(D.forward(x)[0], f)  # right: loss.g
        G.backward(first(D.backward(d_fake, fake_caches, learn=False)), caches)
        opt_G.step()
        return {"loss_G": value}

    patch(game, "g_step", g_step)


@exhibit(
    story="`opt_G = Adam(D)`, a line copied and half edited: D is moved twice a step, and G stays as it was born",
    caught_by="a step of the game moves G",
    check=one_game_step,
)
def generator_in_no_optimizer(patch):
    def init(self, G, D, loss, penalties, opt_G, opt_D, *args, **options):
        right(self, G, D, loss, penalties, opt_G, opt_D, *args, **options)
        self.opt_G = Adam(D)  # right: Adam(G), and GAN refuses the other when it is passed in

    right = patch(GAN, "__init__", init)


@exhibit(
    story="The noise for the sample grid, drawn once and fixed, also trains: G learns sixty-four images by heart",
    caught_by="new noise each time",
    check=one_game_step,
)
def noise_reused(patch):
    def noise(self, n, rng, labels=None):
        return right(self, n, np.random.default_rng(0), labels)  # right: rng, which moves on

    right = patch(GAN, "noise", noise)


@exhibit(
    story="The average is taken before G's step, not after: it lags by one, and the first image shown is of the untrained G",
    caught_by="the average follows this step",
    check=one_game_step,
)
def average_before_the_step(patch):
    def step(self, draw, rng):
        self.average()  # right: after g_step
        averages, self.averages = self.averages, {}
        row = right(self, draw, rng)
        self.averages = averages
        return row

    right = patch(GAN, "step", step)
