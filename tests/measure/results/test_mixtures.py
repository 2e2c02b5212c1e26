"""The table of mixtures on tiny networks: each method runs, and each network is the one its name says."""

import numpy as np
import pytest

from minigan.layers import Pack, SpectralNorm
from minigan.measure.results import mixtures
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow

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
    weight = mixtures.weight({"gamma": 1.0, "gamma_end": 0.01, "steps": 10})
    assert [weight(t) for t in (0, 5, 10)] == pytest.approx([1.0, 0.1, 0.01])
    constant = mixtures.weight({"gamma": 0.02, "steps": 10})
    assert constant(0) == constant(7) == 0.02
    s = mixtures.METHODS["ring/best"] | TINY
    game = mixtures.built(s, np.random.default_rng(0))
    assert [type(penalty).__name__ for penalty in game.penalties] == ["R1", "R2"]
    assert game.penalties[0].at_step(0).gamma == 0.1
    assert game.penalties[0].at_step(s["steps"]).gamma == pytest.approx(0.0001)
    assert (
        mixtures.built(mixtures.METHODS["ring/wasserstein + WGAN-GP"], np.random.default_rng(0))
        .penalties[0]
        .at_step(3)
        .lam
        == 10
    )


def test_the_prior_is_normal_or_uniform_in_a_square():
    rng = np.random.default_rng(0)
    z = mixtures.built(mixtures.METHODS["ring/best"] | TINY, rng).noise(4000, rng)
    assert (z.shape, z.dtype) == ((4000, 2), np.float32)
    assert 2.9 < np.abs(z).max() <= 3
    z = mixtures.built(mixtures.METHODS["ring/hinge + R1"] | TINY, rng).noise(4000, rng)
    assert z.dtype == np.float32
    assert z.std() == pytest.approx(1, rel=0.05)
