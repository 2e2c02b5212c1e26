"""Lesson 20: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import measure_save_ship


def k3(x, y):
    return (1 + np.einsum("id,jd->ij", x, y) / x.shape[1]) ** 3


def off_diagonal(K):
    return K[~np.eye(len(K), dtype=bool)]


def one_loop(a, b, k=k3):
    return off_diagonal(k(a, a)).mean() + off_diagonal(k(b, b)).mean() - 2 * k(a, b).mean()


def within(x, y, r, strict=False):
    """(len(x), len(y)): does y_j lie in the ball of x_i?"""
    d = np.sqrt(((x[:, None] - y[None]) ** 2).sum(axis=-1))
    return d <= r[:, None]


def radius(x, k):
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=-1))
    np.fill_diagonal(d, np.inf)
    return np.partition(d, k - 1, axis=1)[:, k - 1]


def with_itself(x, k):
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=-1))
    return np.partition(d, k - 1, axis=1)[:, k - 1]


def shares(real, fake, of_real, of_fake):
    return within(real, fake, of_real).any(axis=0).mean(), within(fake, real, of_fake).any(axis=0).mean()


def swapped(real, fake, k):
    return shares(fake, real, radius(fake, k), radius(real, k))


def density_and_recall(real, fake, k):
    counted = within(real, fake, radius(real, k)).sum() / (k * len(fake))
    return counted, shares(real, fake, radius(real, k), radius(fake, k))[1]


def precision_and_coverage(real, fake, k):
    inside = within(real, fake, radius(real, k))
    return inside.any(axis=0).mean(), inside.any(axis=1).mean()


def balls_with_a_point(real, fake, k):
    of_real, of_fake = within(real, fake, radius(real, k)), within(fake, real, radius(fake, k))
    return of_fake.any(axis=1).mean(), of_real.any(axis=1).mean()


def restore(G, opt, rng, arrays, meta, without=(), **other):
    places = {"theta": G.theta, "state": G.state, "m": opt.m, "v": opt.v}
    for name, place in places.items():
        if name not in without:
            place[...] = other.get(name, arrays[name])
    if "t" not in without:
        opt.t = meta["t"]
    if "rng" not in without:
        rng.bit_generator.state = meta["rng"]


def new_names(G, opt, rng, arrays, meta):
    restore(G, opt, rng, arrays, meta, without=("theta", "state"))
    G.theta, G.state = arrays["theta"], arrays["state"]


def a_new_generator(G, opt, rng, arrays, meta):
    restore(G, opt, rng, arrays, meta, without=("rng",))
    rng = np.random.default_rng(0)
    rng.bit_generator.state = meta["rng"]


WRONG = {
    "q1": {
        "the diagonal is left in": lambda a, b: k3(a, a).mean() + k3(b, b).mean() - 2 * k3(a, b).mean(),
        "not out of the count": lambda a, b: (
            off_diagonal(k3(a, a)).sum() / len(a) ** 2
            + off_diagonal(k3(b, b)).sum() / len(b) ** 2
            - 2 * k3(a, b).mean()
        ),
        "counts twice": lambda a, b: one_loop(a, b) + k3(a, b).mean(),
        "subtract the mean between a and b": lambda a, b: one_loop(a, b) + 4 * k3(a, b).mean(),
        "divide the inner product by the number of features": lambda a, b: one_loop(
            a, b, lambda x, y: (1 + x @ y.T) ** 3
        ),
        "this is the square": lambda a, b: one_loop(a, b, lambda x, y: np.square(1 + x @ y.T / x.shape[1])),
        "the 1 in the kernel": lambda a, b: one_loop(a, b, lambda x, y: (x @ y.T) ** 3 / x.shape[1] ** 3),
        "this is the root": lambda a, b: max(one_loop(a, b), 0) ** 0.5,
    },
    "q2": {
        "precision and recall are swapped": swapped,
        "its own first neighbour": lambda real, fake, k: shares(real, fake, with_itself(real, k), with_itself(fake, k)),
        "one neighbour too far": lambda real, fake, k: shares(real, fake, radius(real, k + 1), radius(fake, k + 1)),
        "this is coverage": precision_and_coverage,
        "this is density": density_and_recall,
        "which balls contain a point": balls_with_a_point,
        "it should return 2 things": lambda real, fake, k: shares(real, fake, radius(real, k), radius(fake, k))[0],
    },
    "q3": {
        "their views of the old one": new_names,
        "G's weights are not those in the file": lambda *a: restore(*a, without=("theta",)),
        "running statistics of BatchNorm": lambda *a: restore(*a, without=("state",)),
        "Adam's m is not the one in the file": lambda *a: restore(*a, without=("m",)),
        "would be huge": lambda *a: restore(*a, without=("v",)),
        "m and v are swapped": lambda G, opt, rng, arrays, meta: restore(
            G, opt, rng, arrays, meta, m=arrays["v"], v=arrays["m"]
        ),
        "as if this were its first step": lambda *a: restore(*a, without=("t",)),
        "the generator's state is not restored": a_new_generator,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(measure_save_ship, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_a_full_restore_is_right(verdict):
    assert verdict(measure_save_ship.q3, restore).startswith("✓ right: ")
    assert verdict(measure_save_ship.q3, lambda *a: None).startswith("· not written yet: ")
