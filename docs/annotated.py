"""A Sphinx directive that shows a Python file in two columns: its code on the left, its comments as words on the right.

    ```{annotated} ../notebooks/microgan.py
    ```

A block of comments at the left margin begins a new row: it is read as Markdown, and the code below it stands beside it.  A line
`# ---- Title ---` at the beginning of such a block also begins a section.  The file needs no other markup, so it reads well on
its own, and the page cannot disagree with it.  On a narrow screen the words are above the code.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TITLE = re.compile(r"# ---- (.+?) -+")


class Row(NamedTuple):
    title: str  # of the section that begins here, or ""
    words: list[str]
    code: str
    line: int  # of the first line of code, counted from 1


def rows(source: str) -> list[Row]:
    """Split a file into rows.  What is before the first comment is a row without words."""
    lines = source.splitlines()
    comment = [line.startswith("#") for line in lines]
    starts = [i for i in range(len(lines)) if comment[i] and (i == 0 or not comment[i - 1])]
    found = []
    for start, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        block = lines[start:end]
        comments = next((k for k in range(len(block)) if not comment[start + k]), len(block))
        title = TITLE.fullmatch(block[0]) if comments else None
        words = [line.removeprefix("#").removeprefix(" ") for line in block[1 if title else 0 : comments]]
        code = "\n".join(block[comments:])
        if code.strip() or words:
            blank = len(code) - len(code.lstrip("\n"))
            found.append(Row(title[1] if title else "", words, code.strip("\n"), start + comments + blank + 1))
    return found


class Annotated(SphinxDirective):
    """```{annotated} FILE```, a path relative to the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one section for each title, with a row of two columns for each block of comments."""
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        made: list[nodes.Node] = []
        for title, words, code, line in rows(path.read_text(encoding="utf-8")):
            if title:
                section = nodes.section(ids=[nodes.make_id(title)], names=[nodes.fully_normalize_name(title)])
                section += nodes.title(title, title)
                made.append(section)
            row = nodes.container(classes=["annotated"])
            text = nodes.container(classes=["annotated-words"])
            self.state.nested_parse(StringList(words, source=str(path)), 0, text)
            block = nodes.literal_block(code, code, language="python", linenos=True)
            block["highlight_args"] = {"linenostart": line}
            row += [text, nodes.container("", block, classes=["annotated-code"])] if words else [block]
            (made[-1] if made and isinstance(made[-1], nodes.section) else made).append(row)
        return made


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("annotated", Annotated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
