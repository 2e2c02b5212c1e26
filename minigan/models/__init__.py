"""Functions that return networks.  They contain no logic beyond the sizes: read one, then write your own.

mlp.py        fully connected G and D (`mlp`), and the small pair for points in the plane (`toy`): start here
timed.py      networks that see a time: a small U-Net, and an MLP for the plane; noise.py: the levels of a diffusion
ode.py        how to follow a flow: Euler, and an adaptive solver
dcgan.py      convolutional G and D: `dcgan` with transposed convolutions, `dcgan_up` with upsampling
vgg.py        VGG-11 to 19 with the weights of a file; vgg_layout.py its names and shapes, vgg_weights.py the reading
unet.py       from picture to picture: `unet`, `patch_critic`, which judges patch by patch, `enlarger`
perceptual.py a loss between images, taken in VGG's features
bound.py      log p(x) of a VAE by importance weights; annealed.py: of any generator, between two bounds
digitnet.py   the trained classifier whose features the metrics compare; its training is minigan/measure/classifier
portraitnet.py  its sibling, which reads the attributes of a portrait
pretrained.py   whole models that come with the package, by name; not imported here, because a game stands above its networks
"""

from minigan.models.dcgan import dcgan, dcgan_up
from minigan.models.mlp import mlp, toy
from minigan.models.perceptual import perceptual
from minigan.models.vgg import VGG, vgg

MODELS = {"mlp": mlp, "dcgan": dcgan, "dcgan_up": dcgan_up}  # by name: the models of images

__all__ = ["MODELS", "VGG", "dcgan", "dcgan_up", "mlp", "perceptual", "toy", "vgg"]
