"""Losses of a prediction against a target: where probability meets logit, sum meets mean, and (N,) meets (N, 1)."""

import numpy as np

from minigan import losses
from minigan.layers.activations import sigmoid

from .instruments import certified, no_broadcasting
from .registry import exhibit


@exhibit(
    story="A sigmoid at the end of D and one in the loss: scores live in (0, 1), D can never be surer than .73",
    caught_by="value",
    check=certified("bce_with_logits", "first order"),
)
def sigmoid_twice(patch):
    def bce(s, target, smoothing=0.0):
        p = sigmoid(s)
        value, slope = right(p, target, smoothing)  # right: s
        return value, slope * p * (1 - p)

    right = patch(losses, "bce_with_logits", bce)


@exhibit(
    story="Smoothing as t (1 - s) + s: the real stay at 1, the fakes are lifted to s, and D learns that fakes are partly real",
    caught_by="value",
    check=certified("bce_with_logits", "first order"),
)
def smoothing_lifts_the_fakes(patch):
    def bce(s, target, smoothing=0.0):
        return right(s, np.asarray(target) * (1 - smoothing) + smoothing)  # right: ... + smoothing / 2

    right = patch(losses, "bce_with_logits", bce)


@exhibit(
    story="keras-molecules #59, keras-io #270: the VAE's KL averaged over the latent axes: its weight shrinks by their number",
    caught_by="value",
    check=certified("gaussian_kl", "first order"),
)
def kl_averaged_over_the_latent(patch):
    def gaussian_kl(mu, log_var):
        return tuple(part / mu.shape[1] for part in right(mu, log_var))  # right: the sum over a sample

    right = patch(losses, "gaussian_kl", gaussian_kl)


@exhibit(
    story="Predictions (N,) against targets (N, 1): NumPy compares all N^2 pairs, and the net learns the mean of the data",
    caught_by="refuses (4,) against (4, 1)",
    check=no_broadcasting,
)
def broadcasting_by_accident(patch):
    patch(
        losses, "as_target", lambda what, y, target, unit=False: np.asarray(target, y.dtype)
    )  # right: the shapes must agree
