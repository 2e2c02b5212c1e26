"""All measures of a set, each next to what real images would get."""

import json
import math

import numpy as np
import pytest

from minigan import data
from minigan.evaluation import DIGITNET, PIXELS, evaluate, evaluate_points, memorised
from minigan.evaluation.measures import classes, paired
from minigan.evaluation.table import MEASURES

DISTANCES = {"frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage", "sliced_wasserstein"}
CLASSES = {"inception_score", "class_entropy", "confident"}


def rng():
    return np.random.default_rng(3)


def images(n, seed=0, low=0):
    """Bright spots of two sizes on black."""
    r = np.random.default_rng(seed)
    x = np.full((n, 9, 8, 1), low, np.uint8)
    for image in x:
        i, j = r.integers(6, size=2)
        image[i : i + 3, j : j + r.integers(2, 4)] = 255
    return x


@pytest.fixture(scope="module")
def reference():
    return images(301)


def test_good_images_reach_the_floor_and_bad_ones_do_not(reference):
    good = evaluate(images(150, seed=1), reference, PIXELS, rng())
    assert good["samples"] == {"generated": 150, "real": 150, "floor": 150}
    assert good["features"] == PIXELS
    assert good["measures"].keys() == DISTANCES
    bad = evaluate(images(150, seed=1, low=120), reference, PIXELS, rng())["measures"]
    for name, measure in good["measures"].items():
        assert measure["floor"] == bad[name]["floor"], name  # the same halves, the same directions
        if MEASURES[name][1] == "lower":
            assert measure["value"] < 2 * abs(measure["floor"]) + 0.05 < bad[name]["value"], name
        else:
            assert measure["value"] > 0.7 * measure["floor"] > 0.2 > bad[name]["value"], name


def test_a_set_that_repeats_one_image_is_precise_and_has_no_recall(reference):
    one = np.repeat(reference[:1], 301, axis=0)
    found = evaluate(one, reference, PIXELS, rng())["measures"]
    assert found["precision"]["value"] == 1
    assert found["recall"]["value"] < 0.2 < found["recall"]["floor"]


def test_more_generated_than_real_images(reference):
    found = evaluate(images(400, seed=1), reference, PIXELS, rng())
    assert found["samples"] == {"generated": 400, "real": 301, "floor": 150}
    assert found["measures"]["frechet_distance"]["value"] < 2 * found["measures"]["frechet_distance"]["floor"]


def test_the_floor_compares_each_real_image_with_others_only():
    """Real images that are all different: if an image could meet itself, coverage would find it."""
    x = np.random.default_rng(0).integers(256, size=(200, 8, 8, 1), dtype=np.uint8)
    x[:100] //= 2  # whichever halves are drawn, none is a copy of the other
    measures = evaluate(x, x, PIXELS, rng())["measures"]
    assert measures["frechet_distance"]["value"] < 1e-9  # the set itself
    assert measures["coverage"]["value"] == 1
    assert measures["frechet_distance"]["floor"] > 1
    assert measures["coverage"]["floor"] < 1


def test_the_result_is_plain_numbers_and_the_same_each_time(reference):
    x = images(120, seed=2)
    before = x.copy(), reference.copy()
    first, again = (evaluate(x, reference, PIXELS, rng()) for _ in range(2))
    assert first == again == json.loads(json.dumps(first))
    assert evaluate(x / np.float32(127.5) - 1, reference, PIXELS, rng()) == first  # floats are the same images
    kernel = first["measures"]["kernel_distance"]
    assert kernel.keys() == {"value", "floor", "error", "floor_error"}
    assert min(kernel["error"], kernel["floor_error"]) > 0
    assert first["measures"]["recall"].keys() == {"value", "floor"}
    assert (x == before[0]).all()
    assert (reference == before[1]).all()


def test_digits_are_read_too():
    digits = data.load("mnist10k")
    pick = np.random.default_rng(0).permutation(10_000)[:400]
    real, fake = pick[:250], pick[250:]
    asked = digits.labels[fake].copy()
    asked[:30] = (asked[:30] + 1) % 10  # a fifth of the digits is not what G was asked for
    found = evaluate(
        digits.images[fake], digits.images[real], DIGITNET, rng(), labels=asked, reference_labels=digits.labels[real]
    )
    measures = found["measures"]
    assert measures.keys() == DISTANCES | CLASSES | {"as_asked"}
    assert 0.7 < measures["as_asked"]["value"] < 0.81
    assert measures["as_asked"]["floor"] > 0.9
    assert abs(measures["class_entropy"]["value"] - math.log(10)) < 0.1
    assert measures["inception_score"].keys() == {"value", "floor", "error", "floor_error"}
    assert measures["inception_score"]["floor"] > 5
    without = evaluate(digits.images[fake], digits.images[real], DIGITNET, rng())["measures"]
    assert without == {name: measure for name, measure in measures.items() if name != "as_asked"}


def test_classes_by_hand():
    p = np.zeros((40, 4))
    p[np.arange(40), np.tile([0, 1, 3, 3], 10)] = 1
    found = classes(p, np.tile([0, 2, 3, 3], 10))
    assert found["class_entropy"] == pytest.approx(1.5 * math.log(2))  # shares 1/4, 1/4, 0, 1/2
    assert found["inception_score"][0] == pytest.approx(
        2**1.5
    )  # exp(H), as each reading is certain; four images a split
    assert found["as_asked"] == 0.75
    assert found["confident"] == 1
    p[:10] = 0.25
    assert classes(p, None)["confident"] == 0.75
    assert "as_asked" not in classes(p, None)


def test_values_are_paired_with_their_floors():
    assert paired({"a": np.float32(1), "b": (2, 0.5), "c": 5}, {"a": 3, "b": (4.0, 0.25), "c": (6, 0.75)}) == {
        "a": {"value": 1.0, "floor": 3.0},
        "b": {"value": 2.0, "floor": 4.0, "error": 0.5, "floor_error": 0.25},
        "c": {"value": 5.0, "floor": 6.0, "floor_error": 0.75},
    }


def test_the_floor_of_the_frechet_distance_is_that_of_ten_random_splits(reference):
    from minigan.evaluation.features import shrink
    from minigan.metrics import frechet_distance

    found = evaluate(images(150, seed=1), reference, PIXELS, rng())["measures"]["frechet_distance"]
    assert found.keys() == {"value", "floor", "floor_error"}
    f, splits = shrink(reference), np.random.default_rng(0)
    others = []
    for _ in range(200):
        order = splits.permutation(301)
        others.append(frechet_distance(f[order[:150]], f[order[150:300]]))
    assert abs(found["floor"] - np.mean(others)) < 1.5 * np.std(others)  # a mean of ten lies within half a deviation
    assert 0.3 < found["floor_error"] / np.std(others) < 2


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_points_of_the_plane(name):
    real = getattr(data, name)(2500, np.random.default_rng(0))
    found = evaluate_points(real[real[:, 0] > 0.5], real, name)
    modes, half = {"ring": (8, 3), "grid": (25, 10)}[name]
    assert found["measures"]["modes"] == {"value": half, "floor": modes}
    assert found["measures"]["reverse_kl"]["value"] == pytest.approx(math.log(modes / half), abs=0.05)
    assert found["measures"]["high_quality"]["floor"] > 0.98
    assert found["samples"] == {"generated": int((real[:, 0] > 0.5).sum()), "real": 2500, "floor": 2500}


def test_copies_are_found():
    training = np.random.default_rng(0).integers(256, size=(40, 5, 7, 3), dtype=np.uint8)
    made = training[[7, 31, 7]].copy()
    made[2, 0, 0, 0] ^= 255  # almost a copy
    found = memorised(made, training, rng())
    x = training.reshape(40, -1) / 127.5 - 1
    gaps = np.linalg.norm(x[:, None] - x[None], axis=2) + np.diag(np.full(40, np.inf))
    assert found["index"].tolist() == [7, 31, 7]
    changed = abs(int(made[2, 0, 0, 0]) - int(training[7, 0, 0, 0])) / 127.5
    np.testing.assert_allclose(found["distance"], [0, 0, changed], atol=1e-5)
    np.testing.assert_allclose(found["own"], gaps.min(axis=1)[[7, 31, 7]], rtol=1e-5)
    drawn = rng().permutation(40)[:3]
    np.testing.assert_allclose(found["real"], gaps.min(axis=1)[drawn], rtol=1e-5)


def test_what_cannot_be_compared(reference):
    with pytest.raises(ValueError, match=r"at least 100 generated and 100 real images, got 99 and 301"):
        evaluate(images(99), reference, PIXELS, rng())
    with pytest.raises(ValueError, match=r"got 150 and 42"):
        evaluate(images(150), reference[:42], PIXELS, rng())
    with pytest.raises(
        ValueError, match=r"two sets of images .* of one size, got \(150, 9, 8, 1\) and \(301, 8, 8, 1\)"
    ):
        evaluate(images(150), reference[:, 1:], PIXELS, rng())
    with pytest.raises(ValueError, match="NaN or Inf"):
        evaluate(np.full((150, 9, 8, 1), np.nan), reference, PIXELS, rng())
