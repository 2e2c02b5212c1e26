"""Lesson 8, your first GAN: the arrows on the fakes, and both training steps by hand."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigan.game import d_step, g_step
from minigan.layers import Dense, LeakyReLU
from minigan.losses import GANLoss, minimax, non_saturating
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, require_function
from minigan.teach.exercises.mistakes import agree, explain

N = 5

p1 = Prediction(
    "b",
    a="D has no reason to bring a fake to a mode. It was asked to tell the two kinds apart, and its gradient "
    "says where they differ most.",
    b="as many as if the directions were random: a quarter of the circle lies within 45 degrees. The arrows "
    "climb D's score, and so far D has only learned where the bulk of the fakes is not.",
    c="some do, by chance alone: a quarter of the circle lies within 45 degrees of any direction.",
)
p2 = Prediction(
    "b",
    a="with a falling learning rate, yes, both come to rest. With a constant one G keeps circling, as in lesson 5.",
    b="G circles around a good place, and the average of its orbit lies in the middle.",
    c="that would be so for networks from different trainings. These lie close together, on one orbit.",
)
p3 = Prediction(
    "b",
    a="one would hope so; but D is shown the same few fakes again and again, and these are excellent.",
    b="the game is played with these 64 fakes only, and on them G does as well as possible. The log has no line "
    "for the others.",
    c="the fakes that D sees are of a different kind: 64 points that can be corrected one by one.",
)


def _networks() -> tuple[Sequential, Sequential]:
    G = Sequential(Dense(2, 6), LeakyReLU(0.2), Dense(6, 2), rng=1, dtype=np.float64)
    D = Sequential(Dense(2, 7), LeakyReLU(0.2), Dense(7, 1), rng=2, dtype=np.float64)
    for net in (G, D):
        net.theta += 0.2 * np.random.default_rng(3).standard_normal(net.theta.size)
    return G, D


_x, _z = np.random.default_rng(8).standard_normal((2, N, 2))


def _push(D: Sequential, x: np.ndarray, df: Callable = lambda f: -1 / (1 + np.exp(f)) / len(f)) -> np.ndarray:
    """Minus the gradient in x of a loss whose gradient in the scores is df(f)."""
    f, caches = D.forward(x)
    return -D.backward(df(f), caches, learn=False)


def _arrows(answer: Callable) -> str | None:
    """Examine a function that returns minus the gradient of G's loss in the fakes."""
    formula = Formula(
        right=lambda D, x: _push(D, x),
        cases=[(_networks()[1], _x), (_networks()[1], 2 * _z)],
        todo="",
        praise="",
        mistakes={
            "this is the gradient of D's score; G's loss weights it by the doubt sigmoid(-f), divided by N": lambda D, x: (
                _push(D, x, lambda f: -np.ones_like(f))
            ),
            "this is the gradient of the minimax loss; the non-saturating one is -sigmoid(-f) / N": lambda D, x: _push(
                D, x, lambda f: -1 / (1 + np.exp(-f)) / len(f)
            ),
            "this is the push of D's loss on fakes; G's own loss is loss.g": lambda D, x: _push(
                D, x, lambda f: 1 / (1 + np.exp(-f)) / len(f)
            ),
            "these are the gradients in the scores; they have to go back through D to become gradients in x": lambda D, x: (
                1 / (1 + np.exp(D(x))) / len(x)
            ),
        },
        sizes={"N": N},
    )
    wrong = formula.compare(answer)
    D = _networks()[1]
    if not wrong and answer(D, _x.copy()) is not None and D.grad.any():
        return "the arrows are right, but D.grad was modified: learn=False goes back through D without accumulating its gradient"
    return wrong


q1 = Exercise(
    todo="run D.forward(x), ask the loss for the gradient of the scores, and propagate it back through D without "
    "accumulating into D.grad.",
    praise="this is all that G ever learns about the data: two numbers per fake.",
    examine=_arrows,
)


# ---- both steps by hand -----------------------------------------------------------------------------------------------


def _d_step(
    G: Sequential,
    D: Sequential,
    opt: SGD,
    x: np.ndarray,
    z: np.ndarray,
    real: bool = True,
    fake: bool = True,
    swapped: bool = False,
    one_cache: bool = False,
    sign: float = 1.0,
) -> float:
    """A step of D by hand; each option makes one mistake."""
    made = G.forward(z)[0]
    (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(made)
    value, d_real, d_fake = non_saturating.d(r, f)
    if swapped:
        value, d_fake, d_real = non_saturating.d(f, r)
    if real:
        D.backward(sign * d_real, fake_caches if one_cache else real_caches)
    if fake:
        D.backward(sign * d_fake, fake_caches)
    opt.step()
    return value


def _g_step(
    G: Sequential,
    D: Sequential,
    opt: SGD,
    z: np.ndarray,
    loss: GANLoss = non_saturating,
    through: bool = True,
    sign: float = 1.0,
) -> float:
    """A step of G by hand; each option makes one mistake."""
    made, caches = G.forward(z)
    f, fake_caches = D.forward(made)
    value, d_fake = loss.g(None, f)
    dx = D.backward(d_fake, fake_caches, learn=False) if through else d_fake * np.ones_like(made)
    G.backward(sign * dx, caches)
    opt.step()
    return value


D_MISTAKES: dict[str, dict[str, Any]] = {  # what is wrong -> the option of _d_step that makes the mistake
    "D has learned from the fakes only: D.backward(d_real, real_caches) is missing": {"real": False},
    "D has learned from the reals only: D.backward(d_fake, fake_caches) is missing": {"fake": False},
    "real and fake are swapped: loss.d(r, f) expects the scores of the reals first": {"swapped": True},
    "the gradient of the reals was propagated with the caches of the fakes: each batch has its own": {
        "one_cache": True
    },
    "D walks uphill: pass the gradients to backward as the loss returns them": {"sign": -1.0},
}
G_MISTAKES: dict[str, dict[str, Any]] = {
    "this is the minimax loss: take non_saturating.g": {"loss": minimax},
    "D was left out: the gradient of the score has to go back through D before it enters G": {"through": False},
    "G walks uphill: pass the gradient to backward as the loss returns it": {"sign": -1.0},
}


def _take(player: str, step: Callable) -> tuple[Any, Sequential, np.ndarray, Sequential, np.ndarray]:
    """Take one step on new networks: its value, the player's network and change, the other network and its change."""
    G, D = _networks()
    mine, other = (D, G) if player == "D" else (G, D)
    before, other_before = mine.theta.copy(), other.theta.copy()
    value = step(G, D, SGD(mine, 0.1), *((_x.copy(), _z.copy()) if player == "D" else (_z.copy(),)))
    return value, mine, mine.theta - before, other, other.theta - other_before


def _step(player: str, right: Callable, by_hand: Callable, mistakes: dict[str, dict[str, Any]]) -> Callable:
    """Examine a step of one player: compare it with the right one and with each mistake."""
    other_name = "G" if player == "D" else "D"
    through = (
        "the gradient stops at the fakes: do not run G.backward in D's step"
        if player == "D"
        else "go through D with learn=False"
    )

    def examine(answer: Callable) -> str | None:
        require_function(answer, right)
        value, net, moved, other, other_moved = _take(player, answer)
        if value is ... or (value is None and not (moved.any() or net.grad.any())):
            raise NotWritten
        if other_moved.any():
            return f"{other_name} has moved, but {player}'s step must not change it: call opt_{player}.step() and nothing else"
        if other.grad.any():
            return f"a gradient was left in {other_name}.grad, and its next step would follow it: {through}"
        if not moved.any():
            return f"{player} has not moved: call opt_{player}.step() at the end"
        expected, _, right_move, _, _ = _take(player, right)
        for words, options in mistakes.items():
            if agree(moved, _take(player, partial(by_hand, **options))[2]):
                return words
        wrong = explain(moved, right_move, {"N": N})
        if wrong:
            return f"{player} has moved, but not as it should; about its step: {wrong}"
        wrong = explain(value, expected)
        return f"{player} has moved as it should; return the value of its loss: {wrong}" if wrong else None

    return examine


q2 = Exercise(
    todo="first the fakes, G.forward(z)[0]; then two forward passes of D, the loss, two backward passes, and opt_D.step().",
    praise="it agrees bit for bit with d_step without penalties.",
    examine=_step(
        "D", lambda G, D, opt_D, x, z: d_step(G, D, non_saturating, (), opt_D, x, z)["loss_D"], _d_step, D_MISTAKES
    ),
)
q3 = Exercise(
    todo="compute fakes with their caches, scores with theirs, and the loss; then go back through D, into G, and "
    "call opt_G.step().",
    praise="together with exercise 2 you have written a GAN: the rest is a loop.",
    examine=_step(
        "G", lambda G, D, opt_G, z: g_step(G, D, non_saturating, opt_G, None, z)["loss_G"], _g_step, G_MISTAKES
    ),
)
