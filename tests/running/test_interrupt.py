"""Signals wait for the end of a step, are handed on to whoever handled them before, and stay ignored if they were."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import minigan
from minigan.running.interrupt import SIGNALS, Interrupt, Stopped

ROOT = Path(minigan.__file__).parents[1]


@pytest.fixture
def caught():
    """A user's handler of SIGTERM, and what it has seen."""
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    yield seen
    signal.signal(signal.SIGTERM, before)


def test_a_signal_waits_and_is_then_given_to_the_handler_of_the_user(caught):
    with Interrupt() as stop:
        stop.ready = True
        signal.raise_signal(signal.SIGTERM)
        assert (stop.pressed, caught) == (signal.SIGTERM, [])
        stop.deliver()
        assert (stop.pressed, caught) == (None, [signal.SIGTERM])
    signal.raise_signal(signal.SIGTERM)
    assert len(caught) == 2


def test_before_the_first_step_there_is_nothing_to_wait_for(caught):
    with Interrupt() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert (stop.pressed, caught) == (None, [signal.SIGTERM])


def test_a_terminal_that_is_closed_sends_two_signals_and_both_wait_but_a_second_ctrl_c_does_not(caught):
    with Interrupt() as stop:
        stop.ready = True
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert (stop.pressed, caught) == (signal.SIGTERM, [])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_is_ignored_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Interrupt() as stop:
            stop.ready = True
            assert signal.getsignal(number) is signal.SIG_IGN
            signal.raise_signal(number)
            assert stop.pressed is None
    finally:
        signal.signal(number, before)


def test_the_handlers_from_before_come_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interrupt():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_in_another_thread_nothing_is_installed():
    before, inside = signal.getsignal(signal.SIGINT), []

    def work():
        with Interrupt() as stop:
            inside.append(signal.getsignal(signal.SIGINT))
            stop.deliver()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [before]


def test_the_exit_status_is_that_of_the_shell():
    assert [Stopped(number).status for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == [130, 143, 129]
    assert str(Stopped(signal.SIGTERM)) == "stopped by SIGTERM"


SCRIPT = """
import signal, sys
import numpy as np
from minigan.game import Game
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.trainer import Trainer

class Small(Game):
    def __init__(self):
        self.net = Sequential(Dense(2, 2), rng=0)
        self.networks, self.optimizers = {"net": self.net}, {"net": Adam(self.net)}
    def step(self, draw, rng):
        return {"loss": 1.0}

def send(t, row):
    if t == 7:
        signal.raise_signal(getattr(signal, sys.argv[2]))
Trainer(Small(), np.zeros((80, 2)), batch=8, steps=1000, out=sys.argv[1]).run(send)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_script_saves_and_then_ends_by_the_signal(tmp_path, name):
    from minigan.running import checkpoint

    argv = [sys.executable, "-c", SCRIPT, str(tmp_path), name]
    done = subprocess.run(argv, cwd=ROOT, timeout=120, check=False, capture_output=True)
    assert done.returncode == -getattr(signal, name), done.stderr
    assert checkpoint.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 7
