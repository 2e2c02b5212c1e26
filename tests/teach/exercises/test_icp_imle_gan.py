"""Lesson 21: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import icp_imle_gan


def rotation(H, mirror=False):
    """The rotation that makes tr(R H) largest, from its angle; with mirror, the best orthogonal matrix."""
    if mirror and np.linalg.det(H) < 0:
        a = np.arctan2(H[0, 1] + H[1, 0], H[0, 0] - H[1, 1])
        return np.array([[np.cos(a), np.sin(a)], [np.sin(a), -np.cos(a)]])
    a = np.arctan2(H[0, 1] - H[1, 0], H[0, 0] + H[1, 1])
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def parts(y, x, w):
    y0, x0 = np.average(y, axis=0, weights=w), np.average(x, axis=0, weights=w)
    return y0, x0, np.einsum("n,ni,nj->ij", w, y - y0, x - x0)


def right(y, x, w):
    y0, x0, H = parts(y, x, w)
    R = rotation(H)
    return R, x0 - R @ y0


def plain_means(y, x, w):
    y0, x0 = y.mean(axis=0), x.mean(axis=0)
    R = rotation(np.einsum("n,ni,nj->ij", w, y - y0, x - x0))
    return R, x0 - R @ y0


def plain_h(y, x, w):
    y0, x0, _ = parts(y, x, w)
    R = rotation((y - y0).T @ (x - x0))
    return R, x0 - R @ y0


def twice(y, x, w):
    y0, x0, _ = parts(y, x, w)
    w = w[:, None]
    R = rotation((w * (y - y0)).T @ (w * (x - x0)))
    return R, x0 - R @ y0


def mirror(y, x, w):
    y0, x0, H = parts(y, x, w)
    R = rotation(H, mirror=True)
    return R, x0 - R @ y0


def wrong_corner(y, x, w):
    y0, x0, H = parts(y, x, w)
    U, _, Vt = np.linalg.svd(H)
    R = Vt.T @ np.diag([np.sign(np.linalg.det(H)), 1]) @ U.T
    return R, x0 - R @ y0


def other_way(y, x, w):
    y0, x0, H = parts(y, x, w)
    R = rotation(H.T)
    return R, x0 - R @ y0


def from_the_origin(y, x, w):
    R = rotation((w[:, None] * y).T @ x)
    return R, x.mean(axis=0) - R @ y.mean(axis=0)


def sums(y, x, R):
    y, x = y - y.mean(axis=0), x - x.mean(axis=0)
    return np.sum(x * np.einsum("ij,nj->ni", R, y)), np.sum(y**2), np.sum(x**2)


def loops(x, s, there=True, back=True, square=True, two=2, sign=1, last=False, n=None, m=None):
    """The Chamfer distance one point at a time."""
    n, m = len(x) if n is None else n, len(s) if m is None else m
    value, ds = 0.0, np.zeros_like(s)
    for k, point in enumerate(s) if back else ():
        d = np.linalg.norm(x - point, axis=1)
        value += (d.min() ** 2 if square else d.min()) / m
        ds[k] += two * (point - x[d.argmin()]) / m
    before = ds.copy()
    for point in x if there else ():
        d = np.linalg.norm(s - point, axis=1)
        k = d.argmin()
        value += (d.min() ** 2 if square else d.min()) / n
        ds[k] = (before[k] if last else ds[k]) + two * (s[k] - point) / n
    return value, sign * ds


WRONG = {
    "q1": {
        "without weights": lambda y, x, w: right(y, x, np.ones(len(w))),
        "the means are weighted too": plain_means,
        "missing in H": plain_h,
        "are in H twice": twice,
        "may be a reflection": mirror,
        "with the smaller singular value": wrong_corner,
        "rotates the other way": other_way,
        "centre both clouds": from_the_origin,
        "rotate the mean of y before": lambda y, x, w: (right(y, x, w)[0], parts(y, x, w)[1] - parts(y, x, w)[0]),
        "not y R": lambda y, x, w: (right(y, x, w)[0], parts(y, x, w)[1] - right(y, x, w)[0].T @ parts(y, x, w)[0]),
        "it should return 2 things": lambda y, x, w: right(y, x, w)[0],
    },
    "q2": {
        "divide by the squares of y": lambda y, x, R: sums(y, x, R)[0] / sums(y, x, R)[2],
        "this is 1/c": lambda y, x, R: sums(y, x, R)[1] / sums(y, x, R)[0],
        "centre both clouds": lambda y, x, R: np.einsum("ni,ij,nj->", x, R, y) / np.einsum("ni,ni->", y, y),
        "rotate y before": lambda y, x, R: sums(y, x, np.eye(2))[0] / sums(y, x, R)[1],
        "the other way": lambda y, x, R: sums(y, x, R.T)[0] / sums(y, x, R)[1],
        "the ratio of the two sizes": lambda y, x, R: (sums(y, x, R)[2] / sums(y, x, R)[1]) ** 0.5,
        "cancels against": lambda y, x, R: sums(y, x, R)[0] / (0.5 * sums(y, x, R)[1]),
    },
    "q3": {
        "keeps the last one only": lambda x, s: loops(x, s, last=True),
        "(21.7); add the other": lambda x, s: loops(x, s, back=False),
        "(21.10); add the other": lambda x, s: loops(x, s, there=False),
        "square the distances": lambda x, s: loops(x, s, square=False),
        "the 2 of the square": lambda x, s: loops(x, s, two=1),
        "the opposite sign": lambda x, s: loops(x, s, sign=-1),
        "divides by M, not by N": lambda x, s: loops(x, s, m=len(x)),
        "divides by N, not by M": lambda x, s: loops(x, s, n=len(s)),
        "1/N and 1/M are swapped": lambda x, s: loops(x, s, n=len(s), m=len(x)),
        "these are sums": lambda x, s: loops(x, s, n=1, m=1),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(icp_imle_gan, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
