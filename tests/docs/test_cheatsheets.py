"""Every entry of the cheat sheet of losses against minigan.losses, and the sizes and shapes of the other one against the layers."""

import re
from pathlib import Path

import numpy as np
import pytest

from minigan import layers
from minigan.layers.activations import sigmoid, softplus
from minigan.losses import GAN_LOSSES
from minigan.network import Sequential

SHEETS = Path(__file__).parents[2] / "docs" / "cheatsheets"


def rows(name, heading):
    """The cells of the table under a heading, without its first two lines."""
    text = (SHEETS / f"{name}.md").read_text(encoding="utf-8").split(heading, 1)[1]
    table = re.search(r"((?:^\|.*\n)+)", text, re.MULTILINE)[1].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def formula(text, table):
    """The function that stands for a LaTeX formula; an unknown formula has no test, and fails."""
    latex = text.split("$")[1]
    assert latex in table, f"no function for {latex}"
    return table[latex]


VALUES = {  # of r and f
    r"\operatorname{softplus}(-r) + \operatorname{softplus}(f)": lambda r, f: softplus(-r) + softplus(f),
    r"-\operatorname{softplus}(f)": lambda r, f: -softplus(f),
    r"\operatorname{softplus}(-f)": lambda r, f: softplus(-f),
    r"\tfrac12 (r - 1)^2 + \tfrac12 f^2": lambda r, f: (r - 1) ** 2 / 2 + f**2 / 2,
    r"\tfrac12 (f - 1)^2": lambda r, f: (f - 1) ** 2 / 2,
    r"\max(0, 1 - r) + \max(0, 1 + f)": lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f),
    r"-f": lambda r, f: -f,
    r"f - r": lambda r, f: f - r,
    r"\operatorname{softplus}(f - r)": lambda r, f: softplus(f - r),
    r"\operatorname{softplus}(r - f)": lambda r, f: softplus(r - f),
}
GRADIENTS = {  # of r = 0 and f
    r"\sigma(f)": sigmoid,
    r"\sigma(-f)": lambda f: sigmoid(-f),
    r"1 - f": lambda f: 1 - f,
    r"f": lambda f: f,
    r"1": lambda f: 1.0,
    r"\sigma(r - f)": lambda f: sigmoid(-f),
    r"\sigma(f - r)": sigmoid,
}


def test_all_losses_are_listed_in_every_table():
    for heading in ("## The two losses", "## The best D", "## What pulls", "And D's,"):
        assert [row[0].strip("`") for row in rows("losses", heading)] == list(GAN_LOSSES)


@pytest.mark.parametrize("row", rows("losses", "## The two losses"), ids=lambda row: row[0].strip("`"))
def test_values_of_both_losses(row):
    loss, rng = GAN_LOSSES[row[0].strip("`")], np.random.default_rng(0)
    r, f = 2 * rng.standard_normal((2, 50, 1))
    assert loss.d(r, f)[0] == pytest.approx(formula(row[1], VALUES)(r, f).mean(), rel=1e-12)
    assert loss.g(r, f)[0] == pytest.approx(formula(row[2], VALUES)(r, f).mean(), rel=1e-12)
    settled = np.full((1, 1), 0.5 if loss.name == "least_squares" else 0.0)
    at_d, at_g = map(float, row[3].split(","))
    assert (loss.d(settled, settled)[0], loss.g(settled, settled)[0]) == pytest.approx((at_d, at_g), abs=5e-5)


@pytest.mark.parametrize("heading", ["## What pulls", "And D's,"])
def test_gradients_in_one_score(heading):
    for name, text, *numbers in rows("losses", heading):
        loss, function = (
            GAN_LOSSES[name.strip("`")],
            (lambda f: float(f > -1)) if "else" in text else formula(text, GRADIENTS),
        )
        for f, number in zip((-10.0, 0.0, 10.0), numbers, strict=True):
            scores = np.zeros((1, 1)), np.full((1, 1), f)
            gradient = -loss.g(*scores)[1].item() if heading == "## What pulls" else loss.d(*scores)[2].item()
            assert gradient == pytest.approx(function(f), abs=1e-12), (name, f)
            assert gradient == pytest.approx(float(number), abs=5e-5), (name, f)


# Six places; the densities are shares of a batch, so a loss of the whole batch is the loss under p and q.
P, Q = np.array([1, 2, 3, 4, 4, 6]) / 20, np.array([5, 5, 4, 3, 2, 1]) / 20
BEST = {
    r"\log (p / q)": lambda p, q: np.log(p / q),
    r"p / (p + q)": lambda p, q: p / (p + q),
    r"\operatorname{sign}(p - q)": lambda p, q: np.sign(p - q),
}


def kl(p, q):
    return np.sum(p * np.log(p / q))


def jsd(p, q):
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


DESCENDED = {  # functions of p and q, not normalised
    r"2\, \mathrm{JSD}(p, q)": lambda p, q: 2 * jsd(p, q),
    r"\mathrm{KL}(q \Vert p) - 2\, \mathrm{JSD}(p, q)": lambda p, q: kl(q, p) - 2 * jsd(p, q),
    r"-\int p\, \bigl[ \log (p + q) + \tfrac12\, p / (p + q) \bigr]": lambda p, q: (
        -np.sum(p * (np.log(p + q) + p / (p + q) / 2))
    ),
    r"\int \lvert p - q \rvert": lambda p, q: np.sum(np.abs(p - q)),
}


def batches(scores):
    """D's scores on a real and a fake batch of 400, in which each real one meets each fake one."""
    real, fake = (np.repeat(scores, np.round(20 * density).astype(int)) for density in (P, Q))
    return np.repeat(real, 20)[:, None], np.tile(fake, 20)[:, None]


@pytest.mark.parametrize("name", [name for name in GAN_LOSSES if name != "wasserstein"])
def test_no_other_score_is_better_for_d(name):
    loss, rng = GAN_LOSSES[name], np.random.default_rng(1)
    row = next(row for row in rows("losses", "## The best D") if row[0] == f"`{name}`")
    best = formula(row[1], BEST)(P, Q)
    least = loss.d(*batches(best))[0]
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(20):
            assert loss.d(*batches(best + size * rng.standard_normal(6)))[0] >= least - 1e-12


def test_a_wasserstein_d_has_no_best_score():
    values = [GAN_LOSSES["wasserstein"].d(*batches(c * (P - Q)))[0] for c in (1, 10, 100)]
    assert values[0] < 0
    assert values[2] == pytest.approx(100 * values[0])


@pytest.mark.parametrize("name", ["minimax", "non_saturating", "least_squares", "hinge"])
def test_what_g_descends_with_the_best_d(name):
    """Moving mass of q to a place costs G its loss there; the functional has this derivative, up to a constant."""
    row = next(row for row in rows("losses", "## The best D") if row[0] == f"`{name}`")
    functional, h = formula(row[2], DESCENDED), 1e-6
    derivative = np.array([(functional(P, Q + h * e) - functional(P, Q - h * e)) / (2 * h) for e in np.eye(6)])
    costs = np.array([GAN_LOSSES[name].g(None, np.full((1, 1), s))[0] for s in formula(row[1], BEST)(P, Q)])
    np.testing.assert_allclose(derivative - derivative.mean(), costs - costs.mean(), atol=1e-8)


def test_sizes_of_layers():
    rng = np.random.default_rng(2)
    for k, s, p, height in ((4, 2, 1, 8), (3, 1, 1, 7), (5, 3, 0, 11), (2, 2, 0, 6)):
        x = rng.standard_normal((1, height, height, 1))
        sizes = {
            layers.Conv2d: (height + 2 * p - k) // s + 1,
            layers.ConvTranspose2d: s * (height - 1) + k - 2 * p,
        }
        for kind, size in sizes.items():
            assert Sequential(kind(1, 1, k, stride=s, pad=p), rng=0)(x).shape[1] == size
    x = np.zeros((1, 6, 6, 1))
    for layer, size in ((layers.AvgPool2d(2), 3), (layers.MaxPool2d(3), 2), (layers.Upsample2x(), 12)):
        assert Sequential(layer, rng=0)(x).shape[1] == size


def test_shapes_of_weights():
    for layer, shape in (
        (layers.Dense(3, 5), (3, 5)),
        (layers.Conv2d(3, 5, 4), (4, 4, 3, 5)),
        (layers.ConvTranspose2d(3, 5, 4), (4, 4, 3, 5)),
    ):
        Sequential(layer, rng=0)
        assert layer.W.shape == shape


@pytest.mark.parametrize("page", ["notation", "losses", "symptoms", "shapes"])
def test_every_name_in_code_exists(page):
    """Names in CamelCase are layers, losses, optimizers or errors of the library, or PyTorch's."""
    from minigan import optim
    from minigan.layers.layer import MixedSamplesError

    known = {*dir(layers), *dir(layers.more), *dir(optim), MixedSamplesError.__name__, "BCEWithLogitsLoss"}
    text = (SHEETS / f"{page}.md").read_text(encoding="utf-8")
    named = {name for code in re.findall(r"`([^`\n]+)`", text) for name in re.findall(r"\b[A-Z][a-z]+[A-Z]?\w*", code)}
    named -= {"Linear", "BatchNorm2d", "True", "False"}  # the first two are nn.Linear and nn.BatchNorm2d
    assert named <= known
