"""The table `digits` again, on all 60,000 training images of MNIST."""

from functools import partial

from minigan.measure.results import digits

NAME, SEEDS, DATA = "mnist", digits.SEEDS, ("mnist",)
METHODS = digits.methods("mnist")
QUICK = digits.QUICK | {"data": "mnist10k"}
COLUMNS, run_cell, draw = digits.COLUMNS, digits.run_cell, partial(digits.draw, name=NAME)
