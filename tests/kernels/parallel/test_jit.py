"""Compilation: on the first call only, kept in the cache, reported if asked, with one warning if there is no cache folder."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minigan
from minigan.kernels.parallel import native

pytestmark = pytest.mark.slow

TRY = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    from minigan.kernels import elementwise, im2col, norm
    y = elementwise.leaky_relu(np.array([-1.0, 2.0]), 0.5)
assert y.tolist() == [-0.5, 2.0]
ours = [str(w.message) for w in caught if "minigan" in str(w.message)]
print(len(ours), *ours)
"""


def _run(folder, code, **environment):
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def copy(tmp_path):
    """A copy of the kernels, and of running/job.py, which they ask; a file has the place of __pycache__, so no cache can be made."""
    package = tmp_path / "installed" / "minigan"
    source = Path(minigan.__file__).parent / "kernels"
    shutil.copytree(source, package / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "running").mkdir()
    shutil.copy(source.parent / "running" / "job.py", package / "running")
    for folder in (package, package / "running"):
        (folder / "__init__.py").touch()
    (package / "kernels" / "__pycache__").touch()
    return package.parent


def test_without_a_cache_folder_it_warns_once_and_works(copy, tmp_path):
    blocked = tmp_path / "a file"
    blocked.touch()
    nowhere = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked / "cache"), "NUMBA_DISABLE_JIT": "0"}
    count, message = _run(copy, TRY, **nowhere, NUMBA_CACHE_DIR=str(blocked / "numba")).split(" ", 1)
    assert count == "1"
    assert "Set NUMBA_CACHE_DIR to a folder you may write to" in message


def test_with_a_cache_folder_it_fills_it_without_a_warning(copy, tmp_path):
    cache = tmp_path / "cache"
    environment = {"NUMBA_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "0"}
    assert _run(copy, TRY, **environment) == "0\n"
    assert list(cache.rglob("*.nbi"))


def test_nothing_compiles_at_import_and_the_loops_also_run_as_python():
    signatures = (
        "from minigan.kernels import elementwise, im2col, norm, winograd, winograd3\n"
        "modules = (elementwise, im2col, norm, winograd, winograd3)\n"
        "kernels = [f for m in modules for f in vars(m).values() if hasattr(f, 'signatures')]\n"
        "print(len(kernels), sum(len(f.signatures) for f in kernels))\n"
    )
    project = Path(minigan.__file__).parent.parent
    count, compiled = _run(project, signatures, NUMBA_DISABLE_JIT="0").split()
    assert int(count) >= 10
    assert compiled == "0"
    assert _run(project, signatures, NUMBA_DISABLE_JIT="1").split() == ["0", "0"]


def test_other_errors_are_not_hidden(monkeypatch):
    from minigan.kernels.parallel import jit

    def broken(**options):
        raise RuntimeError("something else")

    monkeypatch.setattr(jit.numba, "njit", broken)
    with pytest.raises(RuntimeError, match="something else"):
        jit.jit(lambda: None)


@pytest.mark.skipif(not native.COMPILED, reason="without a compiler there is no cache")
def test_the_warning_comes_once(monkeypatch, recwarn):
    from minigan.kernels.parallel import cache, jit

    def no_cache(function):
        raise RuntimeError("cannot cache function 'f': no locator available for file 'f.py'")

    monkeypatch.setattr(jit, "KernelCache", no_cache)
    monkeypatch.setattr(cache, "_warned", set())
    with pytest.warns(RuntimeWarning, match="found no folder") as caught:
        first, second = jit.jit(lambda: 1), jit.jit(lambda: 2)
    assert len(caught) == 1
    assert (first(), second()) == (1, 2)


REPORTED = """
import numpy as np
from minigan import kernels
from minigan.kernels.parallel.jit import on_compile
reports = []
on_compile(lambda *report: reports.append(report))
for dtype in (np.float32, np.float32, np.float64):
    kernels.leaky_relu(np.ones(3, dtype), 0.5)
on_compile(None)
kernels.column_sums(np.ones((3, 3)))
print(reports)
"""


def test_compilations_are_reported_with_name_and_number(tmp_path):
    project = Path(minigan.__file__).parent.parent
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    reports = ast.literal_eval(_run(project, REPORTED, **environment))
    assert [name for name, *_ in reports] == ["elementwise.leaky_relu", "native.alone", "elementwise.leaky_relu"]
    assert [index for _, index, _ in reports] == [1, 2, 3]
    assert {most for *_, most in reports} == {reports[0][2]}
    assert reports[0][2] >= 20
    again = ast.literal_eval(_run(project, REPORTED, **environment))
    assert again == []  # all were found in the cache
