"""Does a game fit what it is trained on?  Are the layers' weights still parts of their network's vectors?

An optimizer moves theta, and a checkpoint stores it; the layers compute with views of it. `G.theta = x` or `layer.W = x` binds a new
array instead of writing into the old one (`G.theta[...] = x`). The two then part, and a training computes everything and moves nothing.
"""

import numpy as np

from minigan.data.check import other_shape
from minigan.game import Game
from minigan.layers.parameters import all_layers


def refuse_replaced(game: Game) -> None:
    """Raise ValueError, naming the array, if a layer of a network of the game does not see theta, grad or state."""
    for name, net in game.networks.items():
        for layer in all_layers(net.layers):
            for vector, kind, prefix in (
                ("theta", "parameters", ""),
                ("grad", "parameters", "d"),
                ("state", "buffers", ""),
            ):
                for own in getattr(layer, kind):
                    view = getattr(layer, prefix + own)
                    if view.size and not np.may_share_memory(view, getattr(net, vector)):
                        raise ValueError(
                            f"{name}: {prefix + own} of {layer} is not a part of {name}.{vector}, so training would not reach it: "
                            f"write into the array, {name}.{vector}[...] = ... or layer.{own}[...] = ..., instead of replacing it"
                        )


def refuse_other_shape(drawn: tuple[int, ...], given: tuple[int, ...]) -> None:
    """Raise ValueError, with the way to convert them, if the samples of the data are not shaped like those of the game.

    A network that begins with Flatten takes any image with the right number of values, and learns nonsense.

    drawn, given : shape of one sample of the game, and of one of the data, () if that is not known
    """
    if given in ((), drawn):
        return
    fix = other_shape(given, drawn)
    raise ValueError(f"the data has samples of shape {given}, but the game draws samples of shape {drawn}: {fix}")
