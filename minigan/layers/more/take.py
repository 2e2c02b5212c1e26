"""Choose among the inputs of a network, and keep one for later.

A network that is conditioned on something (the time, a label) hands it from block to block: the state is the pair (h, e), each block
changes h, and e stays.  `Keep` is such a block, made of Copy, Parallel and `Take`.
"""

from typing import Any

from minigan.layers.branches import Copy, Parallel
from minigan.layers.chain import Chain
from minigan.layers.composite import Block
from minigan.layers.layer import Layer
from minigan.layers.tree import Tree
from minigan.running.arguments import is_whole


class Take(Layer):
    """y = x_i, or (x_i, x_j, ...) for several numbers;   dx is dy there and None, zero, for the inputs that are left out."""

    pairs = True

    def __init__(self, *which: int):
        if not which or not all(is_whole(i) and i >= 0 for i in which) or len(set(which)) < len(which):
            raise ValueError(f"Take needs numbers of inputs, counted from 0, each once, such as Take(1), got {which}")
        self.which = which

    def forward(self, x: Tree) -> tuple[Tree, Any]:
        if not isinstance(x, tuple) or len(x) <= max(self.which):
            given = f"a tuple of {len(x)}" if isinstance(x, tuple) else type(x).__name__
            raise TypeError(f"{self} takes a tuple of at least {max(self.which) + 1} inputs, got {given}")
        return self._chosen(x), len(x)

    def _chosen(self, x: tuple) -> Tree:
        parts = tuple(x[i] for i in self.which)
        return parts if len(parts) > 1 else parts[0]  # eq:take

    def backward(self, dy: Tree, n: Any) -> Tree:
        parts = dict(zip(self.which, dy if len(self.which) > 1 else (dy,), strict=True))
        return tuple(parts.get(i) for i in range(n))  # eq:take.dx

    def tangent(self, v: Tree, n: Any) -> tuple[Tree, Any]:
        return self._chosen(v), n

    def __repr__(self) -> str:
        return f"Take({', '.join(map(str, self.which))})"


class Keep(Block):
    """y = (f(h, e), e):   Copy, Parallel.   The layers see both parts of the state (h, e) and change the first."""

    def __init__(self, *layers: Layer | Chain):
        super().__init__(Copy(), Parallel(layers, [Take(1)]))  # eq:keep
        self.pairs = True

    def __repr__(self) -> str:
        return f"Keep({', '.join(map(str, self.chain.layers[1].branches[0].layers))})"
