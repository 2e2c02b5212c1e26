"""A model in one file: the weights of a run, and all that is needed to build its networks again.

A run is a folder, and to go on with it takes its data. Whoever only wants pictures needs less: the networks, their sizes, the
names of the classes. `write` puts these into one safetensors file, with the licence of the data that the weights were learned
from; `read` builds the game again and fills it. The file holds no code, no data, no optimizer, and no path of this machine.
"""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from minigan import zoo
from minigan.data import Source, WithoutData
from minigan.data.credits import credit
from minigan.data.identity import compare
from minigan.game import Game
from minigan.network import Sequential
from minigan.running import checkpoint
from minigan.running.build import assemble, load_source
from minigan.running.checkpoint import CheckpointError
from minigan.running.options import Config
from minigan.running.run import Run
from minigan.zoo.recipe import POINTS, one_of, short

FORMAT = 1  # of the metadata
MOST = 1 << 26  # values in one sample: an image of 4096 x 4096 pixels
DTYPES = ("float32", "float16")
FITS = "a weights file is made by: minigan export RUN --weights FILE"


def networks(game: Game) -> dict[str, Sequential]:
    """name -> the network that draws samples: the moving average where there is one."""
    return {name: game.best(name) for name in game.networks}


def write(run: Run, path: str | os.PathLike, dtype: str = "float32") -> None:
    """Write the networks of `run` to one file, completely or not at all; the networks of moving averages replace the others.

    Parameters
    ----------
    path : the file, *.safetensors
    dtype : "float32", whose samples are the run's bit for bit, or "float16", half as large; running statistics stay float32

    Raises ValueError for another dtype or suffix, and for weights that float16 cannot hold.
    """
    one_of("dtype", dtype, DTYPES)
    if Path(path).suffix != ".safetensors":
        raise ValueError(f"{os.fspath(path)}: the name of a weights file ends in .safetensors")
    arrays: dict[str, np.ndarray] = {}
    for name, net in networks(run.trainer.game).items():
        with np.errstate(over="ignore"):
            theta = np.ascontiguousarray(net.theta, dtype)
        if not np.isfinite(theta).all():
            raise ValueError(f"{name} has weights that {dtype} cannot hold: write float32")
        arrays |= {f"{name}.theta": theta, f"{name}.state": np.ascontiguousarray(net.state)}
    options = dataclasses.asdict(run.options)
    if run.options.data.startswith("folder:"):  # the path tells about this machine, the name of the folder suffices
        options["data"] = f"folder:{Path(run.options.data).name}"
    meta = {
        "weights": FORMAT,
        "recipe": zoo.name_of(run.config.recipe),
        "options": options,
        "source": Source.identity(run.trainer.source),  # without the checksum of the data, which Epochs would add
        "step": run.trainer.t,
        "game": run.trainer.game.state(),
        "licence": credit(run.options.data),
    }
    checkpoint.save(path, arrays, meta)


def read(path: str | os.PathLike, data: bool = False) -> Run:
    """The model in a file, as a run that is only in memory: run.trainer.game draws samples, in float32.

    data : load the data set that it was trained on, too, to measure samples

    Raises FileNotFoundError if there is no such file, or its data are wanted and not there; CheckpointError, a ValueError, for
    another kind of file, a damaged one, and one whose recipe, options or arrays do not fit together.
    """
    arrays, meta = _read(path)
    run = _built(path, meta, arrays, data)
    game = run.trainer.game
    expect: dict[str, Any] = {}
    for name, net in game.networks.items():
        expect |= {f"{name}.theta": (net.theta.shape, np.float32), f"{name}.state": (net.state.shape, net.state.dtype)}
    found = {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in arrays.items()}
    checkpoint.compare(path, found, expect)
    if wrong := [name for name, array in found.items() if not np.isfinite(array).all()]:
        raise CheckpointError(f"{os.fspath(path)} holds values in {wrong[0]} that are no finite numbers; {FITS}")
    for name, net in (*game.networks.items(), *((name, ema.net) for name, ema in game.averages.items())):
        net.theta[...], net.state[...] = found[f"{name}.theta"], found[f"{name}.state"]
    return run


def _read(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the metadata of a file that says it is one of weights."""
    try:
        arrays, meta = checkpoint.load(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}; {FITS}") from error
    if "step" in meta and "rng" in meta:
        folder = Path(path).parent
        raise CheckpointError(
            f"{os.fspath(path)} is the checkpoint of a run: give the folder of the run, {folder}, instead"
        )
    if meta.get("weights") != FORMAT:
        why = "it does not say which networks its arrays belong to"
        if "weights" in meta:
            why = f"it has the format {short(meta['weights'])}, and this version reads {FORMAT}"
        raise CheckpointError(f"{os.fspath(path)} is not a weights file: {why}; {FITS}")
    return arrays, meta


def _built(path: str | os.PathLike, meta: dict[str, Any], arrays: dict[str, np.ndarray], data: bool) -> Run:
    """The run that the metadata describe, with new weights.  A stranger may have written anything into them."""
    try:
        source: Source = WithoutData(**meta["source"])
        recipe = zoo.load(_text(meta["recipe"]))
        options = recipe.Options(**meta["options"])
        largest = max((array.size for array in arrays.values()), default=0)
        sizes = {"width": getattr(options, "width", 0), "latent": getattr(options, "latent", 0)}
        if excess := [f"{name} = {size}" for name, size in sizes.items() if size > largest]:
            raise ValueError(f"{excess[0]} does not fit arrays of {largest} values")
        _check(source, meta["step"])
        if data or options.data in POINTS:
            source = load_source(options)
            compare(meta["source"], source.identity(), accept=True)
        trainer = assemble(recipe, options, source, None)
        trainer.t = meta["step"]
        trainer.game.restore(meta["game"])
    except OSError as error:
        raise FileNotFoundError(
            f"the data that {os.fspath(path)} was trained on cannot be read: {error}; only measures need them"
        ) from error
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError, MemoryError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:300]
        raise CheckpointError(f"{os.fspath(path)} does not describe a model that can be built: {what}") from error
    return Run(Config(recipe, options), options, trainer, model=Path(path))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {short(value)}")
    return value


def _check(source: Source, step: Any) -> None:
    """Raise an error unless the source is one that data can have, and the step a number."""
    numbers = (*source.shape, source.classes, step, source.length or 0)
    if not all(type(n) is int and n >= 0 for n in numbers) or len(source.shape) not in (1, 3, 4):
        raise ValueError(f"samples of shape {short(source.shape)}, {short(source.classes)} classes, step {short(step)}")
    if 0 in source.shape or float(np.prod(source.shape, dtype=float)) > MOST or source.classes > 1 << 20:
        raise ValueError(f"samples of shape {short(source.shape)} with {source.classes} classes")
    if not all(isinstance(name, str) for name in source.names):
        raise TypeError(f"names of classes that are not texts: {short(source.names)}")
