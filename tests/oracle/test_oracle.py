"""minigan against PyTorch's autograd, in float64: values and slopes of first and second order agree to 1e-9.

The answers are stored (answers.safetensors), the questions are in questions.py, and make_answers.py is how PyTorch was asked.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import questions
from questions import numbers
from safetensors.numpy import load_file

from minigan import kernels, layers, losses, optim, penalties
from minigan.game import d_step, g_step
from minigan.layers.parameters import all_layers
from minigan.network import Sequential
from minigan.running import interop

ANSWERS = load_file(Path(__file__).with_name("answers.safetensors"))


def agree(got, name, bound=1e-9):
    """max |got - answer| / max |answer| <= bound."""
    answer = ANSWERS[name]
    got = np.asarray(got)
    assert got.shape == answer.shape, name
    assert np.abs(got - answer).max() <= bound * np.abs(answer).max(), name


def build(spec) -> list:
    """(layer name, arguments ...) -> layers; arguments that are themselves layers are built too."""

    def argument(a):
        if isinstance(a, list):
            return build(a)
        return build([a])[0] if isinstance(a, tuple) else a

    made = []
    for name, *args in spec:
        args = list(map(argument, args))
        if name == "Residual":
            made.append(layers.Residual(*args[0], shortcut=args[1]))
        elif name == "Beside":
            made.append(layers.Beside(*args[0]))
        else:
            made.append(getattr(layers, name)(*args))
    return made


def network(spec, theta) -> Sequential:
    net = Sequential(*build(spec), rng=0, dtype=np.float64)
    net.theta[...] = theta(net.theta.size)
    return net


def settle(net, x):
    """Let the power iteration of every SpectralNorm converge: its slope is exact then."""
    if any(isinstance(layer, layers.SpectralNorm) for layer in all_layers(net.layers)):
        for _ in range(500):
            net.forward(x)


@pytest.fixture(params=["fast", "reference"])
def _both_kernels(request):
    """Once on the fast kernels, once on their NumPy twins."""
    with kernels.use(request.param):
        yield


@pytest.mark.usefixtures("_both_kernels")
@pytest.mark.parametrize("name", questions.FIRST)
def test_forward_and_slopes(name):
    spec, shape = questions.FIRST[name]
    net = network(spec, lambda size: numbers(f"{name}: theta", size))
    x = questions.point(name, shape)
    settle(net, x)
    y, caches = net.forward(x)
    agree(y, f"{name}: y")
    dx = net.backward(numbers(f"{name}: dy", *y.shape), caches)
    if shape == "labels":
        assert dx is None
    elif shape == "pair":
        assert dx[1] is None
        agree(dx[0], f"{name}: dx")
    else:
        agree(dx, f"{name}: dx")
    if net.theta.size:
        agree(net.grad, f"{name}: dtheta")
    if f"{name}: state" in ANSWERS:
        agree(net.state, f"{name}: state")
        agree(net(x), f"{name}: evaluated")


class Drawn:
    """Stands in for a generator whose next draw is known."""

    def __init__(self, values):
        self.values = values

    def random(self, shape):
        return self.values.reshape(shape)


@pytest.mark.parametrize("kind", ["r1", "r2", "wgan_gp", "dragan"])
@pytest.mark.parametrize("name", questions.CRITICS)
def test_double_backward(name, kind):
    spec, shape = questions.CRITICS[name]
    D = network(spec, lambda size: numbers(f"{name}: theta", size))
    real, fake = (2 * numbers(f"{name}: {which}", *shape) for which in ("real", "fake"))
    u, t = ((1 + numbers(f"{name}: {which}", *s)) / 2 for which, s in (("u", shape), ("t", shape[:1])))
    penalty = getattr(penalties, kind)
    x = {
        "real": lambda: real,
        "fake": lambda: fake,
        "between": lambda: penalties.between(real, fake, Drawn(t)),
        "around": lambda: penalties.around(real, Drawn(u)),
    }[penalty.place]()
    x = questions.conditional(spec, x)
    settle(D, x)
    weight = {"gamma": questions.GAMMA} if kind in ("r1", "r2") else {"lam": questions.LAM}
    value = penalties.add_penalty(D, *D.forward(x), partial(penalty, **weight))
    agree(value, f"{name}: {kind}")
    agree(D.grad, f"{name}: {kind} dtheta")


R, F = (3 * numbers(f"loss: {which}", 7, 1) for which in "rf")


@pytest.mark.parametrize("name", losses.GAN_LOSSES)
def test_gan_loss(name):
    loss = losses.GAN_LOSSES[name]
    value, d_real, d_fake = loss.d(R, F)
    agree(value, f"{name} d")
    agree(d_real, f"{name} d d0")
    agree(d_fake, f"{name} d d1")
    value, d_fake, *d_real = loss.g(R, F)
    agree(value, f"{name} g")
    agree(d_fake, f"{name} g d1")
    assert len(d_real) == loss.relativistic
    agree(d_real[0] if d_real else np.zeros_like(R), f"{name} g d0")  # the others do not see the real scores


S, T, LOG_VAR = 3 * numbers("loss: s", 5, 3), (1 + numbers("loss: t", 5, 3)) / 2, numbers("loss: log_var", 5, 3)
PLAIN = {
    "bce 0.0": lambda: losses.bce_with_logits(S, T),
    "bce 0.1": lambda: losses.bce_with_logits(S, T, smoothing=0.1),
    "cross entropy": lambda: losses.softmax_cross_entropy(S, questions.LABELS % 3),
    "mse": lambda: losses.mse(S, T),
    "l1": lambda: losses.l1(S, T),
    "kl": lambda: losses.gaussian_kl(S, LOG_VAR),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_loss(name):
    value, *slopes = PLAIN[name]()
    agree(value, name)
    for i, slope in enumerate(slopes):
        agree(slope, f"{name} d{i}")


OPTIMIZERS = {
    "sgd": lambda net: optim.SGD(net, 0.05),
    "momentum": lambda net: optim.SGD(net, 0.05, momentum=0.9),
    "rmsprop": lambda net: optim.RMSProp(net, 0.01, rho=0.9, eps=1e-6),
    "adam": lambda net: optim.Adam(net, 0.02, beta1=0.5, beta2=0.9, eps=1e-6),
    "adam, beta1 0.9": lambda net: optim.Adam(net, 0.02, beta1=0.9, beta2=0.999, eps=1e-8),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps(name):
    net = network([("Dense", 3, 2)], lambda size: numbers("optimizer: theta", size))
    optimizer = OPTIMIZERS[name](net)
    path = []
    for t in range(20):
        net.grad += numbers(f"optimizer: grad {t}", net.grad.size)
        optimizer.step()
        path.append(net.theta.copy())
    agree(np.stack(path), name)


def test_a_whole_gan_training_ends_in_the_same_weights():
    G = network(questions.GENERATOR, lambda size: numbers("training: G", size) / 2)
    D = network(questions.CRITIC, lambda size: numbers("training: D", size) / 2)
    opt_G, opt_D = optim.Adam(G, **questions.ADAM), optim.Adam(D, **questions.ADAM)
    r1, r2 = (partial(penalty, gamma=questions.GAMMA) for penalty in (penalties.r1, penalties.r2))
    log = []
    for t in range(questions.STEPS):
        x = numbers(f"training: x {t}", questions.BATCH, 8, 8, 2)
        z_D, z_G = (numbers(f"training: {z} {t}", questions.BATCH, questions.LATENT) for z in ("z_D", "z_G"))
        row = d_step(G, D, losses.relativistic, [r1, r2], opt_D, x, z_D)
        row |= g_step(G, D, losses.relativistic, opt_G, x, z_G)
        log.append([row["loss_D"], row["penalty"], row["loss_G"]])
    agree(log, "training: log")
    agree(D.theta, "training: D")
    agree(G.theta, "training: G")
    agree(G.state, "training: state")


def test_weights_taken_over_from_pytorch_compute_what_they_computed_there():
    net = network(questions.TAKEN_OVER, np.zeros)
    x = numbers("taken over: x", *questions.TAKEN_OVER_SHAPE)
    shapes = {name: a.shape for name, a in interop.to_torch(net, x).items() if a.ndim}
    interop.from_torch(net, {name: questions.weight(name, *shape) for name, shape in shapes.items()}, x)
    agree(net(x), "taken over")


def test_every_answer_is_asked_for():
    """No answer lies about unused, and none is missing for a case: each name belongs to a case or a loss above."""
    asked = {*questions.FIRST, *questions.CRITICS, "training", "taken over", *PLAIN, *OPTIMIZERS, *losses.GAN_LOSSES}
    owners = {next((a for a in sorted(asked, key=len, reverse=True) if name.startswith(a)), name) for name in ANSWERS}
    assert owners == asked
