"""Every exhibit is caught, by the check on its card, and nothing but the exhibit is to blame."""

import inspect
import re
from functools import cache

import numpy as np
import pytest

from minigan import kernels
from minigan.gradcheck import GradientError, require
from minigan.kernels.checks import Arguments

from . import EXHIBITS, Patch


@pytest.fixture(autouse=True)
def bugs_may_compute(monkeypatch):
    """Some of the bugs are refused before they compute anything. Here they are let through, to be seen by the check on the card."""
    monkeypatch.setattr(kernels, "check_vectors", lambda optimizer: None)
    monkeypatch.setattr(Arguments, "_check_memory", lambda self, args: None)


pytestmark = pytest.mark.no_cover
WHOLE_STEPS = ("autoencoders", "inverse", "translation", "video", "after")  # the checks of these halls need seconds


@cache
def sound(check):
    """The checks of the library as it is; many exhibits share one, and it must be run before any of their bugs is planted."""
    return require(check())


@pytest.mark.filterwarnings("ignore:all float images are between 0 and 1")  # an exhibit, which the library now warns of
@pytest.mark.parametrize(
    "exhibit",
    [pytest.param(e, marks=[pytest.mark.slow] * (e.hall in WHOLE_STEPS), id=str(e)) for e in EXHIBITS],
)
def test_the_bug_is_caught(exhibit, monkeypatch):
    # the library as it is: every check holds, the one on the card among them
    assert exhibit.caught_by in {check.name for check in sound(exhibit.check)}

    exhibit.bug(Patch(monkeypatch))
    with np.errstate(all="ignore"):  # NaN is what some exhibits are about
        found = exhibit.check()
    with pytest.raises(GradientError, match=f"(?m)^{re.escape(exhibit.caught_by)}: relative error .*: \\S"):
        require(found)
    caught = [check for check in found if check.name == exhibit.caught_by and not check.ok]
    assert not any(check.error < 10 * check.bound for check in caught)  # by far: no matter of tolerance


def test_there_are_enough_and_each_has_its_card():
    assert len(EXHIBITS) >= 36
    assert len({exhibit.name for exhibit in EXHIBITS}) == len(EXHIBITS)
    assert len({exhibit.story for exhibit in EXHIBITS}) == len(EXHIBITS)
    for exhibit in EXHIBITS:
        assert 30 <= len(exhibit.story) <= 180, exhibit
        assert exhibit.story == " ".join(exhibit.story.split()), exhibit  # one line
        assert exhibit.caught_by, exhibit
        assert "# right: " in inspect.getsource(exhibit.bug), exhibit  # the label beside the bug
