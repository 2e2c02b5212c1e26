"""New clips of a trained model of videos, as long as you like.

What moves a clip is a path through the states of a recurrent network, which has no end: a model that was trained on 16 frames draws
64 as well.  Whether they still obey the motion it was taught is another question; see minigan/metrics/clips.py.
"""

from typing import Any

import numpy as np

from minigan.running.arguments import check_whole


def film(game: Any, shape: tuple[int, ...], n: int, rng: np.random.Generator, frames: int | None = None) -> np.ndarray:
    """n new clips (n, frames, H, W, C) in [-1, 1].

    game : its `sample` draws clips; if `any_length` is true, of any number of frames
    shape : (T, H, W, C) of a clip of the training; frames : default: T

    Raises ValueError for a model of images or points, and for another length than T if the game has only that one.
    """
    if len(shape) != 4:
        what = "images" if len(shape) == 3 else "points in the plane"
        raise ValueError(f"a video needs a model of clips, such as minigan train mocogan makes; this one draws {what}")
    frames = shape[0] if frames is None else frames
    check_whole("a video", n=n, frames=frames)
    if getattr(game, "any_length", False):
        return game.sample(n, rng, frames=frames)
    if frames != shape[0]:
        raise ValueError(f"this model draws clips of {shape[0]} frames and no others, got frames={frames}")
    return game.sample(n, rng)
