"""Formula, code, test: one map.

A formula in a paper, a line of code and a test are three ways to say one thing, and they drift apart unless something holds
them together.  Here that is a name.  Every equation has one (eq:conv.dW) and stands once, in equations.toml; the line that
computes it carries the name in a comment, so does the test that pins it, and a lesson that derives it says it in its text.

    equations()     every equation, by name                               book.py
    locate()        every place in code, tests and lessons that names one  places.py
    page()          docs/formulas.md, the map                             page.py
    explain(...)    one layer, loss, penalty or optimizer: its equations, shapes, source, and its gradient, now

`python -m minigan.teach.formulas > docs/formulas.md` draws the map anew.  A test fails where a name lacks one of its ends.
"""

from minigan.teach.formulas.book import Equation, equations, groups
from minigan.teach.formulas.explanation import Explanation, explain
from minigan.teach.formulas.page import page
from minigan.teach.formulas.places import Place, gaps, locate

__all__ = ["Equation", "Explanation", "Place", "equations", "explain", "gaps", "groups", "locate", "page"]
