"""What is changed in a line: each kind of error, by example, and nothing in a guard."""

import ast

import numpy as np
import pytest

from minigan.measure.mutants.mutant import mutants_of, places


def texts(body: str, kind: str | None = None) -> list[str]:
    """`before -> after` of each mutant of a function with this body."""
    source = f"def f(self, dy: np.ndarray, cache, real_caches, fake_caches):\n    {body}\n"
    return [f"{m.before} -> {m.after}" for m in mutants_of(places(source)) if kind in (None, m.kind)]


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("return a + b", "sign", "a + b -> a - b"),
        ("return -a", "sign", "-a -> a"),
        ("return a", "sign", "a -> -a"),
        ("x = a * b", "factor", "a * b -> 0.5 * (a * b)"),
        ("return 0.1 * a", "factor", "0.1 -> 0.2"),
        ("return a - b", "dropped", "a - b -> a"),
        ("return a - b", "dropped", "a - b -> -b"),
        ("return a * b", "dropped", "a * b -> b"),
        ("return a / b", "dropped", "a / b -> a"),
        ("self.dW += a", "dropped", "self.dW += a -> pass"),
        ("self.dW[...] = a", "dropped", "self.dW[...] = a -> pass"),
        ("return a and b", "dropped", "a and b -> b"),
        ("return a[1]", "off by one", "1 -> 2"),
        ("return a[1]", "off by one", "1 -> 0"),
        ("return a[0]", "off by one", "0 -> -1"),
        ("return a[i:j]", "off by one", "i:j -> i:j - 1"),
        ("return a[i]", "off by one", "a[i] -> a[i + 1]"),
        ("return list(range(n))", "off by one", "range(n) -> range(n - 1)"),
        ("return a.sum(axis=axes)", "axis", "axis=axes -> axis=None"),
        ("return a.sum(axis=1, keepdims=True)", "axis", "True -> False"),
        ("return a.sum(axis=1)", "off by one", "1 -> 2"),
        ("return W.T", "transpose", "W.T -> W"),
        ("return a @ b", "transpose", "a @ b -> b @ a"),
        ("return a.swapaxes(2, 3)", "transpose", "a.swapaxes(2, 3) -> a"),
        ("for i in reversed(a): b(i)", "transpose", "reversed(a) -> a"),
        ("return a if a < b else b", "comparison", "a < b -> a <= b"),
        ("return a if a < b else b", "comparison", "a < b -> a >= b"),
        ("return a if b else c", "comparison", "a if b else c -> a if not b else c"),
        ("return f(a, learn=False)", "comparison", "False -> True"),
        ("return f(a, b)", "swapped", "f(a, b) -> f(b, a)"),
        ("a, b = cache", "swapped", "(a, b) -> (b, a)"),
        ("return f(real_caches)", "swapped", "real_caches -> fake_caches"),
        ("return dy * a", "in place", "dy * a -> dy.__imul__(a)"),
        ("self.dW += a", "added", "self.dW += a -> self.dW[...] = a"),
        ("return a.sum()", "function", "a.sum() -> a.mean()"),
    ],
)
def test_a_change(body, kind, expected):
    assert expected in texts(body, kind)


@pytest.mark.parametrize(
    "body",
    [
        '"""1 + 2."""',
        "raise ValueError(1 + 2)",
        "if a + 1 < b: raise ValueError(a + b)",
        "assert a + b < 2",
        "check_whole(a + 1, b)",
        'hint = "a" + "b"',
        "pass",
    ],
)
def test_a_guard_is_left_alone(body):
    assert texts(body) == []


def test_of_a_check_only_the_array_that_it_returns_is_changed():
    assert texts("return self.check(dy * a, b + 1, n < 2)", "comparison") == []
    assert texts("return self.check(dy * a, b + 1, n < 2)", "dropped") == ["dy * a -> dy", "dy * a -> a"]


def test_the_keywords_that_only_guard_are_left_alone():
    assert texts("return zip(a, b, strict=True)", "comparison") == []


def test_no_mutant_reads_like_the_source_or_like_another_one():
    found = texts("return a * a")
    assert len(found) == len(set(found))
    for line in found:
        before, after = line.split(" -> ")
        assert ast.dump(ast.parse(before)) != ast.dump(ast.parse(after))


@pytest.mark.parametrize(
    ("body", "same", "other"),
    [
        ("return max(a, b)", "max(a, b) -> max(b, a)", "max(a, b) -> min(a, b)"),
        ("return max(a, b, c)", "max(a, b, c) -> max(a, c, b)", "max(a, b, c) -> min(a, b, c)"),
        ("return np.maximum(a, b)", "np.maximum(a, b) -> np.maximum(b, a)", "np.maximum(a, b) -> np.minimum(a, b)"),
        ("return np.add(a, b, c)", "np.add(a, b, c) -> np.add(b, a, c)", "np.add(a, b, c) -> np.add(a, c, b)"),
        ("return np.max(a, b)", None, "np.max(a, b) -> np.max(b, a)"),
        ("return a.swapaxes(2, 3)", "a.swapaxes(2, 3) -> a.swapaxes(3, 2)", "a.swapaxes(2, 3) -> a"),
        (
            "return np.swapaxes(a, 2, 3)",
            "np.swapaxes(a, 2, 3) -> np.swapaxes(a, 3, 2)",
            "np.swapaxes(a, 2, 3) -> np.swapaxes(2, a, 3)",
        ),
        ("return a.sum(axis=(0, 2))", "(0, 2) -> (2, 0)", "2 -> 3"),
        ("return np.flip(a, axis=(1, 2))", "(1, 2) -> (2, 1)", "1 -> 2"),
        ("return np.roll(a, s, axis=(1, 2))", None, "(1, 2) -> (2, 1)"),
        ("return a.transpose((1, 2))", None, "(1, 2) -> (2, 1)"),
        ("return a in ('r', 'f')", "('r', 'f') -> ('f', 'r')", "a in ('r', 'f') -> a not in ('r', 'f')"),
        ("return a == ('r', 'f')", None, "('r', 'f') -> ('f', 'r')"),
        ("return any(a)", "any(a) -> -any(a)", "any(a) -> all(a)"),
        ("m = all(a)", "all(a) -> 0.5 * all(a)", "all(a) -> any(a)"),
        ("m = a > b", None, "a > b -> -(a > b)"),  # of arrays: this one counts
        ("y = np.zeros(a)", "np.zeros(a) -> -np.zeros(a)", "np.zeros(a) -> np.ones(a)"),
        ("y = np.empty(a + b)", "np.empty(a + b) -> 0.5 * np.empty(a + b)", "a + b -> a - b"),
        ("y = np.ones(a)", None, "np.ones(a) -> -np.ones(a)"),
        ("return a.reshape(-1, 2)", "1 -> 2", "1 -> 0"),
        ("return a.reshape((-1, 2))", "1 -> 2", "-1 -> 1"),
        ("return a[-1]", None, "1 -> 2"),
        ("D.backward(dy, need_dx=False)", "False -> True", "D.backward(dy, need_dx=False) -> pass"),
        ("return D.backward(dy, need_dx=False)", None, "False -> True"),
        ("D.backward(dy, learn=False)", None, "False -> True"),
    ],
)
def test_a_change_that_computes_the_same_is_left_out(body, same, other):
    found = texts(body)
    assert other in found
    assert same not in found


def test_why_these_compute_the_same():
    x: np.ndarray = np.arange(12.0).reshape(1, 3, 4)
    np.testing.assert_array_equal(x.reshape(-2, 4), x.reshape(-1, 4))
    np.testing.assert_array_equal(x.swapaxes(2, 1), x.swapaxes(1, 2))
    np.testing.assert_array_equal(np.flip(x, axis=(2, 1)), np.flip(x, axis=(1, 2)))
    np.testing.assert_array_equal(x.sum(axis=(2, 1)), x.sum(axis=(1, 2)))
    np.testing.assert_array_equal(-np.zeros(3), np.zeros(3))
    for truth in (True, False):
        assert bool(-any([truth])) == bool(2 * any([truth])) == bool(0.5 * any([truth])) == truth
