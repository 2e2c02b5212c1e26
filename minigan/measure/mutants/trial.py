"""Does a check notice the mutant?  Its claims are run until one fails, then the tests.

A mutant that raises is killed, and so is one that needs more than `LIMIT` seconds for a claim: it loops.  A check that has killed is
run again without the mutant, the first time and at the end: if it fails then, it has killed nothing, and that is an error.
"""

import contextlib
import io
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan.measure.certify import layers
from minigan.measure.certify.claim import Claim
from minigan.measure.certify.samples import SAMPLES
from minigan.measure.mutants.mutant import Mutant, planted
from minigan.measure.mutants.subjects import TESTS, claims_of, mirrors

LIMIT, TEST_LIMIT = 20.0, 90.0  # seconds of this process


class Verdict(NamedTuple):
    """What became of a mutant: the check that killed it, or "" for a survivor, and the seconds it took."""

    mutant: Mutant
    by: str
    seconds: float


class UnsoundError(AssertionError):
    """A check fails without any mutant."""


class _TooLong(BaseException):
    """Not an Exception: no check must take it for its own failure."""


def by_claims(mutant: Mutant) -> Verdict:
    """Plant the mutant and look for a claim that fails.   Raises UnsoundError if that claim fails without the mutant too."""
    start = time.process_time()
    with planted(mutant), _quiet():
        claim = _claim_that_fails(mutant)
    seconds = time.process_time() - start
    if isinstance(claim, Claim):
        _must_hold(claim)
    return Verdict(mutant, _name(claim), seconds)


def by_tests(verdict: Verdict) -> Verdict:
    """The same with the tests, for a mutant that no claim has killed.   Without tests, as in an installed package, it survives."""
    start = time.process_time()
    by = _test_that_fails(verdict.mutant, mirrors(verdict.mutant.file))
    return Verdict(verdict.mutant, by, verdict.seconds + time.process_time() - start)


_held: dict[tuple, Claim] = {}  # the claims that have killed, and hold without a mutant


def _must_hold(claim: Claim) -> None:
    if claim[:-1] not in _held:
        if _fails(_again(claim)):
            raise UnsoundError(f"{claim.section}: {claim.title} fails without a mutant")
        _held[claim[:-1]] = claim


def still_sound() -> None:
    """Run every claim that has killed a mutant once more, without one.  Raises UnsoundError if a mutant has spoiled it."""
    claims = list(_held.values())
    _held.clear()
    for claim in claims:
        _must_hold(claim)


def _again(claim: Claim) -> Claim:
    """The claim made anew: that of a layer keeps its differences, which are the mutant's."""
    if claim.section != "layers":
        return claim
    sample = next(sample for sample in SAMPLES if sample.name == claim.sample)
    return next(c for c in layers.claims([sample]) if c.verb == claim.verb)


def _claim_that_fails(mutant: Mutant) -> Claim | str:
    try:
        return next((claim for claim in claims_of(mutant) if _fails(claim)), "")
    except Exception:
        return "a network cannot be built"


def _name(claim: Claim | str) -> str:
    if isinstance(claim, str):
        return claim
    return f"{claim.section}: {claim.verb if claim.section in BY_VERB else claim.subject}"


BY_VERB = ("layers", "penalties", "losses")


def _fails(claim: Claim) -> bool:
    try:
        with _limited(LIMIT):
            return any(not check._replace(doubt=0.0).ok for check in claim.checks())
    except (Exception, _TooLong):
        return True


def _test_that_fails(mutant: Mutant, files: list[Path]) -> str:
    """The test file of the first test that fails with the mutant, or ""."""
    if not files:
        return ""
    if not set(files) <= _imported:
        if failed := _run_tests(files):
            raise UnsoundError(f"{failed} fails without a mutant")
        _imported.update(files)
    with planted(mutant):
        failed = _run_tests(files)
    if failed and (spoiled := _run_tests(files)):
        raise UnsoundError(f"{spoiled} fails without a mutant, after {mutant}")
    return failed


_imported: set[Path] = set()


def _run_tests(files: list[Path]) -> str:
    import pytest

    class Watch:
        failed = ""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed and not self.failed:
                self.failed = report.nodeid.partition("::")[0].rpartition("/")[2]

    watch, before = Watch(), set(sys.modules)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", "--no-header"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            with _limited(TEST_LIMIT):
                status = pytest.main([*options, *map(str, files)], plugins=[watch])
        except _TooLong:
            return files[0].name
        finally:  # a test module may hold layers that belong to a network by now: the next run imports it again
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", None)).startswith(str(TESTS)):
                    del sys.modules[name]
    return "" if status == 0 else watch.failed or files[0].name


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise _TooLong after so many seconds of this process's own time.  Only in the main thread, which owns signals."""

    def stop(*_: Any) -> None:
        raise _TooLong

    before: Callable | int | None = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
