"""What is made of a run: its film and curves, new samples, measures.

Samples need no data: config and checkpoint suffice, so a run can be handed on without its training set. Measures compare the
samples with the data, so they need both.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, evaluation, plots
from minigan.apps.interpolate import interpolate as walk
from minigan.apps.video import film as clips_of
from minigan.data.check import kind_of, labels_or_cycle
from minigan.data.registry import splits
from minigan.layers.tree import first
from minigan.running.build import COLUMNS
from minigan.running.draw import check_sheet, draw, save_separate
from minigan.running.film import read_frames
from minigan.running.machine import refuse_too_large
from minigan.running.model import open_model
from minigan.running.place import CHECKPOINT, refuse_folder_name, shown
from minigan.running.run import Run
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
    evaluations: int | None = None,
) -> list[Path]:
    """Draw n new samples from a model -> the files written.  Its data need not be there.

    Parameters
    ----------
    path : folder of a run, weights file or name of a model; see `open_model`
    out : file of one sheet, whose suffix sets the format (.png, .jpg, ...); by default in the run's folder, or for another
        model in the current one, and none if only separate images are wanted
    seed : seed of the noise
    label : name of a class or its number, for a run that was trained with labels; by default all in turn
    separate : folder for one PNG for each sample
    evaluations : of the network for each sample, for a game that has a choice; by default as its options say

    Raises ValueError for a label or a number of evaluations that the run does not have, for points in the plane in `separate`,
    and for more samples
    than one sheet can hold; there is no limit to separate ones.
    """
    if out is not None:
        refuse_folder_name(out)
    run = open_model(path)
    if evaluations is not None:
        set_evaluations(run, evaluations)
    often = "" if evaluations is None else f"_evaluations{evaluations}"
    name = f"sample_{n}{often}{'' if label is None else f'_label{label}'}_seed{seed}.png"
    sheet = Path(out) if out is not None else beside(run, name) if separate is None else None
    written: list[Path] = []
    kept, drawn = [], 0
    for samples in draw(run.trainer.game, n, seed, None if label is None else label_number(run, label)):
        if sheet:
            check_sheet(samples, n, sheet)
            kept.append(plots.to_image(samples) if samples.ndim >= 4 else samples)
        if separate is not None:
            written += save_separate(samples, Path(separate), drawn, n)
        drawn += len(samples)
    if sheet:
        written.append(sheet)
        assert run.trainer.recorder.picture is not None  # build gave it one
        run.trainer.recorder.picture(np.concatenate(kept), written[-1])
    return written


def interpolate(
    path: str | Path,
    from_seed: int = 0,
    to_seed: int = 1,
    n: int = 1,
    frames: int = 48,
    label: str | None = None,
    out: str | Path | None = None,
) -> Path:
    """Film the way from the n samples of one seed to those of another -> the file.

    Parameters
    ----------
    path : as in `sample`; the first and the last frame are what `sample` draws with these seeds
    frames : from the first to the last, both included, at least 2
    label : as in `sample`
    out : .gif, .apng or .mp4; default: walk_FROM_TO.gif, in the run's folder, or for another model in the current one

    Raises ValueError for a model of points in the plane, and as `sample` does.
    """
    run = open_model(path)
    game: Any = run.trainer.game
    number = None if label is None else label_number(run, label)
    if len(run.trainer.source.shape) != 3:
        other = "; minigan video films clips" if len(run.trainer.source.shape) == 4 else ""
        raise ValueError(f"{path} draws {kind_of(run.trainer.source.shape)}: a film needs a model of images{other}")
    if not (hasattr(game, "noise") and hasattr(game, "generate")):
        raise ValueError(
            f"{path}: {type(game).__name__} has no noise and generate, so there is no way between two samples"
        )
    if n < 1:
        raise ValueError(f"interpolate needs n >= 1 images, got {n}")
    labels = labels_or_cycle(None if number is None else np.full(n, number), n, game.classes)
    film = Path(out) if out is not None else beside(run, f"walk_{from_seed}_{to_seed}.gif")
    plots.check_film(film, *plots.MOVING)
    refuse_too_large(f"{frames} frames of {n} images", frames * n * math.prod(run.trainer.source.shape))
    a, b = (first(game.noise(n, np.random.default_rng(seed), labels)) for seed in (from_seed, to_seed))
    pictures = [plots.grid(plots.to_image(x), columns=COLUMNS) for x in walk(game, a, b, frames, labels)]
    both_ways = [*pictures, *pictures[-2:0:-1]]
    plots.save_frames(film, both_ways, fps=len(both_ways) / 6)
    return film


def video(
    path: str | Path, n: int = 8, frames: int | None = None, fps: float = 8.0, scale: int = 3, out: str | Path | None = None,
    seed: int = 0,
) -> Path:  # fmt: skip
    """n new clips of a model of videos, side by side in one film or as strips of frames -> the file.

    path, seed : as in `sample`
    frames : of each clip; default: as many as in the training
    fps, scale, out : see `plots.save_film`; default: video_FRAMES_seedSEED.gif, in the run's folder, or for another model in the
        current one

    Raises ValueError for a model that does not draw clips, and as `plots.save_film` does.
    """
    if out is not None:
        plots.check_film(out)
    run = open_model(path)
    shape = tuple(run.trainer.source.shape)
    frames = shape[0] if frames is None and len(shape) == 4 else frames
    for name, number in {"n": n, "frames": frames, "scale": scale}.items():
        if number is not None and number < 1:
            raise ValueError(f"video needs {name} >= 1, got {number}")
    refuse_too_large(f"{n} clips of {frames} frames", 16 * n * (frames or 1) * math.prod(shape[1:]) * scale**2)
    clips = clips_of(run.trainer.game, shape, n, np.random.default_rng(seed), frames)
    file = Path(out) if out is not None else beside(run, f"video_{frames}_seed{seed}.gif")
    plots.save_film(file, clips, fps, scale)
    return file


def film(run: Run, path: str | Path) -> int:
    """Write the film of a training, the same noise from its first step to its last, as .gif, .apng or .mp4 -> how many frames.

    Raises ValueError for a run without frames, and as `plots.save_frames` does.
    """
    plots.check_film(path, *plots.MOVING)
    frames = read_frames(run.out / "frames") if run.model is None else []
    if not frames:
        raise ValueError(f"{run.model or shown(run.out)} has no frames of a training: give the folder of a run")
    plots.save_frames(path, frames, fps=len(frames) / 6, hold=2)
    return len(frames)


def beside(run: Run, name: str) -> Path:
    """The path of a file that is made of a model: in the folder of a run, else in the current one, after the model's name."""
    if run.model is None:
        return Path(shown(run.out)) / name
    return Path(f"{run.model.name.removesuffix('.safetensors')}_{name}")


def set_evaluations(run: Run, n: int) -> None:
    """Let the game of a run draw each sample with n evaluations of its network.  Raises ValueError for a game that cannot."""
    game: Any = run.trainer.game
    if not hasattr(game, "evaluations"):
        raise ValueError(
            f"{type(game).__name__} draws a sample with one evaluation of its network: leave --evaluations out"
        )
    game.evaluations = n


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
    """Take every measure of n new samples of a model -> the result, and the files, by name.

    Tables and pictures go into the folder of a run; for a weights file or a NAME into the new folder NAME_evaluation.

    path : what `open_model` opens, or the checkpoint of a run
    features : the space in which images are compared, one of evaluation.FEATURES; default: the one that suits the data.
    held_out : the folder of the data set's test images, which then take the place of training images where the distance to
    the training set is compared.  Raises FileNotFoundError if the data of the run, or these, are not there; ValueError for a
    data set that has no test images.
    """
    run, test = open_model(run_of(path), data=True), None
    options, recorder = run.options, run.trainer.recorder
    if recorder.out is None:
        recorder.out = beside(run, "evaluation").absolute()
    if held_out is not None:
        if "test" not in splits(options.data):
            raise ValueError(f"{options.data} has no test images to compare with: leave --held-out out")
        test = options.frame(data.load(options.data, split="test", folder=held_out).images)
    return evaluation.report(run.trainer, options.data, n, seed, options.condition, test, features)


def compare(
    real: str | Path, fake: str | Path, features: str | None = None, seed: int = 0, out: str | Path | None = None,
    judge: str | Path | None = None,
) -> tuple[dict, dict[str, Path]]:  # fmt: skip
    """Measure the images in the folder `fake` against those in `real`, and have the D of the model `judge` score both.

    Parameters and what is raised: as `evaluation.compare_folders`.
    """
    game = None if judge is None else (str(judge), open_model(run_of(judge)).trainer.game)
    return evaluation.compare_folders(real, fake, features, seed, out, game)


def run_of(path: str | Path) -> Path:
    """The folder of a run that is named by its folder or by its checkpoint."""
    path = Path(path)
    return path.parent if path.name == CHECKPOINT and path.is_file() else path
