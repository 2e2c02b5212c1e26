"""The table of what came after GANs: each kind of method runs, and is measured with the evaluations that it can draw with."""

import pytest

from minigan.measure.results import after
from minigan.measure.results.table import Cell


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "counts"),
    [("GAN", (1,)), ("flow", after.EVALUATIONS), ("distilled", (1,)), ("DDGAN", (4,))],
)
def test_each_kind_runs(kind, counts):
    settings = after.METHODS[f"mnist10k/{kind}"]
    small = {key: after.QUICK.get(key, value) for key, value in settings.items()} | {
        "core_minutes": 0.001,
        "batch": 8,
        "width": 2,
    }
    figures = after.run_cell(Cell(f"mnist10k/{kind}", 0, small), quick=True)
    for n in after.EVALUATIONS:
        assert (f"frechet_{n}" in figures) == (f"ms_{n}" in figures) == (n in counts)
    assert figures["evaluations"] == {"GAN": 1, "flow": 4, "distilled": 1, "DDGAN": 4}[kind]
    assert figures["steps"] >= 8
    assert {"frechet", "floor", "precision", "recall"} <= set(figures)


def test_what_can_be_chosen():
    class Fixed:
        evaluations = property(lambda self: 4, lambda self, n: (_ for _ in ()).throw(ValueError("no")))

    assert not after.choose(object(), 1)
    assert not after.choose(Fixed(), 1)


def test_the_plot(tmp_path):
    row = {"method": "mnist10k/flow", "failure": ""} | {
        f"{part}_{n}": str(3.0 / n) for part in ("ms", "frechet") for n in (1, 2)
    }
    (path,) = after.draw([row], tmp_path, quick=True)
    assert path.stat().st_size > 1000
