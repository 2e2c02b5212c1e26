"""minigan explain: every part of the library, at any size, with a helpful message for everything else."""

from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import cli
from minigan.gradcheck import Check
from minigan.layers import BatchNorm, Conv2d, Dense, LeakyReLU, Residual, Tanh
from minigan.losses import Hinge, hinge
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1, r1
from minigan.teach.formulas import equations, explain, locate
from minigan.teach.formulas.subject import names, read

pytestmark = pytest.mark.slow

SLOW = {"d_step", "g_step"}  # explaining them checks whole steps, which test_certify does anyway


def tags(explanation):
    return [equation.name for equation in explanation.equations]


def results(explanation):
    return {check.name for check in explanation.checks}


# ---- what is shown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(names().keys() - SLOW))
def test_everything_that_carries_an_equation_can_be_explained(name):
    shown = explain(name)
    assert shown.equations
    assert shown.ok
    assert shown.title == name
    assert all(equation.text.splitlines()[0] in str(shown) for equation in shown.equations)
    assert all(f"${'$'}\n{equation.latex}\n$$" in shown._repr_markdown_() for equation in shown.equations)


def test_a_layer_with_equations_shapes_source_and_checks():
    shown = explain("Conv2d(3, 8, 4, stride=2, pad=1)", shape=(2, 9, 7, 3))
    assert {"conv.forward", "conv.dx", "conv.dW", "conv.size", "linear.db", "init.he"} <= set(tags(shown))
    assert shown.shapes[:2] == ["x (2, 9, 7, 3) -> y (2, 4, 3, 8)", "W (4, 4, 3, 8), b (8,)"]
    assert [piece.title for piece in shown.source][:2] == ["Conv2d", "Convolution.__init__"]
    assert {"Linear.accumulate", "conv2d_dW"} <= {piece.title for piece in shown.source}  # inherited; the kernel's twin
    assert {"dx", "dtheta", "tangent", "adjoint", "second order, dtheta"} <= results(shown)
    text = str(shown)
    assert text.startswith("Conv2d(3, 8, 4, stride=2, pad=1)\n")
    assert "dW[a] += sum_i x[s i - p + a]' dy[i]" in text
    assert text.index("EQUATIONS") < text.index("SHAPES") < text.index("SOURCE") < text.index("CHECK")


def test_the_source_has_the_line_numbers_of_the_file():
    piece = explain("Dense").source[0]
    lines = (Path(minigan.__file__).parents[1] / piece.path).read_text().splitlines()
    for line in str(piece).splitlines():
        assert lines[int(line[:4]) - 1].rstrip() == line[6:]


def test_each_equation_lists_its_code_and_its_test():
    text = str(explain("tanh"))
    assert "code: minigan/layers/activations.py:" in text
    assert "test: tests/layers/test_activations.py:" in text


def test_called_functions_are_shown_recursively():
    titles = [piece.title for piece in explain("LayerNorm").source]
    assert {"standardize", "project", "curve"} <= set(titles)
    assert [piece.title for piece in explain("dragan").source] == [
        "Dragan", "WganGp.__call__", "add_penalty", "input_gradient",
    ]  # fmt: skip


def test_a_layer_that_mixes_samples_explains_why_it_has_no_second_order():
    shown = explain(BatchNorm)
    assert "tangent" not in results(shown)
    assert "mixes the samples of a batch" in str(shown)
    assert "v like x -> w like y" not in shown.shapes


def test_a_wrong_gradient_is_shown_as_wrong(monkeypatch):
    monkeypatch.setattr(Tanh, "df", lambda self, y: 1 - y)
    shown = explain("Tanh")
    assert not shown.ok
    assert "WRONG  at index" in str(shown)


def test_one_equation():
    shown = explain(" eq:conv.dW ")
    assert tags(shown) == ["conv.dW"]
    assert shown.ok
    assert str(shown).splitlines()[0] == "eq:conv.dW"
    assert "dW[a] += sum_i x[s i - p + a]' dy[i]" in str(shown)
    assert "minigan/kernels/reference.py" in str(shown)


# ---- subjects -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("conv2d", "Conv2d"), ("SIGMOID", "Sigmoid"), ("sigmoid", "Sigmoid"), ("Hinge", "hinge"), ("HINGE", "hinge"),
        ("Linear", "Linear"), ("linear", "linear"), (" Dense ", "Dense"), ("dense(5, 3)", "Dense"), (Dense, "Dense"),
        (Dense(2, 3), "Dense"), (hinge, "hinge"), (Hinge, "hinge"), (r1, "r1"), (Adam, "Adam"), ("ema", "EMA"),
        (R1, "r1"), (R1(gamma=3.0), "r1"), ("WganGp", "wgan_gp"),
    ],
)  # fmt: skip
def test_names_and_calls_are_understood(given, name):
    assert read(given).name == name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Conv", r"nothing here is called 'Conv': did you mean .*Conv2d"),
        ("blurb", r"nothing here is called 'blurb'; known names: .*Adam.*wgan_gp"),
        ("attention", r"did you mean SelfAttention or "),
        ("Dense(5", "neither a name nor a call such as 'Dense(5, 3)'"),
        ("3 + 4", "neither a name nor a call"),
        ("minigan.Dense(5, 3)", "neither a name nor a call"),
        ("Dense(5)", r"missing a required argument: 'n_out'; Dense\(n_in, n_out, bias=True"),
        ("Conv2d(3, 8, 4, padding=1)", r"'padding'; padding: did you mean pad\? Conv2d\(c_in, c_out, k, stride=1, pad=0"),
        ("Dense(5, exit())", "nothing here is called 'exit'"),
        ("Dense(5, Adam())", "Adam is not a layer"),
        ("Dense(5, x.y())", r"x\.y is not a layer"),
        ("Dense(5, n)", "n is neither a plain value nor a layer"),
        ("Dense(0, 3)", r"Dense needs a whole number n_in >= 1"),
        ("r1(2)", r"give r1 its options by name, if it has any: r1\(gamma=1\.0\)"),
        ("hinge(2)", "hinge has none"),
        ("r1(gamma=x)", "x is neither a plain value"),
        ("ring(n=3)", "ring takes no options here"),
        ("Adam(lr=0.1)", "Adam is checked with a falling learning rate; the options here are beta1, beta2, eps"),
        ("eq:conv.dV", r"there is no equation eq:conv\.dV; similar names: .*eq:conv\.dW"),
        ("eq:blurb", r"there is no equation eq:blurb; similar names: eq:chain\.forward"),
    ],
)  # fmt: skip
def test_messages_for_what_is_not_understood(given, message):
    with pytest.raises(ValueError, match=message.replace("(5, 3)", r"\(5, 3\)")):
        explain(given)


def test_a_number_cannot_be_explained():
    with pytest.raises(TypeError, match="explain takes a name, a call as text, a layer"):
        explain(3)


def test_code_in_the_text_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in ("Dense(open('x', 'w'), 3)", "Dense([1 for _ in ()], 3)", "(lambda: Dense)()"):
        with pytest.raises(ValueError, match=r"nothing here|neither"):
            explain(text)
    assert not list(tmp_path.iterdir())


# ---- sizes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shape", "line"),
    [
        ("Dense(7, 2)", None, "x (4, 7) -> y (4, 2)"),
        ("Dense(7, 2)", (1, 7), "x (1, 7) -> y (1, 2)"),
        ("BatchNorm(6)", None, "x (7, 6) -> y (7, 6)"),
        ("Residual(Dense(3, 5), Tanh(), Dense(5, 3))", None, "x (3, 3) -> y (3, 3)"),
        ("Residual(Dense(3, 2), shortcut=Dense(3, 2))", (2, 3), "x (2, 3) -> y (2, 2)"),
        ("SpectralNorm(Dense(5, 2))", None, "x (3, 5) -> y (3, 2)"),
        ("Embedding(9, 4)", (6,), "x (6,) -> y (6, 4)"),
        ("Embedding", (3,), "x (3,) -> y (3, 3)"),
        ("LabelScore(4, 2)", (3, 4), "x (3, 4), (3,) -> y (3, 1)"),
        ("Concat(right=[Embedding(4, 3)])", (2, 5), "x (2, 5), (2,) -> y (2, 8)"),
        ("Concat(right=[Tanh()])", (2, 5), "x (2, 5), (2, 4) -> y (2, 9)"),
        ("Beside(Flatten(), Dense(6, 2))", (3, 2, 3), "x (3, 2, 3), (3, 2) -> y (3, 2), (3, 2)"),
        ("hinge", (4, 2), "r, f (4, 2) -> a number, and gradients (4, 2)"),
        ("wgan_gp(lam=3.0)", (2, 3, 3, 1), "g (2, 3, 3, 1) -> a number, and v (2, 3, 3, 1)"),
    ],
)  # fmt: skip
def test_chosen_sizes(given, shape, line):
    shown = explain(given, shape)
    assert line in shown.shapes
    assert shown.ok
    assert len(shown.checks) >= 3


@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_pass_too(seed):
    one, two = explain("LayerNorm", seed=0), explain("LayerNorm", seed=seed)
    assert two.ok
    assert one.checks != two.checks


@pytest.mark.parametrize(
    ("given", "shape", "message"),
    [
        ("Dense(5, 3)", (4, 6), r"expected an input of shape \(N, 5\).* --shape 2,9,7,3"),
        ("Conv2d(3, 4, 3)", (2, 40, 40, 3), "9,600 would take too long: use a smaller --shape"),
        ("Adam", (2,), "Adam takes no --shape: only layers, GAN losses and penalties do"),
    ],
)  # fmt: skip
def test_messages_for_sizes_that_do_not_fit(given, shape, message):
    with pytest.raises(ValueError, match=message):
        explain(given, shape)


def test_an_optimizer_with_settings():
    shown = explain("Adam(beta1=0.9, eps=0.1)")
    assert [check.name for check in shown.checks] == ["theta after step", "grad is zero again"]
    assert shown.ok


def test_a_layer_of_a_network_is_not_changed():
    net = Sequential(Dense(3, 2), LeakyReLU(), Residual(Dense(2, 2)), rng=0)
    theta = net.theta.copy()
    for layer in net.layers:
        assert explain(layer, (4, 3) if layer is net.layers[0] else None).ok
    np.testing.assert_array_equal(net.theta, theta)
    assert net.layers[0].bound
    assert np.shares_memory(net.layers[0].W, net.theta)


# ---- from Python and from the command line ------------------------------------------------------------------------------


def test_from_python():
    assert minigan.explain is explain
    assert tags(minigan.explain(Conv2d(1, 2, 3)))[0] == "conv.fan_in"
    with pytest.raises(AttributeError, match="module 'minigan' has no attribute 'explian'"):
        _ = minigan.explian


def test_an_installed_package_shows_no_tests(monkeypatch):
    only = tuple(place for place in locate() if place.kind == "code")
    monkeypatch.setattr("minigan.teach.formulas.explanation.locate", lambda: only)
    text = str(explain("Dense"))
    assert "code: " in text
    assert "test: " not in text


def test_the_command(capsys):
    assert cli.main(["explain", "Dense(5, 3)", "--shape", "4,5"]) == 0
    said = capsys.readouterr().out
    assert "dW += x' dy" in said
    assert "x (4, 5) -> y (4, 3)" in said


def test_a_wrong_gradient_is_the_exit_status(capsys, monkeypatch):
    monkeypatch.setattr(
        "minigan.teach.formulas.live.network_checks", lambda *a, **k: [Check("dx", 1.0, 1e-7, "at index 0")]
    )
    assert cli.main(["explain", "Dense"]) == 1
    assert "WRONG" in capsys.readouterr().out


@pytest.mark.parametrize("shape", ["4,x", "4,0", "", "4,,5"])
def test_a_shape_is_whole_numbers(capsys, shape):
    with pytest.raises(SystemExit):
        cli.main(["explain", "Dense", "--shape", shape])
    assert "whole numbers from 1 on, by commas, such as 2,9,7,3" in capsys.readouterr().err


def test_the_names_of_equations_are_ascii():
    assert all(name.isascii() for name in equations())
