"""How a real game turns: the eigenvalues of one training step, and the oscillation that they predict.

One step of D and one of G are a map of all weights, theta -> M(theta).  Near a point where the game has settled, a small
displacement u becomes J u, and J's eigenvalues mu say what happens to it (lesson 5 and, in closed form, lesson 16):

    |mu|        the factor by which this mode grows or, below 1, fades in one step
    arg mu      the angle by which it turns in one step: 2 pi / |arg mu| steps make a period

DiracGAN has two weights and a formula for mu.  Here J belongs to the networks of a run: `linearised` multiplies by it, with the
gradients of the library's own d_step and g_step, and `modes` finds mu.  `oscillation` goes on with the training and measures which
periods the scores really have.  Start reading in step.py.     Mescheder et al. 2017, sec. 3; Nagarajan and Kolter 2017.
"""

from minigan.measure.spectrum.eigenvalues import Mode, modes
from minigan.measure.spectrum.oscillation import oscillation, strongest
from minigan.measure.spectrum.step import linearised

__all__ = ["Mode", "linearised", "modes", "oscillation", "strongest"]
