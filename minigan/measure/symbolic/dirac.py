"""Claims about DiracGAN: the eigenvalues at the equilibrium as closed forms, from the library's own forward and backward.

The field w(theta, psi) that the library computes is an expression here.  SymPy differentiates it, sets theta = psi = 0 and solves
for the eigenvalues of the Jacobian with gamma as a symbol; they are the formula of Mescheder et al. 2018, for every gamma:

    -gamma/2 +- sqrt(gamma^2/4 - a^2),    a^2 = -L_G'(0) L_D'(0): 1/4 for a logistic loss, 1 for Wasserstein and hinge, 0 for least squares
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.layers import Dense
from minigan.measure.certify.dirac import DiracGAN
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.number import Number, generator, gradient, symbol, symbols
from minigan.measure.symbolic.points import substitute
from minigan.measure.symbolic.stage import network
from minigan.measure.symbolic.tower import Tower
from minigan.penalties import R1, R2

SQUARES = {  # a^2
    "minimax": 0.25,
    "non_saturating": 0.25,
    "least_squares": 0,
    "hinge": 1,
    "wasserstein": 1,
    "relativistic": 0.25,
}


def eigenvalues(name: str, penalty: Any, tower: Tower) -> Iterator[Equation]:
    """trace and determinant of the Jacobian are those of the closed form, and SymPy's roots are the formula."""
    import sympy

    at, gamma = symbols(tower, "at", (2,)), symbol(tower, "gamma", positive=True)
    game = DiracGAN(losses.GAN_LOSSES[name], penalty() if penalty else None)
    game.G, game.D = (network(tower, Dense(1, 1, bias=False)) for _ in "GD")
    if name == "hinge" and not at[0] * at[1] > -1:
        return  # far from the equilibrium, where f is 0
    for made in game.penalties:
        object.__setattr__(made, "gamma", gamma)
    w = game.field(*at)
    zero = {generator(a): tower.constant(0) for a in at}
    J = np.array([[Number(substitute(tower, e.p, zero, {}), tower) for e in gradient(part, at)] for part in w], object)
    pull = gamma if penalty else 0
    square = SQUARES[name]
    yield Equation("trace", J[0, 0] + J[1, 1], -1 * pull)
    yield Equation("determinant", J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0], square)
    yield Equation("J[0, 0]", J[0, 0], 0)
    g, e = sympy.Symbol("gamma", positive=True), sympy.Symbol("e")
    trace, a2 = (-g if penalty else 0), sympy.nsimplify(square)
    roots = sympy.solve(e**2 - trace * e + a2, e)
    formula = [trace / 2 + sign * sympy.sqrt(trace**2 / 4 - a2) for sign in (1, -1)]
    same = all(any(sympy.simplify(root - closed) == 0 for closed in formula) for root in roots)
    yield Equation("the roots of the characteristic polynomial are the formula", int(same), 1)


def claims() -> list[Claim]:
    """Each loss, without a penalty and with R1 and R2."""
    return [
        Claim(
            "DiracGAN",
            penalty().name if penalty else "no penalty",
            "eigenvalues",
            name,
            partial(eigenvalues, name, penalty),
        )
        for name in SQUARES
        for penalty in (None, R1, R2)
    ]
