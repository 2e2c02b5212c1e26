"""Functions that return networks.  No logic beyond sizes: read one, then write your own."""

from minigan.models.dcgan import dcgan, dcgan_up
from minigan.models.mlp import mlp, toy

MODELS = {"mlp": mlp, "dcgan": dcgan, "dcgan_up": dcgan_up}

__all__ = ["MODELS", "dcgan", "dcgan_up", "mlp", "toy"]
