"""What a search needs of a trained model: images from codes, their gradient, and a prior of codes.

A GAN, a VAE and a VAE-GAN differ in how they were trained.  For a search they are alike: a frozen G, a prior of its codes, and
perhaps a D that says what looks real.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.apps.invert import Prior, by_critic
from minigan.data.check import kind_of
from minigan.game import Game, normal
from minigan.game import Prior as Codes
from minigan.layers.more.frozen import freeze
from minigan.losses import GANLoss, wasserstein
from minigan.models.likelihood import Likelihood


@dataclass(frozen=True)
class Generator:
    """A frozen G with images (N, H, W, C) in [-1, 1].

    net : a network that `freeze` returned
    shape : of an image, (H, W, C)
    latent, classes : size of a code; number of labels, 0 without labels
    prior : prior(n, latent, rng) -> codes (n, latent)
    likelihood : of a VAE, whose G returns the parameters of a density; the image is the density's mean
    D, loss : the critic and the loss it was trained with, or None
    """

    net: Any
    shape: tuple[int, ...]
    latent: int
    classes: int = 0
    prior: Codes = normal
    likelihood: Likelihood | None = None
    D: Any = None
    loss: GANLoss | None = None

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the codes and of the images."""
        return self.net.dtype

    def forward(self, z: Any) -> tuple[np.ndarray, Any]:
        """Codes (N, latent), or (codes, labels) -> images (N, H, W, C), caches."""
        y, caches = self.net.forward(z)
        x = y if self.likelihood is None else self.likelihood.mean(y)
        return x, (x, caches)

    def backward(self, dx: np.ndarray, caches: Any, learn: bool = False) -> Any:
        """dx (N, H, W, C) -> dz.  G is frozen, so `learn` must be False."""
        assert not learn
        x, inner = caches
        dy = dx if self.likelihood is None else dx * self.likelihood.mean_derivative(x)
        return self.net.backward(dy, inner, learn=False)

    def critic(self, weight: float) -> Prior | None:
        """weight times G's loss of each image by D, for the objective of a search; None without D or weight.

        A relativistic loss compares pairs of images, and a search has no pairs: -D(x) takes its place.
        """
        if self.D is None or self.loss is None or not weight:
            return None
        return by_critic(self.D, wasserstein if self.loss.relativistic else self.loss, weight)


def generator(game: Game) -> Generator:
    """The G of a trained game, in the moving average if there is one.  Raises ValueError for a game that draws no images from codes."""
    latent = getattr(game, "latent", None)
    if "G" not in game.networks or latent is None:
        raise ValueError(
            f"{type(game).__name__} does not draw images from codes: search with a GAN, a VAE or a VAE-GAN"
        )
    shape = game.sample(1, np.random.default_rng(0)).shape[1:]
    if len(shape) != 3:
        raise ValueError(f"this model draws {kind_of(shape)}: search with a model of images")
    return Generator(
        freeze(game.best("G")), shape, latent, game.classes, getattr(game, "prior", normal), getattr(game, "likelihood", None),
        getattr(game, "D", None), getattr(game, "loss", None),
    )  # fmt: skip
