"""Proof as a product: `minigan certify` checks, on your machine, every derivative and recurrence this library claims.

    layers        every layer, at awkward shapes: first order, adjoint, second order, float32, the contract
    kernels       the fast against the plain, at the sizes of a real training
    losses        values against their definitions, slopes against differences, finite at scores of +-1e4
    penalties     the exact second order through eleven kinds of critic
    optimizers    against their recurrences written as plain loops
    steps         the whole step of D and of G; who is moved and who is not
    DiracGAN      the eigenvalues of the smallest GAN against their closed form

Each file makes claims (claim.py); this one runs and prints them.  pytest runs the same list, one test a claim.
"""

import sys

from minigan.measure.certify import dirac, kernels, layers, losses, optimizers, penalties, steps
from minigan.measure.certify.claim import Claim, Finding
from minigan.measure.certify.report import report

__all__ = ["Claim", "Finding", "all_claims", "certify", "run"]


def all_claims(only: str | None = None) -> list[Claim]:
    """Every claim, or those of one subject: only="Conv2d", only="r1".  ValueError lists the subjects if there is none."""
    made = [claim for part in (layers, kernels, losses, penalties, optimizers, steps, dirac) for claim in part.claims()]
    if only is None:
        return made
    chosen = [claim for claim in made if only.lower() in (claim.subject.lower(), claim.section.lower())]
    if not chosen:
        subjects = ", ".join(dict.fromkeys(name for claim in made for name in (claim.section, claim.subject)))
        raise ValueError(f"nothing is certified under the name {only!r}; there are: {subjects}")
    return chosen


def certify(only: str | None = None) -> list[Finding]:
    """Run the claims -> one finding for each check made."""
    return [Finding(claim, check) for claim in all_claims(only) for check in claim.run()]


def run(stream=None, only: str | None = None) -> int:
    """Run, print the table to `stream` (default: standard output); 0 if all is within bounds, else 1."""
    return report(lambda: certify(only), stream or sys.stdout)
