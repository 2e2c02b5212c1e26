"""Every file with mathematics is mutated, and every function that is mutated has a check."""

import re

import pytest

from minigan.measure.mutants.equivalent import known, unused
from minigan.measure.mutants.mutant import ROOT
from minigan.measure.mutants.subjects import LEFT_OUT, TESTS, claims_of, files, mathematics, mirrors, using


def test_all_layers_losses_penalties_optimizers_steps_and_twins_are_mutated():
    layers = {p.relative_to(ROOT).as_posix() for p in (ROOT / "layers").rglob("*.py") if p.name != "__init__.py"}
    assert layers - set(LEFT_OUT) <= set(files())
    assert {"kernels/reference.py", "losses.py", "penalties.py", "optim.py", "game.py", "fast_step.py"} <= set(files())


@pytest.mark.parametrize("file", files())
def test_every_mutated_file_has_checks(file):
    mutant = mathematics(file)[0]
    assert next(claims_of(mutant), None) or mirrors(file)


def test_the_verbs_are_mutated_and_guards_are_not():
    functions = {m.function for m in mathematics("layers/norm.py")}
    assert {"project", "curve", "_SampleNorm.backward", "_SampleNorm.accumulate", "BatchNorm.learn"} <= functions
    assert not any("__init__" in name or "check" in name for name in functions)
    assert {m.function for m in mathematics("game.py")} == {"d_step", "g_step"}


def test_a_layer_meets_the_samples_that_use_the_function():
    assert {type(s.layer).__name__ for s in using("layers/norm.py", "_SampleNorm.backward")} >= {
        "LayerNorm",
        "Residual",
    }
    assert all("Norm" in s.name for s in using("layers/norm.py", "curve"))


def test_every_step_of_a_recipe_that_has_claims_is_mutated():
    steps = {
        path for path in (ROOT / "zoo").glob("*.py") if re.search(r"^def \w+_step\(", path.read_text(), re.MULTILINE)
    }
    without_claims = {"zoo/imle.py"}
    assert {p.relative_to(ROOT).as_posix() for p in steps} - without_claims == {
        f for f in files() if f.startswith("zoo/")
    }


def test_the_tests_are_found_beside_the_package():
    assert TESTS / "layers/test_norm.py" in mirrors("layers/norm.py")


def test_every_equivalent_mutant_exists_and_has_a_reason():
    assert unused([m for file in files() for m in mathematics(file)]) == []
    assert all(len(reason) > 20 for reason in known().values())
