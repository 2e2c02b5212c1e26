"""The evaluation of the evaluators, small: what must hold even for 120 images, and the picture."""

import math

import numpy as np
import pytest
from PIL import Image

from minigan.measure.results import damage, rows
from minigan.measure.results.damage import FLOOR, MEASURES
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow

SMALL = {"images": 120, "cuts": 3}


def measured(method):
    return damage.run_cell(Cell(method, 0, damage.METHODS[method] | SMALL), True)


@pytest.fixture(scope="module")
def floor():
    return measured(FLOOR)


def test_the_two_halves_share_no_image():
    pool = damage.split_pool(5000, np.random.default_rng(3))
    assert pool.images.shape == pool.reference.shape == (5000, 28, 28, 1)
    both = np.concatenate([pool.images, pool.reference]).reshape(10_000, -1)
    assert len(np.unique((both[:, 100:600] * 127.5).astype(np.int16), axis=0)) > 9_990  # no image in both halves
    assert np.bincount(pool.labels).min() > 300


def test_the_floor_has_a_standard_deviation_for_each_measure(floor):
    assert list(floor) == [*MEASURES, *(f"{name}_std" for name in MEASURES)]
    assert all(floor[f"{name}_std"] > 0 for name in MEASURES)
    assert 7 < floor["inception"] <= 10
    assert 0.6 < floor["precision"] < 1


def test_a_memorised_set_looks_perfect_except_by_the_distance_to_the_nearest_image(floor):
    found = measured("memorised images, 1.0")
    assert found["frechet"] == pytest.approx(0, abs=1e-6)
    assert (found["precision"], found["recall"], found["coverage"], found["wasserstein"]) == (1, 1, 1, 0)
    assert found["nearest"] == pytest.approx(0, abs=1e-6)
    assert found["parzen"] > floor["parzen"] + 100


def test_noise_is_seen(floor):
    found = measured("noise, 0.8")
    for name, (_, _, sign) in MEASURES.items():
        if name != "nearest":
            assert sign * (found[name] - floor[name]) > 0, name


def test_a_cell_is_the_same_each_time():
    assert measured("unequal classes, 0.7") == measured("unequal classes, 0.7")


def made_up(value=lambda name, method: 1.0):
    """A complete table: each figure of the floor is 1 +- 0.5, all others are `value`."""
    found = []
    for method in damage.METHODS:
        figures = {name: 1.0 if method == FLOOR else value(name, method) for name in MEASURES}
        figures |= {f"{name}_std": 0.5 for name in MEASURES} if method == FLOOR else {}
        found.append(dict.fromkeys(rows.HEAD, "") | {"method": method} | {k: str(v) for k, v in figures.items()})
    return found


def test_z_and_verdicts_by_hand():
    found = made_up(lambda name, method: 3.0 if "blur" in method else 1.0)
    z = damage.scores({row["method"]: rows.figures(row) for row in found})
    assert z["frechet"]["blur"] == [4.0] * 4  # (3 - 1) / 0.5, more is worse
    assert z["recall"]["blur"] == [-4.0] * 4
    assert z["recall"]["noise"] == [0.0] * 4
    assert damage.verdict("frechet", [9.0, 4.0]) == "sees"
    assert damage.verdict("recall", [0.0, -4.0]) == "FOOLED"
    assert damage.verdict("recall", [9.0, 3.0]) == "blind"
    assert [damage.verdict("nearest", [z]) for z in (4.0, 0.0, -4.0)] == ["nearer", "as real", "farther"]


def test_the_title_counts(tmp_path):
    z = {name: {harm: [math.inf if name == "frechet" else -5.0] for harm in damage.HARMS} for name in MEASURES}
    assert "of 9 measures see the damage: blur 1, noise 1," in damage.title(z)
    assert "\n8 of them rate a memorised" in damage.title(z)


def test_the_picture_is_drawn_only_when_the_table_is_complete(tmp_path):
    found = made_up(lambda name, method: 2.0)
    assert damage.draw(found[1:], tmp_path, False) == []
    (path,) = damage.draw(found, tmp_path, False)
    assert path == tmp_path / "damage.png"
    with Image.open(path) as picture:
        assert min(picture.size) > 1000
