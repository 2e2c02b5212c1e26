"""Each bug of the museum shows in the row of its layer, and in no other row."""

import copy

import numpy as np
import pytest
from museum import EXHIBITS, Patch

import minigan
from minigan.layers import (
    AvgPool2d,
    BatchNorm,
    Beside,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Join,
    LabelScore,
    LayerNorm,
    LeakyReLU,
    MinibatchStd,
    Parallel,
    PixelNorm,
    ReLU,
    Reshape,
    Residual,
    SelfAttention,
    Sigmoid,
    SiLU,
    Softplus,
    SpectralNorm,
    Take,
    Tanh,
    Upsample2x,
)
from minigan.layers.tree import first
from minigan.losses import hinge
from minigan.measure.certify.samples import SAMPLES, Times
from minigan.network import Sequential
from minigan.penalties import r1

from .pairs import network, random

pytestmark = pytest.mark.slow

IMAGE = (3, 4, 6, 2)
PLANTED = [  # exhibit, the layers, the shape of x, with R1 or not, the row that shows it, the quantity
    ("gradient_assigned", [Dense(4, 3)], (5, 4), False, "Dense(4, 3)", "dW"),
    ("padding_off_by_one", [Conv2d(2, 3, 3, pad=1)], IMAGE, False, "Conv2d(2, 3, 3, pad=1)", "dx"),
    ("stride_forgotten_on_the_way_back", [Conv2d(2, 3, 4, 2, 1)], IMAGE, False, "Conv2d(2, 3, 4, stride=2, pad=1)", "dx"),
    ("transposed_convolution_flips", [ConvTranspose2d(2, 3, 3)], IMAGE, False, "ConvTranspose2d(2, 3, 3)", "dx"),
    ("upsampling_averages", [Upsample2x()], IMAGE, False, "Upsample2x()", "dx"),
    ("average_pool_keeps_all", [AvgPool2d(2)], IMAGE, False, "AvgPool2d(2)", "dx"),
    ("reshape_in_fortran_order", [Reshape(3, 4)], (4, 12), False, "Reshape(3, 4)", "dx"),
    ("residual_forgets_the_skip", [Residual(Dense(3, 4), Tanh(), Dense(4, 3))], (4, 3), False, "Copy", "dx"),
    ("dropout_redraws_its_mask", [Dropout(0.5)], (4, 6), False, "Dropout(0.5)", "dx"),
    ("softmax_without_its_row_sum", [SelfAttention(2)], IMAGE, False, "SelfAttention(2)", "dx"),
    ("attention_confuses_keys_and_queries", [SelfAttention(2)], IMAGE, False, "SelfAttention(2)", "dWq"),
    ("spectral_norm_holds_sigma_still", [SpectralNorm(Dense(4, 3))], (4, 4), False, "SpectralNorm(Dense(4, 3))", "dtheta"),
    ("minibatch_std_tells_nobody", [MinibatchStd()], (4, 3), False, "MinibatchStd()", "dx"),
    ("leak_on_the_wrong_side", [LeakyReLU()], (4, 5), False, "LeakyReLU(0.2)", "dx"),
    ("relu_in_place", [Residual(Dense(3, 3), LeakyReLU())], (4, 3), False, "Residual", "dx"),
    ("sigmoid_of_sigmoid", [Sigmoid()], (4, 5), False, "Sigmoid()", "dx"),
    ("tanh_of_tanh", [Tanh()], (4, 5), False, "Tanh()", "dx"),
    ("gate_held_still", [SiLU()], (4, 5), False, "SiLU()", "dx"),
    ("cache_hidden_in_the_layer", [Softplus()], (4, 5), False, "Softplus()", "dx"),
    ("batch_statistics_held_still", [BatchNorm(3)], (5, 3), False, "BatchNorm(3)", "dx"),
    ("gamma_learns_like_beta", [LayerNorm(3)], (5, 3), False, "LayerNorm(3)", "dgamma"),
    ("pixel_norm_centres_its_slope", [PixelNorm()], (5, 3), False, "PixelNorm()", "dx"),
    ("curvature_of_tanh_dropped", [Dense(3, 4), Tanh()], (4, 3), True, "Tanh()", "dx"),
    ("softplus_bent_by_its_slope", [Dense(3, 4), Softplus()], (4, 3), True, "Softplus()", "dx"),
    ("curvature_of_layer_norm_dropped", [Dense(3, 4), LayerNorm(4)], (4, 3), True, "LayerNorm(4)", "dx"),
    ("curvature_of_layer_norm_half_done", [Dense(3, 4), LayerNorm(4)], (4, 3), True, "LayerNorm(4)", "dx"),
    ("primal_stream_teaches_nobody", [Dense(3, 4), Residual(Dense(4, 4), SiLU()), SiLU()], (4, 3), True, "Dense(4, 4)", "dW"),
    ("bias_moves_along", [Dense(3, 2), SiLU()], (4, 3), True, "Dense(3, 2)", "w"),
    ("bias_learns_from_the_penalty", [Conv2d(2, 2, 3)], IMAGE, True, "Conv2d(2, 2, 3)", "db"),
]  # fmt: skip


def pair(layers, shape):
    """D: these layers, then a score; G: a network whose outputs D can take."""
    y = network(*copy.deepcopy(layers)).forward(random(*shape))[0]
    G = network(Dense(3, int(np.prod(shape[1:]))), Reshape(*shape[1:]))
    return G, network(*copy.deepcopy(layers), Flatten(), SiLU(), Dense(y[0].size, 1))


@pytest.mark.parametrize(
    ("name", "layers", "shape", "penalised", "row", "quantity"), PLANTED, ids=[p[0] for p in PLANTED]
)
def test_a_planted_bug_shows_in_the_row_of_its_layer(name, layers, shape, penalised, row, quantity, monkeypatch):
    def failed():
        G, D = pair(layers, shape)
        z = random(shape[0], 3, seed=4)
        return minigan.trace(G, D, random(*shape), z, penalties=[r1] * penalised).failed

    assert failed() == []
    (exhibit,) = [exhibit for exhibit in EXHIBITS if exhibit.name == name]
    exhibit.bug(Patch(monkeypatch))
    found = failed()
    seen = {(name, q.name) for _, r, q in found for name in (r.layer, r.layer.split("(")[0])}
    assert (row, quantity) in seen
    kinds = {r.layer.split("(")[0] for _, r, _ in found}
    if "primal" not in name:  # this bug is in Layer, so other layers show it too
        assert kinds - {"Residual", "Parallel"} == {row.split("(")[0]} - {"Residual"}  # these two hold a wrong layer
    assert max(q.check.error for _, _, q in found) > 1e-3  # far beyond any tolerance


# Take(1) alone hides from D what G has drawn, so it makes no game; with more numbers, Take is in the list
SEEING = [sample for sample in SAMPLES if not isinstance(sample.layer, Take) or 0 in sample.layer.which]


def game(sample, dtype):
    """D: the sample's layer, then a score; G: a network whose outputs D can take.  -> G, D, x, z"""
    x, y = sample.x(), sample.network().forward(sample.x())[0]
    parts, size = (x if isinstance(x, tuple) else (x,)), int(np.prod(first(y).shape[1:]))
    z = random(len(parts[0]), 3, seed=4)
    if parts[0].dtype.kind != "f":  # labels alone are an input of G
        return (
            Sequential(copy.deepcopy(sample.layer), rng=0, dtype=dtype),
            Sequential(Dense(size, 1), rng=0, dtype=dtype),
            y,
            x,
        )
    if isinstance(y, tuple) and y[1].dtype.kind != "f":
        head = [Beside(Flatten()), LabelScore(size, 5)]
    elif isinstance(y, tuple):
        head = [Parallel(*[[flat(part)] for part in y]), Join(), Dense(sum(part[0].size for part in y), 1)]
    else:
        head = [Flatten(), Dense(size, 4), Tanh(), Dense(4, 1)]
    entry, width = [], 3
    if isinstance(x, tuple):
        z, moves = (z, *x[1:]), [part.dtype.kind == "f" for part in x[1:]]
        entry = [
            Parallel([], *[[flat(part)] if float_ else [Embedding(5, 2)] for part, float_ in zip(x[1:], moves)]),
            Join(),
        ]
        width += sum(part[0].size if float_ else 2 for part, float_ in zip(x[1:], moves))
    ends = [Sigmoid()] if isinstance(sample.inputs[0], Times) else []  # G draws times
    G = Sequential(*entry, Dense(width, first(x)[0].size), *ends, Reshape(*first(x).shape[1:]), rng=0, dtype=dtype)
    return G, Sequential(copy.deepcopy(sample.layer), *head, rng=0, dtype=dtype), x, z


def flat(part):
    """A layer that makes vectors of this input: (N, ...) or (N,) -> (N, size)"""
    return Reshape(1) if part.ndim == 1 else Flatten()


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("sample", SEEING, ids=lambda sample: sample.name)
def test_no_layer_of_the_library_fails(sample, dtype):
    """Every layer in every configuration of the certificate, in D, under R1 unless its samples mix."""
    G, D, x, z = game(sample, dtype)
    refuses = D.mixes or (isinstance(x, tuple) and x[1].dtype.kind == "f")  # a penalty moves the image and nothing else
    found = minigan.trace(G, D, x, z, penalties=[] if refuses else [r1])
    assert found.failed == []
    verbs = {row.verb for _, row, _ in found.checked if row.layer == repr(sample.layer)}
    assert verbs
    assert "tangent" in verbs or refuses or isinstance(sample.layer, Embedding)  # which is in G


def test_zeros_of_one_relu_are_kinks_of_the_next():
    """After a ReLU half of x is 0, where another ReLU has no derivative.  The rest is checked, inside a composite layer too."""
    D = network(Dense(3, 8), ReLU(), Residual(ReLU(), Dense(8, 8)), Dense(8, 1))
    found = minigan.trace(network(Dense(2, 3)), D, random(6, 3), random(6, 2))
    assert found.failed == []
    rows = found["D(fake): backward to its input"].rows
    assert rows[1].layer == "Residual(ReLU(), Dense(8, 8))"
    assert [row["dx"].check is not None for row in (rows[1], *rows[1].rows)] == [True] * 4


def test_no_check_where_no_gradient_arrives():
    """Where the hinge loss is zero, so are D's gradients, and a check of 0 against 0 would prove nothing."""
    G, D = pair([Dense(3, 4)], (4, 3))
    D.layers[-1].b[...] = 9
    found = minigan.trace(G, D, random(4, 3), random(4, 3), loss=hinge)
    assert [row["dW"].check for row in found["D(real): backward"].rows if row.layer.startswith("Dense")] == [None, None]
    assert all(row["dW"].check.ok for row in found["D(fake): backward"].rows if row.layer.startswith("Dense"))
