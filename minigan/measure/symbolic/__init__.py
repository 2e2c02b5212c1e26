"""Proof for all inputs: `minigan certify --symbolic` runs the library's own code on symbols.

`minigan certify` compares numbers at points.  Here the same forward, backward, accumulate, tangent and curvature, the same losses,
penalties, optimizers and steps compute with symbols in place of numbers, at small shapes.  SymPy differentiates what the forward
pass returned, and the difference to what the hand-written backward pass returned is brought to normal form.  If that is 0, the
gradient is right for every real input at that shape, and not for a sample of them.

    number.py       the symbolic number that an object array holds; exp, tanh, ... are its methods
    tower.py        the normal form and the derivative; which identities are used, and why they prove something
    points.py       expressions at points, where no normal form decides; text.py: as text
    regions.py      a piecewise function, region by region
    stage.py        what has to step aside so that the library runs on symbols
    claim.py        what is claimed, and how far it was decided
    layers.py, losses.py, penalties.py, steps.py, optimizers.py, dirac.py      the claims
    cache.py        results, kept until the source changes
    report.py       the table

Start with claim.py and layers.py.  SymPy is imported only when a claim is proven.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from minigan.measure.selection import select_claims
from minigan.measure.symbolic import dirac, layers, losses, optimizers, penalties, steps
from minigan.measure.symbolic.cache import kept
from minigan.measure.symbolic.claim import Claim, Result, prove
from minigan.measure.symbolic.report import report, write

__all__ = ["Claim", "Result", "all_claims", "prove", "run"]


def all_claims(only: str | None = None) -> list[Claim]:
    """All claims, or those of one section or subject, e.g. only="losses" or only="LayerNorm"; case does not matter.

    Raises ValueError, listing all names, if nothing matches.
    """
    parts = layers, losses, penalties, steps, optimizers, dirac
    return select_claims([claim for part in parts for claim in part.claims()], only, "proven on symbols")


def run(only: str | None = None, file: str | Path | None = None, stream: TextIO | None = None) -> int:
    """Decide the claims, print a line for each, and a summary -> 0, or 1 if one is wrong.

    Parameters
    ----------
    only : str, optional
        See all_claims.
    file : path, optional
        A Markdown file whose table, between its markers, is written again; not together with `only`.
    stream : text file, optional
        Where to print; by default standard output.

    Raises
    ------
    ValueError
        For an unknown name, without SymPy, or if the markers are missing.
    """
    if find_spec("sympy") is None:
        raise ValueError(
            "certify --symbolic computes with SymPy, which is not installed: pip install 'minigan[symbolic]'"
        )
    if only and file:
        raise ValueError("--write writes the whole table: leave --only out")
    results = report(all_claims(only), kept(prove), stream or sys.stdout)
    if file:
        write(file, results)
    return 1 if any(result.wrong for _, result in results) else 0
