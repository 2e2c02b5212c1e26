"""One model, all its contestants: verify, warm up, take turns, sum up.  The result is a plain dict, ready for JSON."""

from contextlib import ExitStack, closing

from minigan.measure.bench.machine import has_torch
from minigan.measure.bench.models import MODELS
from minigan.measure.bench.timing import Rounds, Worker, WorkerError, ratio, rotate, summary
from minigan.measure.bench.variants import USUAL, variants
from minigan.measure.bench.verify import BOUND, verify

OURS, TWIN, PEAK = "minigan", "NumPy twin", "sgemm"


class Disagreement(ArithmeticError):
    """Two sides that should compute the same thing do not."""


def compare(name: str, threads: int, rounds: int, seconds: float, quick: bool = False, peers: bool = True) -> dict:
    """Time the model `name` against its twin and, where torch is importable, its PyTorch variants.

    Raises Disagreement, naming the terms, if a contestant computes something else.
    """
    build, what = MODELS[name]
    names = variants(build(), quick) if peers and has_torch() else []
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        workers = {OURS: _start(stack, "minigan", name, threads), TWIN: _start(stack, "twin", name, threads)}
        for variant in names:
            try:
                workers[variant] = _start(stack, "torch", name, threads, variant=variant)
                workers[variant].ask("step_once")  # torch.compile fails here, if it fails
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
    return {"model": name, "what": what, "threads": threads} | tell(found, counts, memory, worst, failed)


def tell(found: Rounds, counts: dict, memory: dict, worst: dict, failed: dict) -> dict:
    """The rounds as medians, ratios and rates."""
    rows = {}
    for key in found.ms:
        if key != PEAK:
            times, ratios = summary(found.ms[key]), ratio(found, key, OURS)
            rows[key] = {"ms": dict(times), "ratio": ratios and dict(ratios), "megabytes": memory[key]}
            rows[key] |= {"worst_error": worst[key]} if key in worst else {}
    timed = [key for key in rows if key not in (OURS, TWIN) and rows[key]["ratio"]]
    ms, peak = rows[OURS]["ms"]["median"], counts[PEAK]["real"] / summary(found.ms[PEAK]).median / 1e6
    shares = ratio(found, PEAK, OURS)  # of the peak, round by round: (our rate) / (its rate)
    share = shares and shares.median * counts[OURS]["real"] / counts[PEAK]["real"]
    return {
        "ms": ms,
        "gflops_direct": counts[OURS]["direct"] / ms / 1e6,
        "gflops_real": counts[OURS]["real"] / ms / 1e6,
        "gflops_peak": peak,
        "share_of_peak": share,
        "contestants": rows,
        "usual": USUAL if USUAL in rows else None,
        "best": min(timed, key=lambda key: rows[key]["ratio"]["median"], default=None),
        "failed": failed,
        "discarded": found.discarded,
        "load_checked": found.checked,
        "crowded": found.crowded,
        "rounds": found.ms,
    }


def _start(stack, side, name, threads, **spec) -> Worker:
    return stack.enter_context(closing(Worker(side, threads, model=name, **spec)))


def _demand_agreement(model, errors):
    wrong = [
        f"{key}: {term} differs by {e:.1e}" for key, terms in errors.items() for term, e in terms.items() if e > BOUND
    ]
    if wrong:
        raise Disagreement(f"{model}: not the same computation (bound {BOUND:.0e}):\n  " + "\n  ".join(wrong))
