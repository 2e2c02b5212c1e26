"""What the lessons use: live source, figures, planted bugs, the length of a training run."""

import io
import math
import sys
import types

import numpy as np
import pytest
from PIL import Image

import minigan.teach.lessons
from minigan import differences, gradcheck, kernels, losses
from minigan.differences import Check
from minigan.kernels import elementwise
from minigan.layers import Dense, Tanh
from minigan.layers.linear import Linear
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# ---- source ---------------------------------------------------------------------------------------------------------------


def test_the_source_is_read_from_the_file_and_has_its_place():
    shown = repr(show_source(Dense, Linear.backward))
    assert shown.startswith("# minigan/layers/dense.py, line ")
    assert "class Dense(Linear):" in shown
    assert "\n\n# minigan/layers/linear.py, line " in shown
    assert (
        "\ndef backward(self, dy: np.ndarray, cache: Any) -> Any:\n    x, _ = cache\n" in shown
    )  # a method is dedented
    lines = show_source(Dense)._repr_markdown_().splitlines()
    assert lines[0].startswith("`minigan/layers/dense.py, line ")
    assert lines[1:3] == ["", "```python"]
    assert lines[3].startswith("class Dense(")
    assert lines[-1] == "```"


def test_an_instance_shows_its_class_and_a_compiled_function_its_python_source():
    assert "class Hinge(GANLoss):" in repr(show_source(losses.hinge))
    assert repr(show_source(elementwise)).startswith("# minigan/kernels/elementwise.py\n")
    compiled = types.SimpleNamespace(py_func=kernels.reference.dense)
    assert "def dense(x: np.ndarray, W: np.ndarray" in repr(show_source(compiled))


def test_an_object_without_python_source_is_refused():
    with pytest.raises(TypeError):
        show_source(math.sin)


def test_code_outside_the_library_has_a_place_too():
    assert repr(show_source(test_an_object_without_python_source_is_refused)).splitlines()[0].startswith("# test")


# ---- figures --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(monkeypatch):
    """What a notebook was given to display."""
    given = []

    def publish_display_data(data, metadata):
        given.append((data, metadata))

    shell = types.SimpleNamespace(kernel=object())
    display = types.SimpleNamespace(publish_display_data=publish_display_data)
    fake = types.SimpleNamespace(get_ipython=lambda: shell, display=display, version_info=(9, 0))
    monkeypatch.setitem(sys.modules, "IPython", fake)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return given


def test_a_figure_is_displayed_once_with_its_title(published):
    with figure("Two lines are told apart without colour") as ax:
        one, two = ax.plot([1, 2], [1, 2], label="a")[0], ax.plot([1, 2], [2, 1], label="b")[0]
    ((data, metadata),) = published
    assert data["text/plain"] == metadata["image/png"]["alt"] == "Two lines are told apart without colour"
    assert Image.open(io.BytesIO(data["image/png"])).size[0] > metadata["image/png"]["width"] == 800
    assert one.get_linestyle() != two.get_linestyle()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.figure.get_suptitle() == "Two lines are told apart without colour"


def test_panels_markers_and_custom_legends(published):
    with figure("Six panels", panels=(2, 3), size=(6, 4), marker=True) as axes:
        assert axes.shape == (2, 3)
        lines = [axes[0, 0].plot([1], [k], label=str(k))[0] for k in range(4)]
        mine = axes[0, 0].legend(title="mine")
    assert len({line.get_marker() for line in lines}) == 4
    assert axes[0, 0].get_legend() is mine
    assert axes[1, 2].get_legend() is None
    with figure("Two panels", panels=2) as axes:
        assert axes.shape == (2,)
    assert len(published) == 2


def test_a_terminal_prints_the_title(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with figure("Nothing to see"):
        pass
    assert capsys.readouterr().out == "[figure: Nothing to see]\n"


def test_a_figure_that_fails_is_not_displayed(published):
    with pytest.raises(ZeroDivisionError), figure("Never"):
        1 / 0  # noqa: B018
    assert published == []


# ---- bugs -----------------------------------------------------------------------------------------------------------------


def test_a_method_is_replaced_and_restored():
    right = Linear.backward
    with planted(Dense, "backward", lambda self, dy, cache: 7) as given:
        assert given is right
        assert Dense.backward(None, None, None) == 7
        assert Linear.backward is right
    assert "backward" not in vars(Dense)
    before = vars(Tanh)["df"]
    with pytest.raises(ZeroDivisionError), planted(Tanh, "df", None):
        1 / 0  # noqa: B018
    assert vars(Tanh)["df"] is before


def test_a_function_is_replaced_wherever_it_was_imported():
    right = differences.numerical_gradient
    with planted(differences, "numerical_gradient", 7):
        assert differences.numerical_gradient == gradcheck.numerical_gradient == 7
    assert differences.numerical_gradient is gradcheck.numerical_gradient is right


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError), planted(Dense, "bakward", None):
        pass


def test_checks_with_the_same_name_share_a_line_that_shows_the_worst(capsys):
    good, bad, nan = Check("dx", 1e-9, 1e-7), Check("dW", 0.5, 1e-7, "at index 3"), Check("dW", np.nan, 1e-7, "NaN")
    assert show_checks([good, Check("dx", 1e-10, 1e-7), Check("db", 0.0, 0.0)]) == False  # noqa: E712
    assert capsys.readouterr().out.splitlines() == [
        "holds   dx: relative error 1.0e-09 (bound 1e-07)",
        "holds   db: relative error 0.0e+00 (bound 0e+00)",
    ]
    assert show_checks(iter([good, bad, Check("dW", 1e-9, 1e-7), Check("db", 0.0, 0.0)]))
    assert capsys.readouterr().out.splitlines() == [
        "CAUGHT  dW: relative error 5.0e-01 (bound 1e-07): at index 3",
        "holds   dx; db",
    ]
    assert show_checks([nan])
    assert capsys.readouterr().out == "CAUGHT  dW: relative error nan (bound 1e-07): NaN\n"


# ---- quick ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "short"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)])
def test_an_environment_variable_shortens_training(value, short, monkeypatch):
    monkeypatch.delenv("MINIGAN_QUICK", raising=False)
    if value is not None:
        monkeypatch.setenv("MINIGAN_QUICK", value)
    assert quick() is short
    assert steps(3000, 100) == (100 if short else 3000)


def test_all_exports_exist():
    assert set(minigan.teach.lessons.__all__) <= set(dir(minigan.teach.lessons))


@pytest.mark.parametrize(("holds", "said"), [(True, "yes"), (False, "NO, not in this run")])
def test_a_statement_about_a_training_is_printed_and_never_raised(holds, said, monkeypatch, capsys):
    monkeypatch.delenv("MINIGAN_QUICK", raising=False)
    monkeypatch.setitem(usually.__globals__, "held", lambda: {"D is slower": [7, 10]})
    usually("G is slower", holds)
    usually("D is slower", holds)
    assert capsys.readouterr().out == f"{said}: G is slower\n{said} (7 of 10 runs): D is slower\n"
    monkeypatch.setenv("MINIGAN_QUICK", "1")
    usually("G is slower", holds)
    assert capsys.readouterr().out == ""
