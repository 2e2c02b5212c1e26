"""The how-to pages are programs: run the Python of each from top to bottom, in an empty folder."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[1] / "docs" / "howto").glob("[a-z]*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "index"], ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), str(page), "exec"), {"__name__": "howto"})


def test_every_page_is_listed():
    index = (PAGES[0].parent / "index.md").read_text(encoding="utf-8")
    assert {page.stem for page in PAGES} - {"index"} == set(re.findall(r"^(\w+)$", index, re.MULTILINE))


def test_the_hint_of_the_layer_page_is_true():
    """A wrong curvature is seen by the second order and by nothing else."""
    from minigan.gradcheck import layer_checks

    page = next(page for page in PAGES if page.stem == "own_layer").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)\n\nfor check", page, re.DOTALL).group(1)
    names = {}
    exec(code.replace("(-2 * t * (1 - t * t))", "(-t * (1 - t * t))"), names)
    failed = [check.name for check in layer_checks(names["GainTanh"](3), (4, 5, 3)) if not check.ok]
    assert failed
    assert all("second" in name for name in failed)
