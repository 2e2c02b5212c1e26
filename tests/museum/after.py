"""Diffusion, flows, distillation: a falling loss, and samples that are noise.

The networks of these methods learn whatever they are asked.  A wrong question (the noise of another step, a velocity that points back)
has an answer too, so the loss falls as it should, and only the samples show that something is wrong.
"""

import numpy as np

from minigan.gradcheck import ADJOINT, compare
from minigan.layers import TimeEmbedding
from minigan.models import noise
from minigan.zoo import ddgan, ddpm, distil, flow

from .instruments import certified
from .registry import edited, exhibit


def time_by_hand():
    """At t = 0.5 the fastest sine of the embedding has gone through 500 radians, as at step 500 of 1000."""
    return [compare("y", TimeEmbedding(2)(np.array([0.5])), [[np.sin(500), np.cos(500)]], ADJOINT)]


@exhibit(
    story="t in [0, 1] goes into an embedding that was made for steps of 0 to 1000: all moments look nearly the same",
    caught_by="y",
    check=time_by_hand,
)
def time_fed_as_a_step(patch):
    def forward(self, t):
        w = self.w / self.scale  # right: self.w, which holds the scale
        y = np.concatenate([np.sin(t[:, None] * w), np.cos(t[:, None] * w)], axis=1)
        return y, (y, w)

    patch(TimeEmbedding, "forward", forward)


@exhibit(
    story="the network is taught the image and read as the noise: each sampler has both forms, and they are easily mixed",
    caught_by="loss",
    check=certified("ddpm", "values"),
)
def image_taken_for_the_noise(patch):
    # right: mse(y, eps)
    patch(ddpm, "ddpm_step", edited(ddpm.ddpm_step, "mse(y, eps)", "mse(y, x)"))


@exhibit(
    story="alpha bar where its square root belongs: the variance shrinks on the way to noise, and sampling starts elsewhere",
    caught_by="loss",
    check=certified("ddpm", "values"),
)
def square_root_forgotten(patch):
    # right: sqrt(a) x + sqrt(1 - a) eps
    wrong = edited(noise.noisy, "np.sqrt(a) * x + np.sqrt(1 - a) * eps", "a * x + (1 - a) * eps")
    patch(noise, "noisy", wrong)


@exhibit(
    story="new noise is added and none of the old removed: each step of the sampler leaves more noise than its level says",
    caught_by="ancestral step",
    check=certified("ddpm", "values"),
)
def noise_added_twice(patch):
    # right: sqrt(1 - b - s^2)
    patch(noise, "earlier", edited(noise.earlier, "np.sqrt(1 - b - s * s)", "np.sqrt(1 - b)"))


@exhibit(
    story="the velocity points from the image to the noise, as in papers with time reversed; sampling walks away from images",
    caught_by="loss",
    check=certified("flow", "values"),
)
def velocity_backwards(patch):
    # right: x1 - x0
    patch(flow, "flow_step", edited(flow.flow_step, "mse(v, x1 - x0)", "mse(v, x0 - x1)"))


@exhibit(
    story="the transport plan is applied to the other side: the inverse permutation, pairs as random as without a plan",
    caught_by="the noise is exchanged",
    check=certified("flow", "coupling"),
)
def plan_applied_to_the_wrong_side(patch):
    # right: assignment(squared_distances(a, b)), a the images
    wrong = edited(flow.coupled, "squared_distances(a, b)", "squared_distances(b, a)")
    patch(flow, "coupled", wrong)


@exhibit(
    story="the transport plan ignores the labels: each class is drawn from a part of the noise that sampling does not know",
    caught_by="within class 0",
    check=certified("flow", "coupling"),
)
def plan_across_classes(patch):
    # right: one plan for each class
    wrong = edited(flow.coupled, "[None] if labels is None else np.unique(labels)", "[None]")
    patch(flow, "coupled", wrong)


@exhibit(
    story="images and noise of the teacher are shuffled apart: the student learns the mean image for every noise",
    caught_by="the pairs stay together, reflow=False",
    check=certified("distil", "values"),
)
def pairs_shuffled_apart(patch):
    # right: x1[rows], with the rows of x0
    wrong = edited(distil.Distilled.step, "x0[rows], x1[rows]", "x0[rows], x1[rows[::-1]]")
    patch(distil.Distilled, "step", wrong)


@exhibit(
    story="x_k is drawn from the image and not from x_(k-1): D sees pairs that no diffusion would make, and calls them real",
    caught_by="loss_D",
    check=certified("ddgan", "values"),
)
def pair_that_does_not_belong_together(patch):
    # right: noisy(before, eps[1], a[k] / a[k - 1])
    wrong = edited(ddgan.ddgan_step, "noisy(before, eps[1], a[k] / a[k - 1])", "noisy(x, eps[1], a[k])")
    patch(ddgan, "ddgan_step", wrong)


@exhibit(
    story="D's gradient enters G without the posterior's weight: G is blamed in full for pixels that the noisy image decides",
    caught_by="G, dtheta",
    check=certified("ddgan", "gradients", "NonSaturating"),
)
def posterior_skipped_on_the_way_back(patch):
    # right: G.backward(c0 * dx, ...)
    patch(ddgan, "ddgan_step", edited(ddgan.ddgan_step, "G.backward(c0 * dx,", "G.backward(dx,"))
