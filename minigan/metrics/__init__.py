"""Measures of what a generator makes.  Each file says what its measure sees, and what it is blind to.

Start with manifold.py (bad pictures or missing pictures?), then frechet.py, then modes.py, where the truth is known.  Images
are measured through the eyes of a classifier (digitnet.py).
"""

from minigan.metrics.frechet import frechet_distance, frechet_gaussians
from minigan.metrics.images import psnr, ssim
from minigan.metrics.inception import inception_score
from minigan.metrics.kid import kernel_distance
from minigan.metrics.manifold import density_coverage, precision_recall
from minigan.metrics.modes import mixture_quality
from minigan.metrics.neighbours import nearest
from minigan.metrics.parzen import parzen_log_likelihood, parzen_sigma
from minigan.metrics.wasserstein import sliced_wasserstein

__all__ = [
    "density_coverage",
    "frechet_distance",
    "frechet_gaussians",
    "inception_score",
    "kernel_distance",
    "mixture_quality",
    "nearest",
    "parzen_log_likelihood",
    "parzen_sigma",
    "precision_recall",
    "psnr",
    "sliced_wasserstein",
    "ssim",
]
