"""A trace that shows itself: as text in a terminal, as a table to open in a notebook."""

from minigan.teach.tracing.html import fragment
from minigan.teach.tracing.record import Record
from minigan.teach.tracing.text import text


class Trace(Record):
    """The result of `minigan.trace`: print it, or leave it as the last line of a notebook cell; the data is in `Record`."""

    def __str__(self) -> str:
        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self)
