"""Verdicts that are kept, so that the whole table can be made in pieces: a killed mutant stays killed until its file changes.

They are in the user's cache folder, in one JSON file.  A mutant that no claim has killed is kept too, as "": it meets the tests again.
"""

import hashlib
import json
import time
from pathlib import Path

from minigan.measure.mutants.mutant import ROOT, Mutant
from minigan.measure.mutants.trial import Verdict
from minigan.running.files import atomic_write

DECIDERS = ("measure/certify", "gradcheck.py", "differences.py")  # another certificate, another verdict


def place() -> Path:
    """The file of the verdicts."""
    import pooch

    return Path(pooch.os_cache("minigan")) / "mutants.json"


class Kept:
    """The verdicts of earlier runs."""

    def __init__(self) -> None:
        common = hashlib.sha256()
        for name in DECIDERS:
            for path in [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")):
                common.update(path.read_bytes())
        self.saved = time.monotonic()
        self.common = common.hexdigest()[:16]
        try:
            self.known: dict = json.loads(place().read_text())
        except (OSError, ValueError):  # not there, or damaged
            self.known = {}

    def _key(self, mutant: Mutant) -> str:
        source = hashlib.sha256((ROOT / mutant.file).read_bytes()).hexdigest()[:16]
        return f"{mutant.file} {mutant.function} {mutant.line} {mutant.key} {source} {self.common}"

    def get(self, mutant: Mutant) -> Verdict | None:
        """The verdict on this mutant, if there is one and nothing has changed."""
        found = self.known.get(self._key(mutant))
        return Verdict(mutant, *found) if found else None

    def put(self, verdict: Verdict) -> None:
        """Keep a verdict, and write the file every few seconds."""
        self.known[self._key(verdict.mutant)] = (verdict.by, round(verdict.seconds, 3))
        if time.monotonic() - self.saved > 5:
            self.save()

    def save(self) -> None:
        """Write the file; a cache that cannot be written only costs time."""
        self.saved = time.monotonic()
        try:
            place().parent.mkdir(parents=True, exist_ok=True)
            atomic_write(place(), json.dumps(self.known, indent=0))
        except OSError:
            return
