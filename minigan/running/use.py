"""What is made of a run: its film and curves, new samples, measures.

Samples need no data: config and checkpoint suffice, so a run can be handed on without its training set. Measures compare the
samples with the data, so they need both.
"""

from pathlib import Path

import numpy as np

from minigan import data, evaluation, plots
from minigan.data.registry import splits
from minigan.running.build import COLUMNS
from minigan.running.draw import check_sheet, draw, save_separate
from minigan.running.film import read_frames
from minigan.running.folder import CHECKPOINT, Run, open_run
from minigan.zoo.recipe import one_of


def finish(run: Run) -> dict[str, Path]:
    """Write the film, the curves and the latent walk of a run -> the files, by name."""
    trainer, out = run.trainer, run.out
    written = {}
    frames = read_frames(out / "frames")
    if frames:
        written["film"] = out / "film.gif"
        plots.save_gif(written["film"], frames)
    written["curves"] = out / "curves.png"
    plots.curves(trainer.rows, written["curves"], run.panels, run.watch.floor if run.watch else {})
    walk = list(trainer.game.walk(60, 3 * COLUMNS, np.random.default_rng(run.options.seed)))
    if walk and walk[0].ndim == 4:
        written["walk"] = out / "walk.gif"
        plots.save_gif(written["walk"], [plots.grid(images, columns=COLUMNS) for images in walk], seconds=6, hold=0)
    return written


def sample(
    path: str | Path,
    n: int,
    out: str | Path | None = None,
    seed: int = 0,
    label: str | None = None,
    separate: str | Path | None = None,
) -> list[Path]:
    """Draw n new samples from a run -> the files written.  Its data need not be there.

    Parameters
    ----------
    out : file of one sheet, whose suffix sets the format (.png, .jpg, ...); by default in the run's folder, and none if only
        separate images are wanted
    seed : seed of the noise
    label : name of a class or its number, for a run that was trained with labels; by default all in turn
    separate : folder for one PNG for each sample

    Raises ValueError for a label that the run does not have, for points in the plane in `separate`, and for more samples
    than one sheet can hold; there is no limit to separate ones.
    """
    run = open_run(path, data=False)
    name = f"sample_{n}{'' if label is None else f'_label{label}'}_seed{seed}.png"
    sheet = Path(out) if out is not None else Path(path) / name if separate is None else None
    written: list[Path] = []
    kept, drawn = [], 0
    for samples in draw(run.trainer.game, n, seed, None if label is None else label_number(run, label)):
        if sheet:
            check_sheet(samples, n, sheet)
            kept.append(plots.to_image(samples) if samples.ndim == 4 else samples)
        if separate is not None:
            written += save_separate(samples, Path(separate), drawn, n)
        drawn += len(samples)
    if sheet:
        written.append(sheet)
        assert run.trainer.recorder.picture is not None  # build gave it one
        run.trainer.recorder.picture(np.concatenate(kept), written[-1])
    return written


def label_number(run: Run, label: str) -> int:
    """The number of a class that is given by name, or by its number."""
    classes = run.trainer.game.classes
    if not classes:
        raise ValueError("the samples of this run have no labels: leave --label out")
    names = run.classes or tuple(map(str, range(classes)))
    if label not in names and label.isdecimal() and int(label) < classes:
        return int(label)
    one_of("label", label, names)
    return names.index(label)


def evaluate(
    path: str | Path,
    n: int | None = None,
    seed: int = 0,
    held_out: str | Path | None = None,
    features: str | None = None,
) -> tuple[dict, dict[str, Path]]:
    """Take every measure of n new samples of a run; tables and pictures go into its folder -> the result, the files.

    path : the folder of the run, or its checkpoint
    features : the space in which images are compared, one of evaluation.FEATURES; default: the one that suits the data.
    held_out : the folder of the data set's test images, which then take the place of training images where the distance to
    the training set is compared.  Raises FileNotFoundError if the data of the run, or these, are not there; ValueError for a
    data set that has no test images.
    """
    run, test = open_run(run_of(path)), None
    options = run.options
    if held_out is not None:
        if "test" not in splits(options.data):
            raise ValueError(f"{options.data} has no test images to compare with: leave --held-out out")
        test = options.frame(data.load(options.data, split="test", folder=held_out).images)
    return evaluation.report(run.trainer, options.data, n, seed, options.condition, test, features)


def compare(
    real: str | Path, fake: str | Path, features: str | None = None, seed: int = 0, out: str | Path | None = None,
    judge: str | Path | None = None,
) -> tuple[dict, dict[str, Path]]:  # fmt: skip
    """Measure the images in the folder `fake` against those in `real`, and have the D of the run `judge` score both.

    Parameters and what is raised: as `evaluation.compare_folders`.
    """
    game = None if judge is None else (str(judge), open_run(run_of(judge), data=False).trainer.game)
    return evaluation.compare_folders(real, fake, features, seed, out, game)


def run_of(path: str | Path) -> Path:
    """The folder of a run that is named by its folder or by its checkpoint."""
    path = Path(path)
    return path.parent if path.name == CHECKPOINT and path.is_file() else path
