"""From a config to a run on disk, and back: build, start, open, sample, evaluate."""

import dataclasses
import datetime
from functools import partial
from pathlib import Path

import numpy as np

from minigan import data, evaluation, models, optim, penalties, plots
from minigan.losses import GAN_LOSSES
from minigan.running.config import TOYS, Config
from minigan.running.files import atomic_write
from minigan.trainer import GAN, Trainer

COLUMNS = 10  # of a sheet of samples: for the digits, one column a class


def build(config: Config, out: str | Path | None = None) -> Trainer:
    """The networks, the game and the trainer that a config describes."""
    init, draw = np.random.SeedSequence(config.seed).spawn(4)[2:]  # the Trainer takes the first two
    rng = np.random.default_rng(init)
    x, y, classes = _images(config, np.random.default_rng(draw))
    if x.ndim == 2:
        G, D = models.toy(config.latent, config.width, rng=rng)
    else:
        G, D = models.MODELS[config.model](x.shape[1:], config.latent, config.width, classes, rng=rng)
    rate = {"constant": lambda lr, steps: lr, "linear": optim.linear, "cosine": optim.cosine}[config.schedule]

    def adam(net, steps):
        return optim.Adam(net, rate(config.lr, steps), config.beta1, config.beta2)

    weights = {
        "r1": {"gamma": config.gamma},
        "r2": {"gamma": config.gamma},
        "wgan_gp": {"lam": config.lam},
        "dragan": {"lam": config.lam},
    }
    terms = [partial(penalties.PENALTIES[name], **weights[name]) for name in config.penalties]
    ema = optim.EMA(G, config.ema, warmup=True) if config.ema else None
    opt_G, opt_D = adam(G, config.steps), adam(D, config.steps * config.d_steps)
    game = GAN(G, D, GAN_LOSSES[config.loss], terms, opt_G, opt_D, config.latent, ema, classes, config.d_steps)
    if x.ndim == 2:
        draw_picture, sheet = partial(_plane, x[:2500], game.score), 2500
    else:
        draw_picture, sheet = _sheet, COLUMNS * 8
    return Trainer(
        game, x, y, batch=config.batch, steps=config.steps, seed=config.seed, out=out, picture=draw_picture, sheet=sheet,
        evaluate=evaluation.watch(x, y, config.data, config.seed),
        evaluate_every=100 if x.ndim == 2 else None,  # of points there are always new ones: an epoch means nothing
    )  # fmt: skip


def _images(config, rng):
    """-> images uint8 (N, H, W, C) or points (N, 2), labels or None, number of classes for the networks"""
    if config.data in TOYS:
        return getattr(data, config.data)(100_000, rng), None, 0
    options = {}
    if config.data.startswith("folder:"):
        options = {"size": config.size, "channels": config.channels}
    elif config.download:
        options = {"download": True}
    dataset = data.load(config.data, **options)
    x, y = dataset.images, dataset.labels
    if not (config.labels and y is not None):
        return _framed(x, config.model), None, 0
    return _framed(x, config.model), y, int(y.max()) + 1


def _framed(x, model):
    """Digits of 28 x 28 get a black frame to 32 x 32, so that every level of a convolutional net halves evenly."""
    side = max(x.shape[1:3])
    if model == "mlp":
        return x
    grown = 8
    while grown < side:
        grown *= 2
    (top, bottom), (left, right) = (((grown - n) // 2, grown - n - (grown - n) // 2) for n in x.shape[1:3])
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))


def _sheet(images, path):
    plots.save_png(path, plots.grid(images, columns=COLUMNS))


def _plane(real, score, points, path):
    plots.scatter2d(real, points, path, score=score)


# ---- runs on disk ------------------------------------------------------------------------------------------------------


def start(config: Config, out: str | Path | None = None) -> Trainer:
    """A new run in its own folder: runs/<data>-<model>-<time> unless told where.

    The first checkpoint is written at once, and before the config: what has a config is a run and can be resumed.
    """
    if config.data.startswith("folder:"):  # found again from wherever the run is resumed
        folder = Path(config.data.removeprefix("folder:")).expanduser().resolve()
        config = dataclasses.replace(config, data=f"folder:{folder}")
    if out is None:
        model = "toy" if config.data in TOYS else config.model
        data_name = Path(config.data.removeprefix("folder:")).name
        out = Path("runs") / f"{data_name}-{model}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    out = Path(out)
    if (out / "config.toml").exists():
        raise FileExistsError(
            f"{out} already holds a run: go on with it (minigan resume {out}), or choose another --out"
        )
    trainer = build(config, out)
    trainer.save()
    atomic_write(out / "config.toml", config.to_toml())
    return trainer


def open_run(path: str | Path) -> tuple[Config, Trainer]:
    """The run in this folder, as its checkpoint left it."""
    path = Path(path)
    if not (path / "config.toml").exists():
        raise FileNotFoundError(f"{path} holds no run (no config.toml in it); runs are made by minigan train")
    config = Config.from_toml(path / "config.toml")
    return config, build(config, path).restore()


def finish(config: Config, trainer: Trainer) -> dict[str, Path]:
    """The film, the curves and the latent walk of a run -> what was written, by name."""
    from PIL import Image  # loaded when the first picture is read

    out, written = trainer.out, {}
    frames = sorted((out / "frames").glob("step_*.png"))
    if frames:
        written["film"] = out / "film.gif"
        pictures = (Image.open(frame) for frame in frames)
        sheets = [np.asarray(picture.convert("L" if picture.mode == "L" else "RGB")) for picture in pictures]
        plots.save_gif(written["film"], sheets)
    written["curves"] = out / "curves.png"
    watch = trainer.evaluate
    panels = (*trainer.game.panels, *(watch.panels if watch else ()))
    plots.curves(trainer.rows, written["curves"], panels, watch.floor if watch else {})
    if len(trainer.source.shape) == 3:
        written["walk"] = out / "walk.gif"
        walk = trainer.game.walk(60, 3 * COLUMNS, np.random.default_rng(config.seed))
        plots.save_gif(written["walk"], [plots.grid(images, columns=COLUMNS) for images in walk], seconds=6, hold=0)
    return written


def sample(path: str | Path, n: int, out: str | Path | None = None, seed: int = 0) -> Path:
    """Draw n new samples from a run and write them as one sheet."""
    _, trainer = open_run(path)
    out = Path(out) if out else Path(path) / f"sample_{n}_seed{seed}.png"
    trainer.recorder.picture(trainer.game.sample(n, np.random.default_rng(seed)), out)
    return out


def evaluate(path: str | Path, n: int | None = None, seed: int = 0) -> tuple[dict, dict[str, Path]]:
    """Every measure of n new samples of a run, tables and pictures in its folder -> the result, and what was written."""
    config, trainer = open_run(path)
    return evaluation.report(trainer, config.data, n, seed)
