"""Autoencoders: three losses, three networks, and the wire from each loss to the right ones.

A VAE with a wrong weight between its two terms still trains, and draws; it is another model.  A VAE-GAN with a wrong wire trains
too, until it stops.  So every number is compared with its definition, and every network with the losses it learns from.
"""

import numpy as np

from minigan import losses
from minigan.models import bound
from minigan.models.likelihood import Bernoulli, Gaussian
from minigan.zoo import vae, vaegan

from .instruments import certified
from .registry import edited, exhibit


@exhibit(
    story="the KL divergence averaged over the latents where the reconstruction is summed: beta = 1/50 by accident",
    caught_by="kl",
    check=certified("VAE", "values"),
)
def kl_averaged_over_latents(patch):
    right = losses.gaussian_kl

    def wrong(mu, log_var):
        return tuple(part / mu.shape[1] for part in right(mu, log_var))  # right: the sum over the latents

    patch(losses, "gaussian_kl", wrong)


@exhibit(
    story="the reconstruction averaged over the pixels: the KL divergence wins 784 to 1, and every code is the prior",
    caught_by="E, dtheta",
    check=certified("VAE", "gradients"),
)
def likelihood_averaged_over_pixels(patch):
    right = Bernoulli.__call__

    def wrong(self, x, y):
        value, dy = right(self, x, y)
        return value, dy / x[0].size  # right: dy, for the value is a sum

    patch(Bernoulli, "__call__", wrong)


@exhibit(
    story="E's second head read as the standard deviation in one place and as the log-variance in the other",
    caught_by="log_p",
    check=certified("VAE", "values"),
)
def log_variance_taken_for_the_standard_deviation(patch):
    # right: s = exp(log_var / 2)
    patch(vae, "elbo_step", edited(vae.elbo_step, "np.exp(log_var / 2)", "np.exp(log_var)"))


@exhibit(
    story="z = mu + s eps differentiated as if s were the output: the half of exp(log_var / 2) is lost",
    caught_by="E, dtheta",
    check=certified("VAE", "gradients"),
)
def half_of_the_log_variance_lost(patch):
    # right: dz s eps / 2
    patch(vae, "elbo_step", edited(vae.elbo_step, "dz * s * eps / 2", "dz * s * eps"))


@exhibit(
    story="the noise of z is drawn by sampling the distribution, without a path for the gradient: E learns the prior alone",
    caught_by="E, dtheta",
    check=certified("VAE", "gradients"),
)
def no_gradient_through_the_sample(patch):
    # right: dz + beta d_mu
    patch(vae, "elbo_step", edited(vae.elbo_step, "(dz + beta * d_mu,", "(beta * d_mu,"))


@exhibit(
    story="an IWAE that takes the mean of the logarithms, not the logarithm of the mean: a VAE with more samples",
    caught_by="loss",
    check=certified("IWAE", "values"),
)
def mean_of_the_logarithms(patch):
    def wrong(a):
        return a.mean(axis=0), np.full_like(a, 1 / len(a))  # right: the logarithm of the mean

    patch(bound, "log_mean_exp", wrong)


@exhibit(
    story="an IWAE that counts all its codes alike: the value is the right one, the gradient the VAE's",
    caught_by="E, dtheta",
    check=certified("IWAE", "gradients"),
)
def codes_counted_alike(patch):
    right = bound.log_mean_exp

    def wrong(a):
        return right(a)[0], np.full_like(a, 1 / len(a))  # right: each by its share of the weights

    patch(bound, "log_mean_exp", wrong)


@exhibit(
    story="the Gaussian's squared error without 1 / s^2: the weight of the reconstruction no longer follows s",
    caught_by="G, dtheta",
    check=certified("VAE", "gradients", "Gaussian"),
)
def error_not_weighed(patch):
    right = Gaussian.__call__

    def wrong(self, x, y):
        return right(self, x, y)[0], x - y  # right: (x - y) / s^2

    patch(Gaussian, "__call__", wrong)


@exhibit(
    story="a VAE-GAN whose encoder gets D's verdict as well: E learns to choose codes that please D, not to encode",
    caught_by="E does not see the loss of the GAN",
    check=certified("VAE-GAN", "routing"),
)
def encoder_sees_the_verdict(patch):
    # right: G.backward(dy_like, ...) for E
    wrong = edited(vaegan.vaegan_step, "dz = G.backward(dy_like,", "dz = G.backward(dy_like + dy_gan,")
    patch(vaegan, "vaegan_step", wrong)


@exhibit(
    story="a VAE-GAN whose D learns the likeness too: it makes all its features 0, and all images alike",
    caught_by="D, dtheta",
    check=certified("VAE-GAN", "gradients", "Hinge"),
)
def critic_learns_the_likeness(patch):
    # right: learn=False, for D's features are a measure here
    right, wrong = "D.backward((u / N, None), D_y, learn=False)", "D.backward((u / N, None), D_y)"
    patch(vaegan, "vaegan_step", edited(vaegan.vaegan_step, right, wrong))


@exhibit(
    story="a VAE-GAN with the features detached: the likeness is reported, falls by chance, and teaches G nothing",
    caught_by="G, dtheta",
    check=certified("VAE-GAN", "gradients", "Hinge"),
)
def features_detached(patch):
    # right: gamma dy_like + dy_gan
    patch(vaegan, "vaegan_step", edited(vaegan.vaegan_step, "gamma * dy_like + dy_gan", "dy_gan"))


@exhibit(
    story="a VAE-GAN that trains G by reconstructions only: the codes between them, which sampling uses, are never judged",
    caught_by="G, dtheta",
    check=certified("VAE-GAN", "gradients", "Hinge"),
)
def samples_forgotten(patch):
    # right: G.backward(dy_p, ...) as well
    right = "G.backward(dy_p, caches_p, need_dx=False)"
    patch(vaegan, "vaegan_step", edited(vaegan.vaegan_step, right, "pass"))
