"""Fuzz targets: a test marked `fuzz` runs once for each of many seeded cases, and its figures are printed at the end.

    @pytest.mark.fuzz(20)
    def test_a_damaged_file_is_refused(rng, tmp_path): ...

runs 20 cases in the ordinary suite and 5,000 with `pytest tests/fuzz --fuzz 5000`.  Case i has a Generator of its own, made of
the test's name and the seed S + i (S is 0, or `--fuzz-seed S`).  A case that fails does not end the target: all are run and
counted, and the report begins with the first failure and the command that repeats it alone.

    fuzz(n, most=None, seconds=60)     n     cases in the ordinary suite; with `--fuzz N` there are N
                                       most  at most this many, for a target whose case is expensive (a new process)
                                       seconds  a case that takes longer is interrupted and fails; None: no limit
"""

import contextlib
import signal
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

FIGURES = "fuzz figures"


def pytest_addoption(parser):
    group = parser.getgroup("fuzz")
    group.addoption("--fuzz", type=int, metavar="N", help="run N cases of each fuzz target (default: a few)")
    group.addoption("--fuzz-seed", type=int, default=0, metavar="S", help="the seed of the first case (default: 0)")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "fuzz(n, most=None, seconds=60): run the test for n seeded cases; see tests/conftest.py"
    )
    # nohup and a shell's `&` start us with signals ignored, and so would every process that a test starts
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Undo what a test's command did to the number of threads (`--threads 1`): the bits of the next test depend on it."""
    from minigan import kernels

    before = kernels.get_threads(), kernels.get_shares()
    try:
        return (yield)
    finally:
        if (kernels.get_threads(), kernels.get_shares()) != before:
            kernels.set_threads(*before)


@pytest.fixture
def rng():
    """The Generator of a fuzz case; a new one for each case."""
    return np.random.default_rng(0)


@pytest.fixture
def memory_limit():
    """`with memory_limit(n):` an allocation that takes this process n bytes above its present size is a MemoryError."""
    return _memory_limit


def case_rng(name, seed):
    return np.random.default_rng([zlib.crc32(name.encode()), seed])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    mark = pyfuncitem.get_closest_marker("fuzz")
    if mark is None:
        return None
    n, most, seconds = _settings(*mark.args, **mark.kwargs)
    first = pyfuncitem.config.getoption("fuzz_seed")
    n = pyfuncitem.config.getoption("fuzz") or n
    n = n if most is None else min(n, most)
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    failures, began = [], time.perf_counter()
    for seed in range(first, first + n):
        arguments["rng"] = case_rng(pyfuncitem.name, seed)
        try:
            with _time_limit(seconds):
                pyfuncitem.obj(**arguments)
        except (Exception, pytest.fail.Exception) as error:
            failures.append((seed, error))
    spent = time.perf_counter() - began
    pyfuncitem.user_properties.append((FIGURES, (pyfuncitem.name, n, len(failures), spent)))
    if failures:
        seed, error = failures[0]
        error.add_note(
            f"{len(failures)} of {n} cases failed, with the seeds {', '.join(str(seed) for seed, _ in failures[:10])}"
            f"{', ...' * (len(failures) > 10)}. Repeat the first: pytest {pyfuncitem.nodeid!r} --fuzz 1 --fuzz-seed {seed}"
        )
        raise error
    return True


def pytest_terminal_summary(terminalreporter):
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, []) if r.when == "call"]
    figures = [value for report in reports for name, value in report.user_properties if name == FIGURES]
    if figures:
        terminalreporter.section("fuzz", sep="-")
        width = max(len(name) for name, *_ in figures)
        for name, cases, failures, spent in sorted(figures):
            terminalreporter.line(f"{name:<{width}}  {cases:>7,} cases  {failures:>5,} failures  {spent:7.1f} s")


def _settings(n, most=None, seconds=60):
    return n, most, seconds


@contextlib.contextmanager
def _time_limit(seconds):
    """Raise TimeoutError in the main thread when the block takes longer than this."""
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(signum, frame):
        raise TimeoutError(f"the case took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _memory_limit(n):
    if sys.platform != "linux":  # no /proc, or a limit that the system ignores
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    present = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (present + n, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
