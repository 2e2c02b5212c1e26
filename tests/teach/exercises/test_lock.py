"""The cells of a lesson, in an IPython shell: what a prediction's result shows before and after the prediction."""

import pytest

pytest.importorskip("IPython")
from IPython.core.interactiveshell import InteractiveShell

from minigan.teach.exercises import lock

CELL = "answer = 6 * 7\nprint('the answer is', answer)\ndisplay('a figure')\ncheck.dirac_gan.p1(guess)"


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.delenv(lock.ANSWERS, raising=False)
    shell = InteractiveShell(history_load_length=0)
    shell.history_manager.enabled = False
    lock.Lock(shell)
    shell.run_cell("from minigan.teach import exercises as check\nfrom IPython.display import display")
    yield shell
    InteractiveShell.clear_instance()


def out_of(shell, capsys, *cells):
    capsys.readouterr()
    for cell in cells:
        assert shell.run_cell(cell).success
    return capsys.readouterr().out


def test_before_a_prediction_nothing_is_seen_and_everything_is_computed(shell, capsys):
    assert out_of(shell, capsys, 'guess = "?"', CELL) == lock.LOCKED + "\n"
    assert out_of(shell, capsys, "print(answer)") == "42\n"


@pytest.mark.parametrize(
    ("guess", "verdict"), [("b", "✓ b is right"), ("a", "✗ you said a"), ("show", "· no prediction yet")]
)
def test_a_letter_opens_it_and_so_does_show(shell, capsys, guess, verdict):
    out_of(shell, capsys, 'guess = "?"', CELL)
    seen = out_of(shell, capsys, f'guess = "{guess}"', CELL)
    assert seen.startswith("the answer is 42\na figure\n")
    assert verdict in seen


def test_other_cells_and_a_site_with_answers_are_open(shell, capsys, monkeypatch):
    assert out_of(shell, capsys, 'guess = "?"', "print(1)  # check.dirac_gan.p1(guess)") == "1\n"
    monkeypatch.setenv(lock.ANSWERS, "1")
    assert "the answer is 42" in out_of(shell, capsys, CELL)


def test_an_error_ends_it(shell, capsys):
    shell.run_cell('guess = "?"')
    assert not shell.run_cell("1 / 0\ncheck.dirac_gan.p1(guess)").success
    seen = capsys.readouterr().out
    assert "ZeroDivisionError" in seen
    assert lock.LOCKED not in seen
    assert out_of(shell, capsys, "print(2)") == "2\n"


def test_a_script_has_no_lock():
    assert lock.install() is None
