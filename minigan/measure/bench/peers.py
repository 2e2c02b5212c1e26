"""The same training step in PyTorch, in each variant of variants.py, with the same initial weights.

Like GAN.step, the usual step uses new noise for G's step, so G runs forward twice on both sides.  Only the process that times
PyTorch imports this file (worker.py).
"""

import copy
from functools import partial

import numpy as np
import torch
from torch.nn.functional import softplus

from minigan.game import image
from minigan.measure.bench.models import Benchmark, named
from minigan.measure.bench.translate import load, translate
from minigan.measure.bench.variants import convolutional, joins
from minigan.penalties import dragan, place, r1, r2, wgan_gp

LOSSES = {  # name -> (L_D, L_G), from the scores r and f
    "minimax": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda r, f: -softplus(f).mean()),
    "non_saturating": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda r, f: softplus(-f).mean()),
    "least_squares": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda r, f: ((f - 1) ** 2).mean() / 2,
    ),
    "hinge": (lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(), lambda r, f: -f.mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    "relativistic": (lambda r, f: softplus(f - r).mean(), lambda r, f: softplus(r - f).mean()),
}


class Peer:
    """One variant of the step: networks, optimizers, and the same methods as Benchmark."""

    def __init__(self, benchmark: Benchmark, variant: str, threads: int):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.made, self.variant, self.expert = benchmark, variant, variant != "usual"
        self.last = variant in ("channels_last", "joined", "compile") and convolutional(benchmark)
        self.x, self.z = self._tensor(benchmark.x), [self._tensor(z) for z in benchmark.z]
        (self.G, self.links_G), (self.D, self.links_D) = (
            self._translate(net, x) for net, x in ((benchmark.G, benchmark.z[0]), (benchmark.D, benchmark.x))
        )
        self.opt_D, self.opt_G = self._adam(self.D, benchmark.opt_D), self._adam(self.G, benchmark.opt_G)
        self.ema = copy.deepcopy(self.G) if benchmark.ema else None
        self.d_loss, self.g_loss = LOSSES[benchmark.loss.name]
        self.places = {place(penalty) for penalty in benchmark.penalties}
        self.joined = variant in ("joined", "compile") and joins(benchmark)
        self.run_G, self.run_D = self.G, self.D
        if variant == "compile":
            self.run_G = torch.compile(self.G)
            self.run_D = self.D if benchmark.penalties else torch.compile(self.D)

    def _translate(self, net, x):
        made, links = translate(net, x, self.last)
        load(links)
        return (made.to(memory_format=torch.channels_last) if self.last else made), links

    def _tensor(self, a):
        if isinstance(a, tuple):
            return tuple(map(self._tensor, a))
        t = torch.from_numpy(np.array(a))
        if t.ndim != 4:
            return t.long() if t.dtype != torch.float32 else t
        return t.permute(0, 3, 1, 2).contiguous(
            memory_format=torch.channels_last if self.last else torch.contiguous_format
        )

    def _adam(self, net, opt):
        kinds = {"usual": {}, "foreach": {"foreach": True}}
        if opt is None:
            return None
        kind = kinds.get(self.variant, {"fused": True})
        return torch.optim.Adam(net.parameters(), lr=opt.rate(), betas=(opt.beta1, opt.beta2), eps=opt.eps, **kind)

    # ---- the step -----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        for _ in range(self.made.d_steps):
            self.opt_D.zero_grad()
            sum(self.d_losses()).backward()
            self.opt_D.step()
        if self.opt_G:
            self.opt_G.zero_grad()
            self._g_backward()
            self.opt_G.step()
        if self.ema:
            with torch.no_grad():
                pairs = [(a, b) for a, b in zip(self._averaged(self.ema), self._averaged(self.G), strict=True)]
                torch._foreach_lerp_([a for a, _ in pairs], [b for _, b in pairs], 1 - self.made.ema.decay)

    @staticmethod
    def _averaged(net):
        return [*net.parameters(), *(b for b in net.buffers() if b.is_floating_point())]

    def _g_backward(self):
        if self.expert:
            self.D.requires_grad_(False)
        z = self.z[1]
        f = self.run_D(self._beside(self.run_G(z), z))
        r = None
        if self.made.loss.relativistic:
            with torch.set_grad_enabled(not self.expert):
                r = self.run_D(self.x)
        loss = self.g_loss(r, f)
        loss.backward()
        if self.expert:
            self.D.requires_grad_(True)
        return loss

    @staticmethod
    def _beside(image, pair):
        return (image, *pair[1:]) if isinstance(pair, tuple) else image

    def d_losses(self, t=None):
        """The loss and the penalty of D's step; t (N, 1, ...), if given, replaces the random weights of the points between the batches."""
        z = self.z[0]
        if self.expert:
            with torch.no_grad():
                fake = self.run_G(z)
        else:
            fake = self.run_G(z).detach()
        real, value = image(self.x), 0.0
        scores, gradients = (self._joined if self.joined else self._apart)(real, fake, z)
        for penalty in self.made.penalties:
            where = place(penalty)
            if where == "between":
                t = torch.rand(len(real), *[1] * (real.ndim - 1)) if t is None else t
                x = torch.lerp(fake, real, t).requires_grad_(True)
                gradients[where] = self._input_gradient(self.run_D(self._beside(x, self.x)), x)
            value = value + self._penalty(penalty, gradients[where])
        return self.d_loss(scores["real"], scores["fake"]), value

    def _apart(self, real, fake, z):
        """D on real, then on fake -> scores, and D's gradients where a penalty needs them."""
        scores, gradients = {}, {}
        for where, shown, pair in (("real", real, self.x), ("fake", fake, z)):
            shown = shown.detach().requires_grad_(where in self.places)
            scores[where] = self.run_D(self._beside(shown, pair))
            if where in self.places:
                gradients[where] = self._input_gradient(scores[where], shown)
        return scores, gradients

    def _joined(self, real, fake, z):
        """The same with real and fake in one batch."""
        wanted = bool(self.places & {"real", "fake"})
        both = torch.cat([real, fake]).requires_grad_(wanted)
        s = self.run_D((both, torch.cat([self.x[1], z[1]])) if isinstance(self.x, tuple) else both)
        halves = self._input_gradient(s, both).chunk(2) if wanted else ()
        return dict(zip(("real", "fake"), s.chunk(2))), dict(zip(("real", "fake"), halves))

    @staticmethod
    def _input_gradient(scores, x):
        return torch.autograd.grad(scores, x, torch.ones_like(scores), create_graph=True)[0]

    @staticmethod
    def _penalty(penalty, g):
        options = penalty.keywords if isinstance(penalty, partial) else {}
        kind = penalty.func if isinstance(penalty, partial) else penalty
        if kind in (r1, r2):
            return options.get("gamma", 1.0) / 2 * g.square().sum() / len(g)
        if kind in (wgan_gp, dragan):
            return options.get("lam", 10.0) * (g.flatten(1).norm(dim=1) - 1).square().mean()
        raise ValueError(f"the penalty {kind} has no PyTorch version yet")

    # ---- the numbers to verify, as in Benchmark ----------------------------------------------------------------

    def weights(self) -> dict[str, np.ndarray]:
        return self.made.weights()

    def load(self, weights: dict[str, np.ndarray]) -> None:
        self.made.load(weights)
        load(self.links_G)
        load(self.links_D)

    def answers(self) -> dict[str, np.ndarray]:
        """The same names and layouts as Benchmark.answers."""
        real = image(self.x)
        t = np.random.default_rng(3).random((len(real), *[1] * (real.ndim - 1))).astype(np.float32)
        self.D.zero_grad()
        loss, penalty = self.d_losses(torch.from_numpy(t))
        (loss + penalty).backward()
        found = {"loss D": np.array(loss.item()), "penalty": np.array(float(penalty.detach()) if self.places else 0.0)}
        found |= self._gradients("D", self.made.D, self.links_D)
        if self.opt_G:
            self.G.zero_grad()
            found |= {"loss G": np.array(self._g_backward().item())}
            found |= self._gradients("G", self.made.G, self.links_G)
        self.D.zero_grad()
        return found

    @staticmethod
    def _gradients(name, net, links):
        pieces = [np.ascontiguousarray(link.back(parameter.grad.numpy())).ravel() for parameter, link in links]
        return named(name, net, np.concatenate(pieces))
