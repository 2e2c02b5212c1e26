"""A trace as text: one line for each stage, one for each layer, one for each of their arrays."""

from minigan.teach.tracing.record import Quantity, Record, Row, Stage

WIDTH = 118
LEGEND = "mean ± std [min, max]  relative difference"


def text(trace: Record) -> str:
    """Return the whole trace, aligned for a terminal, with the checks that failed at the top."""
    lines = [trace.title, "   ".join(f"{name} {value:.6g}" for name, value in trace.values.items()), verdict(trace)]
    for stage, row, quantity in trace.failed + trace.undecided:
        lines.append(f"  {stage.title}, {row.place} {row.layer}: {quantity.check}")
    lines += [trace.note] * bool(trace.note)
    step = ""
    for number, stage in enumerate(trace.stages, 1):
        if stage.step != step:
            lines += ["", f"==== {stage.step} ".ljust(WIDTH - len(LEGEND) - 5, "=") + f" {LEGEND} ===="]
        lines += ["", *_stage(number, stage)]
        step = stage.step
    return "\n".join(line.rstrip() for line in lines) + "\n"


def verdict(trace: Record) -> str:
    """Return one sentence: how many gradients were checked, and whether all agree with differences."""
    if not trace.checked:
        return "No gradient was checked."
    agree = [q.check.error for _, _, q in trace.checked if q.check and q.check.verdict == "ok"]
    result = f"{len(trace.failed)} FAILED" if trace.failed else f"all agree to within {max(agree, default=0):.1e}"
    if trace.undecided:
        result += f", but {len(trace.undecided)} undecided (at a kink, or lost in rounding)"
    return f"{len(trace.checked)} gradients checked against differences, each at the point where it was used: {result}"


def numbers(quantity: Quantity) -> list[str]:
    """Return mean, standard deviation, minimum and maximum as text."""
    return [f"{value:.3g}" for value in (quantity.mean, quantity.std, quantity.min, quantity.max)]


def shapes(row: Row) -> str:
    """Return the shapes of input and output: (8, 3) -> (8, 4)."""
    return f"{row.shape_in} -> {row.shape_out}" if row.shape_out else ""


def _stage(number: int, stage: Stage) -> list[str]:
    time = f"{stage.ms:.3f} ms"
    lines = [f"{number:2}  {stage.title}".ljust(WIDTH - len(time)) + time]
    lines += [f"    {stage.note}"] * bool(stage.note)
    return lines + [line for row in stage.rows for line in _row(row, 4)]


def _row(row: Row, indent: int) -> list[str]:
    head = f"{row.place:<3} {row.layer}"
    right = "   ".join(filter(None, [shapes(row), f"{row.ms:.3f} ms" if row.shape_out else ""]))
    room = WIDTH - indent - len(right) - 2
    head = head if len(head) <= room else head[: room - 3] + "..."
    lines = (
        [" " * indent + head.ljust(room + 2) + right] if row.place else []
    )  # a loss or penalty is named by its stage
    lines += [" " * (indent + 4) + row.note] * bool(row.note)
    for quantity in row.quantities:
        lines.append(_quantity(quantity, row.dead if quantity.name == "y" else None, indent + 4))
    return lines + [line for inner in row.rows for line in _row(inner, indent + 4)]


def _quantity(quantity: Quantity, dead: float | None, indent: int) -> str:
    mean, std, low, high = numbers(quantity)
    spread = f"{mean:>9} ± {std:<9} [{low:>9}, {high:>9}]  "
    check = quantity.check
    result = f"{check.error:.0e} {check.verdict}" if check else ""
    result += "" if dead is None else f"dead {dead:.0%}"
    room = WIDTH - indent - len(spread) - 11
    name = f"{quantity.name:<7}{quantity.formula}"
    return " " * indent + (name if len(name) <= room else name[: room - 3] + "...").ljust(room + 1) + spread + result
