"""Seconds to the same quality: the default of `minigan train`, in minigan and in PyTorch, on the same cores.

    pip install -e '.[bench]'
    python docs/results/pytorch.py --seeds 2          train both sides in turn (ten minutes a seed), append to pytorch.csv, draw pytorch.png
    python docs/results/pytorch.py --draw             only draw, and print the seconds to each quality

The PyTorch side is the same recipe, written for speed: channels_last, fused Adam, D frozen in G's step, one backward pass for loss
and penalty; `minigan bench` found this the fastest of six variants.  Each side runs in its own process, so their thread pools
cannot interfere, and they take turns of 250 steps, so a slow phase of the machine affects both.  Evaluation is not timed: the
Frechet distance between the DigitNet features of 2,000 samples and of 2,000 digits, computed by the same code on both sides.
"""

import argparse
import copy
import csv
import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from minigan.kernels import get_threads
from minigan.running.build import build
from minigan.running.files import atomic_file, atomic_write
from minigan.zoo import gan

HERE = Path(__file__).parent
FILE = HERE / "pytorch.csv"
EVERY = 250  # steps between two evaluations
SIDES = ("minigan", "torch")
LEVELS = (5, 2, 1, 0.7)  # Frechet distances to be reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=gan.Options().steps)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # the side that a child process runs
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run(options.side, gan.Options(steps=options.steps, seed=options.seed))
    else:
        raced = {row["seed"] for row in read()}
        for seed in () if options.draw else range(options.seeds):
            if str(seed) not in raced:
                race(seed, options.steps)
        draw()


def race(seed: int, steps: int) -> None:
    """Run both sides in turns.  The rows of a seed are saved at its end, so pytorch.csv holds complete seeds only."""
    order = [sys.executable, __file__, "--seed", str(seed), "--steps", str(steps)]
    runners = [
        subprocess.Popen([*order, "--side", side], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for side in SIDES
    ]
    rows = []
    for turn in range(steps // EVERY):
        for runner in runners[:: 1 if turn % 2 == 0 else -1]:
            time.sleep(0.2)  # wait until the threads of the other side are idle
            runner.stdin.write("go\n")
            runner.stdin.flush()
            rows.append(runner.stdout.readline())
            if not rows[-1]:
                raise RuntimeError(f"a side has stopped in turn {turn} of seed {seed}: see its message above")
    for runner in runners:
        runner.communicate()  # no more turns: the process ends
    before = FILE.read_text(encoding="utf-8") if FILE.exists() else "side,seed,step,seconds,frechet\n"
    atomic_write(FILE, before + "".join(rows))


def run(side: str, config: gan.Options) -> None:
    trainer = build(gan, config)
    measure = trainer.evaluate.measure
    rng = np.random.default_rng([config.seed, 7])
    labels = rng.choice(trainer.source.y, 2000)
    z = rng.standard_normal((2000, config.latent)).astype(np.float32)
    step, sample = {"minigan": minigan_side, "torch": torch_side}[side](trainer, config)
    for _ in range(3):
        step()  # compile, and fill the caches; these steps count for both sides
    seconds, done = 0.0, 3
    for _ in sys.stdin:  # one line for each turn
        todo = EVERY - done % EVERY
        start = time.perf_counter()
        for _ in range(todo):
            step()
        seconds += time.perf_counter() - start
        done += todo
        frechet = measure(sample(z, labels))["frechet_digitnet"]
        print(f"{side},{config.seed},{done},{seconds:.3f},{frechet:.4f}", flush=True)


def minigan_side(trainer, config):
    return trainer.step, lambda z, labels: trainer.game.generate((z, labels))


def torch_side(trainer, config):
    import torch
    from torch import nn
    from torch.nn.functional import softplus

    torch.manual_seed(config.seed)
    torch.set_num_threads(get_threads())
    last = torch.channels_last
    w, latent, classes = config.width, config.latent, 10

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(classes, 16)
            self.entry = nn.Linear(latent + 16, 16 * 4 * w)
            layers = [nn.BatchNorm2d(4 * w), nn.ReLU()]
            for n, m in ((4 * w, 2 * w), (2 * w, w)):
                layers += [nn.Upsample(scale_factor=2), nn.Conv2d(n, m, 3, 1, 1), nn.BatchNorm2d(m), nn.ReLU()]
            self.body = nn.Sequential(*layers, nn.Upsample(scale_factor=2), nn.Conv2d(w, 1, 3, 1, 1), nn.Tanh())

        def forward(self, z, label):
            h = self.entry(torch.cat([z, self.embedding(label)], 1))
            return self.body(h.view(-1, 4 * w, 4, 4).contiguous(memory_format=last))

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            layers = []
            for n, m in ((1, w), (w, 2 * w), (2 * w, 4 * w)):
                layers += [nn.Conv2d(n, m, 4, 2, 1), nn.LeakyReLU(0.2)]
            self.body, self.score = nn.Sequential(*layers, nn.Flatten()), nn.Linear(16 * 4 * w, classes)

        def forward(self, x, label):
            return self.score(self.body(x)).gather(1, label[:, None])

    G, D = Generator().to(memory_format=last), Discriminator().to(memory_format=last)
    for module in (*G.modules(), *D.modules()):  # He, as in minigan
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    nn.init.normal_(D.score.weight, std=1 / math.sqrt(16 * 4 * w))
    average = copy.deepcopy(G)
    opt_G, opt_D = (
        torch.optim.Adam(net.parameters(), config.lr, (config.beta1, config.beta2), fused=True) for net in (G, D)
    )
    courses = [torch.optim.lr_scheduler.CosineAnnealingLR(opt, config.steps) for opt in (opt_G, opt_D)]
    pairs = [[*net.parameters(), *(b for b in net.buffers() if b.is_floating_point())] for net in (average, G)]
    count = 0

    def step():
        nonlocal count
        index = trainer.source.indices(config.batch)
        x = torch.from_numpy(trainer.source.x[index]).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        x = x.contiguous(memory_format=last).requires_grad_(True)
        y = torch.from_numpy(trainer.source.y[index])
        with torch.no_grad():
            fake = G(torch.randn(len(x), latent), y)
        r, f = D(x, y), D(fake, y)
        (g,) = torch.autograd.grad(r.sum(), x, create_graph=True)
        penalty = config.gamma / 2 * g.square().sum() / len(x)
        opt_D.zero_grad()
        (softplus(-r).mean() + softplus(f).mean() + penalty).backward()
        opt_D.step()
        D.requires_grad_(False)
        opt_G.zero_grad()
        softplus(-D(G(torch.randn(len(x), latent), y), y)).mean().backward()
        opt_G.step()
        D.requires_grad_(True)
        for course in courses:
            course.step()
        count += 1
        decay = min(config.ema, count / (count + 10))
        with torch.no_grad():
            torch._foreach_lerp_(*pairs, 1 - decay)

    def sample(z, labels):
        average.eval()
        with torch.no_grad():
            parts = zip(torch.from_numpy(z).split(250), torch.from_numpy(labels).split(250), strict=True)
            return np.concatenate([average(*part).permute(0, 2, 3, 1).numpy() for part in parts])

    return step, sample


def read() -> list[dict[str, str]]:
    return list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())) if FILE.exists() else []


def curve(rows: list[dict], side: str, seed: str) -> tuple[np.ndarray, np.ndarray]:
    """-> seconds, Frechet distances of one run."""
    mine = [row for row in rows if (row["side"], row["seed"]) == (side, seed)]
    return tuple(np.array([float(row[name]) for row in mine]) for name in ("seconds", "frechet"))


def seconds_to(rows: list[dict], side: str, level: float) -> float:
    """Seconds until the distance is first at or below `level`, as a mean over the seeds; inf if a seed never gets there."""
    reached = []
    for seed in sorted({row["seed"] for row in rows}):
        seconds, frechet = curve(rows, side, seed)
        at = np.flatnonzero(frechet <= level)
        reached.append(float(seconds[at[0]]) if at.size else math.inf)
    return float(np.mean(reached))


def table(rows: list[dict]) -> str:
    """The seconds to each level, as Markdown."""
    lines = ["| Frechet distance (DigitNet) | minigan, s | PyTorch, s | ratio |", "|---:|---:|---:|---:|"]
    for level in LEVELS:
        ours, theirs = (seconds_to(rows, side, level) for side in SIDES)
        ratio = f"{theirs / ours:.2f}" if math.isfinite(ours + theirs) else "-"
        lines.append(f"| {level} | {ours:.0f} | {theirs:.0f} | {ratio} |")
    return "\n".join(lines) + "\n"


def draw() -> None:
    from matplotlib.figure import Figure

    rows = read()
    print(table(rows))
    figure = Figure(figsize=(7.5, 4.6), dpi=120, layout="constrained")
    axes = figure.subplots()
    looks = {"minigan": ("minigan", "-", "o", "#1f4e9c"), "torch": ("PyTorch", "--", "s", "#d1600a")}
    for side, (name, line, marker, colour) in looks.items():
        for k, seed in enumerate(sorted({row["seed"] for row in rows})):
            label = name if k == 0 else None
            axes.plot(*curve(rows, side, seed), line, marker=marker, markersize=4, color=colour, label=label)
    axes.set(xlabel="seconds of training", ylabel="Frechet distance (DigitNet, 2,000 samples)", yscale="log")
    axes.set_title("The same recipe in minigan and in PyTorch, to the same quality", loc="left", fontsize=11)
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False)
    with atomic_file(HERE / "pytorch.png") as file:
        figure.savefig(file)


if __name__ == "__main__":
    main()
