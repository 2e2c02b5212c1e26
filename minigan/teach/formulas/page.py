"""docs/formulas.md: for each equation the formula, the line that computes it, the test that pins it, the lesson that derives it.

The labels are in MyST's form, $$ ... $$ (eq:conv.dW), so lessons and pages can refer to an equation by its name; the site
numbers it.
"""

from minigan.teach.formulas.book import Equation, groups
from minigan.teach.formulas.places import KINDS, Place, locate

HEAD = """\
# Formula, code, test: one map

Every equation of the library has a name. The line of code that computes it carries the name in a comment, the test that pins
it carries the same name, and so does the lesson that derives it; a test fails if one of the three is missing. A chapter whose
lesson has not been written yet shows a dash. This page is generated from those names:
`python -m minigan.teach.formulas > docs/formulas.md`. In a terminal, `minigan explain Conv2d` shows the equations of one
layer, loss, penalty or optimizer next to its source, and checks its gradient at the sizes you choose.

Letters: $x$ input, $y$ output, $dx$ the gradient of the loss with respect to $x$, $v$ a direction, $w = J v$; $^{\\top}$
transposes, $\\odot$ multiplies element by element, $n$ counts the samples, $N$ of them.
"""


def page() -> str:
    """Return the map as Markdown."""
    places: dict[str, list[Place]] = {}
    for place in locate():
        places.setdefault(place.name, []).append(place)
    parts = [HEAD]
    for title, chapter in groups().items():
        parts.append(f"## {title}\n")
        parts += [_entry(equation, places.get(equation.name, [])) for equation in chapter]
    return "\n".join(parts)


def _entry(equation: Equation, places: list[Place]) -> str:
    source = f" *{equation.source}*" if equation.source else ""
    rows = [f"- {kind}: {_links([place for place in places if place.kind == kind])}" for kind in KINDS]
    formula = f"$$\n{equation.latex}\n$$ ({equation.tag})"
    return "\n".join([f"**{equation.title}**\n", formula, "", f"{equation.words}{source}\n", *rows, ""])


def _links(places: list[Place]) -> str:
    return ", ".join(dict.fromkeys(map(_link, places))) or "-"


def _link(place: Place) -> str:
    if place.kind == "lesson":
        return f"[{place.owner}](../{place.path})"
    where = place.path.partition("/")[2]  # without minigan/ or tests/
    return f"[`{place.owner}`](../{place.path}#L{place.line}) in {where}:{place.line}"
