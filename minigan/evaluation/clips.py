"""Clips of bouncing digits, judged by what is known of them: does a digit stay the digit it is, does it obey the bounce?

Where the two digits are apart, DigitNet reads each of them, frame by frame, and its centre is measured.  All shares are of clips,
or of frames where that is said; the same measures of real clips say how good they can be.
"""

import numpy as np

from minigan import plots
from minigan.data.clips import DIGIT, ROOM
from minigan.metrics.motion import SOME, path_error, smoothness, tracks
from minigan.models import digitnet

WALLS = (DIGIT / 2 - 0.5, DIGIT / 2 - 0.5 + ROOM)  # of the centres
WINDOW = 16  # frames in which a path is fitted
AGREE, NEAR = 0.8, 1.0  # share of the frames that agree on a digit; pixels from a path that obeys the bounce


def bouncing(clips: np.ndarray) -> dict[str, float]:
    """The measures of clips (N, T, 32, 32, 1), uint8 or float in [-1, 1].

    apart : share of the frames in which the two digits are at least 8 pixels apart, which the other measures look at
    identity : share of the clips in which each of the two digits is read as the same one in at least 80 % of the frames
    smooth : share of the steps of a centre that continue the step before within a pixel
    obeys : share of the clips whose two centres are within a pixel of paths that fly straight on and bounce; in clips of more
        than 16 frames, of the windows of 16 frames
    path_error : median distance from such a path, in pixels; NaN if no digit was seen in six frames

    A clip in which the digits are apart in fewer than 6 frames keeps no identity and obeys nothing.
    """
    clips = plots.to_image(clips)
    path, first = tracks(clips)  # (N, 2, T, 2), (N, T, 32, 32)
    apart = ~np.isnan(path[:, 0, :, 0])  # (N, T)
    windows = [path[:, :, t : t + WINDOW] for t in range(0, max(1, path.shape[2] - WINDOW + 1), WINDOW)]
    errors = np.concatenate([path_error(part, WALLS) for part in windows])  # (N windows, 2)
    smooth = smoothness(path)
    return {
        "apart": float(apart.mean()),
        "identity": float(np.mean(kept(clips, path, first))),
        "smooth": float(np.nanmean(smooth)) if np.isfinite(smooth).any() else 0.0,
        "obeys": float(np.mean((np.nan_to_num(errors, nan=np.inf) <= NEAR).all(axis=1))),
        "path_error": float(np.nanmedian(errors)) if np.isfinite(errors).any() else float("nan"),
    }


def kept(clips: np.ndarray, path: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Which clips keep their digits: bool (N,)."""
    digit = read(clips, path, first)  # (N, 2, T), -1 where they are not apart
    most = np.stack([(digit == label).sum(axis=2) for label in range(10)]).max(axis=0)  # (N, 2)
    seen = (digit[:, :1] >= 0).sum(axis=2)  # (N, 1)
    return ((most >= AGREE * seen) & (seen >= SOME)).all(axis=1)


def read(clips: np.ndarray, path: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The digit that DigitNet reads at each centre, in its part of the frame: (N, 2, T), -1 where the centre is NaN.

    clips uint8 (N, T, 32, 32, 1); path (N, 2, T, 2) and first (N, T, 32, 32), what `tracks` returns
    """
    n, k, t = np.nonzero(~np.isnan(path[..., 0]))
    found = np.full(path.shape[:3], -1)
    if not len(n):
        return found
    mine = np.where(first[n, t] == (k == 0)[:, None, None], clips[n, t, ..., 0], 0)  # (M, 32, 32)
    wide = np.pad(mine, ((0, 0), (DIGIT, DIGIT), (DIGIT, DIGIT)))
    corner = np.rint(path[n, k, t] - (DIGIT - 1) / 2).astype(int) + DIGIT
    rows, columns = (corner[:, axis, None] + np.arange(DIGIT) for axis in (0, 1))
    cut = wide[np.arange(len(n))[:, None, None], rows[:, :, None], columns[:, None, :]]
    large = cut.repeat(2, axis=1).repeat(2, axis=2)[..., None]  # (M, 28, 28, 1)
    found[n, k, t] = digitnet.features(large)[1].argmax(axis=1)
    return found
