"""Optimizers: one pass over the flat vector theta.

Each holds its network, updates theta in place from grad, then zeroes grad, so the next step starts clean.  A gradient with
NaN or Inf raises an error that names the layer, before theta is changed.

The learning rate is a number or a schedule: a function of the step t = 0, 1, 2, ...
"""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigan import kernels
from minigan.running.arguments import check_flag, check_positive, check_range
from minigan.running.parts import check_network, check_optimizer, check_rate, check_schedule

Rate = float | Callable[[int], float]


class NonFiniteError(FloatingPointError):
    """A gradient, a loss, a weight or an activation became NaN or Inf.  A bad gradient is refused before theta is changed.

    net: the network whose gradient is bad, if it is a gradient.
    """

    def __init__(self, message: str, net: Any = None):
        super().__init__(message)
        self.net = net


def constant(lr: float) -> Rate:
    """lr(t) = lr."""
    return partial(_linear, lr, check_schedule("constant", lr, 1, lr), lr)  # eq:schedule.constant


def linear(lr: float, steps: int, end: float = 0.0) -> Rate:
    """lr(t) = lr + (end - lr) min(t / steps, 1)."""
    return partial(_linear, lr, check_schedule("linear", lr, steps, end), end)


def cosine(lr: float, steps: int, end: float = 0.0) -> Rate:
    """lr(t) = end + (lr - end) (1 + cos(pi min(t / steps, 1))) / 2.     Loshchilov and Hutter 2017, eq. 5."""
    return partial(_cosine, lr, check_schedule("cosine", lr, steps, end), end)


def _linear(lr: float, steps: int, end: float, t: int) -> float:  # partials of these, not lambdas, can be pickled
    return lr + (end - lr) * min(t / steps, 1.0)  # eq:schedule.linear


def _cosine(lr: float, steps: int, end: float, t: int) -> float:
    return end + (lr - end) * (1 + math.cos(math.pi * min(t / steps, 1.0))) / 2  # eq:schedule.cosine


class Optimizer:
    """Updates net.theta from net.grad.  A subclass names its vectors in `slots` and defines `update(lr)`."""

    slots: tuple[str, ...] = ()  # its state, vectors shaped like theta: saved and restored with the run

    def __init__(self, net: Any, lr: Rate):
        check_optimizer(type(self).__name__, net, lr)
        self.net, self.lr, self.t = net, lr, 0
        for slot in self.slots:
            setattr(self, slot, np.zeros_like(net.theta))

    def rate(self) -> float:
        """The learning rate of the next step."""
        return check_rate(self.lr(self.t) if callable(self.lr) else self.lr, f" of step {self.t}")

    def step(self) -> None:
        """theta <- theta + update(grad);  grad <- 0."""
        kernels.check_vectors(self)
        refuse_non_finite(self.net)
        lr = self.rate()
        self.t += 1
        self.update(lr)
        self.net.zero_grad()

    def update(self, lr: float) -> None:
        """Update net.theta in place from net.grad."""
        raise NotImplementedError(f"{type(self).__name__} has to define update(lr)")

    def vectors(self) -> dict[str, np.ndarray]:
        """The optimizer's state by name: the live arrays, not copies."""
        return {slot: getattr(self, slot) for slot in self.slots}


class SGD(Optimizer):
    """m <- momentum m + grad;   theta <- theta - lr m.     Polyak 1964; the form of PyTorch."""

    slots = ("m",)
    m: np.ndarray

    def __init__(self, net: Any, lr: Rate = 1e-2, momentum: float = 0.0):
        super().__init__(net, lr)
        check_range("SGD", momentum=momentum, below=1)
        self.momentum = momentum

    def update(self, lr: float) -> None:
        self.m *= self.momentum
        self.m += self.net.grad
        self.net.theta -= lr * self.m  # eq:sgd


class RMSProp(Optimizer):
    """v <- rho v + (1 - rho) grad^2;   theta <- theta - lr grad / (sqrt(v) + eps).     Tieleman and Hinton 2012."""

    slots = ("v",)
    v: np.ndarray

    def __init__(self, net: Any, lr: Rate = 5e-5, rho: float = 0.99, eps: float = 1e-8):
        super().__init__(net, lr)
        check_range("RMSProp", rho=rho, below=1)
        check_range("RMSProp", eps=eps)
        self.rho, self.eps = rho, eps

    def update(self, lr: float) -> None:
        grad = self.net.grad
        self.v *= self.rho
        self.v += (1 - self.rho) * grad * grad
        self.net.theta -= lr * grad / (np.sqrt(self.v) + self.eps)  # eq:rmsprop


class Adam(Optimizer):
    """m <- b1 m + (1-b1) grad;  v <- b2 v + (1-b2) grad^2;  theta <- theta - lr (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps).

    Kingma and Ba 2015, algorithm 1.  The bias correction divides by 1 - b^t, with the power t.
    """

    slots = ("m", "v")
    m: np.ndarray
    v: np.ndarray

    def __init__(self, net: Any, lr: Rate = 2e-4, beta1: float = 0.5, beta2: float = 0.999, eps: float = 1e-8):
        super().__init__(net, lr)
        check_range("Adam", beta1=beta1, beta2=beta2, below=1)
        check_range("Adam", eps=eps)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def update(self, lr: float) -> None:
        net = self.net
        kernels.adam(net.theta, net.grad, self.m, self.v, lr, self.beta1, self.beta2, self.eps, self.t)  # eq:adam


def clip_weights(net: Any, c: float) -> None:
    """theta <- min(max(theta, -c), c).     The Lipschitz bound of the first WGAN (Arjovsky et al. 2017, algorithm 1)."""
    check_positive("clip_weights", c=c)
    np.clip(net.theta, -c, c, out=net.theta)  # eq:clip


class EMA:
    """average <- decay average + (1 - decay) theta, after each step: a steadier generator to sample from.

    `ema.net` is a network like `net` whose theta (and state) are the averages: ema.net(z).     Yazici et al. 2019.
    With `warmup`, decay is at most t / (t + 10) at step t, so the random start is soon forgotten.
    """

    def __init__(self, net: Any, decay: float = 0.999, warmup: bool = False):
        check_network("EMA", net)
        check_range("EMA", decay=decay, below=1, or_equal=True)
        check_flag("EMA", warmup=warmup)
        self.source, self.net, self.decay, self.warmup, self.t = net, copy.deepcopy(net), decay, warmup, 0

    def step(self) -> None:
        """average <- decay average + (1 - decay) theta; call it after each step of the optimizer."""
        self.t += 1
        decay = min(self.decay, self.t / (self.t + 10)) if self.warmup else self.decay  # eq:ema.warmup
        kernels.ema(self.net.theta, self.source.theta, decay)  # eq:ema
        kernels.ema(self.net.state, self.source.state, decay)

    @property
    def theta(self) -> np.ndarray:
        """The averages (P,)."""
        return self.net.theta


def refuse_non_finite(net: Any) -> None:
    """Raise NonFiniteError, naming the parameter, if grad holds NaN or Inf."""
    with np.errstate(over="ignore", invalid="ignore"):
        # one fast pass; it can overflow, so a hit is checked entry by entry
        if math.isfinite(np.dot(net.grad, net.grad)):
            return
    bad = np.flatnonzero(~np.isfinite(net.grad))[::-1]  # in the backward pass, the last layer goes bad first
    if bad.size:
        place = net.locate(int(bad[0]))
        value, n = net.grad[bad[0]], f"{bad.size} of {net.grad.size} entries are bad"
        raise NonFiniteError(f"the gradient of {place} is {value} ({n})", net)
