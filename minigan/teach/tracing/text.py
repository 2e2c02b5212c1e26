"""A trace as text: a line for each stage and each layer, a line for each of their arrays."""

from minigan.teach.tracing.record import Quantity, Row, Stage, Trace

WIDTH = 118
LEGEND = "mean ± std [min, max]  relative difference"


def text(trace: Trace) -> str:
    """The whole trace, aligned for a terminal; what failed stands first."""
    lines = [trace.title, "   ".join(f"{name} {value:.6g}" for name, value in trace.values.items()), verdict(trace)]
    lines += [f"  {stage.title}, {row.place} {row.layer}: {quantity.check}" for stage, row, quantity in trace.failed]
    step = ""
    for number, stage in enumerate(trace.stages, 1):
        if stage.step != step:
            lines += ["", f"==== {stage.step} ".ljust(WIDTH - len(LEGEND) - 5, "=") + f" {LEGEND} ===="]
        lines += ["", *_stage(number, stage)]
        step = stage.step
    return "\n".join(line.rstrip() for line in lines) + "\n"


def verdict(trace: Trace) -> str:
    """How many gradients were checked, and whether all hold."""
    checked, failed = trace.checked, trace.failed
    if not checked:
        return "No gradient was checked."
    worst = max(quantity.check.error for _, _, quantity in checked)
    told = f"{len(checked)} gradients checked against differences, at the very point where each was used"
    return f"{told}: " + (f"{len(failed)} FAILED" if failed else f"all agree, to {worst:.1e} at worst")


def numbers(quantity: Quantity) -> list[str]:
    """mean, std, min, max."""
    return [f"{value:.3g}" for value in (quantity.mean, quantity.std, quantity.min, quantity.max)]


def way(row: Row) -> str:
    """(8, 3) -> (8, 4)"""
    return f"{row.shape_in} -> {row.shape_out}" if row.shape_out else ""


def _stage(number: int, stage: Stage) -> list[str]:
    time = f"{stage.ms:.3f} ms"
    lines = [f"{number:2}  {stage.title}".ljust(WIDTH - len(time)) + time]
    lines += [f"    {stage.note}"] * bool(stage.note)
    return lines + [line for row in stage.rows for line in _row(row, 4)]


def _row(row: Row, indent: int) -> list[str]:
    head = f"{row.place:<4}{row.layer}"
    told = "   ".join(filter(None, [way(row), f"{row.ms:.3f} ms" if row.shape_out else ""]))
    room = WIDTH - indent - len(told) - 2
    head = head if len(head) <= room else head[: room - 3] + "..."
    lines = [" " * indent + head.ljust(room + 2) + told] * bool(
        row.place
    )  # of a loss or penalty the stage's title says it
    lines += [" " * (indent + 4) + row.note] * bool(row.note)
    for quantity in row.quantities:
        lines.append(_quantity(quantity, row.dead if quantity.name == "y" else None, indent + 4))
    return lines + [line for inner in row.rows for line in _row(inner, indent + 4)]


def _quantity(quantity: Quantity, dead: float | None, indent: int) -> str:
    mean, std, low, high = numbers(quantity)
    spread = f"{mean:>9} ± {std:<9} [{low:>9}, {high:>9}]  "
    check = quantity.check
    told = f"{check.error:.0e} {'ok' if check.ok else 'WRONG'}" if check else ""
    told += "" if dead is None else f"dead {dead:.0%}"
    room = WIDTH - indent - len(spread) - 11
    name = f"{quantity.name:<7}{quantity.formula}"
    return " " * indent + (name if len(name) <= room else name[: room - 3] + "...").ljust(room + 1) + spread + told
