"""The engine: the same mutants each time, each different in one place, and the library as it was afterwards."""

import difflib

import numpy as np
import pytest

from minigan import losses
from minigan.kernels import reference
from minigan.layers import Copy, Dense, Layer, Tanh
from minigan.measure.mutants import chosen, mutant
from minigan.measure.mutants.mutant import live, mutants, mutants_of, places, planted


def find(file, function, before, after):
    return next(m for m in mutants(file) if (m.function, m.before, m.after) == (function, before, after))


TANH = find("layers/activations.py", "Tanh.df", "1 - y * y", "1 + y * y")


def test_the_same_mutants_each_time():
    source = (mutant.ROOT / "layers/activations.py").read_text()
    assert list(mutants_of(places(source), "layers/activations.py")) == mutants("layers/activations.py")


def test_the_same_seed_chooses_the_same_mutants_and_another_seed_others():
    assert chosen("losses", 5, "a") == chosen("losses", 5, "a") != chosen("losses", 5, "b")
    assert 0.02 < len(chosen("losses", 5, "a")) / len(chosen("losses")) < 0.09
    assert set(chosen("losses.py", 30)) <= set(chosen("los", 60))  # whatever else is chosen from
    assert len(chosen("losses", 1e-9)) == 1


def test_each_mutant_differs_in_one_statement():
    import ast

    source = (mutant.ROOT / "layers/dense.py").read_text()
    right = ast.unparse(ast.parse(source)).splitlines()
    found = places(source)
    for m in mutants_of(found):
        with found[m.n].changed():
            scope = ast.unparse(ast.fix_missing_locations(ast.Module(found[m.n].scope, []))).splitlines()
        body = [line for line in scope if not line.startswith("class ")]
        changed = [line for line in difflib.ndiff(right, body) if line.startswith("+ ")]
        assert len(changed) == 1, m


def test_a_method_is_changed_and_restored():
    y = np.array([0.5])
    with planted(TANH):
        assert Tanh().df(y) == 1.25
    assert Tanh().df(y) == 0.75


def test_it_is_restored_after_an_exception():
    with pytest.raises(KeyError), planted(TANH):
        raise KeyError
    assert Tanh().df(np.array([0.5])) == 0.75


def test_every_name_of_a_function_runs_the_mutant():
    m = find("layers/activations.py", "sigmoid", "1 + e", "1 - e")
    with planted(m):
        assert losses.sigmoid(np.array([-1.0])) > 0.5  # imported by losses before
    assert losses.sigmoid(np.array([-1.0])) < 0.5


def test_a_decorated_method_is_found_below_its_wrapper():
    loss, f = losses.wasserstein, np.array([2.0])
    with planted(find("losses.py", "Wasserstein.g", "-_mean(f)", "_mean(f)")):
        assert loss.g(None, f)[0] == 2
    assert loss.g(None, f)[0] == -2


def test_a_subclass_that_inherits_runs_the_mutant():
    m = next(m for m in mutants("losses.py") if m.function == "Minimax.d" and m.kind == "sign")
    r = np.array([1.0])
    right = losses.non_saturating.d(r, r)
    with planted(m):
        assert any(a != b for a, b in zip(losses.non_saturating.d(r, r), right, strict=True))


def test_all_functions_with_mutants_are_found_in_the_library():
    for file in ("layers/norm.py", "optim.py", "kernels/reference.py", "layers/more/time.py"):
        for m in mutants(file):
            assert live(file, m.function).__code__.co_qualname == m.function


def test_a_closure_keeps_its_class():
    m = next(m for m in mutants("network.py") if m.function == "Sequential.forward")
    with planted(m):
        pass  # super() needs the cell of the class, which the changed code must have too


def test_a_change_of_a_line_gives_its_mutants_other_keys():
    a, b = (list(mutants_of(places(f"def f(x):\n    return {line}\n"))) for line in ("x + 1", "x + 3"))
    assert {m.key for m in a}.isdisjoint(m.key for m in b)


def test_an_unknown_name_and_a_wrong_share_are_refused():
    with pytest.raises(ValueError, match="no mutated file or function begins with 'nothing'"):
        chosen("nothing")
    with pytest.raises(ValueError, match="--share is in percent, above 0 and at most 100, got 0"):
        chosen("losses", 0)


def test_the_functions_are_those_of_the_library():
    assert live("layers/dense.py", "Dense.adjoint") is Dense.adjoint
    assert live("layers/layer.py", "Layer.learn") is Layer.learn
    assert live("kernels/reference.py", "adam") is reference.adam
    assert live("layers/branches.py", "Copy.backward") is Copy.backward
