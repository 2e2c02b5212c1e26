"""Write NN_name.ipynb from NN_name.py, by jupytext: python tests/notebooks/pair.py [03_losses ...]

Outputs are never stored, and a cell's id is a hash of its text, so git shows only the cells that changed.
"""

import hashlib
import json
import sys

import jupytext
from percent import LESSONS


def notebook(path) -> str:
    made = jupytext.read(path, fmt="py:percent")
    cells, counts = [], {}
    for cell in made.cells:
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        counts[name] = counts.get(name, 0) + 1
        metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        id = name if counts[name] == 1 else f"{name}-{counts[name]}"
        cells.append(
            {"cell_type": cell.cell_type, "id": id, "metadata": metadata, "source": cell.source.splitlines(True)}
        )
        if cell.cell_type == "code":
            cells[-1] |= {"execution_count": None, "outputs": []}
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for path in [path for path in LESSONS if not sys.argv[1:] or any(path.name.startswith(a) for a in sys.argv[1:])]:
        path.with_suffix(".ipynb").write_text(notebook(path), encoding="utf-8")
        print(path.with_suffix(".ipynb"))
