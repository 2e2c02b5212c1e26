"""The one diagram of the course: everything that happens in a step of a GAN, with the part at hand lit.

    z -> G -> fake,  real -> D -> scores r, f -> two losses -> two gradients

Forward runs from left to right, in solid lines; the gradients run back in dashed lines, one into D, the other through D into G.
The drawing has its own background, light or dark as the reader's system prefers, so it is readable on any page.
"""

from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 760, 232
STYLE = """
.minigan-diagram { font: 15px system-ui, sans-serif; max-width: 100%; height: auto; --paper: #fbfaf7; --ink: #23272e;
  --line: #6b7280; --real: #1f4e9c; --fake: #b4500a; --lit: #ffd54f; --onlit: #23272e; }
@media (prefers-color-scheme: dark) { .minigan-diagram { --paper: #1d2026; --ink: #e6e8eb; --line: #9aa3b0; --real: #8ab4f8;
  --fake: #ffab70; --lit: #ffd54f; } }
.minigan-diagram .paper { fill: var(--paper); }
.minigan-diagram rect.shape, .minigan-diagram circle.shape { fill: var(--paper); stroke: var(--line); stroke-width: 1.5; }
.minigan-diagram path { fill: none; stroke: var(--line); stroke-width: 1.5; }
.minigan-diagram path.head { fill: var(--line); stroke: none; }
.minigan-diagram path.dashed { stroke-dasharray: 6 4; }
.minigan-diagram text { fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
.minigan-diagram .small { font-size: 12px; }
.minigan-diagram .real text { fill: var(--real); }
.minigan-diagram .fake text { fill: var(--fake); }
.minigan-diagram .lit .shape { fill: var(--lit); stroke: var(--ink); stroke-width: 2.5; }
.minigan-diagram .lit text:not(.small) { font-weight: 700; }
.minigan-diagram .lit .shape ~ text { fill: var(--onlit); }
.minigan-diagram .lit path { stroke: var(--onlit); stroke-width: 3.5; }
.minigan-diagram .lit path.glow { stroke: var(--lit); stroke-width: 11; stroke-linecap: round; }
.minigan-diagram path.glow { stroke: none; }
.minigan-diagram .lit path.head { fill: var(--onlit); stroke: none; }
"""


class Shape(NamedTuple):
    """A box: its centre, its size, a line of text, a smaller one below, and a class that sets its colour."""

    x: int
    y: int
    width: int
    height: int
    text: str
    below: str = ""
    kind: str = ""


SHAPES = {
    "z": Shape(44, 80, 56, 40, "z", "noise"),
    "G": Shape(150, 60, 84, 84, "G", "generator"),
    "fake": Shape(272, 80, 76, 40, "fake", "G(z)", "fake"),
    "real": Shape(272, 144, 76, 40, "real", "x", "real"),
    "D": Shape(398, 110, 96, 184, "D", "discriminator"),
    "scores": Shape(516, 112, 62, 104, "scores"),
    "loss_G": Shape(674, 60, 136, 60, "loss of G", "low if f is high"),
    "loss_D": Shape(674, 146, 136, 60, "loss of D", "low if r high, f low"),
    "penalty": Shape(674, 202, 136, 34, "+ gradient penalty"),
}
ARROWS = (  # forward, solid: from, to
    *((72, 80, 107, 80), (193, 80, 233, 80), (311, 80, 349, 80), (311, 144, 349, 144)),
    *((447, 80, 484, 80), (447, 144, 484, 144)),
    *((548, 80, 605, 80), (548, 88, 605, 132), (548, 144, 605, 146)),
)
GRADIENTS = {  # backward, dashed: from, to, and the place and text of the label
    "gradient_G": ((606, 40, 193, 40), (526, 26), "gradient for G"),
    "gradient_D": ((606, 174, 447, 174), (526, 190), "gradient for D"),
}
PARTS = (*SHAPES, *GRADIENTS)


class Diagram:
    """A drawing that a notebook shows, and that `svg` holds as text."""

    def __init__(self, svg: str, lit: tuple[str, ...]) -> None:
        self.svg, self.lit = svg, lit

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"[diagram: z -> G -> fake; real, fake -> D -> scores -> two losses -> two gradients; lit: {_list(self.lit)}]"


def diagram(*lit: str) -> Diagram:
    """Draw a GAN's step with some of its parts lit:  diagram("D", "loss_D", "gradient_D").

    Parameters
    ----------
    lit
        Any of z, G, fake, real, D, scores, loss_G, loss_D, penalty, gradient_G, gradient_D.  None: nothing stands out.

    Returns
    -------
    Diagram
        A notebook shows it as an SVG; in a terminal it is a line of text.

    Raises
    ------
    ValueError
        For a part that does not exist.
    """
    for part in lit:
        if part not in PARTS:
            raise ValueError(f"the diagram has no part {part!r}; it has {', '.join(PARTS)}")
    said = f"Noise z through G gives fakes; fakes and reals through D give scores; two losses send two gradients back. Lit: {_list(lit)}."
    shapes = [_box(name, shape, name in lit) for name, shape in SHAPES.items()]
    arrows = [_arrow(*ends, 1) for ends in ARROWS]
    gradients = [_gradient(name, *parts, name in lit) for name, parts in GRADIENTS.items()]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="minigan-diagram" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
        f' aria-label="{escape(said)}"><style>{STYLE}</style><rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f"{''.join([*arrows, *shapes, *gradients])}</svg>"
    )
    return Diagram(svg, lit)


def _list(lit: tuple[str, ...]) -> str:
    return ", ".join(lit) or "nothing"


def _group(name: str, lit: bool, content: str) -> str:
    return f'<g class="{name}{" lit" * lit}">{content}</g>'


def _box(name: str, shape: Shape, lit: bool) -> str:
    x, y, width, height, text, below, _ = shape
    box = f'<rect class="shape" x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="7"/>'
    if below:
        box += f'<text x="{x}" y="{y - 8}">{text}</text><text class="small" x="{x}" y="{y + 10}">{below}</text>'
    else:
        box += f'<text class="small" x="{x}" y="{y}">{text}</text>'
    if name == "scores":
        box += f'<text x="{x}" y="80">f</text><text x="{x}" y="144">r</text>'
    return _group(f"{name} {shape.kind}".strip(), lit, box)


def _arrow(x0: int, y0: int, x1: int, y1: int, way: int, kind: str = "") -> str:
    """A line from one point to another with an arrow head: way = 1 to the right, -1 to the left."""
    middle = (x0 + x1) // 2
    line = f'<path class="{kind}" d="M{x0} {y0} C{middle} {y0} {middle} {y1} {x1} {y1}"/>'
    return line if kind == "glow" else f'{line}<path class="head" d="M{x1 + 2 * way} {y1} l{-9 * way} -4.5 v9 z"/>'


def _gradient(name: str, ends: tuple[int, int, int, int], at: tuple[int, int], label: str, lit: bool) -> str:
    text = f'<text class="small" x="{at[0]}" y="{at[1]}">{label}</text>'
    return _group(name, lit, _arrow(*ends, -1, "glow") + _arrow(*ends, -1, "dashed") + text)
