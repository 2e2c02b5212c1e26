"""Print the cheat sheets of the built site as PDF, a page each:  python docs/print_sheets.py [docs/_build/html]

Chromium prints cheatsheets/NAME.html to cheatsheets/NAME.pdf, and the Chinese ones in zh/ too: landscape, without the navigation, as
large as one page of A4 allows.  Needs what check_site.py needs.  A sheet that does not fit on one page at MINIMUM of its size is an
error: shorten it.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from check_site import browsing

MINIMUM = 0.4
STYLE = """
.sidebar-drawer, .toc-drawer, .mobile-header, .content-icon-container, .related-pages, footer, .back-to-top, .headerlink, .sheet-pdf
  { display: none !important; }
.page, .main, .content, article {
  display: block !important; width: 100% !important; max-width: none !important; padding: 0 !important; margin: 0 !important;
}
.table-wrapper { overflow: visible !important; }
table.docutils { width: 100%; } h1 { margin: 0 0 .3em !important; }
"""


def one_page(page: Any) -> bytes:
    """The page as a PDF of one page, at the largest size that fits.  Raises ValueError if even MINIMUM is too large."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "8mm")
    for percent in range(100, round(100 * MINIMUM) - 1, -5):
        pdf = page.pdf(format="A4", landscape=True, scale=percent / 100, print_background=True, margin=margin)
        if len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1:
            return pdf
    raise ValueError(f"does not fit on one page at {MINIMUM:.0%} of its size")


def main() -> int:
    """Print all sheets; return 1 if one does not fit."""
    parser = argparse.ArgumentParser(description="Print the cheat sheets of the built site as PDF.")
    parser.add_argument(
        "root", nargs="?", type=Path, default=Path(__file__).parent / "_build" / "html", help="the built site"
    )
    root = parser.parse_args().root
    sheets = [path for path in sorted(root.glob("**/cheatsheets/*.html")) if path.stem != "index"]  # zh/cheatsheets too
    if not sheets:
        raise SystemExit(
            f"no cheat sheets in {root}; build the site first: python -m sphinx -W -b html docs docs/_build/html"
        )
    wrong = 0
    with browsing(root, refused=print) as (page, home):
        for sheet in sheets:
            page.goto(home + sheet.relative_to(root).as_posix(), wait_until="load")
            page.evaluate("async () => { if (window.MathJax?.startup?.promise) await MathJax.startup.promise; }")
            page.add_style_tag(content=STYLE)
            try:
                sheet.with_suffix(".pdf").write_bytes(one_page(page))
                print(sheet.with_suffix(".pdf"))
            except ValueError as error:
                print(f"{sheet.name}: {error}")
                wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
