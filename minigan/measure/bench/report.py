"""Format the results: the same rows of cells become a text table for the terminal or a Markdown table for docs/performance.md."""

from collections.abc import Sequence

HEAD = (
    "model",
    "ms",
    "GFLOP/s direct",
    "real",
    "of peak",
    "over twin",
    "PyTorch usual, ms",
    "ratio",
    "best PyTorch, ms",
    "ratio (least to most)",
    "MB, ours : best",
)


def model_cells(result: dict) -> tuple[str, ...]:
    """One row of the main table: our time, then how many times longer the others take."""
    rows = result["contestants"]
    cells = [
        result["model"] + " *" * result["crowded"],
        _ms(result["ms"]),
        f"{result['gflops_direct']:.0f}",
        f"{result['gflops_real']:.0f}",
        _share(result["share_of_peak"]),
        _times(rows["NumPy twin"]["ratio"]),
    ]
    for which in ("usual", "best"):
        name = result[which]
        row = rows.get(name, {"ms": None, "ratio": None})
        cells.append("-" if not name else _ms(row["ms"]["median"]) + f" ({name})" * (which == "best"))
        cells.append(_times(row["ratio"], spread=which == "best"))
    ours = f"{rows['minigan']['megabytes']:.0f}"
    cells.append(f"{ours} : {rows[result['best']]['megabytes']:.0f}" if result["best"] else ours)
    return tuple(cells)


def contestant_cells(result: dict) -> list[tuple[str, ...]]:
    """The table of one model: a header, then one row for each contestant, including those that failed."""
    table: list[tuple[str, ...]] = [
        (result["model"], "ms", "least", "ratio (least to most)", "rounds", "MB", "verified to")
    ]
    for name, row in result["contestants"].items():
        ms, error = row["ms"], row.get("worst_error")
        memory, verified = f"{row['megabytes']:.0f}", "-" if error is None else f"{error:.0e}"
        table.append(
            (
                f"  {name}",
                _ms(ms["median"]),
                _ms(ms["low"]),
                _times(row["ratio"], True),
                f"{ms['rounds']}",
                memory,
                verified,
            )
        )
    table += [
        (f"  {name}", "-", "-", "-", "-", "-", f"not run: {reason[:90]}") for name, reason in result["failed"].items()
    ]
    return table


def layer_cells(rows: list[dict]) -> list[tuple[str, ...]]:
    """The table of `bench --layers`: a header, then one row for each pass."""
    table: list[tuple[str, ...]] = [
        ("layer", "pass", "input", "kernels", "ms", "twin, ms", "ratio (least to most)", "GFLOP/s", "")
    ]
    for row in rows:
        rate = f"{row['gflops']:.0f}" if row["gflops"] else "-"
        shape, names = "x".join(map(str, row["input"])), ", ".join(row["kernels"])
        times = (_ms(row["ms"]), _ms(row["twin_ms"]), _times(row["ratio"], True))
        table.append((row["layer"], row["pass"], shape, names, *times, rate, "SLOWER" * row["slower"]))
    return table


SCALING_HEAD = (
    "batch",
    "size",
    "width",
    "threads",
    "ms",
    "ms per image",
    "GFLOP/s real",
    "of peak",
    "MB",
    "over one thread",
)


def scaling_cells(row: dict) -> tuple[str, ...]:
    """One row of `bench --scaling`; a * marks a measurement disturbed by other programs."""
    sizes = tuple(f"{row[key]}" for key in ("batch", "size", "width", "threads"))
    rates = (f"{row['gflops_real']:.0f}", _share(row["share_of_peak"]), f"{row['megabytes']:.0f}")
    faster = row["over_one_thread"]
    return (
        *sizes,
        _ms(row["ms"]) + " *" * row["crowded"],
        _ms(row["ms_per_image"]),
        *rates,
        f"{faster:.2f}" if faster else "-",
    )


def notes(results: list[dict]) -> list[str]:
    """What the reader needs to know about the measurement, one sentence each."""
    found = []
    if results:
        peak = max(result["gflops_peak"] for result in results)
        found.append(
            f"sgemm peak in this run: {peak:.0f} GFLOP/s. Ratios are medians over the rounds; above 1 minigan is faster."
        )
        found.append(
            f"{sum(result['discarded'] for result in results)} slices were discarded because other programs were running."
        )
    if any(not result["load_checked"] for result in results):
        found.append(
            "This system does not report the load of other programs (no /proc/stat): close them, and compare two runs."
        )
    if any(result["crowded"] for result in results):
        found.append(
            "* Other programs kept the machine so busy that disturbed slices had to be used: do not quote these numbers."
        )
    if results and not any(result["best"] for result in results):
        found.append("PyTorch is not installed, so only minigan was timed: pip install minigan[bench]")
    return found


def text(table: Sequence[Sequence[str]]) -> str:
    """A table with columns aligned by spaces: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(table: Sequence[Sequence[str]]) -> str:
    """The same table in Markdown."""
    lines = [f"| {' | '.join(cell.strip() for cell in row)} |" for row in table]
    lines.insert(1, "|---|" + "---:|" * (len(table[0]) - 1))
    return "\n".join(lines)


def _ms(ms: float | None) -> str:
    """Three significant digits: 0.0123, 1.23, 12.3, 123."""
    return "-" if ms is None else f"{ms:.3g}" if ms < 100 else f"{ms:.0f}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _times(ratio: dict | None, spread: bool = False) -> str:
    if ratio is None:
        return "-"
    return f"{ratio['median']:.2f}" + f" ({ratio['low']:.2f} to {ratio['high']:.2f})" * spread
