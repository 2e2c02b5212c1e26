"""Formula, code, test: one map.

A formula in a paper, a line of code and a test are three ways to say the same thing, and they drift apart unless something
ties them together.  Here that is a name.  Every equation has one (eq:conv.dW) and is written once, in equations.toml; the
line that computes it carries the name in a comment, the test that pins it carries the same name, and so does the lesson that
derives it.

    equations()     every equation, by name                                              book.py
    locate()        every place in the code, the tests and the lessons that names one    places.py
    page()          docs/formulas.md, the map                                            page.py
    explain(...)    a layer, loss, penalty or optimizer: its equations, shapes and source, and a gradient check run now

`python -m minigan.teach.formulas > docs/formulas.md` writes the map again.  A test fails if an equation has no code, no test
or no lesson.  Start reading with book.py.
"""

from minigan.teach.formulas.book import Equation, equations, groups
from minigan.teach.formulas.explanation import Explanation, explain
from minigan.teach.formulas.page import page
from minigan.teach.formulas.places import Place, gaps, locate

__all__ = ["Equation", "Explanation", "Place", "equations", "explain", "gaps", "groups", "locate", "page"]
