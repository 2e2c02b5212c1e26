"""The two whole steps: who is moved, and through whom.

Here live the bugs that make GANs a legend of instability.  Every part may be right by itself; it is the wiring that trains the
wrong network, or none.  The slope of the whole step, against differences of the loss it reports, tells.
"""

import numpy as np

from minigan import game

from .instruments import steps
from .registry import exhibit


@exhibit(
    story="numpy-ml's WGAN-GP flushes the cached inputs before the backward pass: its generator moved by exactly 0.0",
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
    story="Lightning #557: G's step leaves its slope in D's gradient, and D's next step goes partly where G wants it",
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
