"""Proof as a product: `minigan certify` checks, on your machine, every derivative and recurrence this library claims.

    layers        each layer, at awkward shapes: first order, adjoint, second order, float32, the contract
    kernels       the fast kernels against the plain ones, at the sizes of real training
    losses        values against their definitions, gradients against differences, finite at scores of +-1e4
    penalties     the exact second order through eleven kinds of critic
    optimizers    against their recurrences, written as plain loops
    steps         the complete steps of D and of G: gradients, values, and which network moves
    autoencoders  the steps of VAE, IWAE and VAE-GAN: which network learns from which loss
    pairs         the steps of pix2pix, CycleGAN and super-resolution: which network learns from which loss, patch by patch
    video         the step of MoCoGAN: three networks, two critics, and the backward pass through time
    after         flows, diffusion models and denoising diffusion GANs: what the network sees, and the way from its answer to a sample
    inverse       the step of the context encoder, and the search for a code: what G sees and what it is blamed for
    DiracGAN      the eigenvalues of the smallest GAN against their closed form
    features      VGG's stages against their definition, its gradient in the image, the perceptual loss; the projected GAN (projected.py)

Start with claim.py.  Each file above defines claims(); this one collects, runs and prints them (report.py).  pytest runs the
same claims, one test for each.
"""

import sys
from typing import TextIO

from minigan.measure.certify import (
    after,
    autoencoders,
    dirac,
    features,
    inverse,
    kernels,
    layers,
    losses,
    optimizers,
    pairs,
    penalties,
    projected,
    steps,
    video,
)
from minigan.measure.certify.claim import Claim, Finding
from minigan.measure.certify.report import report
from minigan.measure.selection import select_claims

__all__ = ["Claim", "Finding", "all_claims", "certify", "run"]


def all_claims(only: str | None = None) -> list[Claim]:
    """All claims, or those of one section or subject, e.g. only="losses", only="Conv2d", only="r1"; case does not matter.

    Raises ValueError, listing all names, if nothing matches.
    """
    parts = (
        layers,
        kernels,
        losses,
        penalties,
        optimizers,
        steps,
        autoencoders,
        pairs,
        video,
        after,
        inverse,
        dirac,
        features,
        projected,
    )
    return select_claims([claim for part in parts for claim in part.claims()], only, "certified")


def certify(only: str | None = None) -> list[Finding]:
    """Run the claims -> one finding for each check.  `only`: see all_claims."""
    return [Finding(claim, check) for claim in all_claims(only) for check in claim.run()]


def run(stream: TextIO | None = None, only: str | None = None) -> int:
    """Run the claims and print a table to `stream` (default: standard output) -> 0 if all checks hold, else 1.

    `only`: see all_claims.  Raises ValueError for an unknown name.
    """
    return report(lambda: certify(only), stream or sys.stdout)
