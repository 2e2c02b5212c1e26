"""Trainer.run has a progress bar in a terminal and in a notebook, where the last sheet is below it; a file gets neither."""

import io
import sys
import types

import numpy as np
import pytest

from minigan.game import Game
from minigan.plots import Panel
from minigan.running import bar
from minigan.trainer import Trainer

X = np.zeros((8, 4, 4, 1), np.float32)


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Still(Game):
    """A game that learns nothing; its samples are grey."""

    panels = (Panel("Loss", ("loss",), short={"loss": "L"}),)

    def step(self, draw, rng):
        draw()
        return {"loss": 0.5}

    def sample(self, n, rng, labels=None):
        return np.zeros((n, 4, 4, 1), np.float32)


def terminal(monkeypatch):
    """A terminal in the place of standard error; in the test itself, because pytest sets its own after the fixtures."""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


@pytest.fixture
def notebook(monkeypatch):
    """A notebook: what it displays, in a list."""
    displayed = []

    def display(picture, display_id):
        displayed.append(picture)
        return types.SimpleNamespace(update=displayed.append)

    module = types.SimpleNamespace(display=display, Image=lambda data: data)
    shell = types.SimpleNamespace(kernel=1, config={})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell, display=module))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    return displayed


def test_a_terminal_has_a_bar(monkeypatch):
    screen = terminal(monkeypatch)
    Trainer(Still(), X, batch=4, steps=6).run()
    said = screen.getvalue()
    assert "training: 100%" in said
    assert "6/6" in said
    assert "L=0.50" in said


def test_a_run_that_was_continued_begins_where_it_was(monkeypatch):
    screen = terminal(monkeypatch)
    trainer = Trainer(Still(), X, batch=4, steps=6)
    trainer.t = 4
    trainer.run()
    assert " 67%" in screen.getvalue()


def test_a_file_has_no_bar(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    Trainer(Still(), X, batch=4, steps=2).run()
    assert sys.stderr.getvalue() == ""


def test_it_can_be_switched_off(notebook, monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    Trainer(Still(), X, batch=4, steps=2).run()
    assert screen.getvalue() == ""
    assert notebook == []


def test_ones_own_progress_takes_its_place(monkeypatch):
    screen = terminal(monkeypatch)
    seen = []
    Trainer(Still(), X, batch=4, steps=2).run(lambda t, row: seen.append(t))
    assert seen == [1, 2]
    assert screen.getvalue() == ""


def test_other_ranks_of_a_job_are_silent(monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("PMI_RANK", "1")
    with bar.shown(Trainer(Still(), X, batch=4, steps=2), None) as step:
        step(1, {})
    assert screen.getvalue() == ""


def test_a_notebook_shows_the_last_sheet(notebook, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # of a notebook: not a terminal
    trainer = Trainer(Still(), X, batch=4, steps=6)
    before = trainer.rng.bit_generator.state
    trainer.run()
    assert trainer.rng.bit_generator.state == before  # the training does not notice
    assert "6/6" in sys.stderr.getvalue()
    assert notebook  # the first sheet, then those that take its place
    assert all(picture.startswith(b"\x89PNG") for picture in notebook)


def test_a_game_that_draws_nothing_has_no_sheet(notebook, monkeypatch):
    class Silent(Still):
        def sample(self, n, rng, labels=None):
            raise NotImplementedError

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    Trainer(Silent(), X, batch=4, steps=2).run()
    assert notebook == []
