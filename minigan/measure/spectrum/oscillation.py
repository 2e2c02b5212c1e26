"""Which periods a training really has: go on with it, and take the spectrum of D's mean score of fixed fakes.

D(G(z)) at the same z in every step changes only because the weights do.  Its power spectrum is averaged over windows (Welch 1967:
half overlapping, each less its mean and times Hann's window), so that it is an estimate and not noise.
"""

from collections.abc import Callable

import numpy as np

from minigan.game import GAN

WINDOW = 256  # steps of a window: periods from 2 to WINDOW / SLOWEST steps can be told apart
SLOWEST = 4  # cycles in a window below which a change counts as drift


def oscillation(game: GAN, draw: Callable, steps: int, rng: np.random.Generator, n: int = 512) -> np.ndarray:
    """Train for `steps` more steps -> the mean score D(G(z)) of the same n fakes after each, (steps,).   The game moves on."""
    z = game.noise(n, rng)
    scores = []
    for _ in range(steps):
        game.step(draw, rng)
        scores.append(float(game.D(game.G(z)).mean()))
    return np.array(scores)


def power(scores: np.ndarray, window: int = WINDOW) -> tuple[np.ndarray, np.ndarray]:
    """(period (F,) in steps, power (F,)) of a series of at least one window, from the slowest period to 2 steps."""
    if len(scores) < window:
        raise ValueError(f"a spectrum needs at least {window} steps, got {len(scores)}")
    hann = np.hanning(window)
    pieces = [scores[i : i + window] for i in range(0, len(scores) - window + 1, window // 2)]
    spectra = [np.abs(np.fft.rfft((piece - piece.mean()) * hann)) ** 2 for piece in pieces]
    frequency = np.arange(SLOWEST, window // 2 + 1) / window
    return 1 / frequency, np.mean(spectra, axis=0)[SLOWEST:]


def strongest(scores: np.ndarray, window: int = WINDOW) -> tuple[float, float]:
    """(period of the largest peak, its power over the median power)."""
    period, of = power(scores, window)
    top = int(of.argmax())
    return float(period[top]), float(of[top] / np.median(of))
