"""Filling holes: where the mask belongs, and where it does not.

All of these train, and all of them fill holes with something.  The pictures are a little worse, or look perfect in training, where
G was shown the answer, and bad in use.
"""

import numpy as np

from minigan.apps import invert
from minigan.apps.measurement import Mask, Shrink
from minigan.zoo import context

from .instruments import certified
from .registry import edited, exhibit


@exhibit(
    story="the squared error over the whole image: G learns to copy what it can see, and the hole gets what is left",
    caught_by="loss_rec",
    check=certified("context", "values"),
)
def error_over_the_whole_image(patch):
    # right: np.where(m, u - x, 0), hidden.sum()
    right = "np.where(m, u - x, 0), hidden.sum() * x.shape[3]"
    patch(context, "context_step", edited(context.context_step, right, "u - x, x.size"))


@exhibit(
    story="the error of the hole averaged over all pixels: with a small hole D's verdict outweighs it many times",
    caught_by="loss_rec",
    check=certified("context", "values"),
)
def error_averaged_over_all_pixels(patch):
    # right: n = hidden.sum() * C
    patch(context, "context_step", edited(context.context_step, "hidden.sum() * x.shape[3]", "x.size"))


@exhibit(
    story="the hole is not emptied before G sees the image: a perfect training, and in use nothing to copy from",
    caught_by="G does not see what is hidden",
    check=certified("context", "routing"),
)
def answer_shown_to_g(patch):
    # right: G.forward(with_hole(x, hidden))
    wrong = edited(context.context_step, "with_hole(x, hidden)", "np.concatenate([x, m], axis=3, dtype=x.dtype)")
    patch(context, "context_step", wrong)


@exhibit(
    story="the mask of G's input the wrong way round: G sees the hole and has to draw the frame it is never asked for",
    caught_by="G does not see what is hidden",
    check=certified("context", "routing"),
)
def mask_the_wrong_way_round(patch):
    def wrong(x, hidden):
        m = hidden[..., None]
        return np.concatenate([np.where(m, x, 0), m], axis=3, dtype=x.dtype)  # right: np.where(m, 0, x)

    patch(context, "with_hole", wrong)


@exhibit(
    story="D given the whole true image and the filling alone: the frame tells them apart, and D learns nothing of holes",
    caught_by="loss_D",
    check=certified("context", "values"),
)
def whole_image_as_truth(patch):
    # right: D.forward(np.where(m, x, 0))
    patch(context, "context_step", edited(context.context_step, "D.forward(np.where(m, x, 0))", "D.forward(x)"))


@exhibit(
    story="D's gradient not masked before it enters G: G learns to change pixels that are thrown away",
    caught_by="G is not blamed for what is known",
    check=certified("context", "routing"),
)
def verdict_not_masked(patch):
    # right: du = np.where(m, ..., 0)
    right, wrong = "np.where(m, D.backward(g, D_u, learn=False), 0)", "D.backward(g, D_u, learn=False)"
    patch(context, "context_step", edited(context.context_step, right, wrong))


@exhibit(
    story="D learns while G's gradient passes through it: a step for D and a step against, in one",
    caught_by="D, dtheta",
    check=certified("context", "gradients", "Hinge"),
)
def critic_learns_to_please(patch):
    # right: learn=False
    right = "D.backward(g, D_u, learn=False)"
    patch(context, "context_step", edited(context.context_step, right, "D.backward(g, D_u)"))


@exhibit(
    story="the weights of the two losses exchanged, 0.999 for D's verdict: sharp fillings that have nothing to do with the image",
    caught_by="G, dtheta",
    check=certified("context", "gradients", "Hinge"),
)
def weights_exchanged(patch):
    # right: rec * 2 * e / n + adv * du
    patch(
        context,
        "context_step",
        edited(context.context_step, "rec * 2 * e / n + adv * du", "adv * 2 * e / n + rec * du"),
    )


@exhibit(
    story="the search compares all pixels, hidden ones too: their 0 is taken for grey, and G draws a grey hole",
    caught_by="value",
    check=certified("search", "gradients", "Mask"),
)
def hidden_pixels_taken_for_grey(patch):
    # right: u = A(x) - y
    patch(invert, "objective", edited(invert.objective, "A(x) - y", "x - y"))


@exhibit(
    story="the small image enlarged instead of spread in the backward pass: the gradient is k^2 times too long, and Adam hides it",
    caught_by="adjoint",
    check=certified("search", "gradients", "Shrink"),
)
def enlarged_instead_of_spread(patch):
    right = Shrink.adjoint

    def wrong(self, y):
        return right(self, y) * self.k**2  # right: divided by k^2

    patch(Shrink, "adjoint", wrong)


@exhibit(
    story="the pull of z to 0 counted in the value and forgotten in the gradient: codes wander where the prior has no mass",
    caught_by="dz",
    check=certified("search", "gradients", "Mask"),
)
def prior_without_gradient(patch):
    # right: ... + 2 * l2 * z
    patch(invert, "objective", edited(invert.objective, " + 2 * l2 * z", ""))


@exhibit(
    story="the search runs G in training mode: BatchNorm mixes the images, and the one found is not the one that G draws",
    caught_by="the image is G(z)",
    check=certified("search", "gradients", "Mask"),
)
def searched_in_training_mode(patch):
    patch(invert, "freeze", lambda net: net.astype(net.dtype))  # right: freeze(G)


@exhibit(
    story="the mask inverted in the backward pass: the gradient of the known pixels arrives at the hidden ones, where it is zero",
    caught_by="adjoint",
    check=certified("search", "gradients", "Mask"),
)
def mask_inverted_in_the_adjoint(patch):
    def wrong(self, y):
        return np.where(self.known[:, :, None], y.dtype.type(0), y)  # right: the same mask in both directions

    patch(Mask, "adjoint", wrong)
