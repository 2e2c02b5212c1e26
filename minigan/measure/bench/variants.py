"""The contestants on PyTorch's side: as most people write it, and as an expert would.

A comparison is fair if the other side is as fast as someone who knows it well can make it, without changing what is computed:

    usual          channels first, torch.optim.Adam as it comes, fake.detach(), D's gradient computed in G's step and thrown away
    foreach        Adam over lists of tensors, D frozen while G learns, no graph of G in D's step
    fused          the same with the fused Adam
    channels_last  fused, images channel-last in memory
    joined         the last with real and fake through D in one batch, where no sample or penalty would notice
    compile        the last with torch.compile for the networks that are not differentiated twice
"""

import numpy as np

from minigan.measure.bench.models import Benchmark
from minigan.penalties import place

USUAL = "usual"


def variants(benchmark: Benchmark, quick: bool = False) -> list[str]:
    """The variants that make sense for this model; quick: the usual one and an expert's that needs no compiling."""
    names = [USUAL, "foreach", "fused"]
    names += ["channels_last"] if convolutional(benchmark) else []
    if quick:
        return [USUAL, names[-1]]
    return [*names, *(["joined"] if joins(benchmark) else []), "compile"]


def convolutional(benchmark: Benchmark) -> bool:
    x = benchmark.x[0] if isinstance(benchmark.x, tuple) else benchmark.x
    return np.ndim(x) == 4 and any("Conv" in type(layer).__name__ for top in benchmark.D.layers for layer in top.walk())


def joins(benchmark: Benchmark) -> bool:
    """May D see real and fake in one batch?  Not with BatchNorm; not where only one of them has a penalty: wasted work."""
    places = {place(penalty) for penalty in benchmark.penalties}
    return not benchmark.D.mixes and places in (set(), {"between"}, {"real", "fake"})
