"""One way to name a trained model: the folder of a run, a weights file, or the name of a model in the package."""

import os
from pathlib import Path

from minigan.running import weights
from minigan.running.folder import CONFIG, open_run
from minigan.running.run import Run
from minigan.zoo.recipe import one_of

FOLDER = Path(__file__).parents[1] / "models" / "weights"  # NAME.safetensors each


def names() -> list[str]:
    """The names of the models in the package."""
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def open_model(where: str | os.PathLike, data: bool = False) -> Run:
    """The trained model that `where` names: the folder of a run, a weights file, or one of `names()`; nothing is written.

        game = open_model("vaegan-portraits").trainer.game

    A folder or file of that name comes first.  A model that is not a run is only in memory: its trainer.out is None, and it
    cannot be resumed.

    Parameters
    ----------
    where : path or name
    data : load the data set too, to measure samples; without it, shape and classes are all that is known of it

    Raises FileNotFoundError for a path that does not exist, ValueError for an unknown name, with the nearest one, and what
    `open_run` and `weights.read` raise.
    """
    name, path = os.fspath(where), Path(where)
    if path.is_dir() or path.name == CONFIG:
        return open_run(path, data)
    if path.exists():
        return weights.read(path, data)
    no_run = f"{name} holds no run (no {CONFIG} in it)"
    if path.name != name or path.suffix:
        raise FileNotFoundError(
            f"{no_run}, and is not a weights file: check the path, or choose a model of the package, {', '.join(names())}"
        )
    one_of("model", name, names(), ", and no run or file has this name")
    run = weights.read(FOLDER / f"{name}.safetensors", data)
    run.model = path
    return run
