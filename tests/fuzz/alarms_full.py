"""False alarms of the debugger in runs of full size: ten seeds of three recipes, each traced at five ages.

    python tests/fuzz/alarms_full.py FOLDER      # about two hours of one core; the same command goes on where it was stopped

A run is trained in FOLDER, saved at each age, and traced as `minigan trace` does.  One line for each age: how many gradients
were checked, and which of them failed or could not be decided; at the end their sum.  pytest does not run this file; its small
sibling is test_alarms.py.
"""

import json
import shutil
import sys
from pathlib import Path

from minigan.running import folder
from minigan.running.options import Config
from minigan.teach.tracing.of_run import trace_run
from minigan.zoo import gan

RING = {
    "data": "ring",
    "loss": "relativistic",
    "penalty": "r1,r2",
    "gamma": 0.02,
    "width": 128,
    "batch": 256,
    "lr": 1e-3,
}
RUNS = {  # the options, and the ages: seed -> steps
    "ring": (RING | {"steps": 4000}, lambda seed: (0, 50, 300, 1300, 4000)),
    "emoji": ({"data": "emoji", "steps": 1300}, lambda seed: ages(seed, (0, 50, 300, 700, 1300))),
    "default": ({}, lambda seed: ages(seed, (0, 50, 300, 1300, 5000) if seed == 0 else (0, 50, 300, 800, 1300))),
}


def ages(seed, longest):
    """A few seeds get old; the others are stopped early, to save hours."""
    return longest if seed < 4 else (0, 50, 150, 300, 600) if seed < 6 else (0, 50, 100, 200, 300)


def alarms(out, options, at):
    """Train a run in `out` and yield its age, the number of checks, the failed and the undecided ones, at each age."""
    run = folder.start(Config(gan, gan.Options(**options)), out)
    run.trainer.evaluate = None
    for t in range(max(at) + 1):
        if t:
            run.trainer.step()
        if t in at:
            run.trainer.save()
            found = trace_run(out)
            yield (
                t,
                len(found.checked),
                *([str(check) for *_, check in part] for part in (found.failed, found.undecided)),
            )


def main(out):
    """Measure what is not in FOLDER/alarms.jsonl yet, and print the sums."""
    out.mkdir(parents=True, exist_ok=True)
    log = out / "alarms.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for seed in range(10):
        for kind, (options, at) in RUNS.items():
            if sum((row["kind"], row["seed"]) == (kind, seed) for row in done) == 5:
                continue
            shutil.rmtree(out / kind, ignore_errors=True)
            rows = []
            for t, checks, failed, undecided in alarms(out / kind, options | {"seed": seed}, at(seed)):
                rows.append(dict(kind=kind, seed=seed, step=t, checks=checks, failed=failed, undecided=undecided))
                print(rows[-1], flush=True)
            done += rows
            with log.open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
    totals = (
        sum(row["checks"] for row in done),
        *(sum(len(row[name]) for row in done) for name in ("failed", "undecided")),
    )
    print(f"{len(done)} traces, {totals[0]:,} checks: {totals[1]} failed, {totals[2]} undecided")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
