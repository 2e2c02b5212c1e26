"""VGG-16 in use, at 224 x 224: its features, and the gradient of a loss of conv5_3 in the image, with frozen weights.

A perceptual loss, a projected discriminator and an inversion do nothing else. PyTorch gets what an expert would give it: no graph for the
features alone (inference mode), no gradient in any weight, ReLUs in place, both memory layouts. Before anything is timed both
sides compute features and gradient of a smaller image in float64; these must agree (in float32 a ReLU near 0 may differ).
"""

import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from minigan.measure.bench.machine import has_torch
from minigan.measure.bench.timing import Worker, ratio, rotate, summary
from minigan.models.vgg import VGG, vgg

STAGE, SIDE, SMALL = "conv5_3", 224, 64  # SMALL: the image that both sides must agree on
BATCHES, PASSES = (1, 8), ("forward", "gradient")
VARIANTS = ("channels first", "channels_last")
BOUND = 1e-9


class Features:
    """One contestant: step() is a forward pass to conv5_3, or that and the gradient in the image."""

    def __init__(self, spec: dict[str, Any]):
        self.net, self.gradient = vgg(16, rng=0), spec["pass"] == "gradient"
        self.x = image(spec["batch"], SIDE)

    def step(self) -> None:
        """Compute once."""
        self.compute(self.net, self.x, self.gradient)

    @staticmethod
    def compute(net: VGG, x: np.ndarray, gradient: bool = True) -> dict[str, np.ndarray]:
        """The features y, and with `gradient` dx of the loss sum y."""
        if not gradient:
            return {"y": net.stages(x, [STAGE])[STAGE]}
        found, caches = net.forward(x, [STAGE])
        dx = net.backward({STAGE: np.ones_like(found[STAGE])}, caches)
        assert dx is not None
        return {"y": found[STAGE], "dx": dx}

    def answers(self) -> dict[str, np.ndarray]:
        """Features and gradient of a small image, in float64."""
        return self.compute(VGG(self.net.features.astype(np.float64), self.net.places), image(1, SMALL))


class TorchFeatures:
    """The same in PyTorch, with the same weights."""

    def __init__(self, spec: dict[str, Any]):
        import torch
        from torch import nn

        torch.set_num_threads(spec["threads"])
        ours, layers = vgg(16, rng=0), []
        for name in list(ours.places)[:-1]:  # up to conv5_3
            if name.startswith("pool"):
                layers.append(nn.MaxPool2d(2))
                continue
            layer = ours.layers()[name]
            conv = nn.Conv2d(layer.c_in, layer.c_out, 3, padding=1)
            conv.weight.data = torch.from_numpy(np.ascontiguousarray(layer.W.transpose(3, 2, 0, 1)))
            conv.bias.data = torch.from_numpy(layer.b.copy())
            layers += [conv, nn.ReLU(inplace=True)]
        self.torch, self.normalize, self.gradient = torch, ours.features.layers[0], spec["pass"] == "gradient"
        self.last = spec["variant"] == "channels_last"
        self.net = nn.Sequential(*layers).requires_grad_(False)
        if self.last:
            self.net = self.net.to(memory_format=torch.channels_last)
        mean, std = (torch.tensor(a, dtype=torch.float64) for a in (self.normalize.mean, self.normalize.std))
        self.mean, self.std = mean[:, None, None], std[:, None, None]
        self.x = self._tensor(image(spec["batch"], SIDE))

    def _tensor(self, x: np.ndarray) -> Any:
        kind = self.torch.channels_last if self.last else self.torch.contiguous_format
        return self.torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=kind)

    def step(self) -> None:
        """Compute once."""
        self.compute(self.x, self.gradient)

    def compute(self, x: Any, gradient: bool = True) -> tuple[Any, Any]:
        """The features, and with `gradient` dx."""
        torch = self.torch
        with torch.inference_mode() if not gradient else torch.enable_grad():
            x = x.detach().requires_grad_(gradient) if gradient else x
            y = self.net(((x + 1) / 2 - self.mean.to(x.dtype)) / self.std.to(x.dtype))
            return y, torch.autograd.grad(y.sum(), x)[0] if gradient else None

    def answers(self) -> dict[str, np.ndarray]:
        """As Features.answers."""
        self.net.double()
        found = self.compute(self._tensor(image(1, SMALL).astype(np.float64)))
        self.net.float()
        y, dx = (np.ascontiguousarray(a.detach().permute(0, 2, 3, 1).numpy()) for a in found)
        return {"y": y, "dx": dx}


def image(batch: int, side: int) -> np.ndarray:
    """Random images, float32 in [-1, 1]."""
    return np.random.default_rng(1).uniform(-1, 1, (batch, side, side, 3)).astype(np.float32)


def measure(threads: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """A row for each batch and pass: median ms of each contestant, the ratio of the best PyTorch to ours, megabytes.

    Raises ArithmeticError if two contestants disagree.
    """
    return [_row(batch, kind, threads, rounds, seconds) for batch in BATCHES for kind in PASSES]


def _row(batch: int, kind: str, threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    spec: dict[str, Any] = {"features": True, "batch": batch, "pass": kind}
    with ExitStack() as stack:
        workers = {"minigan": stack.enter_context(closing(Worker("minigan", threads, **spec)))}
        for variant in VARIANTS if has_torch() else ():
            workers[variant] = stack.enter_context(closing(Worker("torch", threads, variant=variant, **spec)))
        _verify(workers)
        for worker in workers.values():
            worker.ask("warm")
        found = rotate(workers, rounds, seconds)
        memory = {name: worker.ask("memory")["megabytes"] for name, worker in workers.items()}
    times = {name: dict(summary(column)) for name, column in found.ms.items()}
    ratios = {name: dict(r) for name in workers if name != "minigan" and (r := ratio(found, name, "minigan"))}
    best = min(ratios, key=lambda name: ratios[name]["median"], default=None)
    return {"batch": batch, "pass": kind, "ms": times, "ratios": ratios, "best": best, "megabytes": memory,
            "crowded": found.crowded}  # fmt: skip


def _verify(workers: dict[str, Worker]) -> None:
    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for i, (name, worker) in enumerate(workers.items()):
            file = str(Path(folder) / f"{i}.safetensors")
            worker.ask("feature_answers", file=file)
            found[name] = {key: a.copy() for key, a in load_file(file).items()}
    for name, theirs in found.items():
        for key, a in found["minigan"].items():
            if not np.abs(theirs[key] - a).max() <= BOUND * np.abs(a).max():
                raise ArithmeticError(f"VGG-16: {key} of {name} differs by {np.abs(theirs[key] - a).max():.1e}")


HEAD = ("VGG-16, 224 x 224", "batch", "ms", "channels first, ms", "channels_last, ms", "best : ours", "MB, ours : best")


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """One row of the printed table."""
    ms = [f"{row['ms'][name]['median']:.0f}" if name in row["ms"] else "-" for name in ("minigan", *VARIANTS)]
    best = row["best"]
    r = row["ratios"][best] if best else None
    memory = f"{row['megabytes']['minigan']:.0f}" + (f" : {row['megabytes'][best]:.0f}" if best else "")
    title = ("features" if row["pass"] == "forward" else "features and gradient") + " *" * row["crowded"]
    return (
        title,
        str(row["batch"]),
        *ms,
        f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})" if r else "-",
        memory,
    )
