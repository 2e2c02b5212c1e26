"""Losses and penalties are checked like layers."""

from functools import partial

import numpy as np
import pytest
from museum import EXHIBITS, Patch

import minigan
from minigan import penalties
from minigan.losses import GAN_LOSSES, NonSaturating
from minigan.penalties import Custom, as_penalties
from minigan.teach.tracing.players import WatchedPenalty, title

from .pairs import images, plane

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("exhibit", "loss", "quantity"),
    [
        ("slope_without_one_over_n", "non_saturating", "df"),
        ("hinge_on_the_wrong_side", "hinge", "dr"),
    ],
)
def test_a_wrong_gradient_of_a_loss_shows_in_its_row(exhibit, loss, quantity, monkeypatch):
    (bug,) = [e.bug for e in EXHIBITS if e.name == exhibit]
    G, D, x, z = images()
    trace = partial(minigan.trace, G, D, x, z, GAN_LOSSES[loss])
    assert trace().failed == []
    bug(Patch(monkeypatch))
    assert quantity in {q.name for _, row, q in trace().failed if row.layer == repr(GAN_LOSSES[loss])}


def test_a_wrong_v_of_a_penalty_shows_in_its_row():
    def doubled(g):
        value, v = penalties.r1(g)
        return value, 2 * v

    G, D, x, z = plane()
    found = minigan.trace(G, D, x, z, penalties=[penalties.r1, doubled])
    assert [(stage.title, row.layer, q.name) for stage, row, q in found.failed] == [
        ("penalty doubled: value and v = dP/dg", "doubled", "v")
    ]
    assert found["penalty R1(gamma=1.0): value and v = dP/dg"].rows[0].note.startswith("P = ")


def test_a_watched_penalty_keeps_its_place_and_its_name():
    def mine(g):
        return 0.0, 0 * g

    given = [partial(penalties.r2, gamma=3), penalties.Dragan(lam=2.0), mine, Custom(mine, place="between")]
    found = as_penalties(given)
    assert [title(penalty) for penalty in found] == ["R2(gamma=3)", "Dragan(lam=2.0)", "mine", "mine"]
    assert [WatchedPenalty(penalty, None).place for penalty in found] == ["fake", "around", "real", "between"]


def test_a_watched_penalty_is_taken_at_its_own_points():
    class Shifted(penalties.R1):
        """R1 a little to the right of the real batch."""

        place = "between"

        def points(self, real, fake, rng):
            return real + 1

    real, rng = np.ones((2, 3)), np.random.default_rng(0)
    np.testing.assert_array_equal(WatchedPenalty(Shifted(), None).points(real, -real, rng), 1 + real)


def test_a_users_own_loss_shows_the_first_line_of_its_docstring():
    class Steep(NonSaturating):
        """ten times the non-saturating loss"""

        def g(self, r, f):
            value, gradient = super().g(r, f)
            return 10 * value, 10 * gradient

    class Own:
        """mean f"""

        relativistic = False

        def d(self, r, f):
            return float(r.mean() - f.mean()), np.full_like(r, 1 / r.size), np.full_like(f, -1 / f.size)

        def g(self, r, f):
            return float(f.mean()), np.full_like(f, 1 / f.size)

    G, D, x, z = plane()
    steep, own = minigan.trace(G, D, x, z, Steep()), minigan.trace(G, D, x, z, Own())
    assert steep.failed == own.failed == []
    row = own.stages[3].rows[0]
    assert (row.note, row["dr"].formula) == ("mean f", "")
    assert steep["Steep: loss of D"].rows[0].note.startswith("L_D = ")
