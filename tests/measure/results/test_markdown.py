"""The tables of docs/results.md: figures by hand, marks, failures; and the page agrees with the csv."""

import math
import re
from pathlib import Path

import pytest

from minigan.measure.results import markdown, table
from minigan.measure.results.catalogue import TABLES

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def measured(small, tmp_path):
    table.measure(small, tmp_path, say=lambda line: None)
    return tmp_path / "small.csv"


def rendered(small, path, **options):
    """-> (the table as {method: cells}, the lines below)"""
    lines = markdown.render(small, path, **options).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in cells}, [line for line in lines if line.startswith("* ")]


def test_mean_and_standard_error_by_hand():
    assert markdown.mean_error([2.0, 4.0, 6.0]) == (4.0, pytest.approx(2 / math.sqrt(3)))
    assert markdown.mean_error([5.0]) == (5.0, None)


def test_our_rows_come_before_the_published_ones(small, measured):
    found, below = rendered(small, measured, part="ring")
    assert list(found) == ["method", "---", "slow", "fast", "*GAN*", "*PacGAN*"]
    assert found["method"] == ["seeds", "modes of 8", "share", "minutes", "source"]
    assert found["slow"][:3] == ["3", "4.0 ± 1.2 †", "-"]  # 2, 4, 6; the best published is 4.5
    assert found["fast"][:3] == ["2 of 3", "12.0 ± 6.0", "-"]  # 6 and 18; seed 1 failed
    assert found["*GAN*"] == ["-", "1.0", "-", "-", "a paper"]
    assert found["*PacGAN*"] == ["-", "4.5 ± 0.2", "0.5", "-", "another"]
    assert found["slow"][-1].startswith("here, ")
    assert below[0] == "* † worse than the best published number of its column."
    assert below[1] == "* fast: 1 of 3 seeds failed: step 7: loss_D is nan, as expected"
    assert re.fullmatch(r"\* minigan \S+, NumPy \S+, .+, threads: \d+; \d+\.\d minutes in all\.", below[2])


def test_less_can_be_better(small, measured):
    small.COLUMNS = {"modes": small.COLUMNS["modes"]._replace(better="less")}
    found, _ = rendered(small, measured, part="ring")
    assert found["slow"][1] == "4.0 ± 1.2 †"
    assert found["fast"][1].endswith("†")
    small.COLUMNS = {"modes": small.COLUMNS["modes"]._replace(better="")}
    found, below = rendered(small, measured, part="ring")
    assert found["slow"][1] == "4.0 ± 1.2"
    assert len(below) == 2


def test_without_a_part_all_methods_are_shown_with_their_full_names(small, measured):
    assert list(rendered(small, measured)[0])[2:] == [
        "ring/slow",
        "ring/fast",
        "grid/slow",
        "*ring/GAN*",
        "*ring/PacGAN*",
    ]


def test_only_the_settings_measured_last_are_shown(small, measured):
    small.METHODS["grid/slow"] = {"rate": 5}
    table.measure(small, measured.parent, only="grid", seeds=1, say=lambda line: None)
    assert rendered(small, measured, part="grid")[0]["slow"][:2] == ["1", "5.0"]


def test_a_method_that_is_no_longer_measured_is_still_shown(small, measured):
    del small.METHODS["ring/slow"]
    assert list(rendered(small, measured, part="ring")[0])[2:4] == ["fast", "slow"]


def test_a_table_without_rows_says_how_to_get_them(small, tmp_path):
    assert markdown.render(small, tmp_path / "small.csv") == "Not measured yet: `minigan results small`."


def test_quick_is_labelled(small, measured):
    assert markdown.render(small, measured, quick=True).startswith("**Quick: a first look")


def test_fill_writes_between_the_markers_and_nothing_else(small, measured):
    page = measured.parent / "page.md"
    page.write_text(
        "# Tables\n\n<!-- results: small ring -->\nold\n<!-- end of results -->\nbetween\n"
        "<!-- results: small grid -->\n<!-- end of results -->\nkept\n"  # nothing between them yet
        "<!-- results: small -->\n\n<!-- end of results -->\nend\n"
    )
    first = markdown.fill(page, measured.parent)
    assert page.read_text() == first == markdown.fill(page, measured.parent)
    assert first.startswith("# Tables\n\n<!-- results: small ring -->\n\n| method |")
    assert "\n<!-- end of results -->\nbetween\n<!-- results: small grid -->\n\n| method |" in first
    assert "\n<!-- end of results -->\nkept\n<!-- results: small -->\n\n| method |" in first
    assert first.endswith("\n<!-- end of results -->\nend\n")
    assert "old" not in first
    assert first.count("| grid/slow |") == 1


def test_fill_looks_for_the_csv_next_to_the_page(small, measured):
    page = measured.parent / "page.md"
    page.write_text("<!-- results: small -->\n\n<!-- end of results -->")
    assert "Not measured yet" in markdown.fill(page)
    (measured.parent / "results").mkdir()
    measured.rename(measured.parent / "results" / "small.csv")
    assert "| grid/slow | 3 |" in markdown.fill(page)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "no markers",
            "needs two markers: <!-- results: NAME --> and, after it, <!-- end of results -->; found 0 pairs",
        ),
        ("<!-- results: small -->\n<!-- results: small -->\n<!-- end of results -->", "found 1 pairs"),
        ("<!-- results: smal -->\n\n<!-- end of results -->", "there is no table 'smal'"),
    ],
)
def test_a_page_that_cannot_be_filled_is_not_changed(small, tmp_path, text, message):
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match=message):
        markdown.fill(page)
    assert page.read_text() == text


# ---- the page itself ----------------------------------------------------------------------------------------------------


def test_the_page_agrees_with_the_rows():
    """If this fails, run: minigan results --fill docs/results.md"""
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    assert markdown.filled(page, DOCS / "results") == page


def test_each_table_is_on_the_page_and_no_quick_row_is_kept():
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- results: (\w+)", page)) == set(TABLES)
    assert list((DOCS / "results").glob("*-quick.*")) == []


def test_each_link_of_the_page_exists():
    links = re.findall(r"\]\(([^)]+)\)", (DOCS / "results.md").read_text(encoding="utf-8"))
    assert len(links) >= 3
    assert [link for link in links if not (DOCS / link).exists()] == []


def cell(table, method, column):
    """'20.4 ± 0.6': the figure of a method as the page shows it."""
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    part = page.split(f"<!-- results: {table} -->")[1].split("<!-- end of results -->")[0]
    head, *rows = [
        [c.strip() for c in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    (row,) = [row for row in rows if row[0] == method]
    return row[head.index(column)].removesuffix("†").strip()


FOUR = [f"{loss} + {cure}" for loss in ("non_saturating", "relativistic") for cure in ("R1", "R1 + R2")]
ADDED = ("black hair", "a bun", "dark skin", "beard", "laughing mouth")
QUOTED = {  # what the lessons quote: (lesson, table, column) -> methods; "mean": without the error
    ("17", "mixtures grid", "modes"): ["non_saturating + nothing", "relativistic + nothing", *FOUR],
    ("17", "mixtures grid", "reverse KL", "mean"): FOUR,
    ("17", "mixtures grid", "high quality, %"): ["relativistic + R1 + R2", "best"],
    ("17", "ablation", "high quality, %"): [
        "the recipe, half as long",
        "gamma 0.1 throughout",
        "gamma 0.0001 throughout",
    ],
    ("17", "synthetic", "modes of 10"): ["non_saturating + R1", "relativistic + R1 + R2"],
    ("17", "digits", "Frechet (DigitNet)"): ["non_saturating + R1", "relativistic + R1 + R2"],
    ("18", "mixtures grid", "modes", "mean"): [
        f"{loss} + {cure}" for loss in ("non_saturating", "hinge") for cure in ("R1", "spectral norm")
    ],
    ("23", "vae", "NLL, nats"): ["VAE", "*VAE*", "*IWAE, k = 50*"],
    ("24", "arithmetic", "has it before, %"): [f"{name}, 1 times" for name in ADDED],
    ("24", "arithmetic", "has it after, %"): [f"{name}, {scale} times" for scale in (1, 2) for name in ADDED],
    ("24", "arithmetic", "other attributes unchanged, mean, %"): [f"{name}, 1 times" for name in ADDED],
}


@pytest.mark.parametrize(("where", "method"), [(where, method) for where, some in QUOTED.items() for method in some])
def test_a_lesson_quotes_the_figures_of_the_page(where, method):
    lesson, table, column, *mean = where
    (source,) = (DOCS.parent / "notebooks").glob(f"{lesson}_*.py")
    figure = cell(table, method, column)
    assert (figure.split(" ±")[0] if mean else figure) in source.read_text(encoding="utf-8")
