"""Gradient penalties: which norm, what factor, and at which points."""

import numpy as np

from minigan import penalties
from minigan.penalties import PENALTIES, WganGp

from .instruments import certified, segments
from .registry import exhibit


@exhibit(
    story="wgan-gp #25, PyTorch-GAN #20: gradients.norm(2, dim=1) on images is a norm over the channels of each pixel",
    caught_by="value at g (3, 2, 3, 2)",
    check=certified("wgan_gp", "first order"),
)
def norm_over_the_channels(patch):
    patch(penalties, "_sum", lambda a: a.sum(axis=-1, keepdims=True))  # right: all axes but the first


@exhibit(
    story="np.linalg.norm(g) without an axis: one norm for the batch, so a steep sample can hide among flat ones",
    caught_by="value at g (4, 3)",
    check=certified("wgan_gp", "first order"),
)
def norm_over_the_batch(patch):
    patch(penalties, "_sum", lambda a: a.sum(keepdims=True))  # right: all axes but the first


@exhibit(
    story="keras-io #624: the square root has no slope at 0; one sample at which D is flat makes every weight NaN",
    caught_by="v = 0 at g = 0",
    check=certified("wgan_gp", "first order"),
)
def square_root_of_zero(patch):
    def wrong(g, lam=10.0):
        norm = np.sqrt(penalties._sum(g * g))
        return lam * float(np.mean((norm - 1) ** 2)), 2 * lam / len(g) * (1 - 1 / norm) * g  # right: 1 / norm guarded

    patch(PENALTIES, "wgan_gp", wrong)


@exhibit(
    story="R1 without the 1/2: the gamma = 10 of a paper is 20 here, and a setting that is copied no longer works",
    caught_by="value at g (4, 3)",
    check=certified("r1", "first order"),
)
def r1_without_its_half(patch):
    def wrong(g, gamma=1.0):
        value, v = penalties.r1(g, gamma)
        return 2 * value, 2 * v  # right: gamma / 2 mean ||g||^2

    patch(PENALTIES, "r1", wrong)


@exhibit(
    story="R1 as `(g ** 2).mean()`, over pixels as well as samples: 784 times too weak on MNIST",
    caught_by="value at g (4, 3)",
    check=certified("r1", "first order"),
)
def r1_averaged_over_the_pixels(patch):
    def wrong(g, gamma=1.0):
        return gamma / 2 * float(
            (g * g).mean()
        ), gamma * g / g.size  # right: the sum over a sample, the mean over samples

    patch(PENALTIES, "r1", wrong)


@exhibit(
    story="The value is a mean over the batch, v is not: the printed penalty is right, its push N times too strong",
    caught_by="v at g (4, 3)",
    check=certified("r2", "first order"),
)
def push_without_one_over_n(patch):
    def wrong(g, gamma=1.0):
        return penalties.r2(g, gamma)[0], gamma * g  # right: gamma g / N

    patch(PENALTIES, "r2", wrong)


@exhibit(
    story="WGAN-GP at the real points: D's slope between the data and the fakes, where G has to walk, stays free",
    caught_by="penalty",
    check=certified("values", "both steps", "non_saturating, dense"),
)
def penalty_at_the_real_points(patch):
    patch(WganGp, "place", "real")  # right: "between"


@exhibit(
    story="PyTorch-GAN #5: one t for each pixel: the points fill a box, they do not lie on a line from real to fake",
    caught_by="one t inside a sample",
    check=segments,
)
def one_t_for_each_pixel(patch):
    def between(real, fake, rng):
        t = rng.random(real.shape)  # right: (N, 1, 1, 1)
        return t * real + (1 - t) * fake

    patch(penalties, "between", between)


@exhibit(
    story="`alpha = random.random()`: one t for the whole batch, so each step looks at a single distance from the data",
    caught_by="another t for each sample",
    check=segments,
)
def one_t_for_the_batch(patch):
    def between(real, fake, rng):
        t = rng.random()  # right: (N, 1, 1, 1)
        return t * real + (1 - t) * fake

    patch(penalties, "between", between)


@exhibit(
    story="keras-io #624 again: alpha from a normal law; two thirds of the points lie beyond the real or the fake",
    caught_by="0 <= t <= 1",
    check=segments,
)
def t_from_a_normal_law(patch):
    def between(real, fake, rng):
        t = rng.standard_normal((len(real), *[1] * (real.ndim - 1)))  # right: rng.random, uniform
        return t * real + (1 - t) * fake

    patch(penalties, "between", between)
