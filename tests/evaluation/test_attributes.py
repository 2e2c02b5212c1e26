"""What portraits show is read by PortraitNet and set beside real ones."""

import numpy as np
import pytest

from minigan import data, evaluation
from minigan.evaluation.attributes import read
from minigan.models import portraitnet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def portraits():
    return data.load("portraits")


def rng():
    return np.random.default_rng(0)


def test_real_portraits_are_like_real_ones(portraits):
    found = evaluation.attributes(portraits.images[:300], portraits.images[300:1000], rng())
    assert list(found) == [
        "readable", "values_made", "value_error", "pairs_made", "pair_error", "new_combinations", "attributes_apart",
    ]  # fmt: skip
    for name in ("readable", "values_made", "pairs_made", "new_combinations"):
        assert found[name]["value"] == pytest.approx(found[name]["floor"], abs=0.04), name
    assert found["values_made"]["value"] == 1
    assert found["new_combinations"]["value"] > 0.95
    assert found["attributes_apart"]["value"] == pytest.approx(found["attributes_apart"]["floor"], abs=0.3)
    again = evaluation.attributes(portraits.images[:300] / np.float32(127.5) - 1, portraits.images[300:1000], rng())
    assert again["pair_error"] == pytest.approx(found["pair_error"], rel=0.05)


def test_copies_are_recognised(portraits):
    training = portraits.images[:600]
    held_out = portraits.images[600:800]
    found = evaluation.attributes(training[rng().integers(600, size=300)], training, rng(), held_out)
    assert found["new_combinations"]["value"] < 0.6 < 0.95 < found["new_combinations"]["floor"]
    assert found["attributes_apart"]["value"] < 0.5 * found["attributes_apart"]["floor"]


def test_a_generator_without_beards_and_red_clothes_misses_values_and_pairs(portraits):
    names = portraits.attribute_classes
    some = (portraits.attributes["beard"] == names["beard"].index("none")) & (
        portraits.attributes["clothes_color"] != names["clothes_color"].index("red")
    )
    left = portraits.images[some]
    found = evaluation.attributes(left[:300], portraits.images[:600], rng(), held_out=portraits.images[600:900])
    assert found["values_made"]["value"] < 58 / 60
    assert found["pairs_made"]["value"] < found["pairs_made"]["floor"] - 0.07
    assert found["value_error"]["value"] > found["value_error"]["floor"]


def test_what_was_asked_for(portraits):
    images, codes = portraits.images[:200], portraits.attributes["hair_color"][:200]
    found = evaluation.attributes(images[:100], images, rng(), asked=("hair_color", codes[:100], codes))
    assert found["as_asked"]["value"] > 0.97
    assert found["as_asked"]["floor"] > 0.97
    wrong = evaluation.attributes(images[:100], images, rng(), asked=("hair_color", (codes[:100] + 1) % 5, codes))
    assert wrong["as_asked"]["value"] < 0.03
    with pytest.raises(ValueError, match="PortraitNet does not read 'hat'; it reads skin, hair"):
        evaluation.attributes(images, images, rng(), asked=("hat", codes, codes))


def test_noise_cannot_be_read():
    codes = read(rng().integers(256, size=(50, 32, 32, 3), dtype=np.uint8))
    assert codes.best.shape == codes.sure.shape == (50, len(portraitnet.SIZES))
    assert np.mean(codes.sure == -1) > 0.2
    np.testing.assert_array_equal(codes.sure[codes.sure >= 0], codes.best[codes.sure >= 0])
