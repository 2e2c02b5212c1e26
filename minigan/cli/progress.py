"""Train with a progress bar, then write the pictures and say where everything is."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from minigan.cli.parser import INTERRUPTED


def use_threads(n: int | None, options: Any) -> None:
    """Set the number of threads, and the shares of a deterministic run."""
    from minigan import kernels

    if n is not None or options.deterministic:
        kernels.set_threads(kernels.get_threads() if n is None else n, 2 if options.deterministic else None)


def go(run: Any) -> int:
    """Train a run to its end -> the exit status."""
    from tqdm import tqdm

    from minigan.evaluation import HEADLINES
    from minigan.running import folder

    trainer = run.trainer
    names = short_names(panel.names for panel in getattr(trainer.game, "panels", ()))
    live = sys.stderr is not None and sys.stderr.isatty()
    with tqdm(
        total=run.steps,
        initial=trainer.t,
        unit="step",
        desc="compiling kernels",
        mininterval=0.2 if live else 20,
        dynamic_ncols=live,
        disable=sys.stderr is None,  # closed by 2>&-
    ) as bar:
        quality: dict[str, float] = {}  # as it was last measured
        step = trainer.t

        def progress(t: int, row: dict[str, float]) -> None:
            nonlocal step
            step = t
            bar.set_description("training", refresh=False)
            quality.update({title: row[name] for name, title in HEADLINES.items() if name in row})
            shown = {short: row[name] for name, short in names.items() if name in row} | quality
            bar.set_postfix({name: f"{value:.2f}" for name, value in shown.items()}, refresh=False)
            bar.update()

        bar.refresh()
        try:
            run = folder.train(run, progress)
        except KeyboardInterrupt:
            bar.close()
            print(f"\nstopped at step {step}; go on with: minigan resume {trainer.out}", file=sys.stderr)
            return INTERRUPTED
    _report(run)
    return 0


def short_names(panels: Iterable[Sequence[str]]) -> dict[str, str]:
    """The names of every panel without the word that all of them begin with: loss_D, loss_G -> D, G."""
    short: dict[str, str] = {}
    for names in panels:
        first_words = {name.partition("_")[0] for name in names}
        cut = len(first_words.pop()) + 1 if len(first_words) == 1 < len(names) else 0
        short |= {name: name[cut:] for name in names}
    return short


def _report(run: Any) -> None:
    """Write the pictures and print the paths of all files."""
    from minigan.evaluation import HEADLINES
    from minigan.running import folder

    trainer = run.trainer
    out = trainer.out
    written = {"samples": out / "samples", **folder.finish(run)}
    written |= {"table": out / "run.jsonl", "checkpoint": trainer.checkpoint_path, "config": out / "config.toml"}
    print(f"\n{trainer.t} steps in {trainer.seconds:.0f} s")
    measured = [row for row in trainer.rows if any(name in row for name in HEADLINES)]
    if measured:
        print(trainer.evaluate.sentence(measured[-1]))
    for name, path in written.items():
        print(f"  {name:<10} {path}")
    print(f"All measures: minigan evaluate {out}")
    print(f"More samples: minigan sample {out} --n 64 --out grid.png")
