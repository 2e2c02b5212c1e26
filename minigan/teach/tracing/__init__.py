"""Step through a training step: every stage, every layer, every number, and each gradient checked where it is used.

    trace = minigan.trace(G, D, x, z, loss=non_saturating, penalties=[r1])

record.py     what a trace holds: stages, rows, quantities        start here
step.py       `trace`: run d_step and g_step on watched copies
watch.py      wrap the networks, so that each pass and each layer is recorded
players.py    the same for the loss, the penalties and the optimizers
examine.py    what is recorded about each verb of a layer
twin.py       the float64 copy of a layer on which its gradients are checked
checks.py     one gradient check along one direction
formulas.py   the equation shown next to each number
view.py       a trace as text (text.py) and as HTML (html.py, pictures.py)
of_run.py     minigan trace RUN: the next step of a run on disk
"""

from minigan.teach.tracing.record import Quantity, Row, Stage
from minigan.teach.tracing.step import trace
from minigan.teach.tracing.view import Trace

__all__ = ["Quantity", "Row", "Stage", "Trace", "trace"]
