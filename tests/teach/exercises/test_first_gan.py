"""Lesson 8: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan import losses
from minigan.teach.exercises import first_gan

loss = losses.non_saturating


def score_gradient(D, x):
    f, caches = D.forward(x)
    return D.backward(np.ones_like(f), caches, learn=False)


def gradient(D, x, g=loss.g, learn=False):
    f, caches = D.forward(x)
    return D.backward(g(None, f)[1], caches, learn=learn)


def d_parts(G, D, x, z):
    fake = G.forward(z)[0]
    return fake, *D.forward(x), *D.forward(fake)


def d_swapped(G, D, opt_D, x, z):
    _, r, rc, f, fc = d_parts(G, D, x, z)
    value, d_fake, d_real = loss.d(f, r)
    D.backward(d_real, rc)
    D.backward(d_fake, fc)
    opt_D.step()
    return value


def d_one_cache(G, D, opt_D, x, z):
    _, r, _, f, fc = d_parts(G, D, x, z)
    value, d_real, d_fake = loss.d(r, f)
    D.backward(d_real, fc)
    D.backward(d_fake, fc)
    opt_D.step()
    return value


def d_only(which):
    def step(G, D, opt_D, x, z):
        _, r, rc, f, fc = d_parts(G, D, x, z)
        value, d_real, d_fake = loss.d(r, f)
        D.backward(*((d_real, rc) if which == "real" else (d_fake, fc)))
        opt_D.step()
        return value

    return step


def d_right(G, D, opt_D, x, z, step=True, factor=1.0, into_g=False, value=None):
    fake, caches = G.forward(z)
    (r, rc), (f, fc) = D.forward(x), D.forward(fake)
    found, d_real, d_fake = loss.d(r, f)
    D.backward(factor * d_real, rc)
    dx = D.backward(factor * d_fake, fc)
    if into_g:
        G.backward(dx, caches)
    if step:
        opt_D.step()
    return found if value is None else value


def g_step(G, D, opt_G, z, g=loss.g, learn=False, step=True, factor=1.0, value=True):
    fake, caches = G.forward(z)
    f, fc = D.forward(fake)
    found, df = g(None, f)
    G.backward(D.backward(factor * df, fc, learn=learn), caches)
    if step:
        opt_G.step()
    return found if value else f.mean()


def g_without_d(G, D, opt_G, z):
    fake, caches = G.forward(z)
    value, df = loss.g(None, D.forward(fake)[0])
    G.backward(np.repeat(df, 2, axis=1), caches)
    opt_G.step()
    return value


def g_moves_d(G, D, opt_G, z):
    value = g_step(G, D, opt_G, z)
    D.theta -= 0.01
    return value


WRONG = {
    "q1": {
        "weights it by the doubt": score_gradient,
        "sign is wrong": lambda D, x: gradient(D, x),
        "minimax": lambda D, x: -gradient(D, x, losses.minimax.g),
        "D's loss on fakes": lambda D, x: -gradient(D, x, lambda _, f: (0, 1 / (1 + np.exp(-f)) / len(f))),
        "factor 1/N": lambda D, x: -len(x) * gradient(D, x),
        "go back through D": lambda D, x: -loss.g(None, D(x))[1],
        "D.grad was modified": lambda D, x: -gradient(D, x, learn=True),
    },
    "q2": {
        "loss.d(r, f) expects": d_swapped,
        "caches of the fakes": d_one_cache,
        "from the reals only": d_only("real"),
        "from the fakes only": d_only("fake"),
        "D has not moved": lambda *a: d_right(*a, step=False),
        "walks uphill": lambda *a: d_right(*a, factor=-1.0),
        "a gradient was left in G.grad": lambda *a: d_right(*a, into_g=True),
        "N = 5 times too large": lambda *a: d_right(*a, factor=5.0),
        "return the value of its loss": lambda *a: d_right(*a, value=0.25),
    },
    "q3": {
        "minimax": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, losses.minimax.g),
        "a gradient was left in D.grad": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, learn=True),
        "D was left out": g_without_d,
        "D has moved, but G's step": g_moves_d,
        "G has not moved": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, step=False),
        "walks uphill": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, factor=-1.0),
        "a constant factor should not be there": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, factor=3.0),
        "return the value of its loss": lambda G, D, opt_G, z: g_step(G, D, opt_G, z, value=False),
        "has to take 4 arguments": lambda G, D, opt_G: None,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(first_gan, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_the_right_steps_are_right(verdict):
    assert verdict(first_gan.q2, d_right).startswith("✓ right: ")
    assert verdict(first_gan.q3, g_step).startswith("✓ right: ")
