"""Step through a training step: every stage, every layer, every number, and each gradient checked where it is used."""

from minigan.teach.tracing.record import Quantity, Row, Stage, Trace
from minigan.teach.tracing.step import trace

__all__ = ["Quantity", "Row", "Stage", "Trace", "trace"]
