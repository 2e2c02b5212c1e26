"""A trace as HTML: a table whose stages and layers open on a click.

The page fetches nothing and runs no script: pictures are PNGs embedded in the text, and what opens is <details>.  Text and
background keep the reader's own colours, so the table is readable in light and dark notebooks.
"""

import base64
import io
from html import escape

import numpy as np

from minigan.teach.tracing.record import Quantity, Record, Row, Stage
from minigan.teach.tracing.text import numbers, shapes, verdict

STYLE = """
.minigan-trace { font: 13px/1.5 system-ui, sans-serif; }
.minigan-trace details { border-left: 2px solid rgba(128,128,128,.35); margin: 1px 0; padding-left: 6px; }
.minigan-trace summary { cursor: pointer; padding: 2px 0; }
.minigan-trace summary:hover { background: rgba(128,128,128,.15); }
.minigan-trace .stage > summary { font-weight: 600; }
.minigan-trace .line { display: inline-grid; width: calc(100% - 20px); column-gap: 10px; vertical-align: top;
  grid-template-columns: minmax(0,5fr) minmax(0,5fr) 12em 4em 5em 6em; }
.minigan-trace .line span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.minigan-trace .right { text-align: right; }
.minigan-trace .body { padding: 2px 0 6px 14px; }
.minigan-trace table { border-collapse: collapse; margin: 4px 0; color: inherit; font-size: 12px; }
.minigan-trace th, .minigan-trace td { border: 1px solid rgba(128,128,128,.35); padding: 1px 8px; text-align: right;
  background: transparent; }
.minigan-trace .left { text-align: left; }
.minigan-trace code { font-family: ui-monospace, monospace; background: transparent; color: inherit; }
.minigan-trace figure { display: inline-block; margin: 4px 14px 4px 0; vertical-align: top; }
.minigan-trace figcaption { font-size: 11px; opacity: .75; max-width: 300px; }
.minigan-trace img { image-rendering: pixelated; }
.minigan-trace .wrong { background: #b71c1c; color: #fff; padding: 0 6px; border-radius: 3px; }
.minigan-trace .muted { opacity: .7; font-weight: 400; }
"""
HEADS = ("", "formula", "shape", "mean", "std", "min", "max", "check against differences")
ENLARGED = 320  # pixels: small pictures are enlarged to about this width


def page(trace: Record) -> str:
    """Return a complete HTML document."""
    head = f'<meta charset="utf-8"><title>{escape(trace.title)}</title><meta name="color-scheme" content="light dark">'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{fragment(trace)}</body></html>\n'


def fragment(trace: Record) -> str:
    """Return the table alone, as a notebook shows it."""
    values = " &nbsp; ".join(f"{escape(name)} <b>{value:.6g}</b>" for name, value in trace.values.items())
    result = f'<span class="wrong">{escape(verdict(trace))}</span>' if trace.failed else escape(verdict(trace))
    note = f'<br><span class="muted">{escape(trace.note)}</span>' * bool(trace.note)
    parts = [f"<style>{STYLE}</style>", f"<p><b>{escape(trace.title)}</b><br>{values}<br>{result}{note}</p>"]
    step = ""
    for number, stage in enumerate(trace.stages, 1):
        parts += [f"<h4>{escape(stage.step)}</h4>"] * (stage.step != step) + [_stage(number, stage)]
        step = stage.step
    return f'<div class="minigan-trace">\n{"".join(parts)}</div>\n'


def _stage(number: int, stage: Stage) -> str:
    head = f'{number}. {escape(stage.title)} <span class="muted">{stage.ms:.2f} ms</span> {_badge(stage.ok)}'
    note = f"<div>{escape(stage.note)}</div>" * bool(stage.note)
    rows = "".join(_row(row) if row.place else _body(row) for row in stage.rows)
    return f'<details class="stage"{_open(stage.ok)}><summary>{head}</summary><div class="body">{note}{rows}</div></details>\n'


def _row(row: Row) -> str:
    main = row.quantities[0] if row.quantities else None
    spread = f"{main.name}: {main.mean:.2g} ± {main.std:.2g}" if main else ""
    dead = "" if row.dead is None else f"dead {row.dead:.0%}"
    time = f"{row.ms:.3f} ms" if row.shape_out else ""
    checked = [q.check.error for inner in row.walk() for q in inner.quantities if q.check]
    check = f"{max(checked):.0e}" if checked else ""
    cells = [(f"{row.place} {row.layer}", ""), (shapes(row), ""), (spread, ""), (dead, "right"), (time, "right")]
    line = "".join(f'<span class="{kind}" title="{escape(text)}">{escape(text)}</span>' for text, kind in cells)
    line += f'<span class="right">{check if row.ok else _badge(False)}</span>'
    return (
        f'<details{_open(row.ok)}><summary><span class="line">{line}</span></summary>'
        f'<div class="body">{_body(row)}</div></details>\n'
    )


def _body(row: Row) -> str:
    note = f"<div><code>{escape(row.note)}</code></div>" * bool(row.note)
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    table = f"<table><tr>{heads}</tr>{''.join(map(_quantity, row.quantities))}</table>" * bool(row.quantities)
    pictures = "".join(_figure(caption, picture) for caption, picture in row.pictures)
    return note + table + pictures + "".join(map(_row, row.rows))


def _quantity(quantity: Quantity) -> str:
    check = quantity.check
    result = (
        ""
        if check is None
        else f"{check.error:.1e} undecided"
        if check.verdict == "undecided"
        else f"{check.error:.1e}"
        if check.ok
        else f"{_badge(False)} {escape(str(check))}"
    )
    cells = "".join(f"<td>{number}</td>" for number in numbers(quantity))
    return (
        f'<tr><td class="left"><b>{escape(quantity.name)}</b></td><td class="left"><code>{escape(quantity.formula)}</code></td>'
        f"<td>{quantity.shape}</td>{cells}<td>{result}</td></tr>"
    )


def _figure(caption: str, picture: np.ndarray) -> str:
    from minigan.plots.images import as_pil

    file = io.BytesIO()
    as_pil(picture).save(file, "png", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    width = picture.shape[1] * max(1, min(8, ENLARGED // picture.shape[1]))
    return (
        f'<figure><img alt="{escape(caption)}" width="{width}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _badge(ok: bool) -> str:
    return "" if ok else '<span class="wrong">WRONG</span>'


def _open(ok: bool) -> str:
    """A stage or layer with a failed check starts open."""
    return "" if ok else " open"
