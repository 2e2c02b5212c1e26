"""The alarm during a training: each finding once, from the log alone, in next to no time."""

import time

import numpy as np

from minigan.running.doctor import Alarm

from .test_rules import BALANCED, PANELS


def test_a_finding_is_returned_once():
    alarm, heard = Alarm(PANELS), []
    for t in range(1, 3001):
        heard += [(t, finding.name) for finding in alarm(t, {**BALANCED, "loss_D": 0.01 if t > 1000 else 1.2})]
    assert [name for _, name in heard] == ["D_far_ahead"]
    assert 1000 < heard[0][0] <= 2500


def test_a_balanced_run_is_left_alone():
    alarm = Alarm(PANELS)
    assert not any(alarm(t, BALANCED) for t in range(1, 2001))
    assert Alarm(PANELS).ask() == []


def test_rows_of_another_game_and_bad_numbers_raise_nothing():
    for row in ({"loss": 1.0}, {}, {**BALANCED, "loss_D": np.nan}, {**BALANCED, "score_real": np.inf}):
        alarm = Alarm(())
        for t in range(1, 1001):
            alarm(t, row)


def test_a_step_costs_microseconds():
    alarm, began = Alarm(PANELS), time.process_time()
    for t in range(1, 10_001):
        alarm(t, BALANCED)
    assert (
        time.process_time() - began
    ) / 10_000 < 50e-6  # some 2 microseconds; a step of the default game takes 45,000
