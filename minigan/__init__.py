"""minigan: how GANs work, down to the last gradient."""

__version__ = "0.1.0"
