"""Functions that return networks.  They contain no logic beyond the sizes: read one, then write your own.

mlp.py        fully connected G and D (`mlp`), and the small pair for points in the plane (`toy`): start here
dcgan.py      convolutional G and D: `dcgan` with transposed convolutions, `dcgan_up` with upsampling
digitnet.py   the trained classifier whose features the metrics compare; its training is minigan/measure/classifier
portraitnet.py  its sibling, which reads the attributes of a portrait
"""

from minigan.models.dcgan import dcgan, dcgan_up
from minigan.models.mlp import mlp, toy

MODELS = {"mlp": mlp, "dcgan": dcgan, "dcgan_up": dcgan_up}  # by name: the models of images

__all__ = ["MODELS", "dcgan", "dcgan_up", "mlp", "toy"]
