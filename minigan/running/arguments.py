"""Arguments of optimizers, penalties and games that would train something else than was meant, or fail a long way from the mistake.

The core calls these functions where an object is built, in one line each.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any


def check_network(owner: str, net: Any) -> None:
    """Raise TypeError unless net is a network, which has theta and grad."""
    if not all(hasattr(net, name) for name in ("theta", "grad", "zero_grad")):
        raise TypeError(f"{owner} takes one network, Sequential(...), got {type(net).__name__}")


def check_optimizer(owner: str, net: Any, lr: Any) -> None:
    """Raise an error unless net is a network, and lr a learning rate or a schedule."""
    check_network(owner, net)
    if not callable(lr):
        check_rate(lr)


def check_range(owner: str, least: float = 0, below: float = math.inf, or_equal: bool = False, **numbers: Any) -> None:
    """Raise ValueError, naming the argument, unless every number is in [least, below), or with or_equal in [least, below]."""
    for name, value in numbers.items():
        if not _is_number(value) or not (least <= value < below or (or_equal and value == below)):
            top = "" if below == math.inf else f" {'<=' if or_equal else '<'} {below:g}"
            bounds = f"{least:g} <= {name}{top}" if top else f"a finite {name} >= {least:g}"
            raise ValueError(f"{owner} needs {bounds}, got {value!r}")


def check_rate(lr: Any, where: str = "") -> float:
    """The learning rate as a float.  Raises ValueError unless it is finite and at least 0; where: " of step 3"."""
    if not _is_number(lr) or not 0 <= lr < math.inf:
        raise ValueError(f"the learning rate{where} must be a number >= 0 or a function of the step, got {lr!r}")
    return float(lr)


def check_steps(schedule: str, steps: Any) -> Any:
    """The number of steps of a schedule.  Raises ValueError unless it is above 0."""
    if not _is_number(steps) or not 0 < steps < math.inf:
        raise ValueError(f"{schedule}(lr, steps) needs steps > 0, got {steps!r}")
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


def check_game(G: Any, D: Any, loss: Any, opt_G: Any, opt_D: Any, ema: Any) -> None:
    """Raise an error that names the first of these that is not what a GAN needs, or that belongs to another network."""
    if G is D:
        raise ValueError("G and D are the same network: build two")
    for name, net, opt in (("G", G, opt_G), ("D", D, opt_D)):
        if getattr(opt, "net", None) is not net:
            raise ValueError(f"opt_{name} updates another network, not {name}: build it as Adam({name}, ...)")
    if ema is not None and ema.source is not G:
        raise ValueError("ema averages another network, not G: build it as EMA(G, ...)")
    if isinstance(loss, type) or not (hasattr(loss, "d") and hasattr(loss, "g")):
        raise TypeError(f"loss must be a value such as losses.hinge, got {loss!r}")


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, str | bytes) and math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False
