"""The PyTorch contestants: the step as most people write it, and as an expert would.

The comparison is fair only if an expert could not make the PyTorch side faster without changing what it computes:

    usual          channels first, torch.optim.Adam with its defaults, fake.detach(); G's step computes D's gradient and discards it
    foreach        Adam over lists of tensors, D frozen during G's step, no graph of G in D's step
    fused          the same with the fused Adam
    channels_last  fused, with images channel-last in memory
    joined         the previous one, with real and fake through D in one batch, if that computes the same
    compile        the previous one, with torch.compile for the networks that are not differentiated twice
"""

from minigan.layers.tree import first
from minigan.measure.bench.models import Benchmark
from minigan.penalties import as_penalties

USUAL = "usual"


def variants(benchmark: Benchmark, quick: bool = False) -> list[str]:
    """The variants that make sense for this model; quick: the usual one, and the best expert's that needs no compilation."""
    names = [USUAL, "foreach", "fused"]
    names += ["channels_last"] if convolutional(benchmark) else []
    if quick:
        return [USUAL, names[-1]]
    return [*names, *(["joined"] if joins(benchmark) else []), "compile"]


def convolutional(benchmark: Benchmark) -> bool:
    """Does D see images and have convolutions?"""
    return first(benchmark.x).ndim == 4 and any(
        "Conv" in type(layer).__name__ for top in benchmark.D.layers for layer in top.walk()
    )


def joins(benchmark: Benchmark) -> bool:
    """Can D process real and fake in one batch?  Not with BatchNorm; and if only one of them has a penalty, it would be wasted work."""
    places = {penalty.place for penalty in as_penalties(benchmark.penalties)}
    return not benchmark.D.mixes and places in (set(), {"between"}, {"real", "fake"})
