"""Ask PyTorch 2.13 (float64, on the CPU) the questions of questions.py and write its answers to answers.safetensors.

Run by hand, in any environment that has torch, numpy and safetensors; minigan itself is not needed:

    python tests/oracle/make_answers.py

The weights are one flat vector here too, and every layer takes its parameters from it in minigan's order and layout; images
are (N, H, W, C) at every border and transposed to PyTorch's (N, C, H, W) only inside a convolution or a norm.  So autograd
returns slopes that can be compared entry by entry.
"""

import math
import os
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from questions import (
    ADAM,
    BATCH,
    CRITIC,
    CRITICS,
    FIRST,
    GAMMA,
    GENERATOR,
    LABELS,
    LAM,
    LATENT,
    STEPS,
    TAKEN_OVER_SHAPE,
    conditional,
    numbers,
    point,
    weight,
)
from safetensors.numpy import save
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def tensor(name, *shape):
    return torch.tensor(numbers(name, *shape))


# ---- the layers: f(parameters from `take`, x) -----------------------------------------------------------------------------


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


class Take:
    """Cuts the flat theta into parameters, in order; keeps the running statistics of batch norm."""

    def __init__(self, theta, state=None, training=True):
        self.theta, self.place, self.state, self.training = theta, 0, state, training
        self.buffers = 0

    def __call__(self, *shape):
        size = math.prod(shape)
        self.place += size
        return self.theta[self.place - size : self.place].reshape(shape)


def dense(take, x, n_in, n_out, bias=True, sigma=None):
    W = normalised(take(n_in, n_out), sigma)
    return x @ W + (take(n_out) if bias else 0)


def conv(take, x, c_in, c_out, k, stride=1, pad=0, bias=True, sigma=None):
    W = normalised(take(k, k, c_in, c_out), sigma)
    return nhwc(F.conv2d(nchw(x), W.permute(3, 2, 0, 1), take(c_out) if bias else None, stride, pad))


def transposed(take, x, c_in, c_out, k, stride=1, pad=0, bias=True, sigma=None):
    W = normalised(take(k, k, c_in, c_out), sigma)
    return nhwc(F.conv_transpose2d(nchw(x), W.permute(2, 3, 0, 1), take(c_out) if bias else None, stride, pad))


def upconv(take, x, c_in, c_out, k=3, bias=True, sigma=None):
    return conv(take, upsample(take, x), c_in, c_out, k, 1, k // 2, bias, sigma)


def upsample(take, x):
    return nhwc(F.interpolate(nchw(x), scale_factor=2, mode="nearest"))


def normalised(W, sigma):
    return W if sigma is None else W / sigma(W)


def spectral_norm(take, x, inner):
    name, *args = inner  # the largest singular value by SVD, differentiated by autograd
    return LAYERS[name](take, x, *args, sigma=lambda W: torch.linalg.svdvals(W.reshape(-1, W.shape[-1]))[0])


def batch_norm(take, x, n):
    gamma, beta = take(n), take(n)
    start = take.buffers
    take.buffers += 2 * n
    mean, var = take.state[start : start + n], take.state[start + n : start + 2 * n]
    flat = x.reshape(-1, n)
    return F.batch_norm(flat, mean, var, gamma, beta, take.training, 0.1, 1e-5).reshape(x.shape)


def layer_norm(take, x, n):
    return F.layer_norm(x, (n,), take(n), take(n), 1e-5)


def instance_norm(take, x, n):
    return nhwc(F.instance_norm(nchw(x), weight=take(n), bias=take(n), eps=1e-5))


def minibatch_std(take, x):
    deviation = (x.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    return torch.cat([x, deviation.expand(*x.shape[:-1], 1)], dim=-1)


def attention(take, x, c, d):
    Wq, Wk, Wv, gamma = take(c, d), take(c, d), take(c, c), take(1)
    pixels = x.reshape(len(x), -1, c)
    A = torch.softmax((pixels @ Wq) @ (pixels @ Wk).transpose(1, 2) / math.sqrt(d), dim=-1)
    return x + gamma * (A @ (pixels @ Wv)).reshape(x.shape)


def residual(take, x, body, shortcut):
    y = network(body, take, x)
    return y + (network([shortcut], take, x) if shortcut else x)


def concat(take, pair, left, right):
    return torch.cat([network(left, take, pair[0]), network(right, take, pair[1])], dim=-1)


def beside(take, pair, body):
    return network(body, take, pair[0]), pair[1]


def label_score(take, pair, n, classes):
    h, label = pair
    W, b = take(classes, n), take(classes)
    return (h @ W.T + b).gather(1, label[:, None])  # every class's score, read off at the label


LAYERS = {
    "Dense": dense,
    "Conv2d": conv,
    "ConvTranspose2d": transposed,
    "UpConv2d": upconv,
    "Upsample2x": upsample,
    "SpectralNorm": spectral_norm,
    "BatchNorm": batch_norm,
    "LayerNorm": layer_norm,
    "InstanceNorm": instance_norm,
    "MinibatchStd": minibatch_std,
    "SelfAttention": attention,
    "Residual": residual,
    "Concat": concat,
    "Beside": beside,
    "LabelScore": label_score,
    "LeakyReLU": lambda take, x, alpha: F.leaky_relu(x, alpha),
    "ReLU": lambda take, x: F.relu(x),
    "Tanh": lambda take, x: torch.tanh(x),
    "Sigmoid": lambda take, x: torch.sigmoid(x),
    "Softplus": lambda take, x: F.softplus(x),
    "SiLU": lambda take, x: F.silu(x),
    "PixelNorm": lambda take, x: F.rms_norm(x, x.shape[-1:], eps=1e-8),
    "AvgPool2d": lambda take, x, k: nhwc(F.avg_pool2d(nchw(x), k)),
    "MaxPool2d": lambda take, x, k: nhwc(F.max_pool2d(nchw(x), k)),
    "Embedding": lambda take, x, classes, dim: F.embedding(x, take(classes, dim)),
    "Flatten": lambda take, x: x.flatten(1),
    "Reshape": lambda take, x, *shape: x.reshape(len(x), *shape),
}


def network(spec, take, x):
    for name, *args in spec:
        x = LAYERS[name](take, x, *args)
    return x


def count(spec) -> int:
    """How many parameters a network takes."""
    total = 0
    for name, *args in spec:
        if name == "SpectralNorm":
            total += count([args[0]])
        elif name == "Residual":
            total += count(args[0]) + count([args[1]] if args[1] else [])
        elif name in ("Concat", "Beside"):
            total += sum(map(count, args))
        elif name == "LabelScore":
            total += (args[0] + 1) * args[1]
        elif name == "Embedding":
            total += args[0] * args[1]
        elif name.endswith("Norm") and args:
            total += 2 * args[0]
        elif name == "SelfAttention":
            c, d = args
            total += 2 * c * d + c * c + 1
        elif name in ("Dense", "Conv2d", "ConvTranspose2d", "UpConv2d"):
            bias = {"Dense": 2, "UpConv2d": 3}.get(name, 5)
            taps = 1 if name == "Dense" else args[2] ** 2
            total += taps * args[0] * args[1] + (args[1] if len(args) <= bias or args[bias] else 0)
    return total


def fresh_state(spec):
    """Running mean 0 and variance 1 of every batch norm."""
    sizes = [args[0] for name, *args in spec if name == "BatchNorm"]
    return torch.cat([torch.cat([torch.zeros(n), torch.ones(n)]) for n in sizes]) if sizes else torch.zeros(0)


# ---- the answers -----------------------------------------------------------------------------------------------------------


def first_order(answers):
    for name, (spec, shape) in FIRST.items():
        theta = tensor(f"{name}: theta", count(spec)).requires_grad_()
        x = point(name, shape)
        pair = isinstance(x, tuple)
        x = tuple(map(torch.tensor, x)) if pair else torch.tensor(x)
        leaf = x[0] if pair else x
        if leaf.is_floating_point():
            leaf.requires_grad_()
        state = fresh_state(spec)
        y = network(spec, Take(theta, state), x)
        dy = tensor(f"{name}: dy", *y.shape)
        wanted = {"dx": leaf, "dtheta": theta}
        wanted = {key: t for key, t in wanted.items() if t.requires_grad and t.numel()}
        slopes = torch.autograd.grad((y * dy).sum(), wanted.values())
        answers |= {f"{name}: y": y} | {f"{name}: {key}": slope for key, slope in zip(wanted, slopes, strict=True)}
        if len(state):
            evaluated = network(spec, Take(theta, state.clone(), training=False), x)
            answers |= {f"{name}: state": state, f"{name}: evaluated": evaluated}


def penalty(kind, D, theta, x):
    """The penalty's value at x, with its graph."""
    x = x.detach().requires_grad_()
    g = torch.autograd.grad(D(theta, x).sum(), x, create_graph=True)[0].flatten(1)
    if kind in ("r1", "r2"):
        return GAMMA / 2 * g.pow(2).sum(1).mean()
    return LAM * (g.norm(dim=1) - 1).pow(2).mean()


def critic(spec, theta, x):
    x = conditional(spec, x)
    return network(spec, Take(theta), (x[0], torch.tensor(x[1])) if isinstance(x, tuple) else x)


def second_order(answers):
    for name, (spec, shape) in CRITICS.items():
        theta = tensor(f"{name}: theta", count(spec)).requires_grad_()
        real, fake = (2 * tensor(f"{name}: {which}", *shape) for which in ("real", "fake"))
        t = (1 + tensor(f"{name}: t", shape[0], *[1] * (len(shape) - 1))) / 2
        u = (1 + tensor(f"{name}: u", *shape)) / 2
        points = {"r1": real, "r2": fake, "wgan_gp": t * real + (1 - t) * fake}
        points["dragan"] = real + 0.5 * real.std(unbiased=False) * u
        for kind, x in points.items():
            value = penalty(kind, partial(critic, spec), theta, x)
            slope = torch.autograd.grad(value, theta)[0]
            answers |= {f"{name}: {kind}": value, f"{name}: {kind} dtheta": slope}


def bce(scores, target):
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, target))


GAN_LOSSES = {  # name -> (D's loss, G's loss)
    "minimax": (lambda r, f: bce(r, 1.0) + bce(f, 0.0), lambda r, f: -bce(f, 0.0)),
    "non_saturating": (lambda r, f: bce(r, 1.0) + bce(f, 0.0), lambda r, f: bce(f, 1.0)),
    "least_squares": (
        lambda r, f: (F.mse_loss(r, torch.ones_like(r)) + F.mse_loss(f, torch.zeros_like(f))) / 2,
        lambda r, f: F.mse_loss(f, torch.ones_like(f)) / 2,
    ),
    "hinge": (lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda r, f: -f.mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    "relativistic": (lambda r, f: F.softplus(-(r - f)).mean(), lambda r, f: F.softplus(-(f - r)).mean()),
}


def with_slopes(name, value, *leaves):
    slopes = torch.autograd.grad(value, leaves, allow_unused=True)
    slopes = [torch.zeros_like(leaf) if slope is None else slope for leaf, slope in zip(leaves, slopes, strict=True)]
    return {name: value} | {f"{name} d{i}": slope for i, slope in enumerate(slopes)}


def losses(answers):
    r, f = (3 * tensor(f"loss: {which}", 7, 1) for which in "rf")
    r.requires_grad_(), f.requires_grad_()
    for name, (d, g) in GAN_LOSSES.items():
        answers |= with_slopes(f"{name} d", d(r, f), r, f) | with_slopes(f"{name} g", g(r, f), r, f)
    s = (3 * tensor("loss: s", 5, 3)).requires_grad_()
    t = (1 + tensor("loss: t", 5, 3)) / 2
    for smoothing in (0.0, 0.1):
        smooth = t * (1 - smoothing) + smoothing / 2
        answers |= with_slopes(f"bce {smoothing}", F.binary_cross_entropy_with_logits(s, smooth), s)
    answers |= with_slopes("cross entropy", F.cross_entropy(s, torch.tensor(LABELS % 3)), s)
    answers |= with_slopes("mse", F.mse_loss(s, t), s) | with_slopes("l1", F.l1_loss(s, t), s)
    log_var = tensor("loss: log_var", 5, 3).requires_grad_()
    q = torch.distributions.Normal(s, (log_var / 2).exp())
    p = torch.distributions.Normal(torch.zeros(()), torch.ones(()))
    answers |= with_slopes("kl", torch.distributions.kl_divergence(q, p).sum(1).mean(), s, log_var)


def optimizers(answers):
    makers = {
        "sgd": partial(torch.optim.SGD, lr=0.05),
        "momentum": partial(torch.optim.SGD, lr=0.05, momentum=0.9),
        "rmsprop": partial(torch.optim.RMSprop, lr=0.01, alpha=0.9, eps=1e-6),
        "adam": partial(torch.optim.Adam, lr=0.02, betas=(0.5, 0.9), eps=1e-6),
        "adam, beta1 0.9": partial(torch.optim.Adam, lr=0.02, betas=(0.9, 0.999), eps=1e-8),
    }
    for name, make in makers.items():
        theta = tensor("optimizer: theta", 8).requires_grad_()
        optimizer = make([theta])
        path = []
        for t in range(20):
            theta.grad = tensor(f"optimizer: grad {t}", 8)
            optimizer.step()
            path.append(theta.detach().clone())
        answers[name] = torch.stack(path)


def training(answers):
    """Five steps of D (relativistic, R1 on the real and R2 on the fake batch), each followed by one of G; BatchNorm in G."""
    tG, tD = tensor("training: G", count(GENERATOR)) / 2, tensor("training: D", count(CRITIC)) / 2
    tG.requires_grad_(), tD.requires_grad_()
    state = fresh_state(GENERATOR)
    rates = {"lr": ADAM["lr"], "betas": (ADAM["beta1"], ADAM["beta2"]), "eps": ADAM["eps"]}
    opt_G, opt_D = torch.optim.Adam([tG], **rates), torch.optim.Adam([tD], **rates)

    def G(z):
        return network(GENERATOR, Take(tG, state), z)

    D = partial(critic, CRITIC)
    log = []
    for t in range(STEPS):
        x = tensor(f"training: x {t}", BATCH, 8, 8, 2)
        fake = G(tensor(f"training: z_D {t}", BATCH, LATENT)).detach()
        loss = F.softplus(-(D(tD, x) - D(tD, fake))).mean()
        penalties = penalty("r1", D, tD, x) + penalty("r2", D, tD, fake)
        opt_D.zero_grad()
        (loss + penalties).backward()
        opt_D.step()
        fake = G(tensor(f"training: z_G {t}", BATCH, LATENT))
        loss_G = F.softplus(-(D(tD, fake) - D(tD, x))).mean()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        log.append([loss.item(), penalties.item(), loss_G.item()])
    answers |= {"training: G": tG, "training: D": tD, "training: state": state, "training: log": torch.tensor(log)}


def taken_over(answers):
    """A model of torch.nn's own modules in evaluation mode: what minigan must compute after interop.from_torch."""
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Flatten(), nn.BatchNorm1d(24),
        nn.Linear(24, 7, bias=False), nn.Tanh(), nn.Linear(7, 30), nn.BatchNorm1d(30), nn.ReLU(),
        nn.Unflatten(1, (5, 2, 3)), nn.ConvTranspose2d(5, 4, 4, 2, 1),
        nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 2, 3, padding=1)),
    )  # fmt: skip
    weights = {name: torch.tensor(weight(name, *a.shape)) for name, a in net.state_dict().items() if a.ndim}
    net.load_state_dict(weights, strict=False)  # all but the counters of batches
    answers["taken over"] = nhwc(net.eval()(nchw(tensor("taken over: x", *TAKEN_OVER_SHAPE))))


if __name__ == "__main__":
    answers = {}
    for part in (first_order, second_order, losses, optimizers, training, taken_over):
        part(answers)
    arrays = {name: answer.detach().contiguous().numpy() for name, answer in answers.items()}
    data = save(arrays, {"made by": f"PyTorch {torch.__version__.split('+')[0]}, float64"})
    path = Path(__file__).with_name("answers.safetensors")
    path.with_suffix(".tmp").write_bytes(data)
    os.replace(path.with_suffix(".tmp"), path)
    print(f"{len(arrays)} answers, {len(data) / 1000:.0f} kB: {path}")
