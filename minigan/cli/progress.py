"""Train with a progress bar, then write the pictures and say where everything is."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from minigan.cli.parser import INTERRUPTED, say
from minigan.running.files import quoted
from minigan.running.place import CHECKPOINT, CONFIG, LOG, shown


def use_threads(n: int | None) -> None:
    """Set the number of threads."""
    from minigan import kernels

    if n is not None:
        kernels.set_threads(n)


def keep_shares(n: int | None, recorder: Any) -> None:
    """Threads for a run that goes on: its work is cut into as many shares as before, unless n threads need more.

    The bits depend on the number of shares alone, so fewer threads than shares change none.
    """
    if n is not None and recorder.shares is not None and n > recorder.shares:
        say(
            f"note: so far all work was cut into {recorder.shares}, from here on into {n}: the last bits will differ from "
            f"those of a run that goes on without --threads {n}"
        )
        recorder.shares = n
    use_threads(n)


@contextmanager
def data_described() -> Iterator[None]:
    """Say on standard error, in one sentence, which pictures are read; it replaces the warning about skipped files."""
    log, handler = logging.getLogger("minigan.data"), logging.StreamHandler(sys.stderr)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"(?s).* files or folders skipped")
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)


class Screen:
    """Standard error for the bar: if the terminal is gone or its disk is full, the training goes on without a bar."""

    encoding = "utf-8"

    def write(self, text: str) -> None:
        """Write, if it can be written."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush, if it can be flushed."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()

    def fileno(self) -> int:
        """The file that tqdm asks for the width of the terminal."""
        return sys.stderr.fileno()


def go(run: Any) -> int:
    """Train a run to its end -> the exit status."""
    from tqdm import tqdm

    from minigan.kernels.parallel.jit import on_compile
    from minigan.running import folder, job, rates
    from minigan.running.bar import advances
    from minigan.running.doctor import Alarm

    trainer = run.trainer
    if trainer.t < trainer.steps and rates.stands_still(trainer.game):
        say("note: the learning rate is 0: nothing will move")
    live = sys.stderr is not None and sys.stderr.isatty()
    with tqdm(
        total=run.steps,
        initial=trainer.t,
        unit="step",
        desc="compiling kernels",
        mininterval=0.2 if live else 20,
        dynamic_ncols=live,
        file=Screen(),
        disable=sys.stderr is None,  # closed by 2>&-
    ) as bar:
        advance = advances(bar, run.panels)
        step, alarm, screen = trainer.t, Alarm(run.panels), Screen()

        def progress(t: int, row: dict[str, float]) -> None:
            nonlocal step
            step = t
            bar.set_description("training", refresh=False)
            advance(row)
            for finding in alarm(t, row):
                bar.write(f"step {t}: {finding.title}: {finding.evidence}; {_ask(run.out)}", file=screen)

        bar.refresh()
        on_compile(lambda name, index, most: bar.set_description(f"compiling {name} ({index} of at most {most})", live))
        try:
            run = folder.train(run, progress)
        except KeyboardInterrupt as stopped:
            bar.close()
            say(f"\n{_stopped(run.out, step)}; go on with: minigan resume {quoted(shown(run.out))}")
            return getattr(stopped, "status", INTERRUPTED)
        except OSError as error:
            bar.close()
            again = f"minigan resume {quoted(shown(run.out))}"
            raise OSError(f"{error}; the last checkpoint is kept: when this is mended, go on with: {again}") from error
        except Exception as error:
            bar.close()
            error.add_note(_left(run.out))
            raise
        finally:
            on_compile(None)
    if job.rank():  # rank 0 draws for all
        return 0
    try:
        _report(run)
        for finding in alarm.ask():
            say(f"{finding.title}: {finding.evidence}; {_ask(run.out)}")
    except KeyboardInterrupt as stopped:
        say(f"\nstopped; all steps are saved, and this draws the pictures: minigan resume {quoted(shown(run.out))}")
        return getattr(stopped, "status", INTERRUPTED)
    return 0


def _ask(out: Path) -> str:
    """Where to learn more of a finding."""
    return f"why, and what to try: minigan doctor {quoted(shown(out))}"


def _stopped(out: Path, step: int) -> str:
    """At which step a training was stopped, and which one is saved: a second Ctrl-C does not wait for the checkpoint."""
    saved = _saved(out)
    return f"stopped at step {step}" + f", saved at step {saved}" * (saved != step)


def _left(out: Path) -> str:
    """What is in the folder of a run whose training failed, and what to do with it."""
    name, step = quoted(shown(out)), _saved(out)
    anew = f"to train with other options, choose another --out, or delete the folder first: rm -r {name}"
    if step == 0:
        return f"{shown(out)} holds this run before its first step, nothing that is trained: {anew}."
    again = f"go on from there: minigan resume {name}, with another --lr if it diverged"
    return f"{shown(out)} holds this run as it was at step {step}; {again}; {anew}."


def _saved(out: Path) -> int:
    """The step of the checkpoint in this folder; 0 if there is none that can be read."""
    from minigan.running.checkpoint import CheckpointError, step_in

    try:
        return step_in(out / CHECKPOINT)
    except CheckpointError:
        return 0


def _report(run: Any) -> None:
    """Write the pictures and print the paths of all files."""
    from minigan.running import use

    trainer, out = run.trainer, shown(run.out)
    written = {"samples": run.out / "samples", **use.finish(run)}
    written |= {"table": run.out / LOG, "checkpoint": run.out / CHECKPOINT, "config": run.out / CONFIG}
    print(f"\n{trainer.t} steps in {trainer.seconds:.0f} s")
    if run.watch and (sentence := run.watch.sentence(trainer.rows)):
        print(sentence)
    for name, path in written.items():
        print(f"  {name:<10} {shown(path)}")
    print(f"All measures: minigan evaluate {quoted(out)}")
    print(f"More samples: minigan sample {quoted(out)} --n 64 --out grid.png")
