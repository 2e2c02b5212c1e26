"""Counts of known factors, by hand."""

import numpy as np
import pytest

from minigan.metrics import UNREADABLE, attribute_recall, new_combinations

KNOWN = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])  # 3 x 2 values, each combination once


def test_by_hand():  # eq:metric.variation
    """Four images: (0, 0) twice, (1, 0), and one whose second attribute cannot be read."""
    found = attribute_recall(np.array([[0, 0], [0, 0], [1, 0], [1, UNREADABLE]]), KNOWN)
    assert found["readable"] == 7 / 8
    assert found["values_made"] == 3 / 5  # 0 and 1 of three values, 0 of two
    assert found["pairs_made"] == 2 / 6
    first, second = 0.5 * (1 / 6 + 1 / 6 + 1 / 3), 0.5 * (1 / 2 + 1 / 2)
    assert found["value_error"] == pytest.approx((first + second) / 2)
    assert found["pair_error"] == pytest.approx(0.5 * (2 / 3 - 1 / 6 + 1 / 3 - 1 / 6 + 4 / 6))


def test_the_real_set_itself_is_perfect_and_nothing_readable_is_worst():
    assert attribute_recall(KNOWN, KNOWN) == {
        "readable": 1, "values_made": 1, "value_error": 0, "pairs_made": 1, "pair_error": 0,
    }  # fmt: skip
    found = attribute_recall(np.full((3, 2), UNREADABLE), KNOWN)
    assert found == {"readable": 0, "values_made": 0, "value_error": 1, "pairs_made": 0, "pair_error": 1}


def test_what_cannot_be_read_of_a_real_image_is_left_out_of_its_frequencies():
    found = attribute_recall(np.array([[0], [1]]), np.array([[0], [1], [UNREADABLE]]))
    assert found == {"readable": 1, "values_made": 1, "value_error": 0}


def test_one_attribute_has_no_pairs():
    assert attribute_recall(KNOWN[:, :1], KNOWN[:, :1]).keys() == {"readable", "values_made", "value_error"}


def test_a_value_that_no_real_image_has_counts_as_an_error_only():
    found = attribute_recall(np.array([[0], [1], [7], [7]]), np.array([[0], [1]]))
    assert found["values_made"] == 1
    assert found["value_error"] == 0.5


def test_new_combinations_by_hand():
    """Known: (0, 0, 0) and (1, 1, 1).  A copy, one that differs in one attribute, and one that differs in two."""
    known = np.array([[0, 0, 0], [1, 1, 1]])
    share, apart = new_combinations(np.array([[1, 1, 1], [0, 0, 1], [2, 1, 0]]), known)
    assert share == pytest.approx(2 / 3)
    assert apart == pytest.approx((0 + 1 + 2) / 3)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((2, 3)), "whole numbers"),
        (np.zeros(2, int), "whole numbers"),
        (np.zeros((0, 2), int), "N and A >= 1"),
        (np.zeros((2, 3), int), "both sets need the same attributes, got 3 and 2"),
    ],
)
def test_other_arrays_are_refused(codes, message):
    with pytest.raises(ValueError, match=message):
        attribute_recall(codes, KNOWN)
