"""Each kind of mistake is recognised, and a right answer is never called wrong."""

import numpy as np
import pytest

from minigan.teach.exercises.mistakes import agree, explain

rng = np.random.default_rng(0)
A, SQUARE, ROW = rng.standard_normal((5, 3)), rng.standard_normal((4, 4)), rng.standard_normal(6)
SIZES = {"N": 5, "n_in": 3}


@pytest.mark.parametrize("right", [A, SQUARE, ROW, 2.5, np.float32(1.5), np.zeros(3), np.array([]), (A, ROW, 1.0)])
def test_the_right_answer_is_right(right):
    assert explain(right, right, SIZES) is None
    assert agree(right, right)


def test_rounding_is_not_a_mistake():
    assert agree(A.astype(np.float32), A)
    assert agree(A * (1 + 1e-9), A)
    assert not agree(A * (1 + 1e-4), A)


def test_the_same_overflow_is_the_same_mistake():
    bad = np.array([np.inf, -np.inf, np.nan, 1.0])
    assert agree(bad, bad)
    with np.errstate(invalid="ignore"):  # as a check does
        assert not agree(np.array([np.inf, np.inf, np.nan, 1.0]), bad)
        assert not agree(np.array([np.inf, -np.inf, np.nan, 2.0]), bad)


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        (None, A, "the function returned None: is there a `return`?"),
        ("A", A, "expected an array of shape (5, 3), got 'A'"),
        ([[1], [2, 3]], A, "expected an array of shape (5, 3), got a list of 2"),
        (1j * A, A, "complex number, but a real one"),
        ((A,), (A, ROW), "it should return 2 things, dx, db, but it returned 1"),
        (A, (A, ROW), "it should return 2 things, dx, db, but it returned an array of shape (5, 3)"),
        (1.0, (A, ROW), "but it returned a number"),
        ((A, -ROW), (A, ROW), "db: the sign is wrong: everything else is right"),
        (A.T, A, "shape is (3, 5), but (5, 3) was expected: it is transposed"),
        (ROW[:, None], ROW, "one axis of length 1 too many"),
        (ROW, ROW[:, None], "an axis of length 1 is missing"),
        (A, 1.0, "is a sum or a mean over an axis missing?"),
        (1.0, A, "was it summed over one axis too many?"),
        (np.ones(5), np.ones(3), "was it summed over the wrong axis?"),
        (np.ones((2, 5)), np.ones((5, 3)), "its shape is (2, 5), but (5, 3) was expected"),
        (np.where(A > 1, np.inf, A), A, "it contains Inf"),
        (A * np.nan, A, "it contains NaN"),
        (0 * A, A, "it is 0 everywhere"),
        (-A, A, "the sign is wrong: everything else is right"),
        (5 * A, A, "it is N = 5 times too large: a factor 1/N is missing"),
        (A / 5, A, "it is N = 5 times too small: there is one factor 1/N too many"),
        (-A / 3, A, "the sign is wrong, and it is n_in = 3 times too small"),
        (2 * A, A, "it is 2 times the right answer: a constant factor should not be there"),
        (A / 2, A, "it is 1/2 times the right answer: a constant factor is missing"),
        (5.0, 1.0, "a factor 1/N is missing"),
        (-1.0, 1.0, "the sign is wrong"),
        (1.37, 1.0, "the numbers differ: expected 1, got 1.37"),
        (SQUARE.T, SQUARE, "it is transposed"),
        (ROW[::-1], ROW, "reverse order"),
        (ROW + 0.5, ROW, "every entry is too large by 0.5"),
        (ROW - 0.5, ROW, "every entry is too small by 0.5"),
        (np.abs(A), A, "the sign is wrong in"),
        (np.where(A[2, 1] == A, 9, A), A, "14 of 15 entries are right; the first wrong one is at index (2, 1): expected"),
        (A**3 + 1, A, "the numbers differ, most at index ("),
        (np.ones(3), np.zeros(3), "every entry is too large by 1"),
    ],
)  # fmt: skip
def test_the_mistake_is_named(got, expected, message):
    assert message in explain(got, expected, SIZES, ("dx", "db"))


def test_parts_without_names_are_counted():
    assert explain((A, -A), (A, A)).startswith("result 2: the sign")


@pytest.mark.parametrize("got", [[1.0, 2.0], (1, 2), np.array([1, 2])])
def test_lists_and_integers_are_numbers_too(got):
    assert explain(got, np.array([1.0, 2.0])) is None
