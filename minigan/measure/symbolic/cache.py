"""Results that are kept: a claim is decided again only when the source that it is about has changed.

They are in the user's cache folder, in one JSON file.  Each has the hash of the source files that the claim runs, of the code
that decides it, and of SymPy's version.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import minigan
from minigan.measure.symbolic.claim import Claim, Result
from minigan.running.files import atomic_write

ROOT = Path(minigan.__file__).parent
COMMON = ("kernels/reference.py", "layers", "network.py", "measure/symbolic")  # every claim runs these
SOURCES: dict[str, tuple[str, ...]] = {
    "layers": (),
    "losses": ("losses.py",),
    "penalties": ("losses.py", "penalties.py", "fast_step.py"),
    "steps": ("losses.py", "penalties.py", "fast_step.py", "game.py", "optim.py"),
    "optimizers": ("optim.py",),
    "DiracGAN": ("losses.py", "penalties.py", "measure/certify/dirac.py"),
}


@cache
def digest(section: str) -> str:
    """The hash of the source that the claims of a section run."""
    import sympy

    found = hashlib.sha256(sympy.__version__.encode())
    for path in _files((*COMMON, *SOURCES[section])):
        found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def _files(names: Iterable[str]) -> list[Path]:
    return sorted(
        path for name in names for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    )


def place() -> Path:
    """The file of the results, in the user's cache folder."""
    import pooch

    return Path(pooch.os_cache("minigan")) / "symbolic.json"


def kept(prove: Callable[[Claim], Result]) -> Callable[[Claim], Result]:
    """prove, or the result that was kept.  A wrong claim is decided again each time."""

    def found(claim: Claim) -> Result:
        key, known = digest(claim.section), _read()
        if known.get(claim.title, {}).get("source") == key:
            return Result(**known[claim.title]["result"])
        result = prove(claim)
        if not result.wrong:
            _keep(known | {claim.title: {"source": key, "result": result._asdict()}})
        return result

    return found


def _read() -> dict:
    try:
        known = json.loads(place().read_text())
    except (OSError, ValueError):  # not there, or damaged: everything is decided again
        return {}
    return known if isinstance(known, dict) else {}


def _keep(known: dict) -> None:
    try:
        place().parent.mkdir(parents=True, exist_ok=True)
        atomic_write(place(), json.dumps(known, indent=1))
    except OSError:  # a cache that cannot be written only costs time
        return
