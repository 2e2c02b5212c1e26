"""Every GAN loss: scores in, value and gradients out.

D ends without an activation: its scores are logits, so log sigmoid can be computed without ever forming a probability that
rounds to 0 or 1.  A loss knows nothing about networks; it returns the gradients d value / d scores, and backpropagation starts
from them.  r and f are D's scores on a real and on a fake batch, any shape; means are over all entries.

    loss.d(r, f) -> value, d_real, d_fake            what D minimises
    loss.g(r, f) -> value, d_fake                    what G minimises (relativistic: value, d_fake, d_real)

softplus(s) = log(1 + exp(s)), so  -log sigmoid(s) = softplus(-s)  and  -log(1 - sigmoid(s)) = softplus(s).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigan.layers.activations import sigmoid, softplus
from minigan.running.arguments import check_range
from minigan.running.arrays import as_classes, as_target, of_scores


def _mean(a: np.ndarray) -> float:
    return float(np.mean(a, dtype=np.float64))


class GANLoss:
    """What D minimises and what G minimises.  Subclasses define `d` and `g`, which then refuse scores that are not floats."""

    relativistic = False  # True: G's loss needs the real scores too, and returns their gradient
    levels: Mapping[str, float] = {}  # the losses where D can't tell real from fake: label -> value
    score_levels: Mapping[str, float] = {}  # D's score there, if its absolute level is meaningful

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        """What D minimises:  value, d_real, d_fake = loss.d(real_scores, fake_scores), each gradient in the shape of its scores."""
        raise NotImplementedError(f"{type(self).__name__} has to define d(r, f) -> value, d_real, d_fake")

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        """What G minimises:  value, d_fake = loss.g(real_scores, fake_scores); a relativistic loss returns d_real as well."""
        raise NotImplementedError(f"{type(self).__name__} has to define g(r, f) -> value, d_fake")

    def __init_subclass__(cls) -> None:
        for name in {"d", "g"} & vars(cls).keys():
            setattr(cls, name, of_scores(vars(cls)[name]))

    def __repr__(self) -> str:
        return type(self).__name__

    @property
    def name(self) -> str:
        """non_saturating, ...: what the command line and the tables call it."""
        return "".join("_" + c.lower() if c.isupper() else c for c in type(self).__name__).lstrip("_")


class Minimax(GANLoss):
    """D: mean softplus(-r) + mean softplus(f);   G: -mean softplus(f) = mean log(1 - sigmoid(f)).     Goodfellow et al. 2014, eq. 1.

    At equilibrium D's loss is 2 log 2.  G's gradient vanishes where D is sure: -sigmoid(f)/N -> 0 as f -> -inf.
    """

    levels = {"D, log 4 = 2 log 2": 1.3863, "G, -log 2": -0.6931}
    score_levels = {"D = 1/2": 0.0}

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        value = _mean(softplus(-r)) + _mean(softplus(f))  # -log sigmoid(r) - log(1 - sigmoid(f))   eq:loss.minimax.d
        return value, -sigmoid(-r) / r.size, sigmoid(f) / f.size  # eq:loss.minimax.d.gradients

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return -_mean(softplus(f)), -sigmoid(f) / f.size  # eq:loss.minimax.g eq:loss.minimax.g.gradients


class NonSaturating(Minimax):
    """D as minimax;   G: mean softplus(-f) = -mean log sigmoid(f).     Goodfellow et al. 2014, sec. 3."""

    levels = {"D, log 4 = 2 log 2": 1.3863, "G, log 2": 0.6931}

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return _mean(softplus(-f)), -sigmoid(-f) / f.size  # eq:loss.non_saturating.g eq:loss.non_saturating.g.gradients


class LeastSquares(GANLoss):
    """D: 1/2 mean (r - 1)^2 + 1/2 mean f^2;   G: 1/2 mean (f - 1)^2.     Mao et al. 2017, eq. 9."""

    levels = {"D, 1/4": 0.25, "G, 1/8": 0.125}  # each term is 1/2 (1/2)^2
    score_levels = {"D = 1/2": 0.5}

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        # eq:loss.least_squares.d eq:loss.least_squares.d.gradients
        return 0.5 * _mean((r - 1) ** 2) + 0.5 * _mean(f**2), (r - 1) / r.size, f / f.size

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return 0.5 * _mean((f - 1) ** 2), (f - 1) / f.size  # eq:loss.least_squares.g eq:loss.least_squares.g.gradients


class Hinge(GANLoss):
    """D: mean max(0, 1 - r) + mean max(0, 1 + f);   G: -mean f.     Lim and Ye 2017, eqs. 9 and 10; Miyato et al. 2018, eq. 16."""

    levels = {"D, 2": 2.0}

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        value = _mean(np.maximum(1 - r, 0)) + _mean(np.maximum(1 + f, 0))  # eq:loss.hinge.d
        # eq:loss.hinge.d.gradients
        return value, np.where(r < 1, -1, 0).astype(r.dtype) / r.size, np.where(f > -1, 1, 0).astype(f.dtype) / f.size

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return -_mean(f), np.full_like(f, -1 / f.size)  # eq:loss.hinge.g eq:loss.hinge.g.gradients


class Wasserstein(GANLoss):
    """D: mean f - mean r;   G: -mean f.     Arjovsky et al. 2017, eq. 2; D must be kept Lipschitz (clip, WGAN-GP, spectral norm)."""

    levels = {"D, 0": 0.0}

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        # eq:loss.wasserstein.d eq:loss.wasserstein.d.gradients
        return _mean(f) - _mean(r), np.full_like(r, -1 / r.size), np.full_like(f, 1 / f.size)

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        return -_mean(f), np.full_like(f, -1 / f.size)  # eq:loss.wasserstein.g eq:loss.wasserstein.g.gradients


class Relativistic(GANLoss):
    """D: mean softplus(-(r - f));   G: mean softplus(r - f), pair by pair.     Jolicoeur-Martineau 2018, eqs. 3, 4; R3GAN, eq. 2.

    "Is this real one more real than this fake one?"  G's loss depends on the real scores too, so d_real is returned as well;
    G's parameters do not depend on the real scores, so G does not use it.  At equilibrium both losses are log 2.
    """

    relativistic = True
    levels = {"both, log 2": 0.6931}

    def d(self, r: np.ndarray, f: np.ndarray) -> tuple:
        if r.shape != f.shape:
            raise ValueError(f"relativistic needs as many real scores as fake ones, got {r.shape} and {f.shape}")
        gradient = sigmoid(f - r) / r.size  # eq:loss.relativistic.d.gradients
        return _mean(softplus(f - r)), -gradient, gradient  # eq:loss.relativistic.d

    def g(self, r: np.ndarray | None, f: np.ndarray) -> tuple:
        if r is None:
            raise ValueError("relativistic compares fake with real: pass both to g(real_scores, fake_scores)")
        value, d_fake, d_real = self.d(f, r)  # the same question with the roles swapped   eq:loss.relativistic.g
        return value, d_fake, d_real


minimax, non_saturating, least_squares, hinge = Minimax(), NonSaturating(), LeastSquares(), Hinge()
wasserstein, relativistic = Wasserstein(), Relativistic()
GAN_LOSSES = {loss.name: loss for loss in (minimax, non_saturating, least_squares, hinge, wasserstein, relativistic)}


# ---- plain losses: prediction, target -> value, gradient in the prediction -----------------------------------------------


def bce_with_logits(s: np.ndarray, target: Any, smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """mean [softplus(s) - t s],   t = target (1 - smoothing) + smoothing / 2;   gradient (sigmoid(s) - t) / N.

    Equal to -mean [t log sigmoid(s) + (1 - t) log(1 - sigmoid(s))].  target: an array like s, or one number in [0, 1].
    """
    check_range("bce_with_logits", smoothing=smoothing, below=1, or_equal=True)
    t = as_target("bce_with_logits", s, target, unit=True) * (1 - smoothing) + 0.5 * smoothing  # eq:bce.smoothing
    return _mean(softplus(s) - t * s), (sigmoid(s) - t) / s.size  # eq:bce eq:bce.gradient


def softmax_cross_entropy(s: np.ndarray, labels: Any) -> tuple[float, np.ndarray]:
    """-mean_n log p[n, label_n],  p = softmax(s);   gradient (p - onehot) / N.     s (N, K), labels (N,) integers."""
    labels = as_classes("softmax_cross_entropy", s, labels)
    rows = np.arange(len(s))
    u = s - s.max(axis=1, keepdims=True)
    log_p = u - np.log(np.exp(u).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1  # eq:cross_entropy.gradient
    return -_mean(log_p[rows, labels]), gradient / len(s)  # eq:cross_entropy


def mse(y: np.ndarray, target: Any) -> tuple[float, np.ndarray]:
    """mean (y - t)^2;   gradient 2 (y - t) / size."""
    u = y - as_target("mse", y, target)
    return _mean(u * u), 2 * u / u.size  # eq:mse


def l1(y: np.ndarray, target: Any) -> tuple[float, np.ndarray]:
    """mean |y - t|;   gradient sign(y - t) / size."""
    u = y - as_target("l1", y, target)
    return _mean(np.abs(u)), np.sign(u) / u.size  # eq:l1


def gaussian_kl(mu: np.ndarray, log_var: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """KL(N(mu, exp(log_var)) || N(0, 1)) = 1/2 sum (mu^2 + exp(log_var) - 1 - log_var), summed over each sample, averaged over the batch.

    Gradients: d_mu = mu / N,  d_log_var = (exp(log_var) - 1) / (2 N).     Kingma and Welling 2014, appendix B.
    """
    as_target("gaussian_kl", mu, log_var)
    N = len(mu)
    var = np.exp(log_var)
    # eq:gaussian_kl eq:gaussian_kl.gradients
    return float(0.5 * (mu * mu + var - 1 - log_var).sum(dtype=np.float64)) / N, mu / N, (var - 1) / (2 * N)
