"""A trained generator as an ONNX graph, for programs that know neither Python nor minigan.

    minigan export RUN --onnx g.onnx

ONNX is a file format for networks: a list of operations, and the arrays they work with.  onnxruntime, a browser or a phone runs
it.  Start with write.py, which has the one function; then

    inputs.py     what a game draws from
    values.py     Value: an array of the graph, with which a game computes as with an array of NumPy
    writers.py    which function writes which layer
    layers.py     one function for each layer: its formula in operations of ONNX
    structure.py  the same for layers that pass arrays on or arrange them: branches, attention, clips

The game draws once, with Values in place of its noise, and whatever it does is written down: how many steps a sampler takes,
how a likelihood becomes an image.  So a recipe needs no code of its own here.
"""

from minigan.running.onnx import layers, structure  # noqa: F401  # they register their functions
from minigan.running.onnx.inputs import samples
from minigan.running.onnx.write import model, network, write

__all__ = ["model", "network", "samples", "write"]
