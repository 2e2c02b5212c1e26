"""Everything a run depends on, in one frozen record.

Flags and a TOML file give the same Config; it is written beside the run, so that a run can be repeated from its own folder:
minigan train --config runs/NAME/config.toml
"""

import dataclasses
import difflib
import json
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from minigan.data import NAMES
from minigan.losses import GAN_LOSSES
from minigan.models import MODELS
from minigan.penalties import PENALTIES

SCHEDULES = ("constant", "linear", "cosine")
TOYS = ("ring", "grid")
WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _option(default, text):
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Config:
    model: str = _option("dcgan_up", f"the networks: {', '.join(MODELS)}; ring and grid always use toy")
    data: str = _option(
        "mnist10k", "mnist10k, digits8, emoji, emoji_noto, ring, grid, mnist, fashion_mnist or folder:PATH"
    )
    loss: str = _option("non_saturating", ", ".join(GAN_LOSSES))
    penalty: str = _option("r1", f"gradient penalties, joined by commas ({', '.join(PENALTIES)}), or none")
    gamma: float = _option(1.0, "weight of R1 and R2")
    lam: float = _option(10.0, "weight of WGAN-GP and DRAGAN")
    labels: bool = _option(True, "let G and D see the labels, if the data has any (a conditional GAN)")
    steps: int = _option(5000, "training steps")
    batch: int = _option(64, "images a step")
    d_steps: int = _option(1, "steps of D for each step of G")
    lr: float = _option(2e-3, "Adam's learning rate, for G and D")
    schedule: str = _option("cosine", f"the learning rate's course: {', '.join(SCHEDULES)}")
    beta1: float = _option(0.0, "Adam's memory of the slope")
    beta2: float = _option(0.99, "Adam's memory of its square")
    ema: float = _option(0.998, "decay of G's moving average, from which samples are drawn; 0: none")
    latent: int = _option(64, "size of the noise z")
    width: int = _option(32, "channels of D's first layer (mlp, toy: units); all others follow")
    size: int = _option(32, "folder:PATH: crop and shrink pictures to this side")
    channels: int = _option(3, "folder:PATH: 3 for colour, 1 for grey")
    download: bool = _option(False, "let mnist and fashion_mnist be fetched if they are not on this machine")
    deterministic: bool = _option(False, "cut all work in two, so that one thread and two give the same bits")
    seed: int = _option(0, "seed of all randomness: the same seed gives the same bits")

    def __post_init__(self):
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if item.type is float and isinstance(value, int) and not isinstance(value, bool):
                object.__setattr__(self, item.name, float(value))
            elif type(value) is not item.type:
                raise ValueError(f"{item.name} must be {WORDS[item.type]}, got {value!r}")
        _one_of("model", self.model, [*MODELS, "toy"])
        if not self.data.startswith("folder:"):
            _one_of("data set", self.data, [*NAMES, *TOYS])
        if self.model == "toy" and self.data not in TOYS:
            raise ValueError(
                f"the model toy is for points of the plane (--data ring or grid), {self.data} needs one of {', '.join(MODELS)}"
            )
        _one_of("loss", self.loss, GAN_LOSSES)
        _one_of("schedule", self.schedule, SCHEDULES)
        for name in self.penalties:
            _one_of("penalty", name, [*PENALTIES, "none"])
        for name in ("steps", "batch", "d_steps", "latent", "width", "size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("gamma", "lam", "lr", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be 0 or more, and finite, got {getattr(self, name)}")
        for name in ("ema", "beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {getattr(self, name)}")

    @property
    def penalties(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.penalty.split(",") if name.strip() not in ("", "none"))

    def to_toml(self) -> str:
        lines = ["# minigan train --config THIS_FILE repeats this run; every option: minigan train --help\n"]
        for item in dataclasses.fields(self):
            lines.append(f"{item.name} = {_toml(getattr(self, item.name)):<24} # {item.metadata['help']}\n")
        return "".join(lines)

    @classmethod
    def from_toml(cls, path: str | Path, **changes) -> "Config":
        """Read a config; `changes` (from flags) win.  Raises ValueError naming an unknown or ill-typed entry."""
        try:
            entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not valid TOML: {error}") from error
        names = [item.name for item in dataclasses.fields(cls)]
        for name in entries:
            _one_of("option", name, names, f" in {path}")
        return cls(**entries | changes)


def _toml(value) -> str:
    return json.dumps(value, ensure_ascii=False)  # for strings, numbers and booleans TOML and JSON agree


def _one_of(what, name, names, where=""):
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        guess = f": did you mean {close[0]!r}? Choose" if close else "; choose"
        raise ValueError(f"unknown {what} {name!r}{where}{guess} from {', '.join(names)}")
