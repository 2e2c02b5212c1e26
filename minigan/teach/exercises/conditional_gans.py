"""Lesson 19, conditional GANs: the distance G can still reduce, a norm with a scale per class, a score from two classifiers."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(19)
N, K, FACES, WIDTH = 7, 4, 5, 3

p1 = Prediction(
    "c",
    a="it could, but nothing requires it: D sees points without labels and is content with any eight modes.",
    b="the share is about right. But a label is noise that comes in eight pieces, which is exactly what a ring "
    "of eight modes needs, and G makes use of it.",
    c="G assigns its own names to the eight modes. D cannot object, since it never sees a name.",
)
p2 = Prediction(
    "a",
    a="the noise is one connected cloud; with a label it is eight, and no bridge is needed. And D need not look "
    "for the right mode: it knows which one is meant.",
    b="the label does more than name the modes: it cuts the cloud.",
    c="each class has an eighth of the points, but all classes share most of G and D.",
)
p3 = Prediction(
    "b",
    a="its loss for a 2 is as large as for any digit; but in the sum it has the weight of one image in three hundred.",
    b="the weight of a class in the game is its share of the batch, and with so small a weight neither player "
    "learns it in time.",
    c="some do come out: G and D learn from all digits what a stroke is.",
)
p4 = Prediction(
    "b",
    a="a gradient check asks whether the gradient belongs to the value. It cannot ask whether the value belongs "
    "to the right game.",
    b="the one whose gradient is wrong. The other three compute the right gradient of the wrong game.",
    c="one of them does corrupt a gradient: the embedding's rows lose gradients that a repeated label should "
    "accumulate.",
)


# ---- exercise 1 --------------------------------------------------------------------------------------------------------


def _kl(a: np.ndarray, b: np.ndarray) -> float:
    some = a > 0
    return np.sum(a[some] * np.log(a[some] / b[some]))


def _jsd(p: np.ndarray, q: np.ndarray) -> float:
    return (_kl(p, (p + q) / 2) + _kl(q, (p + q) / 2)) / 2


def _per_class(p: np.ndarray, q: np.ndarray, divergence: Callable = _jsd) -> np.ndarray:
    return np.array([divergence(*pair) for pair in zip(p, q, strict=True)])


def _tables() -> tuple[np.ndarray, ...]:
    share, p, q = (_rng.random(shape) + 0.1 for shape in ((K,), (K, FACES), (K, FACES)))
    p[0, 1] = q[1, 2] = q[0, 3] = p[2, 0] = q[2, 0] = 0
    return tuple(a / a.sum(axis=-1, keepdims=True) for a in (share, p, q))


q1 = Formula(
    right=lambda share, p, q: share @ _per_class(p, q),
    cases=[_tables(), _tables()],
    todo="for each class y compute the JSD of p[y] and q[y], with their mixture (p[y] + q[y]) / 2; then the mean, "
    "weighted by share.",
    praise="put everything into one table share[:, None] * p and you get the same number: it is the JSD of the pairs "
    "(image, label).",
    mistakes={
        "this is what a D without labels sees, the JSD of the mixtures over all classes: compute it in each class first": (
            lambda share, p, q: _jsd(share @ p, share @ q)
        ),
        "weight the classes by their shares, not equally": lambda share, p, q: np.mean(_per_class(p, q)),
        "take the mean over the classes, weighted by share; this is their sum": lambda share, p, q: np.sum(
            _per_class(p, q)
        ),
        "this is KL(p || q); JSD compares both with their mixture": lambda share, p, q: share @ _per_class(p, q, _kl),
        "this is KL(p || m) alone; JSD is the mean of it and KL(q || m)": lambda share, p, q: (
            share @ _per_class(p, q, lambda a, b: _kl(a, (a + b) / 2))
        ),
        "a factor 1/2 is missing: JSD is the mean of two divergences, not their sum": lambda share, p, q: (
            2 * share @ _per_class(p, q)
        ),
        "this is D's loss at its best, log 4 - 2 C; the answer should be the distance C": lambda share, p, q: (
            np.log(4) - 2 * share @ _per_class(p, q)
        ),
        "the mixture is (p + q) / 2; with p + q every divergence is too small by log 2": lambda share, p, q: (
            share @ _per_class(p, q) - np.log(2)
        ),
        "where a probability is 0, its term is 0: 0 log 0 gives NaN in NumPy": lambda share, p, q: np.nan * share.sum(),
    },
    sizes={"K": K},
)


# ---- exercise 2 --------------------------------------------------------------------------------------------------------


def _accumulate(rows: np.ndarray, label: np.ndarray, K: int) -> np.ndarray:
    out = np.zeros((K, rows.shape[1]))
    np.add.at(out, label, rows)
    return out


def _keep_last(rows: np.ndarray, label: np.ndarray, K: int) -> np.ndarray:
    out = np.zeros((K, rows.shape[1]))
    out[label] = rows
    return out


def _backward(
    x: np.ndarray,
    label: np.ndarray,
    gamma: np.ndarray,
    dy: np.ndarray,
    *,
    accumulate: Callable = _accumulate,
    scaled: np.ndarray | None = None,
    shift: np.ndarray | None = None,
    dx: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx, dgamma, dbeta of gamma[label] x + beta[label]; each keyword replaces a part by a mistake."""
    return (
        gamma[label] * dy if dx is None else dx,
        accumulate(x * dy if scaled is None else scaled, label, len(gamma)),
        accumulate(dy if shift is None else shift, label, len(gamma)),
    )


def _mean_of_class(rows: np.ndarray, label: np.ndarray, K: int) -> np.ndarray:
    return _accumulate(rows, label, K) / np.maximum(np.bincount(label, minlength=K), 1)[:, None]


def _batch(labels: list[int]) -> tuple[np.ndarray, ...]:
    x, dy = _rng.standard_normal((2, N, WIDTH))
    return x, np.array(labels), 1 + 0.5 * _rng.standard_normal((K, WIDTH)), dy


q2 = Formula(
    right=lambda x, label, gamma, dy: _backward(x, label, gamma, dy),
    cases=[_batch([2, 0, 2, 1, 0, 2, 0]), _batch([3, 3, 1, 1, 1, 0, 3])],
    todo="which outputs did gamma[k] affect? Those of the samples whose label is k, each in proportion to x[n]; "
    "add them up with np.add.at or with one-hot rows.",
    praise="this is the part of conditional BatchNorm after the normalisation; it is how a label enters BigGAN at "
    "every layer.",
    mistakes={
        "a repeated label accumulates several gradients; dgamma[label] = ... and dgamma[label] += ... keep only the last": (
            lambda *batch: _backward(*batch, accumulate=_keep_last)
        ),
        "each class accumulates the gradients of its own samples only; here all classes got the sum over the batch": (
            lambda *batch: _backward(
                *batch, accumulate=lambda rows, label, K: np.ones((K, 1)) * rows.sum(axis=0, keepdims=True)
            )
        ),
        "the gradients of a class add up; here you took their mean": lambda *batch: _backward(
            *batch, accumulate=_mean_of_class
        ),
        "dgamma: gamma is multiplied by x, so its gradient is dy * x": lambda x, label, gamma, dy: _backward(
            x, label, gamma, dy, scaled=dy
        ),
        "dgamma: gamma enters y as a factor of x, not of y itself: dy * x, without gamma": lambda x, label, gamma, dy: (
            _backward(x, label, gamma, dy, scaled=gamma[label] * x * dy)
        ),
        "dbeta: the shift enters y with the factor 1, so its gradient does not contain gamma": lambda x, label, gamma, dy: (
            _backward(x, label, gamma, dy, shift=gamma[label] * dy)
        ),
        "dx: x is multiplied by gamma[label], so its gradient is gamma[label] * dy": lambda x, label, gamma, dy: (
            _backward(x, label, gamma, dy, dx=dy)
        ),
        "dx: each sample has the scale of its own label, gamma[label[n]]": lambda x, label, gamma, dy: _backward(
            x, label, gamma, dy, dx=gamma.mean(axis=0) * dy
        ),
    },
    sizes={"N": N, "K": K},
    names=("dx", "dgamma", "dbeta"),
)


# ---- exercise 3 --------------------------------------------------------------------------------------------------------


def _log_z(phi: np.ndarray, V: np.ndarray) -> np.ndarray:
    return np.log(np.sum(np.exp(phi @ V.T), axis=1))


def _own(phi: np.ndarray, label: np.ndarray, V: np.ndarray) -> np.ndarray:
    """The score of each sample's own label."""
    return np.sum(phi * V[label], axis=1)


def _ratio(
    phi: np.ndarray,
    label: np.ndarray,
    Vp: np.ndarray,
    Vq: np.ndarray,
    marginal: np.ndarray,
    *,
    sign: float = -1.0,
    norms: float = 1.0,
    with_marginal: float = 1.0,
) -> np.ndarray:
    chosen = _own(phi, label, Vp) - _own(phi, label, Vq)
    return chosen + sign * norms * (_log_z(phi, Vp) - _log_z(phi, Vq)) + with_marginal * marginal


def _classifiers() -> tuple[np.ndarray, ...]:
    return (
        _rng.standard_normal((N, WIDTH)),
        _rng.integers(K, size=N),
        _rng.standard_normal((K, WIDTH)),
        _rng.standard_normal((K, WIDTH)),
        _rng.standard_normal(N),
    )


q3 = Formula(
    right=lambda phi, label, Vp, Vq, marginal: _ratio(phi, label, Vp, Vq, marginal),
    cases=[_classifiers(), _classifiers()],
    todo="log p(y|x) = Vp[y] . phi - log sum_k exp(Vp[k] . phi); the same for q; then their difference, and the marginal.",
    praise="only (Vp - Vq)[label] . phi depends on the label, and a network may learn Vp - Vq as one matrix and the "
    "rest as another.",
    mistakes={
        "the normalisers are missing: log p(y|x) is a score minus the log of the sum of exp over all classes": (
            lambda *case: _ratio(*case, norms=0.0)
        ),
        "the normalisers have the wrong sign: p's is subtracted, q's is added": lambda *case: _ratio(*case, sign=1.0),
        "p and q are swapped in the first term: it is log p(y|x) - log q(y|x)": lambda phi, label, Vp, Vq, marginal: (
            _ratio(phi, label, Vq, Vp, marginal)
        ),
        "the marginal is missing: log p(x)/q(x) is part of the score": lambda *case: _ratio(*case, with_marginal=0.0),
        "the marginal is added, not subtracted: it is log p(x)/q(x)": lambda *case: _ratio(*case, with_marginal=-1.0),
        "this is log p(y|x) + log p(x)/q(x): the fakes' term log q(y|x) is missing": (
            lambda phi, label, Vp, Vq, marginal: _own(phi, label, Vp) - _log_z(phi, Vp) + marginal
        ),
        "these are ratios for all K classes; each sample is scored with its own label": (
            lambda phi, label, Vp, Vq, marginal: (
                phi @ (Vp - Vq).T + (marginal - _log_z(phi, Vp) + _log_z(phi, Vq))[:, None]
            )
        ),
        "one normaliser for the whole batch: each sample has its own": lambda phi, label, Vp, Vq, marginal: (
            _own(phi, label, Vp - Vq)
            - np.log(np.sum(np.exp(phi @ Vp.T)))
            + np.log(np.sum(np.exp(phi @ Vq.T)))
            + marginal
        ),
        "the answer should be the logarithm of the ratio, not the ratio of the probabilities": lambda *case: np.exp(
            _ratio(*case)
        ),
    },
    sizes={"N": N, "K": K},
)
