"""What a run keeps of its data: enough to build its networks without them, and to notice when they have changed.

A checkpoint stores `source.identity()`. Sampling needs nothing more, so a run can be handed on without its training set. And a
folder of pictures that lost half its files, or whose classes were renamed, is another data set with the same name: label 0 may
be what label 1 was. A run must not go on with it silently.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from minigan.data.source import Batch, Source


class WithoutData(Source):
    """Stands for data that are not loaded: shape, classes and names are known, and that is all.

    Parameters
    ----------
    shape, classes, names, length : as in Source
    sha256 : of the data, if it is known; see `Source.identity`
    """

    def __init__(
        self,
        shape: Sequence[int],
        classes: int = 0,
        names: Sequence[str] = (),
        length: int | None = None,
        sha256: str | None = None,
    ):
        self.shape, self.classes, self.names, self.length = tuple(shape), classes, tuple(names), length

    def identity(self) -> dict[str, Any]:
        return {"shape": list(self.shape), "classes": self.classes}

    def batch(self, n: int) -> Batch:
        raise ValueError("this run was opened without its data: it can draw samples, but not train or be evaluated")

    def reference(self, n: int = 10_000) -> Batch:
        return self.batch(n)

    def state(self) -> dict:
        raise ValueError("this run was opened without its data, so it cannot be saved: open it with them")

    def restore(self, state: dict) -> None:
        """There is no place in the data to return to."""


def compare(before: dict[str, Any], now: dict[str, Any], accept: bool = False) -> None:
    """Raise ValueError if the data are not those of before; with `accept`, only warn.  Both are identities of sources."""
    found = differences(before, now)
    if found and not accept:
        raise ValueError(
            f"the data are not those this run was trained on: {'; '.join(found)}. Put the old data back, start a new run, "
            "or go on with the changed data: minigan resume RUN --changed-data, in Python restore(changed_data=True)"
        )
    if not found and before.get("names") != now.get("names") and "names" in now:
        found = [f"only the names of the classes have changed, {_names(before)} to {_names(now)}"]
    if found:
        warnings.warn(f"the data are not those this run was trained on: {'; '.join(found)}", stacklevel=3)


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What two identities disagree in, in words.  Names do not matter if all samples and labels are the same."""
    both = before.keys() & now.keys()
    changed = {name for name in both if before[name] != now[name]}
    if "sha256" in both - changed:
        changed -= {"names"}
    words = {
        "length": "{now} samples instead of {before}",
        "shape": "samples of shape {now} instead of {before}",
        "classes": "{now} different labels instead of {before}",
    }
    found = [text.format(now=now[name], before=before[name]) for name, text in words.items() if name in changed]
    if "names" in changed:
        found.append(f"the classes are {_names(now)} instead of {_names(before)}")
    if changed == {"sha256"}:
        found.append("as many samples as before, but with other contents")
    return found


def _names(identity: dict[str, Any]) -> str:
    return ", ".join(identity.get("names", ())) or "without names"
