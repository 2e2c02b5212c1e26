"""SymPy's derivative beside the line of code, in `minigan explain`."""

import pytest

from minigan import losses
from minigan.layers import activations
from minigan.measure import symbolic  # noqa: F401  (its modules are patched below)
from minigan.teach.formulas import derived as module
from minigan.teach.formulas import explain
from minigan.teach.formulas.derived import derived
from minigan.teach.formulas.subject import read

pytest.importorskip("sympy")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Tanh", "return 1 - y * y"),
        ("SiLU", "return s + x * s * (1 - s)"),
        ("LeakyReLU", "return kernels.leaky_relu_dx"),
        ("hinge", "return -_mean(f), np.full_like(f, -1 / f.size)"),
        ("minimax", "return value, -sigmoid(-r) / r.size, sigmoid(f) / f.size"),
    ],
)
def test_the_code_equals_sympys_derivative(name, line):
    lines = derived(read(name))
    assert any(line in each for each in lines)
    assert sum(each.endswith("   equal") for each in lines) >= 2
    assert not any("WRONG" in each for each in lines)


def test_a_piecewise_function_is_shown_piece_by_piece():
    assert [each for each in derived(read("ReLU")) if each.startswith("where")] == ["where x[0] > 0", "where x[0] < 0"]


def test_a_wrong_derivative_is_named(monkeypatch):
    def wrong(self, y):
        return 1 - y

    monkeypatch.setattr(activations.Tanh, "df", wrong)
    assert "WRONG, the code returns 1 - tanh(x[0])" in "\n".join(derived(read("Tanh")))


def test_other_subjects_have_none():
    assert derived(read("Conv2d")) == derived(read("Adam")) == derived(read("mse")) == derived(read("Activation")) == []


def test_without_sympy_it_says_what_to_install(monkeypatch):
    assert "DERIVATIVE" in str(explain("wasserstein"))
    assert "DERIVATIVE" in explain("wasserstein")._repr_markdown_()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert "not derived again: SymPy is not installed (pip install 'minigan[symbolic]')" in str(
        explain(losses.wasserstein)
    )
