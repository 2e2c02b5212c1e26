"""Random maps in front of D: the backward pass is the transpose of the map that was drawn, not of another one.

DiffAugment works because G's gradient runs back through the very map that D's score went through.  Each of these still trains: G gets
a gradient of about the right size, for the wrong pixels.
"""

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import Color, Conv2d, Cutout, Dense, Flatten, Mirror, Reshape, Translation
from minigan.layers.more import augment
from minigan.measure.certify.claim import holds
from minigan.optim import SGD
from minigan.zoo import small

from .instruments import derivatives, network, random
from .registry import exhibit

IMAGE = (3, 8, 6, 3)


@exhibit(
    story="The backward pass cuts a hole of its own: pixels that D never saw get a gradient, and some that it saw get none",
    caught_by="adjoint",
    check=derivatives(lambda: [Cutout()], IMAGE),
)
def backward_draws_another_mask(patch):
    def backward(self, dy, cache):
        return self.forward(dy)[0]  # right: the mask in the cache

    patch(Cutout, "backward", backward)


@exhibit(
    story="The backward pass shifts the same way as the forward pass: each gradient lands twice the shift beside its pixel",
    caught_by="adjoint",
    check=derivatives(lambda: [Translation()], IMAGE),
)
def shifted_on_instead_of_back(patch):
    def adjoint(self, dy, cache):
        return augment.moved(dy, cache[0])  # right: -cache[0]

    patch(Translation, "adjoint", adjoint)


@exhibit(
    story="np.roll where zeros should come in: what leaves on the left returns on the right, with the gradient of another pixel",
    caught_by="adjoint",
    check=derivatives(lambda: [Translation()], IMAGE),
)
def the_border_comes_round_again(patch):
    def adjoint(self, dy, cache):
        return np.stack(
            [np.roll(image, move, axis=(0, 1)) for image, move in zip(dy, cache[0])]
        )  # right: 0 from outside

    patch(Translation, "adjoint", adjoint)


@exhibit(
    story="Contrast as `k dx`: the mean is taken for a constant, and its share of the gradient, (1 - k) of the mean, is lost",
    caught_by="dx",
    check=derivatives(lambda: [Color()], IMAGE),
)
def the_mean_is_a_constant(patch):
    def adjoint(self, dy, cache):
        _, s, k = (part[..., None] for part in cache)
        dy = s * dy + (1 - s) * dy.mean(axis=3, keepdims=True)
        return k * dy  # right: + (1 - k) * dy.mean(axis=(1, 2, 3), keepdims=True)

    patch(Color, "adjoint", adjoint)


@exhibit(
    story="The tangent is pushed through the whole map, brightness and all: a penalty is measured along another direction",
    caught_by="tangent",
    check=derivatives(lambda: [Color(), Conv2d(3, 2, 3), Flatten()], IMAGE),
)
def the_constant_has_a_derivative(patch):
    def tangent(self, v, cache):
        return self.transform(v, cache[1]), cache  # right: apply, without b

    patch(Color, "tangent", tangent)


def own_map() -> list[Check]:
    """Of forty copies of one image, some are mirrored and some are not."""
    x = np.repeat(random(1, 2, 3, 1), 40, axis=0)
    alike = sum(np.array_equal(image, x[0]) for image in network(Mirror()).forward(x)[0])
    return [holds("each sample has a map of its own", 0 < alike < 40, f"{alike} of 40 left alone")]


@exhibit(
    story="One draw for the whole batch: real and fake each come in one form only, and D learns which batch it is looking at",
    caught_by="each sample has a map of its own",
    check=own_map,
)
def one_draw_for_the_batch(patch):
    def drawn(self, u, on, shape):
        return (np.full_like(on, on[0]),)  # right: on

    patch(Mirror, "drawn", drawn)


def controller() -> list[Check]:
    """A D that is sure of every real image asks for more augmentation, one that is sure of none for less."""
    found = []
    for score, expected in ((3.0, 0.5 + 4 * 6 / 1000), (-3.0, 0.5 - 4 * 6 / 1000)):
        G = network(Dense(2, 12), Reshape(2, 2, 3))
        D = network(Color(0.5), Flatten(), Dense(12, 1))
        D.theta[...], D.layers[-1].b[...] = 0, score
        game = small.Adaptive(G, D, losses.non_saturating, [], SGD(G, 0.0), SGD(D, 0.0), latent=2)
        game.speed, game.opt_D.t = 1 / 1000, 3
        game.step(lambda: (random(6, 2, 2, 3), None), np.random.default_rng(0))
        found.append(compare(f"p after a score of {score:+.0f}", D.layers[0].p, [expected], ADJOINT))
    return found


@exhibit(
    story="ADA with the sign of `target - r`: the better D knows its images by heart, the less it is disturbed",
    caught_by="p after a score of +3",
    check=controller,
)
def controller_turned_round(patch):
    def adapted(p, r, target, step):
        return np.clip(p + np.sign(target - r) * step, 0, 1)  # right: np.sign(r - target)

    patch(small, "adapted", adapted)
