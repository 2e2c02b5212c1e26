"""The equation shown next to each number is the right one."""

import pytest

from minigan import layers, losses, optim, penalties
from minigan.layers import Layer
from minigan.teach.formulas.book import equations
from minigan.teach.tracing.formulas import BOOK, formula, loss_formula, opening, optimizer_formula, penalty_formula

from .pairs import network

pytestmark = pytest.mark.slow


def text(name):
    return equations()[name].text


def test_every_class_has_equations_in_the_book():
    parts = {name.rpartition(".")[0] for name in equations()} | set(equations())
    assert {title for title in BOOK.values() if title and title not in parts} == set()
    for name in BOOK:
        found = [
            hasattr(module, name)
            for module in (layers, losses, penalties, optim, layers.linear, layers.activations, layers.norm)
        ]
        assert any(found) or name == "Layer", name


@pytest.mark.parametrize(
    ("layer", "verb", "name", "equation"),
    [
        (layers.Dense(2, 3), "forward", "y", "dense.forward"),
        (layers.Dense(2, 3), "learn", "dx", "dense.dx"),
        (layers.Dense(2, 3), "learn", "dW", "dense.dW"),
        (layers.Dense(2, 3), "learn", "db", "linear.db"),
        (layers.Conv2d(2, 3, 3), "tangent", "w", "linear.tangent"),
        (layers.LayerNorm(3), "forward", "y", "norm.affine"),
        (layers.LayerNorm(3), "learn", "dgamma", "norm.dgamma"),
        (layers.BatchNorm(3), "learn", "dx", "batchnorm.dx"),
        (layers.ReLU(), "backward", "dx", "leaky_relu.dx"),
        (layers.SelfAttention(8), "accumulate", "dWk", "attention.dW"),
        (layers.LabelScore(3, 2), "accumulate", "db", "label_score.dW"),
        (layers.SpectralNorm(layers.Dense(2, 3)), "learn", "dtheta", "spectral.dW"),
    ],
)
def test_layers(layer, verb, name, equation):
    assert formula(layer, verb, name) == text(equation)


def test_an_activation_shows_its_derivative_too():
    assert formula(layers.Tanh(), "backward", "dx") == "dx = f'(x) dy,  f' = 1 - y²"
    assert formula(layers.Flatten(), "backward", "dx") == "dx = J' dy"  # no equation of its own, so that of any layer
    assert formula(layers.Residual(layers.Tanh()), "learn", "dtheta") == "dtheta += ∂/∂theta [dy' y]"
    assert formula(layers.Dense(2, 3), "backward_tangent", "dW") == "dW += ∂/∂W [dw' J v + dx' y]"
    assert formula(layers.Dense(2, 3), "backward_tangent", "dw") == "dw = J' dw"


def test_losses_penalties_optimizers():
    assert loss_formula(losses.non_saturating, "d") == text("loss.minimax.d")  # D's loss is that of minimax
    assert loss_formula(losses.hinge, "g", gradients=True) == text("loss.hinge.g.gradients")
    assert penalty_formula(penalties.r1) == text("penalty.r1")
    assert penalty_formula(penalties.wgan_gp, "v") == text("penalty.wgan_gp.v")
    assert penalty_formula(penalties.Dragan(lam=2.0)) == text("penalty.dragan")
    assert penalty_formula(penalties.dragan, "v") == text("penalty.wgan_gp.v")  # its base class
    net = network(layers.Dense(2, 1))
    assert optimizer_formula(optim.Adam(net)).startswith("m ← β1 m")
    assert optimizer_formula(optim.SGD(net)) == ",  ".join(line.strip() for line in text("sgd").splitlines())


def test_layers_and_penalties_of_the_users_own():
    class Mine(Layer):
        """y = x + 1.     A source.

        More.
        """

    class Silent(Layer):
        pass

    def own(g):
        "mean g"

    class Steep(penalties.Penalty):
        """|g|"""

    assert formula(Mine(), "forward", "y") == opening(Mine()) == "y = x + 1."
    assert formula(Silent(), "forward", "y") == "y = f(x)"
    assert penalty_formula(penalties.Custom(own)) == "mean g"
    assert penalty_formula(Steep()) == "|g|"
    assert penalty_formula(Steep(), "v") == ""
