"""Parts that do not belong together, or are not what they are taken for: networks, optimizers, losses, games.

An optimizer of another network moves nothing, and an average of another one draws nothing. The library calls these functions
where an object is built, in one line each.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigan.running.arguments import (
    check_function,
    check_path,
    check_positive,
    check_range,
    check_whole,
    is_number,
    short,
)

# ---- networks and optimizers -----------------------------------------------------------------------------------------


def check_built(dtype: Any, rng: Any) -> None:
    """Raise TypeError unless a network can be built in this dtype and its weights drawn from rng, a generator or a seed."""
    if np.dtype(dtype) not in ("float32", "float64", "complex128"):
        raise TypeError(f"a network computes in float32 or float64, got dtype={np.dtype(dtype)}")
    needs = "Sequential draws random weights: pass rng=np.random.default_rng(0), or a seed"
    if rng is None:
        raise TypeError(needs)
    try:
        np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{needs}, got {short(rng)}") from error


def check_network(owner: str, net: Any) -> None:
    """Raise TypeError unless net is a network, which has theta and grad."""
    if not all(hasattr(net, name) for name in ("theta", "grad", "zero_grad")):
        raise TypeError(f"{owner} takes one network, Sequential(...), got {type(net).__name__}")


def check_optimizer(owner: str, net: Any, lr: Any) -> None:
    """Raise an error unless net is a network, and lr a learning rate or a schedule."""
    check_network(owner, net)
    if not callable(lr):
        check_rate(lr)


def check_rate(lr: Any, where: str = "") -> float:
    """The learning rate as a float.  Raises ValueError unless it is finite and at least 0; where: " of step 3"."""
    if not is_number(lr) or not lr >= 0:
        raise ValueError(f"the learning rate{where} must be a number >= 0 or a function of the step, got {short(lr)}")
    return float(lr)


def check_schedule(schedule: str, lr: Any, steps: Any, end: Any) -> Any:
    """The number of steps of a schedule.  Raises ValueError unless it is above 0, and lr and end are numbers >= 0."""
    check_range(schedule, lr=lr, end=end)
    check_positive(f"{schedule}(lr, steps)", steps=steps)
    return steps


def check_penalties(penalties: Any) -> Iterable[Callable]:
    """The penalties as a list.  Raises TypeError for a single one, a name, a class, and what cannot be called."""
    if callable(penalties) or isinstance(penalties, str):
        raise TypeError(f"penalties are a list, such as [R1(gamma=1.0)], got {penalties!r}")
    found = list(penalties or ())
    for penalty in found:
        if isinstance(penalty, type) or not callable(penalty):
            raise TypeError(f"a penalty is a value or a function, such as R1(gamma=1.0), got {penalty!r}")
    return found


def check_weight(weight: Any) -> float:
    """The weight of a penalty as a float.  Raises ValueError unless it is finite and at least 0."""
    check_range("a penalty", weight=weight)
    return float(weight)


def check_weights(penalty: Any, **weights: Any) -> None:
    """Raise ValueError unless every weight of a penalty is a finite number >= 0, or a schedule."""
    check_range(type(penalty).__name__, **{name: weight for name, weight in weights.items() if not callable(weight)})


# ---- games -----------------------------------------------------------------------------------------------------------


def check_game(G: Any, D: Any, loss: Any, opt_G: Any, opt_D: Any, ema: Any, prior: Any, **sizes: Any) -> None:
    """Raise an error that names the first of these that is not what a GAN needs, or that belongs to another network."""
    check_whole("GAN", least=0, classes=sizes.pop("classes"))
    check_whole("GAN", **sizes)
    if G is D:
        raise ValueError("G and D are the same network: build two")
    check_owners(G=(G, opt_G), D=(D, opt_D))
    if ema is not None and not hasattr(ema, "source"):
        raise TypeError(f"ema must be an average of G, EMA(G, decay=0.999), or None, got {short(ema)}")
    if ema is not None and ema.source is not G:
        raise ValueError("ema averages another network, not G: build it as EMA(G, ...)")
    check_loss(loss)
    if not callable(prior):
        raise TypeError(f"prior must be a function (n, latent, rng) -> z, such as game.normal, got {short(prior)}")


def check_owners(**players: tuple[Any, Any]) -> None:
    """Raise ValueError unless each optimizer updates its network: check_owners(G=(G, opt_G))."""
    for name, (net, opt) in players.items():
        if getattr(opt, "net", None) is not net:
            raise ValueError(f"opt_{name} updates another network, not {name}: build it as Adam({name}, ...)")


def check_loss(loss: Any) -> None:
    """Raise TypeError unless the loss is that of a GAN: an object with d and g."""
    if isinstance(loss, type) or not (hasattr(loss, "d") and hasattr(loss, "g")):
        raise TypeError(f"loss must be a value such as losses.hinge, got {loss!r}")


def check_trainer(game: Any, out: Any, evaluate_every: Any, seed: Any, functions: dict[str, Any], **sizes: Any) -> None:
    """Raise an error that names the first argument of a Trainer that cannot be trained with."""
    if isinstance(game, type) or not callable(getattr(game, "step", None)):
        raise TypeError(f"Trainer trains a game, such as GAN(...), got {short(game)}")
    check_whole("Trainer", **sizes)
    if evaluate_every is not None:
        check_whole("Trainer", evaluate_every=evaluate_every)
    check_whole("Trainer", least=0, below=2**128, seed=seed)
    if out is not None:
        check_path("Trainer", out=out)
    check_function("Trainer", **functions)
