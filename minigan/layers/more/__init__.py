"""Layers that are not needed on the first evening.  Each keeps the contract of layers/layer.py."""
