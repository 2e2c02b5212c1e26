"""The same training step in PyTorch, in each variant of variants.py, with the same initial weights.

Like GAN.step, the usual step uses new noise for G's step, so G runs forward twice on both sides.  Only the process that times
PyTorch imports this file (worker.py).
"""

import copy
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

from minigan.fast_step import with_label
from minigan.layers.tree import Tree, first, tree_map
from minigan.measure.bench.models import Benchmark, named
from minigan.measure.bench.translate import Links, load, translate
from minigan.measure.bench.variants import convolutional, joins
from minigan.network import Sequential
from minigan.penalties import R1, WganGp, as_penalties

Tensors = dict[str, torch.Tensor]

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
        self.penalties = as_penalties(benchmark.penalties)
        self.last = variant in ("channels_last", "joined", "compile") and convolutional(benchmark)
        self.x, *self.z = (tree_map(self._tensor, a) for a in (benchmark.x, *benchmark.z))
        (self.G, self.links_G), (self.D, self.links_D) = (
            self._translate(net, x) for net, x in ((benchmark.G, benchmark.z[0]), (benchmark.D, benchmark.x))
        )
        self.opt_D, self.opt_G = self._adam(self.D, benchmark.opt_D), self._adam(self.G, benchmark.opt_G)
        self.ema = copy.deepcopy(self.G) if benchmark.ema else None
        self.d_loss, self.g_loss = LOSSES[benchmark.loss.name]
        self.places = {penalty.place for penalty in self.penalties}
        self.joined = variant in ("joined", "compile") and joins(benchmark)
        self.run_G, self.run_D = self.G, self.D
        if variant == "compile":
            self.run_G = torch.compile(self.G)
            self.run_D = self.D if benchmark.penalties else torch.compile(self.D)

    def _translate(self, net: Sequential, x: Tree) -> tuple[nn.Module, Links]:
        made, links = translate(net, x, self.last)
        load(links)
        return (made.to(memory_format=torch.channels_last) if self.last else made), links

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        t = torch.from_numpy(np.array(a))
        if t.ndim != 4:
            return t.long() if t.dtype != torch.float32 else t
        return t.permute(0, 3, 1, 2).contiguous(
            memory_format=torch.channels_last if self.last else torch.contiguous_format
        )

    def _adam(self, net: nn.Module, opt: Any) -> Any:
        kinds: dict[str, dict[str, bool]] = {"usual": {}, "foreach": {"foreach": True}}
        if opt is None:
            return None
        kind = kinds.get(self.variant, {"fused": True})
        return torch.optim.Adam(net.parameters(), lr=opt.rate(), betas=(opt.beta1, opt.beta2), eps=opt.eps, **kind)

    # ---- the step -----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One complete training step, like Benchmark.step."""
        for _ in range(self.made.d_steps):
            self.opt_D.zero_grad()
            loss, penalty = self.d_losses()
            (loss + penalty).backward()
            self.opt_D.step()
        if self.opt_G:
            self.opt_G.zero_grad()
            self._g_backward()
            self.opt_G.step()
        if self.made.ema:
            with torch.no_grad():
                pairs = [(a, b) for a, b in zip(self._averaged(self.ema), self._averaged(self.G), strict=True)]
                torch._foreach_lerp_([a for a, _ in pairs], [b for _, b in pairs], 1 - self.made.ema.decay)

    @staticmethod
    def _averaged(net: nn.Module) -> list[torch.Tensor]:
        return [*net.parameters(), *(b for b in net.buffers() if b.is_floating_point())]

    def _g_backward(self) -> torch.Tensor:
        """The loss of G's step, after its backward pass."""
        if self.expert:
            self.D.requires_grad_(False)
        z = self.z[1]
        f = self.run_D(with_label(self.run_G(z), z))
        r = None
        if self.made.loss.relativistic:
            with torch.set_grad_enabled(not self.expert):
                r = self.run_D(self.x)
        loss = self.g_loss(r, f)
        loss.backward()
        if self.expert:
            self.D.requires_grad_(True)
        return loss

    def d_losses(self, t: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss and the penalty of D's step.

        t (N, 1, ...): the weights of the points between real and fake.  Default: random.
        """
        z = self.z[0]
        if self.expert:
            with torch.no_grad():
                fake = self.run_G(z)
        else:
            fake = self.run_G(z).detach()
        real, value = first(self.x), torch.zeros(())
        scores, gradients = (self._joined if self.joined else self._apart)(real, fake, z)
        for penalty in self.penalties:
            where = penalty.place
            if where == "between":
                t = torch.rand(len(real), *[1] * (real.ndim - 1)) if t is None else t
                x = torch.lerp(fake, real, t).requires_grad_(True)
                gradients[where] = self._input_gradient(self.run_D(with_label(x, self.x)), x)
            value = value + self._penalty(penalty, gradients[where])
        return self.d_loss(scores["real"], scores["fake"]), value

    def _apart(self, real: torch.Tensor, fake: torch.Tensor, z: Tree) -> tuple[Tensors, Tensors]:
        """D on real, then on fake -> scores, and D's gradients where a penalty needs them."""
        scores: Tensors = {}
        gradients: Tensors = {}
        for where, images, pair in (("real", real, self.x), ("fake", fake, z)):
            shown = images.detach().requires_grad_(where in self.places)
            scores[where] = self.run_D(with_label(shown, pair))
            if where in self.places:
                gradients[where] = self._input_gradient(scores[where], shown)
        return scores, gradients

    def _joined(self, real: torch.Tensor, fake: torch.Tensor, z: Tree) -> tuple[Tensors, Tensors]:
        """The same with real and fake in one batch."""
        wanted = bool(self.places & {"real", "fake"})
        both = torch.cat([real, fake]).requires_grad_(wanted)
        s = self.run_D((both, torch.cat([self.x[1], z[1]])) if isinstance(self.x, tuple) else both)
        halves = self._input_gradient(s, both).chunk(2) if wanted else ()
        return dict(zip(("real", "fake"), s.chunk(2))), dict(zip(("real", "fake"), halves))

    @staticmethod
    def _input_gradient(scores: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(scores, x, torch.ones_like(scores), create_graph=True)[0]

    @staticmethod
    def _penalty(penalty: Any, g: torch.Tensor) -> torch.Tensor:
        match penalty:
            case R1(gamma=float() | int() as gamma):  # R2 too
                return gamma / 2 * g.square().sum() / len(g)
            case WganGp(lam=float() | int() as lam):
                return lam * (g.flatten(1).norm(dim=1) - 1).square().mean()
        raise ValueError(f"the penalty {penalty} has no PyTorch version yet")

    # ---- the numbers to verify, as in Benchmark ----------------------------------------------------------------

    def weights(self) -> dict[str, np.ndarray]:
        """The weights of the Benchmark this peer was made from."""
        return self.made.weights()

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Copy these weights into both networks."""
        self.made.load(weights)
        load(self.links_G)
        load(self.links_D)

    def answers(self) -> dict[str, np.ndarray]:
        """The same names and layouts as Benchmark.answers."""
        real = first(self.x)
        t = np.random.default_rng(3).random((len(real), *[1] * (real.ndim - 1))).astype(np.float32)
        self.D.zero_grad()
        loss, penalty = self.d_losses(torch.from_numpy(t))
        (loss + penalty).backward()
        found = {"loss D": np.array(loss.item()), "penalty": np.array(penalty.item())}
        found |= self._gradients("D", self.made.D, self.links_D)
        if self.opt_G:
            self.G.zero_grad()
            found |= {"loss G": np.array(self._g_backward().item())}
            found |= self._gradients("G", self.made.G, self.links_G)
        self.D.zero_grad()
        return found

    @staticmethod
    def _gradients(name: str, net: Sequential, links: Links) -> dict[str, np.ndarray]:
        pieces = [np.ascontiguousarray(link.back(parameter.grad.numpy())).ravel() for parameter, link in links]
        return named(name, net, np.concatenate(pieces))
