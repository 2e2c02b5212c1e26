"""Measures of the quality of generated samples.  Each file says what its measure sees and what it is blind to.

Two sets compared   frechet.py      mean and covariance of the features (on Inception's features: FID)
                    kid.py          all moments up to the third, without bias (on Inception's features: KID)
                    manifold.py     precision and recall, density and coverage: bad pictures or missing pictures?
                    wasserstein.py  the distance along random directions
                    energy.py       mean distances between and within: 0 only for equal distributions
                    transport.py    the cheapest assignment of one set to the other, and the distance that it gives
                    parzen.py       the likelihood of the first GAN papers
                    attributes.py   recall of known facts: which values occur, how often, in which combinations
One set             inception.py    the Inception score, from a classifier's probabilities
                    modes.py        how much of a known mixture of Gaussians was found
                    motion.py       do the things in a clip fly straight on, and bounce off the walls?
Image by image      neighbours.py   the nearest training image: was it copied?
                    images.py       PSNR and SSIM of a restored image and its original
Shared              checks.py       what every measure checks first; pairs.py: all pairs of two sets, block by block

Start with manifold.py, then frechet.py, then modes.py, where the true distribution is known.  A measure takes arrays and
knows nothing of networks; the features of digits come from a classifier, minigan/models/digitnet.py.
"""

from minigan.metrics.attributes import UNREADABLE, attribute_recall, new_combinations
from minigan.metrics.energy import energy_distance
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
    "UNREADABLE",
    "attribute_recall",
    "density_coverage",
    "energy_distance",
    "frechet_distance",
    "frechet_gaussians",
    "inception_score",
    "kernel_distance",
    "mixture_quality",
    "nearest",
    "new_combinations",
    "parzen_log_likelihood",
    "parzen_sigma",
    "precision_recall",
    "psnr",
    "sliced_wasserstein",
    "ssim",
]
