"""Each rule on symptoms made by hand: those that it is about, and those just beside them."""

import numpy as np
import pytest

from minigan.plots import Panel
from minigan.running.doctor.report import LESSONS
from minigan.running.doctor.rules import RULES, findings, with_numbers
from minigan.running.doctor.symptoms import Symptoms, around_trend, levels, of_log

PANELS = (
    Panel("Losses", ("loss_D", "loss_G"), {"D, log 4 = 2 log 2": 1.3863, "G, log 2": 0.6931}),
    Panel("Scores", ("score_real", "score_fake"), {"D = 1/2": 0.0}),
)
BALANCED = {"loss_D": 1.2, "loss_G": 0.8, "score_real": 0.3, "score_fake": -0.3}


def log(n=60, **changes):
    """n rows of a balanced game; a change is a number, or a function of the share of the run that is done."""
    rows = []
    for i in range(n):
        row = {"step": 10 * i, **BALANCED, **changes}
        rows.append({name: value(i / n) if callable(value) else value for name, value in row.items()})
    return rows


def names(rows=(), **symptoms):
    return [finding.name for finding in findings(Symptoms(rows=rows, **of_log(rows, PANELS) | symptoms))]


# rule -> symptoms for which it is found, symptoms for which nothing is
CASES = {
    "not_finite": ({"rows": log(loss_D=lambda t: np.nan if t > 0.9 else 1.0)}, {"rows": log()}),
    "G_frozen": ({"moved": {"G": 0.0, "D": 0.5}, "steps": 9}, {"moved": {"G": 0.0, "D": 0.0}, "steps": 0}),
    "D_frozen": ({"moved": {"G": 0.5, "D": 0.0}, "steps": 9}, {"moved": {"G": 0.3, "D": 0.5}, "steps": 9}),
    "lr_too_low": ({"moved": {"G": 0.001, "D": 0.002}, "steps": 9}, {"moved": {"G": 0.001, "D": 0.2}, "steps": 9}),
    "lr_too_high": ({"update": 2.0}, {"update": 0.1}),
    "losses_diverge": ({"rows": log(loss_G=2e4)}, {"rows": log(loss_G=20.0)}),
    "uphill_G": (
        {"follows": {"G": -1.0}, "noise": {"G": 0.1}, "agree": {"G": 1.0}},
        {"follows": {"G": -1.0}, "noise": {"G": 0.1}, "agree": {"G": 0.6}},
    ),
    "uphill_D": (
        {"follows": {"D": -1.0}, "noise": {"D": 0.1}, "agree": {"D": 1.0}},
        {"follows": {"D": 0.9}, "noise": {"D": 0.1}, "agree": {"D": 1.0}},
    ),
    "stale_gradient": ({"sizes": {"G": 40.0, "D": 1.0}}, {"sizes": {"G": 1.4, "D": 0.8}}),
    "one_sided_D": ({"rows": log(score_real=6.0, score_fake=5.0)}, {"rows": log(score_real=6.0, score_fake=-5.0)}),
    "no_gradient_at_G": (
        {"received": 1e-4, "separation": 1.0, "level": 1.39, "loss_D": 0.01},
        {"received": 1e-4, "separation": 0.2},
    ),
    "D_far_ahead": ({"rows": log(loss_D=0.05)}, {"rows": log(loss_D=0.5)}),
    "penalty_too_strong": (
        {"penalised": 9.0, "separation": 0.3, "told_apart": 1.0},
        {"penalised": 9.0, "separation": 0.8, "told_apart": 1.0},
    ),
    "D_constant": ({"spread": 0.001, "told_apart": 0.9}, {"spread": 0.001, "told_apart": 0.5}),
    "D_too_weak": ({"separation": 0.55, "told_apart": 0.97}, {"separation": 0.55, "told_apart": 0.6}),
    "diversity_gone": ({"diversity": 0.1}, {"diversity": 0.9}),
    "modes_missing": ({"rows": log(modes_found=0.25)}, {"rows": log(modes_found=1.0)}),
    "few_images": ({"distinct": 16}, {"distinct": 4000}),
    "memorised": ({"copies": 0.1, "diversity": 0.1}, {"copies": 0.9}),
    "outside_the_range": ({"outside": 0.2}, {"outside": 0.0}),
    "constant_pixels": ({"constant": 0.2, "given_away": 0.8}, {"constant": 0.2, "given_away": 0.05}),
    "labels_do_not_fit": ({"labelled": 0.0}, {"labelled": 0.6}),
    "small_batch": ({"batch": 2}, {"batch": 64}),
    "swings_grow": (
        {"rows": log(score_real=lambda t: 0.3 + 0.1 * np.exp(5 * t) * np.sin(90 * t))},
        {"rows": log(score_real=lambda t: 0.3 + 4 * np.sin(90 * t))},
    ),
}


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_a_rule_finds_what_it_is_about_and_nothing_beside_it(name):
    sick, well = CASES[name]
    assert names(**sick) == [name]
    assert names(**well) == []


def test_nothing_measured_is_nothing_found():
    assert findings(Symptoms()) == []
    assert findings(Symptoms(rows=log(3), **of_log(log(3), PANELS))) == []


def test_a_finding_hides_what_it_explains():
    """A G that does not move explains why D is far ahead; a batch of two is no consequence of it."""
    assert names(rows=log(loss_D=0.01), moved={"G": 0.0, "D": 1.0}, steps=9, batch=2) == ["G_frozen", "small_batch"]


def test_a_rule_that_is_asked_during_a_training_needs_only_the_log():
    for rule in RULES:
        assert not rule.live or set(CASES[rule.name][0]) == {"rows"}


def test_what_is_said_is_complete():
    for rule in RULES:
        assert rule.lesson in LESSONS
        for sentence in (rule.cause, rule.cure):
            assert sentence.endswith(".")
            assert ". " not in sentence
        assert {*rule.hides} <= {each.name for each in RULES}
    (finding,) = findings(Symptoms(update=2.0, rows=log()))
    assert str(finding).startswith("The learning rate is too high: a step of Adam is 2.00 times")
    assert finding.since == 400  # the last third of the log
    assert "<b>The learning rate is too high</b>" in finding._repr_html_()


def test_a_cure_names_the_value_to_try():
    assert (
        with_numbers("try --lr LR/10 and --width WIDTH*2", {"lr": 0.002, "width": 32})
        == "try --lr 0.0002 and --width 64"
    )
    assert with_numbers("try --gamma GAMMA/100", {"gamma": 0.0}) == "try --gamma GAMMA/100"
    (finding,) = findings(Symptoms(update=2.0, options={"lr": 0.2}))
    assert "--lr 0.002" in finding.cure


def test_levels_are_those_of_the_panels():
    assert levels(PANELS) == (1.3863, 0.0)
    assert levels([Panel("Losses", ("loss_D", "loss_G"), {"both, log 2": 0.6931})])[0] == 0.6931
    assert np.isnan(levels([])).all()


def test_the_log_in_numbers():
    found = of_log(log(score_real=lambda t: 1 + t, loss_D=lambda t: 1.0 if t > 0.6 else 9.0), PANELS)
    assert found["loss_D"] == 1
    assert found["gap"] == pytest.approx(1 + 5 / 6 + 0.3, abs=0.02)
    assert found["drift"] == pytest.approx((1 + 5 / 6 - 0.3) / 2, abs=0.02)
    assert found["swing"] == pytest.approx(0, abs=1e-12)
    assert around_trend(np.tile([1.0, -1.0], 500) + np.arange(1000)) == pytest.approx(1, rel=1e-3)
