"""Optimizers and averages: a recurrence of two lines, checked beside plain loops of one number at a time."""

import numpy as np

from minigan import kernels, optim
from minigan.kernels import reference
from minigan.optim import EMA, SGD, Optimizer, RMSProp

from .instruments import certified, descent, one_vector
from .registry import exhibit


@exhibit(
    story="ML-From-Scratch #35: Adam divides by 1 - b, not by 1 - b^t: with b1 = .5, b2 = .999 its rate ends at a 16th",
    caught_by="theta after step 2",
    check=certified("Adam", "recurrence"),
)
def adam_without_the_power_t(patch):
    def adam(theta, grad, m, v, lr, beta1, beta2, eps, t):
        reference.adam(theta, grad, m, v, lr, beta1, beta2, eps, 1)  # right: t

    patch(kernels, "adam", adam)


@exhibit(
    story="Adam without its bias correction: v starts near 0, and with b1 = .5, b2 = .999 the first step is 16 times too long",
    caught_by="theta after step 1",
    check=certified("Adam", "recurrence"),
)
def adam_without_bias_correction(patch):
    def adam(theta, grad, m, v, lr, beta1, beta2, eps, t):
        m += (1 - beta1) * (grad - m)
        v += (1 - beta2) * (grad * grad - v)
        theta -= lr * m / (np.sqrt(v) + eps)  # right: m / (1 - beta1^t), v / (1 - beta2^t)
        grad[...] = 0

    patch(kernels, "adam", adam)


@exhibit(
    story="keras-radam #29: eps inside the root acts as sqrt(eps), 1e-4 for 1e-8, and quiet weights stop moving",
    caught_by="theta after step 1",
    check=certified("Adam", "recurrence"),
)
def adam_eps_inside_the_root(patch):
    def adam(theta, grad, m, v, lr, beta1, beta2, eps, t):
        m += (1 - beta1) * (grad - m)
        v += (1 - beta2) * (grad * grad - v)
        theta -= lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps)  # right: sqrt(...) + eps
        grad[...] = 0

    patch(kernels, "adam", adam)


@exhibit(
    story="m <- mu m + (1 - mu) grad is Adam's momentum, not SGD's: with mu = .9 a copied rate is ten times too small",
    caught_by="theta after step 1",
    check=certified("SGD", "recurrence", "momentum=0.9"),
)
def momentum_damped(patch):
    def update(self, lr):
        self.m *= self.momentum
        self.m += (1 - self.momentum) * self.net.grad  # right: + grad
        self.net.theta -= lr * self.m

    patch(SGD, "update", update)


@exhibit(
    story="rho and 1 - rho exchanged in RMSProp: the average forgets at once, and each step is the sign of the gradient",
    caught_by="theta after step 1",
    check=certified("RMSProp", "recurrence"),
)
def rmsprop_forgets_at_once(patch):
    def update(self, lr):
        grad = self.net.grad
        self.v *= 1 - self.rho  # right: rho
        self.v += self.rho * grad * grad  # right: 1 - rho
        self.net.theta -= lr * grad / (np.sqrt(self.v) + self.eps)

    patch(RMSProp, "update", update)


@exhibit(
    story="The gradient is not zeroed between steps: each step repeats all before it, a momentum of 1 that nobody chose",
    caught_by="grad is zero again",
    check=certified("SGD", "recurrence"),
)
def gradient_never_zeroed(patch):
    def step(self):
        self.t += 1
        self.update(self.rate())  # right: then net.zero_grad()

    patch(Optimizer, "step", step)


@exhibit(
    story="`theta = theta - lr grad` makes a new vector: the optimizer's weights learn, the layers keep the old ones",
    caught_by="fall of D's loss",
    check=descent,
)
def theta_rebound(patch):
    def update(self, lr):
        self.net.theta = self.net.theta - lr * self.net.grad  # right: theta -= ...

    patch(SGD, "update", update)


@exhibit(
    story="WGAN's clipping bound to a new array: the clipped weights are logged, and D goes on with the unclipped ones",
    caught_by="layers see theta after clipping",
    check=one_vector,
)
def clipping_rebound(patch):
    def clip_weights(net, c):
        net.theta = np.clip(net.theta, -c, c)  # right: out=net.theta

    patch(optim, "clip_weights", clip_weights)


@exhibit(
    story="decay and 1 - decay exchanged: the 'average' of .999 is the last G with a thousandth of its past",
    caught_by="average after step 1",
    check=certified("EMA", "recurrence"),
)
def average_forgets_at_once(patch):
    patch(kernels, "ema", lambda average, theta, decay: reference.ema(average, theta, 1 - decay))  # right: decay


@exhibit(
    story="mean-teacher #9, stylegan2-pytorch #172: only parameters are averaged; BatchNorm's statistics stay at 0 and 1",
    caught_by="running statistics after step 1",
    check=certified("EMA", "recurrence"),
)
def average_without_the_statistics(patch):
    def step(self):
        self.t += 1
        decay = min(self.decay, self.t / (self.t + 10)) if self.warmup else self.decay
        kernels.ema(self.net.theta, self.source.theta, decay)  # right: and state beside theta

    patch(EMA, "step", step)


@exhibit(
    story="`average = G` instead of a copy: both names are one network, and averaging it with itself changes nothing",
    caught_by="average after step 1",
    check=certified("EMA", "recurrence"),
)
def average_is_the_network_itself(patch):
    def init(self, net, decay=0.999, warmup=False):
        right(self, net, decay, warmup)
        self.net = net  # right: copy.deepcopy(net)

    right = patch(EMA, "__init__", init)
