"""Lesson 9: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import when_gans_fail


def sig(s):
    return 1 / (1 + np.exp(-s))


def line(x, theta, std):
    return theta * (theta - 2 * x) / (2 * std**2), -theta / std**2


def counted(points, centres):
    nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return np.array([np.sum(nearest == k) for k in range(len(centres))])


def kl(q, K):
    return sum(a * np.log(a * K) for a in q if a > 0)


def gradients(x, theta, std):
    f, s = line(x, theta, std)
    return -sig(f) * s, -sig(-f) * s


def swapped(x, theta, std):
    f, s = line(x, theta, std)
    return sig(-f) * s, sig(f) * s


def in_the_score(x, theta, std):
    f, _ = line(x, theta, std)
    return sig(f), sig(-f)


def from_q_to_p(x, theta, std):
    f, s = line(x, theta, std)
    return -sig(-f) * s, -sig(f) * s


def divided_by_std(x, theta, std):
    f, s = line(x, theta, std)
    return sig(f * std) * s * std, sig(-f * std) * s * std


def all_minimax(x, theta, std):
    f, s = line(x, theta, std)
    return sig(f) * s, sig(f) * s


WRONG = {
    "q1": {
        "a push has the opposite sign": gradients,
        "are swapped: minimax vanishes": swapped,
        "score's derivative in x is missing": in_the_score,
        "the reals are at 0": from_q_to_p,
        "divide by the variance": divided_by_std,
        "the other one has sigmoid(-f)": all_minimax,
        "it should return 2 things": lambda x, theta, std: x,
    },
    "q2": {
        "0 log 0 is 0": lambda points, centres: np.sum(
            counted(points, centres) / len(points) * np.log(counted(points, centres) / len(points) * len(centres))
        ),
        "not of those that were found": lambda points, centres: kl(
            counted(points, centres) / len(points), np.sum(counted(points, centres) > 0)
        ),
        "q is multiplied by K": lambda points, centres: kl(counted(points, centres) / len(points), 1 / len(centres)),
        "log K is missing": lambda points, centres: kl(counted(points, centres) / len(points), 1),
        "the mean over the modes": lambda points, centres: np.mean(
            [a * np.log(a * len(centres)) if a > 0 else 0 for a in counted(points, centres) / len(points)]
        ),
        "in bits": lambda points, centres: kl(counted(points, centres) / len(points), len(centres)) / np.log(2),
        "divide the counts": lambda points, centres: kl(counted(points, centres), len(centres)),
        "the other way round": lambda points, centres: np.mean(
            -np.log(counted(points, centres) / len(points) * len(centres))
        ),
    },
    "q3": {
        "no noise is needed: 0": lambda distance, std, limit: np.sqrt(distance**2 / 2 / limit - std**2),
        "variances add up": lambda distance, std, limit: max(0, distance / (2 * limit) ** 0.5 - std),
        "this is the variance": lambda distance, std, limit: max(0, distance**2 / 2 / limit - std**2),
        "the factor 2 in the denominator": lambda distance, std, limit: max(0, distance**2 / limit - std**2) ** 0.5,
        "subtract std^2": lambda distance, std, limit: distance / np.sqrt(2) / np.sqrt(limit),
        "square of the distance": lambda distance, std, limit: max(0, distance / 2 / limit - std**2) ** 0.5,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(when_gans_fail, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
