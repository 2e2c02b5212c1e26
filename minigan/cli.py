"""The command line: minigan, or python -m minigan.  Each command is a few lines around a function of the library."""

import argparse
import dataclasses
import difflib
import os
import sys
from pathlib import Path

from minigan import __version__

WRONG = 1  # exit status of a command that could not do its work
INTERRUPTED, BROKEN_PIPE = 130, 141  # the shell's numbers for Ctrl-C, and for a reader that went away (| head)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status.  Errors a user can mend are one sentence, without a traceback."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that knows no é still gets the path
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # nobody reads what is left to say
        return BROKEN_PIPE


def _run(argv) -> int:
    try:
        arguments = _parse(argv)
        return arguments.run(arguments) or 0
    except BrokenPipeError:
        raise
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        print(f"minigan {arguments.command}: {error}", file=sys.stderr)
        return WRONG
    finally:
        if sys.stdout:
            sys.stdout.flush()  # a broken pipe shows here, not at exit


def train(arguments) -> int:
    from minigan.running import runs
    from minigan.running.config import Config

    changes = {item.name: getattr(arguments, item.name) for item in dataclasses.fields(Config)}
    changes = {name: value for name, value in changes.items() if value is not None}
    config = Config.from_toml(arguments.config, **changes) if arguments.config else Config(**changes)
    _use_threads(arguments.threads, config)
    return _go(config, runs.start(config, arguments.out))


def resume(arguments) -> int:
    from minigan.running import runs

    config, trainer = runs.open_run(arguments.folder)
    if trainer.t >= trainer.steps:
        print(f"{arguments.folder} is finished: all {trainer.steps} steps are done; only its pictures are drawn again")
    else:
        print(f"taking up {arguments.folder} at step {trainer.t} of {trainer.steps}")
    _use_threads(arguments.threads, config)
    return _go(config, trainer)


def _use_threads(n, config) -> None:
    from minigan import kernels

    if n is not None or config.deterministic:
        kernels.set_threads(kernels.get_threads() if n is None else n, 2 if config.deterministic else None)


def _go(config, trainer) -> int:
    """Train with a progress bar, then write the pictures and say where everything is."""
    from tqdm import tqdm

    from minigan.running import runs

    watch = trainer.evaluate
    panels = (*trainer.game.panels, *(watch.panels if watch else ()))
    short = {name: label for panel in panels for name, label in panel.short.items()}
    live = sys.stderr is not None and sys.stderr.isatty()
    with tqdm(
        total=trainer.steps,
        initial=trainer.t,
        unit="step",
        desc="compiling kernels",
        mininterval=0.2 if live else 20,
        dynamic_ncols=live,
        disable=sys.stderr is None,  # closed by 2>&-
    ) as bar:
        shown = {}  # as last logged or measured

        def progress(t, row):
            bar.set_description("training", refresh=False)
            shown.update({label: row[name] for name, label in short.items() if name in row})
            bar.set_postfix({name: f"{value:.2f}" for name, value in shown.items()}, refresh=False)
            bar.update()

        bar.refresh()
        try:
            trainer.run(progress)
        except KeyboardInterrupt:
            bar.close()
            print(f"\nstopped at step {trainer.t}; go on with: minigan resume {trainer.out}", file=sys.stderr)
            return INTERRUPTED
    out = trainer.out
    written = {"samples": out / "samples", **runs.finish(config, trainer)}
    written |= {"table": out / "run.jsonl", "checkpoint": trainer.checkpoint_path, "config": out / "config.toml"}
    print(f"\n{trainer.t} steps in {trainer.seconds:.0f} s")
    if watch and (sentence := watch.sentence(trainer.rows)):
        print(sentence)
    for name, path in written.items():
        print(f"  {name:<10} {path}")
    print(f"All measures: minigan evaluate {out}")
    print(f"More samples: minigan sample {out} --n 64 --out grid.png")
    return 0


def sample(arguments) -> int:
    from minigan.running import runs

    print(runs.sample(arguments.folder, arguments.n, arguments.out, arguments.seed))
    return 0


def evaluate(arguments) -> int:
    from minigan.evaluation import table
    from minigan.running import runs

    result, written = runs.evaluate(arguments.folder, arguments.n, arguments.seed)
    print(f"{arguments.folder}, step {result['step']}\n\n{table(result)}\n")
    for name, path in written.items():
        print(f"  {name:<10} {path}")
    return 0


def trace(arguments) -> int:
    from minigan.running.files import atomic_write
    from minigan.teach.tracing.of_run import trace_run

    found = trace_run(arguments.folder, arguments.step)
    if arguments.html:
        from minigan.teach.tracing.html import page

        atomic_write(arguments.html, page(found))
        print(arguments.html)
    else:
        print(found, end="")
    return WRONG if found.failed else 0


def certify(arguments) -> int:
    from minigan.measure.certify import run

    return run(only=arguments.only)


def explain(arguments) -> int:
    from minigan.teach.formulas import explain as found

    explanation = found(arguments.name, arguments.shape, arguments.seed)
    print(explanation, end="")
    return 0 if explanation.ok else WRONG


def bench(arguments) -> int:
    from minigan.measure.bench import run

    options = ("only", "rounds", "seconds", "threads", "quick", "layers", "scaling", "json", "markdown")
    return run(**{name: getattr(arguments, name) for name in options})


def results(arguments) -> int:
    from minigan.measure.results import run

    options = ("quick", "only", "seeds", "out", "threads", "download", "markdown", "fill")
    return run(arguments.table, **{name: getattr(arguments, name) for name in options})


def classifier(arguments) -> int:
    from minigan.measure.classifier import run

    options = ("seed", "epochs", "out", "threads", "download")
    return run(arguments.train, **{name: getattr(arguments, name) for name in options})


def notebooks(arguments) -> int:
    from minigan.teach.lessons.command import check_all, hand_out

    if arguments.check:
        return check_all(arguments.only)
    if arguments.only:
        raise ValueError("--only goes with --check; without it all lessons are copied")
    return hand_out(arguments.folder, arguments.force, not arguments.no_open)


def _parse(argv):
    """The arguments; an unknown option is answered with the nearest one there is."""
    parser = _parser()
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        names = [
            f"--{name.replace('_', '-')}"
            for name in vars(arguments)
            if name not in ("command", "run", "folder", "table")
        ]
        close = difflib.get_close_matches(unknown[0].split("=")[0], names, n=1)
        guess = f"did you mean {close[0]}?" if close else f"see minigan {arguments.command} --help"
        parser.error(f"unknown option {unknown[0]}: {guess}")
    return arguments


def _parser() -> argparse.ArgumentParser:
    from minigan.measure.results.catalogue import TABLES

    parser = argparse.ArgumentParser(prog="minigan", description="How GANs work, down to the last gradient.")
    parser.add_argument("--version", action="version", version=f"minigan {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(run, help, example):
        made = commands.add_parser(
            run.__name__,
            help=help,
            description=help,
            epilog=f"example: {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(run=run)
        return made

    made = command(
        train,
        "Train a GAN; without options, on the embedded handwritten digits.",
        "minigan train --data ring --steps 2000",
    )
    made.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/<data>-<model>-<time>)")
    made.add_argument("--config", type=Path, metavar="FILE", help="a TOML file of these options; flags win over it")
    _add_threads(made)
    _add_options(made)

    made = command(resume, "Go on with a run that was stopped.", "minigan resume runs/digits")
    made.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")
    _add_threads(made)

    made = command(sample, "Draw new samples from a run.", "minigan sample runs/digits --n 64 --out grid.png")
    made.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")
    made.add_argument("--n", type=int, default=64, help="how many (default: 64)")
    made.add_argument("--out", type=Path, metavar="FILE", help="the picture to write (default: in the run's folder)")
    made.add_argument("--seed", type=int, default=0, help="seed of the noise (default: 0)")

    made = command(evaluate, "Measure a run's samples, beside real images.", "minigan evaluate runs/digits --n 5000")
    made.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")
    made.add_argument("--n", type=int, help="how many samples (default: 10000 images, or 2500 points of the plane)")
    made.add_argument("--seed", type=int, default=0, help="seed of the noise (default: 0)")

    made = command(
        trace,
        "Step through a run's next training step: every stage, every layer, every gradient checked.",
        "minigan trace runs/digits --step 0 --html trace.html",
    )
    made.add_argument("folder", type=Path, metavar="RUN", help="folder of the run")
    made.add_argument(
        "--step", type=int, metavar="N", help="0: before any training (default: as the checkpoint left it)"
    )
    made.add_argument("--html", type=Path, metavar="FILE", help="write a page to open layer by layer, with pictures")

    made = command(certify, "Check every gradient of the library against differences.", "minigan certify --only Conv2d")
    made.add_argument("--only", metavar="NAME", help="only this section or subject, such as Conv2d, losses or steps")

    made = command(
        explain,
        "Show the equations, shapes and source of a layer, loss, penalty or optimizer, and check its gradient.",
        "minigan explain Conv2d --shape 2,9,7,2",
    )
    made.add_argument("name", metavar="NAME", help="a name, a call such as 'Dense(5, 3)', or an equation, eq:conv.dW")
    made.add_argument("--shape", type=_shape, metavar="N,...", help="shape of the input, batch first, such as 2,9,7,3")
    made.add_argument("--seed", type=int, default=0, help="seed of the numbers it is checked at (default: 0)")

    made = command(
        bench,
        "Time whole training steps, and PyTorch's where it is installed, in turn.",
        "minigan bench --only mlp --rounds 3",
    )
    made.add_argument("--only", metavar="NAMES", help="only these models, by commas, or all that begin so")
    made.add_argument("--rounds", type=int, default=7, help="turns of each contestant (default: 7)")
    made.add_argument("--seconds", type=float, default=0.6, help="length of a turn (default: 0.6)")
    made.add_argument("--threads", type=int, metavar="N", help="threads, on as many cores (default: as in training)")
    made.add_argument("--quick", action="store_true", help="three rounds, the two main variants of PyTorch, few sizes")
    made.add_argument("--layers", action="store_true", help="instead: each layer and pass against its plain NumPy twin")
    made.add_argument("--scaling", type=Path, metavar="FILE", help="instead: cost against size; FILE gets the curves")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all numbers, each round's too")
    made.add_argument("--markdown", action="store_true", help="print the tables as docs/performance.md carries them")

    made = command(
        results,
        "Measure a table of docs/results.md, cell by cell; stop it and go on when you like.",
        "minigan results dirac --quick",
    )
    made.add_argument("table", nargs="?", metavar="TABLE", help=f"one of {', '.join(TABLES)}")
    made.add_argument("--quick", action="store_true", help="a first look in at most two minutes, in a file of its own")
    made.add_argument("--only", metavar="NAMES", help="only these methods, by commas, or all that begin so")
    made.add_argument("--seeds", type=int, metavar="N", help="seeds 0 .. N-1 (default: as the table says)")
    made.add_argument(
        "--out", type=Path, default=Path("results"), metavar="DIR", help="folder of the rows (default: results)"
    )
    made.add_argument("--download", action="store_true", help="let MNIST be fetched if it is not on this machine")
    made.add_argument("--markdown", action="store_true", help="measure nothing, print what is there")
    made.add_argument(
        "--fill", type=Path, metavar="FILE", help="instead: write all tables into FILE, from results/ beside it"
    )
    _add_threads(made)

    made = command(
        classifier,
        "Show how well the classifier behind the measures reads MNIST's test digits, or train it anew.",
        "minigan classifier --train --epochs 3 --out mine.safetensors",
    )
    made.add_argument("--train", action="store_true", help="train a new one on MNIST's 60,000 training digits")
    made.add_argument("--seed", type=int, help="of --train: first weights, order, shifts, dropout (default: 0)")
    made.add_argument("--epochs", type=int, metavar="N", help="of --train (default: those of the shipped one)")
    made.add_argument("--out", type=Path, metavar="FILE", help="of --train: where to (default: digitnet.safetensors)")
    made.add_argument("--download", action="store_true", help="let MNIST be fetched if it is not on this machine")
    _add_threads(made)

    made = command(
        notebooks,
        "Copy the lessons to a folder of yours and open Jupyter Lab there.",
        "minigan notebooks lessons",
    )
    made.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("minigan-lessons"),
        metavar="FOLDER",
        help="where to (default: minigan-lessons); what you have edited there is kept",
    )
    made.add_argument("--force", action="store_true", help="overwrite edited lessons too")
    made.add_argument("--no-open", action="store_true", help="only copy")
    made.add_argument(
        "--check",
        action="store_true",
        help="instead: run every lesson, with its stubs and with its solutions, and report",
    )
    made.add_argument(
        "--only", metavar="LESSON", help="of --check: one lesson, such as 4 (MINIGAN_QUICK=1 shortens all)"
    )
    return parser


def _shape(text: str) -> tuple[int, ...]:
    """2,9,7,3 -> (2, 9, 7, 3)"""
    if not all(part.isdecimal() and int(part) for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"expected whole numbers from 1 on, by commas, such as 2,9,7,3, got {text!r}")
    return tuple(map(int, text.split(",")))


def _add_threads(parser) -> None:
    text = "threads of the kernels (default: MINIGAN_THREADS, else the cores, at most 8); their number decides the last bits"
    parser.add_argument("--threads", type=int, metavar="N", help=text)


def _add_options(parser) -> None:
    """One flag for each field of Config: --lr 0.002, --labels / --no-labels."""
    from minigan.running.config import Config

    for item in dataclasses.fields(Config):
        text = f"{item.metadata['help']} (default: {item.default})".replace("%", "%%")
        if item.type is bool:
            parser.add_argument(f"--{item.name}", action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            flag = f"--{item.name.replace('_', '-')}"
            parser.add_argument(
                flag, dest=item.name, type=item.type, default=None, metavar=item.type.__name__.upper(), help=text
            )
