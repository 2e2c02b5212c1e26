"""NN_name.py and NN_name.ipynb are the same lesson: the same cells, no outputs, no trace of the machine it was written on."""

import json
import re

import pytest
from names import NAMES
from percent import LESSONS, NOTEBOOKS, read_notebook, read_percent

PAIR = "run: python tests/notebooks/pair.py"


def test_the_lessons_come_in_pairs_and_have_the_right_names():
    written = [path.stem for path in LESSONS]
    assert written == [name for name in NAMES if name in written]
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == written


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_both_files_have_the_same_cells(path):
    assert read_notebook(path.with_suffix(".ipynb")) == read_percent(path), PAIR


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_output_and_no_trace_of_a_run_is_stored(path):
    book = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in book["cells"]:
        assert set(cell["metadata"]) <= {"tags"}, PAIR
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], PAIR
            assert cell["execution_count"] is None, PAIR
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-\d+)?", id) for id in ids)


def test_a_percent_file_is_read_as_jupytext_reads_it(tmp_path):
    file = tmp_path / "a.py"
    file.write_text('# %% [markdown]\n# # A\n#\n# b\n\n# %%\nx = 1\n\n\n# %% [markdown] tags=["c", "d"]\n# e\n')
    assert read_percent(file) == [("markdown", (), "# A\n\nb"), ("code", (), "x = 1"), ("markdown", ("c", "d"), "e")]
