"""How much does each part of the best recipe for mixtures contribute?  Remove one at a time, on the grid, with three seeds."""

from minigan.measure.results import mixtures

NAME = "ablation"
SEEDS = 3
HERE = {name: value for name, value in mixtures.BEST.items() if name != "calibrate"} | {"data": "grid", "steps": 8000}
CHANGES: dict[str, dict] = {
    "the recipe, half as long": {},
    "z normal": {"reach": None},
    "z uniform in +-1": {"reach": 1.0},
    "z uniform in +-6": {"reach": 6.0},
    "z of 8 numbers": {"latent": 8},
    "gamma 0.1 throughout": {"gamma_end": 0.1},
    "gamma 0.0001 throughout": {"gamma": 0.0001},
    "R1 only": {"penalties": ["r1"]},
    "non-saturating loss": {"loss": "non_saturating"},
    "learning rate 0.0005": {"lr": 5e-4},
    "beta1 0": {"beta1": 0.0},
    "no moving average": {"ema": 0.0},
    "width 128": {"width": 128},
    "batch 64": {"batch": 64},
    "networks see x, not x / 4": {"scale": 1.0},
}
METHODS = {
    name: {key: value for key, value in (HERE | change).items() if value is not None}
    for name, change in CHANGES.items()
}
QUICK = {"steps": 300}  # its networks are wide: 600 steps took more than two minutes
COLUMNS, run_cell = dict(list(mixtures.COLUMNS.items())[:3]), mixtures.run_cell
