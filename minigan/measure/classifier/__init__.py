"""The networks that read generated images: how well they do it, and how they were trained.

training.py    the training, the same for both
digits.py      DigitNet: MNIST's digits
portraits.py   PortraitNet: the attributes of portraits

`minigan classifier NAME` prints the accuracy on the test set; `minigan classifier NAME --train` repeats the training.
"""

import os
import time
from pathlib import Path
from types import ModuleType

from minigan import kernels
from minigan.measure.classifier import digits, portraits
from minigan.running.place import refuse_folder_name, refuse_run_file

SUBJECTS: dict[str, ModuleType] = {"digitnet": digits, "portraitnet": portraits}


def run(
    name: str = "digitnet",
    retrain: bool = False,
    seed: int | None = None,
    epochs: int | None = None,
    out: str | os.PathLike | None = None,
    threads: int | None = None,
    download: bool = False,
    folder: str | os.PathLike | None = None,
) -> int:
    """`minigan classifier`: print the accuracy of a shipped classifier on its test set; or train a new one.

    Parameters
    ----------
    name : str
        "digitnet" or "portraitnet".
    retrain : bool
        Train a classifier first, write it to `out`, and report on that one.  seed, epochs and out need it.
    seed : int, optional
        Default: 0.
    epochs : int, optional
        Default: those of the shipped one.
    out : path, optional
        The file to write.  Default: digitnet.safetensors or portraitnet.safetensors.
    threads : int, optional
        Number of threads the kernels use.
    download : bool
        Allow MNIST to be downloaded.
    folder : path, optional
        Where MNIST or the test portraits are.

    Returns
    -------
    int
        0, the exit status of the command.

    Raises
    ------
    ValueError
        For an unknown name and for options that do not fit together.
    IsADirectoryError
        If `out` is a folder.
    FileNotFoundError
        If the test set is missing.
    """
    if name not in SUBJECTS:
        raise ValueError(f"there is no classifier {name!r}; there are: {', '.join(SUBJECTS)}")
    if not retrain and (seed, epochs, out) != (None, None, None):
        raise ValueError("--seed, --epochs and --out need --train: the shipped classifier is already trained")
    subject = SUBJECTS[name]
    if threads is not None:
        kernels.set_threads(threads)
    test = subject.load("test", download, folder)
    if not retrain:
        print(f"{subject.NET.SHIPPED}\n{subject.report(subject.NET.shipped(), *test)[1]}")
        return 0
    if out is not None:
        refuse_folder_name(out)
        refuse_run_file(out)
    out = Path(out or f"{name}.safetensors")
    if out.is_dir():  # fail now, not after the training
        raise IsADirectoryError(f"cannot write {out}: it is a folder; give the name of a file")
    images, labels = subject.load("train", download, folder)
    seed, epochs = seed or 0, subject.EPOCHS if epochs is None else epochs
    started = time.perf_counter()

    def progress(epoch: int, loss: float) -> None:
        print(f"epoch {epoch} of {epochs}: loss {loss:.4f}, {time.perf_counter() - started:.0f} s", flush=True)

    net = subject.train(images, labels, seed, epochs, progress)
    share, table = subject.report(net, *test)
    made = {"seed": seed, "epochs": epochs, "threads": kernels.get_threads(), subject.ACCURACY: share}
    subject.NET.save(net, out, made)
    print(f"{out}\n{table}")
    return 0
