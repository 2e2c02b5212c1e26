"""The table of mixtures on tiny networks: each method runs, and each network is the one its name says."""

import numpy as np
import pytest

from minigan.layers import Pack, SpectralNorm
from minigan.measure.results import mixtures
from minigan.measure.results.table import Cell

TINY = {"width": 8, "depth": 2, "batch": 8, "steps": 4}


@pytest.mark.parametrize("method", [name for name in mixtures.METHODS if name.startswith("ring/")])
def test_each_method_runs(method):
    cell = Cell(method, 0, mixtures.METHODS[method] | TINY)
    figures = mixtures.run_cell(cell, quick=True)
    assert figures == mixtures.run_cell(cell, quick=True)  # the seed determines everything
    assert 0 <= figures["modes"] <= 8
    assert 0 <= figures["high_quality"] <= 100
    assert figures["reverse_kl"] >= 0
    assert figures["high_quality"] != mixtures.run_cell(Cell(method, 1, cell.settings), quick=True)["reverse_kl"]


def test_networks_follow_the_cure():
    rng = np.random.default_rng(0)
    base = mixtures.BASE | {"width": 8}
    assert not any(
        isinstance(layer, Pack | SpectralNorm) for net in mixtures.networks(base, rng) for layer in net.layers
    )
    G, D = mixtures.networks(base | {"pack": 4}, rng)
    assert D(np.zeros((8, 2), np.float32)).shape == (2, 1)
    G, D = mixtures.networks(base | {"spectral": True}, rng)
    assert sum(isinstance(layer, SpectralNorm) for layer in D.layers) == 4
    assert not any(isinstance(layer, SpectralNorm) for layer in G.layers)


def test_the_weight_of_a_penalty_falls_from_gamma_to_gamma_end():
    seen = []

    def penalty(g, gamma):
        seen.append(gamma)

    penalty.at = "fake"
    weight = mixtures.Weight({"gamma": 1.0, "gamma_end": 0.01, "steps": 10})
    weighed = weight.weigh(penalty)
    assert weighed.at == "fake"
    for weight.t in (0, 5, 10):
        weighed(None)
    assert seen == pytest.approx([1.0, 0.1, 0.01])
