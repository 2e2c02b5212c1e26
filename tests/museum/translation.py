"""Pictures from pictures: which loss reaches which network, what D sees, and what belongs together.

All of these draw pictures.  But they are blurred, or do not belong to their input, or the measures look better than the pictures.
"""

import numpy as np

from minigan import losses
from minigan.data import Pairs, pairs
from minigan.layers import Copy, Join, Parallel
from minigan.measure.certify.claim import holds, same
from minigan.models import unet as networks
from minigan.zoo import cyclegan, pix2pix, superres, translation

from .instruments import certified
from .registry import edited, exhibit


@exhibit(
    story="PatchGAN's map averaged before the sigmoid: one score for the picture, and a good patch makes up for a bad one",
    caught_by="loss_D",
    check=certified("pix2pix", "values"),
)
def map_averaged_before_the_loss(patch):
    right = losses.Minimax.d

    def wrong(self, r, f):
        value, d_r, d_f = right(
            self, *(s.mean(axis=(1, 2), keepdims=True) for s in (r, f))
        )  # right: each patch its loss
        return value, *(np.broadcast_to(d, s.shape) * d.size / s.size for d, s in ((d_r, r), (d_f, f)))

    patch(losses.Minimax, "d", wrong)


@exhibit(
    story="D of pix2pix does not see the picture that was given: G may draw any picture of the set, whatever it is asked for",
    caught_by="loss_D",
    check=certified("pix2pix", "values"),
)
def critic_blind_to_the_input(patch):
    # right: D.forward((x, y)), D.forward((u, y))
    wrong = edited(pix2pix.pix2pix_step, "D.forward((x, y))", "D.forward((x, 0 * y))")
    patch(pix2pix, "pix2pix_step", wrong)


@exhibit(
    story="the absolute error weighed in the log and not in G's gradient: a GAN alone, that draws what it likes",
    caught_by="G, dtheta",
    check=certified("pix2pix", "gradients"),
)
def error_not_weighed(patch):
    # right: lam * e + du
    patch(pix2pix, "pix2pix_step", edited(pix2pix.pix2pix_step, "lam * e + du", "e + du"))


@exhibit(
    story="the skip connection joined last, where PyTorch's U-Net has it first: with its weights the network draws noise",
    caught_by="the skip connection comes first",
    check=certified("unet", "values"),
)
def skip_joined_on_the_wrong_side(patch):
    right = networks._level

    def wrong(widths, i):
        layers = right(widths, i)
        if not layers:
            return layers
        return [Copy(2), Parallel(layers[1].branches[1].layers, []), Join()]  # right: Parallel([], ...)

    patch(networks, "_level", wrong)


@exhibit(
    story="the cycle closed in one direction only: F may then draw one picture for all inputs",
    caught_by="loss_cycle",
    check=certified("cyclegan", "values"),
)
def cycle_in_one_direction(patch):
    # right: both directions
    wrong = "(value_cycle, e) = l1(again, given) if there is G else (0.0, 0 * again)"
    patch(cyclegan, "cyclegan_step", edited(cyclegan.cyclegan_step, "value_cycle, e = l1(again, given)", wrong))


@exhibit(
    story="the picture detached before it is drawn back: F learns to undo what G does, and G gets no gradient from it",
    caught_by="G, dtheta",
    check=certified("cyclegan", "gradients"),
)
def cycle_detached(patch):
    # right: the gradient of the cycle passes through both networks
    right = "d_fake = back.backward(cycle * e, back_caches) + D"
    patch(
        cyclegan,
        "cyclegan_step",
        edited(cyclegan.cyclegan_step, right, "back.backward(cycle * e, back_caches); d_fake = D"),
    )


@exhibit(
    story="the critics learn while the gradient of G and F passes through them: each of their steps is half undone",
    caught_by="D_X, dtheta",
    check=certified("cyclegan", "gradients"),
)
def critics_learn_to_please(patch):
    # right: learn=False
    patch(cyclegan, "cyclegan_step", edited(cyclegan.cyclegan_step, "D_fake, learn=False", "D_fake"))


@exhibit(
    story="the weight of VGG's features in the value and not in the gradient: features are in the hundreds, and the pixels no longer count",
    caught_by="G, dtheta",
    check=certified("superres", "gradients"),
)
def features_not_weighed(patch):
    # right: features * d
    patch(superres, "superres_step", edited(superres.superres_step, "features * d.astype", "d.astype"))


def unpaired():
    """Do the batches of an unaligned source hold pairs?"""
    x = np.arange(40, dtype=np.uint8).reshape(-1, 1, 1, 1)
    source = Pairs(x, x, rng=np.random.default_rng(0), aligned=False)
    a, b = source.batch(40)
    share = float((a == b).mean())
    return [holds("a batch holds no pairs", share < 0.5, f"{share:.0%} of the batch are pairs")]


@exhibit(
    story="both sets of a CycleGAN shuffled by generators of one seed: trained on pairs, and published as unpaired",
    caught_by="a batch holds no pairs",
    check=unpaired,
)
def unpaired_data_in_one_order(patch):
    # right: an order of its own for each set
    patch(Pairs, "batch", lambda self, n: (self.targets.batch(n)[0],) * 2)


def jitter():
    """Are both pictures of a pair shifted and mirrored alike?"""
    x = np.random.default_rng(0).standard_normal((9, 6, 6, 1))
    a, b = translation.jittered(x, x, 2, np.random.default_rng(1))
    return [same("both pictures alike", a, b), holds("they move", bool((a != x).any()), "nothing has moved")]


@exhibit(
    story="each picture of a pair jittered by itself: the pairs are off by pixels, and the absolute error asks for a blur",
    caught_by="both pictures alike",
    check=jitter,
)
def pair_jittered_apart(patch):
    right = translation.jittered

    def wrong(x, y, most, rng):
        return right(x, x, most, rng)[0], right(y, y, most, rng)[0]  # right: one draw for both

    patch(translation, "jittered", wrong)


def relatives():
    """Do variants of one emoji share their fate?"""
    held = pairs.is_held_out(
        ["man-running", "woman-running", "woman_running_facing_right", "male-pilot", "female-pilot"]
    )
    return [same("relatives share their fate", held, held[[0, 0, 0, 3, 3]])]


@exhibit(
    story="pairs held out one by one: woman-running is tested and man-running was trained on, and the measures look too good",
    caught_by="relatives share their fate",
    check=relatives,
)
def relatives_separated(patch):
    patch(pairs, "_family", lambda name: name)  # right: the words that make a new picture
