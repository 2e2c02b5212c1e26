"""What a game draws from: the inputs of its graph, their names, and samples of them.

A game draws with generate(z), z from `noise`.  A recipe that draws from something else, such as a picture, defines `drawing(n, rng)`,
which returns the function and n samples of its arguments by name.  A sampler that needs new noise in every step takes it from `rng`:
each such draw is one more input.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.game import Game
from minigan.layers.tree import leaves, tree_map
from minigan.running.onnx.values import Graph, Value


def drawing(game: Any, n: int, rng: np.random.Generator) -> tuple[Callable, dict[str, Any]]:
    """The function with which a game draws, and n samples of its arguments, by name.

    A game may define `drawing(n, rng)` itself; otherwise it is generate(z), z from `noise`.
    """
    if hasattr(game, "drawing"):
        return game.drawing(n, rng)
    if not (hasattr(game, "noise") and hasattr(game, "generate")):
        raise ValueError(
            f"{type(game).__name__} does not say what it draws from: define noise(n, rng, labels=None) -> z and generate(z)"
        )
    labels = [np.arange(n) % game.classes] if game.classes else []
    return game.generate, {"z": game.noise(n, rng, *labels)}


def samples(game: Game, n: int, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], Any]:
    """n samples of the inputs of a game's graph, by name, and what the game draws from them: to compare with what runs the graph."""
    kept = Kept(rng)
    draw, inputs = drawing(game, n, rng)
    drawn = call(draw, inputs, kept)
    return feeds(inputs) | kept.drawn, drawn


class Draws:
    """Stands for the random generator of a sampler that needs noise in every step: each draw becomes an input."""

    def __init__(self, graph: Graph):
        self.graph, self.n = graph, 0

    def standard_normal(self, shape: tuple[int, ...]) -> Value:
        """A new input of the graph."""
        self.n += 1
        return self.graph.input(f"noise{self.n}", np.zeros(shape, np.float32))


class Kept:
    """A random generator that keeps what it has drawn, under the names that Draws gives it."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.drawn: dict[str, np.ndarray] = {}

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        """x ~ N(0, 1), float32."""
        x = self.rng.standard_normal(shape).astype(np.float32)
        self.drawn[f"noise{len(self.drawn) + 1}"] = x
        return x


def call(draw: Callable, given: dict[str, Any], rng: Any) -> Any:
    """What the game draws from these arguments, with `rng` if it takes one."""
    more = {"rng": rng} if "rng" in inspect.signature(draw).parameters else {}
    return draw(*given.values(), **more)


def _names(inputs: dict[str, Any]) -> list[Any]:
    """A name for each leaf of the inputs: y for labels, the key for an array alone, key0, key1, ... for several."""
    named = []
    for key, tree in inputs.items():
        floats = [leaf for leaf in leaves(tree) if leaf.dtype.kind != "i"]
        names = iter([key] if len(floats) == 1 else [f"{key}{i}" for i in range(len(floats))])
        named.append(tree_map(lambda leaf, names=names: "y" if leaf.dtype.kind == "i" else next(names), tree))
    return named


def inputs_of(graph: Graph, inputs: dict[str, Any]) -> dict[str, Any]:
    """The arrays of one sample as inputs of the graph."""
    pairs = zip(inputs.items(), _names(inputs), strict=True)
    return {key: tree_map(graph.input, names, tree) for (key, tree), names in pairs}


def feeds(inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """The same arrays under the names that they have in the graph."""
    return dict(zip(leaves(tuple(_names(inputs))), leaves(tuple(inputs.values())), strict=True))
