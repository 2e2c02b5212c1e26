"""Cached kernels: damaged files, full disks and races cost a compilation, never a run."""

import os
import subprocess
import sys

import pytest

from minigan.kernels.parallel import cache, jit, native

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not native.COMPILED, reason="without a compiler there is no cache"),
]

SMALL = """
import pathlib, sys, warnings
import numpy as np
from minigan.kernels.parallel.jit import jit

def double(x, y):
    for i in range(len(x)):
        y[i] = 2 * x[i] + 1

def computed(dtype=np.float64):
    "-> (the right result, compiled by the compiler, warnings)"
    x, compiled = np.arange(5, dtype=dtype), jit(double)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = np.zeros_like(x)
        compiled(x, y)
    right = y.tolist() == [1, 3, 5, 7, 9] and y.dtype == dtype
    return right, sum(compiled.stats.cache_misses.values()), [str(w.message) for w in caught]

FOLDER = pathlib.Path(__file__).parent / "cache"
def files():
    return sorted(path for path in FOLDER.rglob("*") if path.is_file())
"""


@pytest.fixture
def python(tmp_path):
    """python(code, ...): run SMALL and this code; with several, at the same time.  -> what each printed."""

    def python(*codes):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        script = tmp_path / "small.py"
        script.write_text(SMALL + "exec(sys.argv[1])\n")
        started = [
            subprocess.Popen(
                [sys.executable, str(script), code],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for code in codes
        ]  # fmt: skip
        printed = []
        for process in started:
            output, errors = process.communicate(timeout=200)
            assert process.returncode == 0, errors[-2000:]
            printed.append(output.splitlines())
        return printed

    return python


DAMAGES = """
rng = np.random.default_rng({seed})
computed()
counts = [0, 0, 0]
for k in range({times}):
    path = files()[rng.integers(len(files()))]
    content = bytearray(path.read_bytes())
    if k % 2:
        content = content[: rng.integers(len(content))]
    else:
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    path.write_bytes(content)
    right, misses, caught = computed()
    again = computed()
    counts = [counts[0] + right, counts[1] + misses, counts[2] + (again == (True, 0, []))]
    if k == 0: print(*caught)
    else: assert caught == []
print(*counts)
"""


def test_damaged_files_are_compiled_again_with_one_warning(python):
    ((warning, counts),) = python(DAMAGES.format(seed=0, times=40))
    assert warning.startswith("minigan found a damaged file, removed it, and compiles that kernel again: ")
    assert counts == "40 40 40"


def test_a_file_without_the_right_end_is_never_unpickled(tmp_path, monkeypatch):
    files = cache.CheckedFiles(str(tmp_path), "f", "stamp")
    files.save("key", [1, 2])
    assert files.load("key") == [1, 2]
    monkeypatch.setattr(cache, "_warned", set())
    monkeypatch.setattr(cache.IndexDataCacheFile, "_load_data", lambda *a: pytest.fail("unpickled"))
    (path,) = tmp_path.glob("*.nbc")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(RuntimeWarning, match="damaged file"):
        assert files.load("key") is None
    assert not path.exists()


def test_code_under_another_signature_is_not_loaded(tmp_path):
    """Two processes that fill an empty cache both choose the first data file; the last one to write it wins."""
    one, other = (cache.CheckedFiles(str(tmp_path), "f", "stamp") for _ in range(2))
    one.save("float32", "code for float32")
    index = next(tmp_path.glob("*.nbi")).read_bytes()
    next(tmp_path.glob("*.nbi")).unlink()
    other.save("float64", "code for float64")
    next(tmp_path.glob("*.nbi")).write_bytes(index)
    assert one.load("float32") is None


def test_processes_that_fill_an_empty_cache_at_the_same_time(python):
    every = "print([computed(dtype)[0] for dtype in (np.float32, np.float64, np.int64, np.complex128)])"
    assert python(every, every, every) == [["[True, True, True, True]"]] * 3
    ((again,),) = python(every)
    assert again == "[True, True, True, True]"
    assert python("print(len(files()) >= 2, [path.name for path in files() if 'tmp' in path.name])") == [["True []"]]


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))  # every larger file fails, as on a full disk
first = computed()
for dtype in (np.float32, np.float64, np.float64):
    print(*computed(dtype)[:2])
print(*first[2], sep="|")
"""


@pytest.mark.skipif(os.name == "nt", reason="needs setrlimit")
def test_a_full_disk(python):
    ((*results, warning),) = python(FULL)
    assert results == ["True 1"] * 3
    assert "minigan could not keep a compiled kernel in" in warning
    assert "File too large" in warning
    assert "NUMBA_CACHE_DIR" in warning
    assert "|" not in warning
    assert python("print(*computed())") == [["True 1 []"]]  # nothing half-written is left


def test_a_cache_folder_that_disappears(python):
    ((first, second),) = python(
        "made = jit(double)\n"
        "import shutil; shutil.rmtree(FOLDER); FOLDER.touch()  # a file has its place\n"
        "x, y = np.arange(5.0), np.zeros(5)\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always'); made(x, y)\n"
        "print(y.tolist()); print(*(w.message for w in caught))\n"
    )
    assert first == "[1.0, 3.0, 5.0, 7.0, 9.0]"
    assert second.startswith("minigan could not ")


def test_code_compiled_from_older_files_is_compiled_again(monkeypatch):
    """A kernel contains code from other files of kernels/: if one of them changes, the cached code is out of date."""

    def misses():
        compiled = jit.jit(_add_one)
        assert compiled(2) == 3
        return sum(compiled.stats.cache_misses.values())

    misses()
    assert misses() == 0
    with monkeypatch.context() as changed:
        changed.setattr(cache, "SOURCES", b"as if a file had been edited")
        assert misses() == 1
        assert misses() == 0
    assert misses() == 1  # and again, with the files as they are


def _add_one(x):
    return x + 1
