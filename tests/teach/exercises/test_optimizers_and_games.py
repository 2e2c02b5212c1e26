"""Lesson 5: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import optimizers_and_games


def adam(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return m, v, m / (1 - beta1**t), v / (1 - beta2**t)


def uncorrected(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, _, _ = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


def without_t(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, _, _ = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps), m, v


def counted_from_0(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, _, _ = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m / (1 - beta1 ** (t - 1)) / (np.sqrt(v / (1 - beta2 ** (t - 1))) + eps), m, v


def eps_inside(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, m_hat, v_hat = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m_hat / np.sqrt(v_hat + eps), m, v


def no_root(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, m_hat, v_hat = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m_hat / (v_hat + eps), m, v


def uphill(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, m_hat, v_hat = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta + lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def stores_the_corrected(theta, grad, m, v, t, lr, beta1, beta2, eps):
    _, _, m_hat, v_hat = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m_hat, v_hat


def in_place(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v, m_hat, v_hat = adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
    theta -= lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta, m, v


def heavy_ball(theta, grad, m, v, t, lr, beta1, beta2, eps):
    m, v = beta1 * m + grad, beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


WRONG = {
    "q1": {
        "bias correction is missing": uncorrected,
        "with the power t": without_t,
        "not t - 1": counted_from_0,
        "outside the square root": eps_inside,
        "divide by the square root of v": no_root,
        "downhill means minus": uphill,
        "carry m and v on uncorrected": stores_the_corrected,
        "changes its argument": in_place,
        "SGD's momentum": heavy_ball,
    },
    "q2": {
        "simultaneous": lambda eta: np.array([[1.0, -eta], [eta, 1.0]]),
        "y moves first": lambda eta: np.array([[1 - eta * eta, -eta], [eta, 1]]),
        "uphill": lambda eta: np.array([[1, -eta], [-eta, 1 + eta * eta]]),
        "roles are swapped": lambda eta: np.array([[1, -eta], [eta, 1 - eta * eta]]).T,
        "1 of 4": lambda eta: np.array([[1, eta], [-2 * eta, 3 * eta]]),
    },
    "q3": {
        "the bowl alone": lambda gamma: 2 / gamma,
        "is missing": lambda gamma: 2 * gamma,
        "shrinks fastest": lambda gamma: gamma / (gamma**2 + 1),
        "begins 1 - 2 eta gamma": lambda gamma: 2 / (gamma**2 + 1),
        "sign is wrong": lambda gamma: -2 * gamma / (1 + gamma**2),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(optimizers_and_games, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
