"""Measure one model with all its contestants: verify, warm up, run in turn, summarise.  The result is a plain dict, ready for JSON."""

from contextlib import ExitStack, closing
from typing import Any

from minigan.measure.bench.machine import has_torch
from minigan.measure.bench.models import MODELS
from minigan.measure.bench.timing import Rounds, Worker, WorkerError, ratio, rotate, summary
from minigan.measure.bench.variants import USUAL, variants
from minigan.measure.bench.verify import BOUND, verify

OURS, TWIN, PEAK = "minigan", "NumPy twin", "sgemm"


class Disagreement(ArithmeticError):
    """Two contestants that should compute the same results do not."""


def compare(
    name: str, threads: int, rounds: int, seconds: float, quick: bool = False, peers: bool = True
) -> dict[str, Any]:
    """Time a model against its NumPy twin and, if PyTorch is installed, its PyTorch variants.

    Parameters
    ----------
    name : str
        A key of MODELS.
    threads, rounds, seconds
        Threads of each contestant, number of turns, length of a turn.
    quick : bool
        Only two PyTorch variants.
    peers : bool
        False: no PyTorch.

    Returns
    -------
    dict
        See `summarise`; "model", "what" and "threads" are added.

    Raises
    ------
    Disagreement
        If a contestant computes different results; the message names the terms.
    """
    build, what = MODELS[name]
    names = variants(build(), quick) if peers and has_torch() else []
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        workers = {OURS: _start(stack, "minigan", name, threads), TWIN: _start(stack, "twin", name, threads)}
        for variant in names:
            try:
                workers[variant] = _start(stack, "torch", name, threads, variant=variant)
                workers[variant].ask("step_once")  # if torch.compile fails, it fails here
            except WorkerError as error:
                failed[variant] = str(error)
                workers.pop(variant, None)
        errors = verify(workers, OURS)
        _demand_agreement(name, errors)
        workers[PEAK] = _start(stack, "sgemm", name, threads)
        for worker in workers.values():
            worker.ask("warm")
        found = rotate(workers, rounds, seconds)
        memory = {key: worker.ask("memory")["megabytes"] for key, worker in workers.items()}
        counts = {key: workers[key].ask("count") for key in (OURS, PEAK)}
    worst = {key: max(terms.values()) for key, terms in errors.items()}
    return {"model": name, "what": what, "threads": threads} | summarise(found, counts, memory, worst, failed)


def summarise(
    found: Rounds,
    counts: dict[str, dict[str, int]],
    memory: dict[str, float],
    worst: dict[str, float],
    failed: dict[str, str],
) -> dict[str, Any]:
    """Turn the rounds into medians, ratios and rates.

    Parameters
    ----------
    found : Rounds
        Milliseconds of each contestant in each round.
    counts : dict
        Floating-point operations of a step, direct and real, of ours and of the sgemm peak.
    memory, worst, failed : dict
        By contestant: peak megabytes, largest error against ours, reason why it could not run.
    """
    rows: dict[str, dict[str, Any]] = {}
    for key in found.ms:
        if key != PEAK:
            times, ratios = summary(found.ms[key]), ratio(found, key, OURS)
            rows[key] = {"ms": dict(times), "ratio": ratios and dict(ratios), "megabytes": memory[key]}
            rows[key] |= {"worst_error": worst[key]} if key in worst else {}
    compared = [key for key in rows if key not in (OURS, TWIN) and rows[key]["ratio"]]
    ms, peak = rows[OURS]["ms"]["median"], counts[PEAK]["real"] / summary(found.ms[PEAK]).median / 1e6
    shares = ratio(found, PEAK, OURS)  # times of the peak over ours, round by round
    share = shares and shares.median * counts[OURS]["real"] / counts[PEAK]["real"]
    return {
        "ms": ms,
        "gflops_direct": counts[OURS]["direct"] / ms / 1e6,
        "gflops_real": counts[OURS]["real"] / ms / 1e6,
        "gflops_peak": peak,
        "share_of_peak": share,
        "contestants": rows,
        "usual": USUAL if USUAL in rows else None,
        "best": min(compared, key=lambda key: rows[key]["ratio"]["median"], default=None),
        "failed": failed,
        "discarded": found.discarded,
        "load_checked": found.checked,
        "crowded": found.crowded,
        "rounds": found.ms,
    }


def _start(stack: ExitStack, side: str, name: str, threads: int, **spec: Any) -> Worker:
    return stack.enter_context(closing(Worker(side, threads, model=name, **spec)))


def _demand_agreement(model: str, errors: dict[str, dict[str, float]]) -> None:
    wrong = [
        f"{key}: {term} differs by {e:.1e}" for key, terms in errors.items() for term, e in terms.items() if e > BOUND
    ]
    if wrong:
        raise Disagreement(f"{model}: the results disagree (bound {BOUND:.0e}):\n  " + "\n  ".join(wrong))
