import math

import numpy as np
import pytest

from minigan.metrics import inception_score

rng = np.random.default_rng(0)


def brute(p):
    q = p.mean(axis=0)
    kl = [sum(x * math.log(x / y) for x, y in zip(row, q, strict=True) if x > 0) for row in p]
    return math.exp(sum(kl) / len(kl))


def test_by_hand():  # eq:metric.inception
    # q = (1/2, 1/2), so KL = 3/4 log 3/2 + 1/4 log 1/2 in both rows
    mean, std = inception_score([[3 / 4, 1 / 4], [1 / 4, 3 / 4]], splits=1)
    assert mean == pytest.approx((3 / 2) ** 0.75 * (1 / 2) ** 0.25, rel=1e-15)
    assert std == 0


@pytest.mark.parametrize("K", [1, 2, 10])
def test_the_lowest_and_the_highest_score(K):
    one_hot = np.eye(K, dtype=np.float32)[np.arange(7 * K) % K]
    assert inception_score(one_hot, splits=1)[0] == pytest.approx(
        K, rel=1e-12
    )  # confident, and all classes equally frequent
    assert inception_score(np.full((9, K), 1 / K), splits=1)[0] == pytest.approx(1, rel=1e-12)  # never confident
    assert inception_score(one_hot[:1].repeat(9, axis=0), splits=1)[0] == 1  # one class
    assert inception_score(one_hot[:1], splits=1) == (1, 0)  # one image


def test_against_the_definition():
    p = rng.dirichlet(np.full(5, 0.3), 23)
    p[3] = [0, 0.5, 0, 0.5, 0]
    p[:, 4], p[:, 3] = 0, p[:, 3] + p[:, 4]  # a class that never occurs
    assert inception_score(p, splits=1)[0] == pytest.approx(brute(p), rel=1e-13)
    assert inception_score(p[rng.permutation(23)], splits=1)[0] == pytest.approx(brute(p), rel=1e-13)
    parts = [brute(p[:8]), brute(p[8:16]), brute(p[16:])]
    np.testing.assert_allclose(inception_score(p, splits=3), (np.mean(parts), np.std(parts)), rtol=1e-12)


def test_splits_are_consecutive_so_sorted_images_score_too_low():
    p = np.eye(4)[np.repeat(np.arange(4), 5)]
    assert inception_score(p, splits=4) == (1, 0)
    assert inception_score(p, splits=1)[0] == pytest.approx(4, rel=1e-14)
    mean, std = inception_score(np.eye(2)[[0, 0, 0, 1]], splits=2)  # scores 1 and 2
    assert (mean, std) == (pytest.approx(1.5, rel=1e-14), pytest.approx(0.5, rel=1e-14))


def test_rounding_of_float32_is_tolerated():
    s = 5 * rng.standard_normal((200, 10)).astype(np.float32)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    assert 1 < inception_score(p)[0] < 10
