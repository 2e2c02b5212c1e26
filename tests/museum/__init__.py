"""The bug museum: wrong implementations, most of them once written by someone, and the check that catches each.

A GAN with a bug seldom crashes.  It trains, a little worse, and nobody knows.  Each exhibit here is minigan with one thing
wrong, in a few lines beside a comment that says what is right; `test_museum.py` shows that the check named on its card passes
on the library as it is and fails on the exhibit.  The halls, in the order of the lectures:

    layers         products, convolutions, pooling          blocks         residual, dropout, embedding, attention
    activations    derivatives of f                         norms          mean and standard deviation depend on x too
    second_order   what a gradient penalty needs            losses         value and gradient, sign and scale
    predictions    logits, sums and shapes                  penalties      which norm, and where it is taken
    steps          which network moves                      rules          what each player wants
    optimizers     recurrences and averages                 training       order, noise, pictures, resume
    augmentation   random maps in front of D, and their adjoints
    autoencoders   which loss reaches which network         features       a network trained elsewhere
    inverse        filling holes: where the mask belongs
    translation    pictures from pictures: pairs, cycles, patches
    video          clips, frames and states                 after          noise, time and transport
"""

from importlib import import_module

from .registry import EXHIBITS, Exhibit, Patch

__all__ = ["EXHIBITS", "HALLS", "Exhibit", "Patch"]

HALLS = (
    "layers", "blocks", "activations", "norms", "second_order", "losses", "predictions", "penalties", "steps", "rules",
    "optimizers", "training", "augmentation", "autoencoders", "features",
    "inverse", "translation", "video", "after",
)  # fmt: skip

for hall in HALLS:  # importing a hall puts its exhibits on show
    import_module(f"{__name__}.{hall}")
