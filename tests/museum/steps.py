"""The two whole steps: who is moved, through whom, and by what.

Here live the bugs that make GANs a legend of instability.  Every part may be right by itself; it is the wiring that trains the
wrong network, or none.
"""

import numpy as np

from minigan import game
from minigan.game import GAN, beside, image
from minigan.optim import Adam

from .instruments import certified, one_game_step, steps
from .registry import exhibit


@exhibit(
    story="numpy-ml's WGAN-GP flushes the cached inputs before the backward pass: its generator never moved, by exactly 0.0",
    caught_by="G step, dtheta",
    check=steps(),
)
def generator_never_trains(patch):
    def g_step(G, D, loss, opt_G, x, z):
        fake, caches = G.forward(z)
        f, fake_caches = D.forward(fake)
        value, d_fake, *_ = loss.g(None, f)
        dx = D.backward(d_fake, fake_caches, learn=False)
        caches.clear()  # right: after the backward pass, not before
        for layer, cache in zip(reversed(G.layers), caches):
            dx = layer.learn(dx, cache)
        opt_G.step()
        return {"loss_G": value}

    patch(game, "g_step", g_step)


@exhibit(
    story="numpy-ml again: the score's slope enters G as if D were not there, one number for every pixel of an image",
    caught_by="G step, dtheta",
    check=steps(),
)
def critic_skipped(patch):
    def g_step(G, D, loss, opt_G, x, z):
        fake, caches = G.forward(z)
        value, d_fake, *_ = loss.g(None, D.forward(fake)[0])
        G.backward(d_fake * np.ones_like(fake), caches)  # right: D.backward(d_fake, fake_caches, learn=False)
        opt_G.step()
        return {"loss_G": value}

    patch(game, "g_step", g_step)


@exhibit(
    story="Lightning #557: G's step leaves its slope in D's gradient, nobody zeroes it, and D's next step helps G to fool it",
    caught_by="G step moves only G",
    check=steps(),
)
def generator_step_teaches_d(patch):
    def g_step(G, D, loss, opt_G, x, z):
        fake, caches = G.forward(z)
        f, fake_caches = D.forward(fake)
        value, d_fake, *_ = loss.g(None, f)
        G.backward(D.backward(d_fake, fake_caches), caches)  # right: learn=False
        opt_G.step()
        return {"loss_G": value}

    patch(game, "g_step", g_step)


@exhibit(
    story="`fake.detach()` forgotten in D's step: G is pulled towards being caught, and has to win it back in its own step",
    caught_by="D step moves only D",
    check=steps(),
)
def discriminator_step_moves_g(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        fake, caches = G.forward(z)
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
        value, d_real, d_fake = loss.d(r, f)
        D.backward(d_real, real_caches)
        G.backward(D.backward(d_fake, fake_caches), caches)  # right: the slope stops at the fakes
        opt_D.step()
        return {"loss_D": value}

    patch(game, "d_step", d_step)


@exhibit(
    story="One cache for two batches, the default of a stateful layer: D's slope on the real batch is taken at the fakes",
    caught_by="D step, dtheta",
    check=steps(),
)
def real_judged_with_the_fakes_cache(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        (r, _), (f, caches) = D.forward(x), D.forward(G.forward(z)[0])
        value, d_real, d_fake = loss.d(r, f)
        D.backward(d_real, caches)  # right: real_caches
        D.backward(d_fake, caches)
        opt_D.step()
        return {"loss_D": value}

    patch(game, "d_step", d_step)


@exhibit(
    story="Real and fake exchanged on the way into the loss: D learns to score fakes high, G obliges, both curves look healthy",
    caught_by="loss_D",
    check=certified("values", "both steps", "non_saturating, dense"),
)
def real_and_fake_exchanged(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        return right(G, D, loss, penalties, opt_D, G.forward(z)[0], z, rng) | {
            "loss_D": loss.d(D(G(z)), D(x))[0]  # right: loss.d(r, f)
        }

    right = patch(game, "d_step", d_step)


@exhibit(
    story="pytorch/examples #804 proposed it: the fakes shown to D are drawn in evaluation mode, so D judges another G than trains",
    caught_by="loss_D",
    check=certified("values", "both steps", "relativistic, none, images"),
)
def fakes_in_evaluation_mode(patch):
    def d_step(G, D, loss, penalties, opt_D, x, z, rng=None):
        fake = beside(G(z), z)  # right: G.forward(z)[0]
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
        value, d_real, d_fake = loss.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        opt_D.step()
        return {"loss_D": value, "penalty": 0.0, "score_real": r.mean(), "score_fake": f.mean()}

    patch(game, "d_step", d_step)


@exhibit(
    story="'G minimises what D maximises', so D's loss is handed to G, without the minus: they work together against the data",
    caught_by="loss_G",
    check=certified("values", "both steps", "non_saturating, dense"),
)
def generator_minimises_ds_loss(patch):
    def g_step(G, D, loss, opt_G, x, z):
        fake, caches = G.forward(z)
        f, fake_caches = D.forward(beside(fake, z))
        value, _, d_fake = loss.d(D.forward(x)[0], f)  # right: loss.g
        G.backward(image(D.backward(d_fake, fake_caches, learn=False)), caches)
        opt_G.step()
        return {"loss_G": value}

    patch(game, "g_step", g_step)


@exhibit(
    story="`opt_G = Adam(D.parameters())`, one line copied and half edited: D trains twice a step and G stays as it was born",
    caught_by="a step of the game moves G",
    check=one_game_step,
)
def generator_in_no_optimizer(patch):
    def init(self, G, D, loss, penalties, opt_G, opt_D, *args, **options):
        right(self, G, D, loss, penalties, Adam(D), opt_D, *args, **options)  # right: Adam(G)

    right = patch(GAN, "__init__", init)


@exhibit(
    story="The noise for the sample grid, drawn once and fixed, also trains: G learns sixty-four images by heart",
    caught_by="new noise each time",
    check=one_game_step,
)
def noise_reused(patch):
    right = patch(GAN, "noise", lambda self, n, rng, labels=None: right(self, n, np.random.default_rng(0), labels))


@exhibit(
    story="The average is taken before G's step, not after: it lags by one, and the first image shown is of the untrained G",
    caught_by="the average follows this step",
    check=one_game_step,
)
def average_before_the_step(patch):
    def step(self, x, y, rng):
        self.ema.step()  # right: after g_step
        average, self.ema = self.ema, None
        row = right(self, x, y, rng)
        self.ema = average
        return row

    right = patch(GAN, "step", step)
