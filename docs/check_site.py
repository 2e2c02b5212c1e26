"""Check the built site in a browser:  python docs/check_site.py [docs/_build/html] [--shots FOLDER]

Sphinx can only check the source; whether a page works shows in a browser.  This script serves the site on the local machine,
opens it in headless Chromium (`pip install playwright`, and Chromium installed on the system), and lists the problems:

- a broken link, picture or anchor (on all pages, without the browser);
- a page that does not load, an error on its console, a request to any other machine (which is blocked and reported);
- a formula that MathJax did not render, or marked as wrong;
- a page wider than its window of 1280 or 400 pixels (a wide table or line of code scrolls in its own box);
- a search without results.

The site in Chinese is the folder zh/ of the English one, and is checked with it.  The hundreds of pages of code/ are all alike, so
the browser opens five of them, and so are those of zh/code/ and zh/api/, which are not translated.  --shots saves screenshots.
"""

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

BROWSERS = "chromium", "chromium-browser", "google-chrome"
QUIET = [  # options for a browser that sends no requests of its own
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
ALIKE = "code/", "zh/code/", "zh/api/"
SAMPLE = 5  # the number of pages that the browser opens in each of these folders
WIDTHS = 1280, 400
SEARCH = "penalty"
SEARCH_PAGES = "search.html", "zh/search.html"

# Run in the page once MathJax has finished: returns the problems as a list of sentences.
FORMULAS = """async () => {
  const flaws = [], formulas = [...document.querySelectorAll('.math')];
  if (formulas.length && !window.MathJax?.startup?.promise) return ['MathJax did not load'];
  if (formulas.length) await MathJax.startup.promise;
  const left = formulas.filter(formula => !formula.querySelector('mjx-container'));
  if (left.length) flaws.push(`${left.length} formulas are not rendered, the first: ${left[0].textContent}`);
  for (const wrong of document.querySelectorAll('mjx-merror, mjx-mtext[style*="red"]'))
    flaws.push(`MathJax does not understand ${(wrong.dataset.mjxError || '') + ' ' + wrong.textContent}`);
  const texts = document.createTreeWalker(document.querySelector('article') || document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (/\\$\\$|\\\\[([]/.test(text.data) && !text.parentElement.closest('pre, code, script, style, mjx-container'))
      flaws.push(`a formula is left as text: ${text.data.trim().slice(0, 80)}`);
  }
  return flaws;
}"""
WIDE = """() => {
  const page = document.documentElement, column = document.querySelector('.content');  // narrow, the column scrolls
  const over = Math.max(page.scrollWidth - page.clientWidth, column.scrollWidth - column.clientWidth);
  if (over <= 1) return null;
  const scrolls = e => e && e !== column && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll('article *')].filter(
    e => e.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(e.parentElement));
  const names = wide.slice(0, 3).map(e => `<${e.localName} class="${e.className}"> ${e.textContent.trim().slice(0, 40)}`);
  return `${over} pixels too wide: ${names.join('; ')}`;
}"""


# ---- without the browser -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The anchors of a page and what it refers to."""

    def __init__(self, path: Path):
        super().__init__()
        self.anchors: set[str | None] = set()
        self.links: list[str] = []
        self.parts: list[str] = []  # fetched with the page: pictures, scripts, styles
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the anchors and references of one tag."""
        found = dict(attrs)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        if source := found.get("src"):
            self.parts.append(source)
        if target := found.get("href"):
            (self.parts if tag == "link" else self.links).append(target)


def broken(root: Path) -> list[str]:
    """Return every broken link inside the site, and every part of a page fetched from outside."""
    pages = {path.relative_to(root).as_posix(): Page(path) for path in sorted(root.rglob("*.html"))}
    flaws = []
    for name, page in pages.items():
        for link in dict.fromkeys(page.links + page.parts):
            if urlsplit(link).scheme or link.startswith("//"):
                if link in page.parts and not link.startswith("data:"):
                    flaws.append(f"{name}: fetches {link}")
                continue
            target, anchor = urldefrag(urljoin(name, link))
            target = unquote(urlsplit(target).path)
            target += "index.html" if target.endswith("/") else ""
            if not (root / target).is_file():
                flaws.append(f"{name}: {link} does not exist")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors | {"top"}:
                flaws.append(f"{name}: {link} has no such anchor")
    return flaws


# ---- in the browser ------------------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """A local web server that ignores closed connections."""

    def handle_error(self, *_: Any) -> None:
        """Ignore a browser that leaves a page before its last picture has arrived."""


class Handler(SimpleHTTPRequestHandler):
    """Serves files without logging."""

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


def opened(root: Path) -> list[str]:
    """Return the pages the browser opens: all outside the folders in ALIKE, and a few of each of these, spread over the list."""
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.html")) if "_static" not in path.parts]
    chosen = [name for name in names if not name.startswith(ALIKE)]
    for folder in ALIKE:
        alike = [name for name in names if name.startswith(folder)]
        chosen += alike[:: max(1, len(alike) // SAMPLE)][:SAMPLE]
    return chosen


@contextmanager
def browsing(root: Path, refused: Callable[[str], Any]) -> Iterator[tuple[Any, str]]:
    """Serve the site, open a page in Chromium -> (the page, the address of the site); refused(url): of another machine."""
    from playwright.sync_api import sync_playwright

    server = Server(("127.0.0.1", 0), partial(Handler, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}/"

    def refuse_others(route: Any) -> Any:
        if route.request.url.startswith((home, "data:", "blob:")):
            return route.continue_()
        refused(route.request.url)
        return route.abort()

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=browser(), args=QUIET, chromium_sandbox=os.getuid() != 0
        )
        context.route("**/*", refuse_others)
        page = context.new_page()
        page.set_default_timeout(120_000)  # a machine may be busy with something else
        yield page, home
        context.close()
    server.shutdown()


def look(root: Path, shots: Path | None) -> list[str]:
    """Open the pages one by one in a browser and return their problems; save screenshots in the folder `shots`, if given."""
    from playwright.sync_api import Error

    flaws: list[str] = []
    here = ""
    with browsing(root, lambda url: flaws.append(f"{here}: requests {url}")) as (page, home):
        page.on("console", lambda said: said.type == "error" and flaws.append(f"{here}: console: {said.text}"))
        page.on("pageerror", lambda error: flaws.append(f"{here}: {error}"))
        page.on("response", lambda got: got.status >= 400 and flaws.append(f"{here}: {got.status} for {got.url}"))
        for here in opened(root):
            try:
                page.set_viewport_size({"width": WIDTHS[0], "height": 900})
                page.goto(home + here, wait_until="load")
                flaws += [f"{here}: {flaw}" for flaw in page.evaluate(FORMULAS)]
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    if wide := page.evaluate(WIDE):
                        flaws.append(f"{here}: in a window of {width} {wide}")
                if shots:
                    photograph(page, shots / here.replace("/", "-").replace(".html", ""))
            except Error as error:
                flaws.append(f"{here}: {error}")
        for here in filter(lambda name: (root / name).is_file(), SEARCH_PAGES):
            page.goto(f"{home}{here}?q={SEARCH}", wait_until="load")
            try:
                page.wait_for_selector("#search-results li a", timeout=10_000)
            except Error:
                flaws.append(f"{here}: has no result for {SEARCH!r}")
    return flaws


def photograph(page: Any, to: Path) -> None:
    """Save the top of a page: light and dark at the first width, light at the second."""
    to.parent.mkdir(parents=True, exist_ok=True)
    for name, width, scheme in (("light", 0, "light"), ("dark", 0, "dark"), ("narrow", 1, "light")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": WIDTHS[width], "height": 1600})
        page.screenshot(path=f"{to}-{name}.png")
    page.emulate_media(color_scheme="light")


def browser() -> str:
    """Return the path of a Chromium on this machine; exit with a message if there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise SystemExit(f"no Chromium found, looked for {', '.join(BROWSERS)} (Debian, Ubuntu: apt-get install chromium)")


def main() -> int:
    """Check the site, print its problems, and return 1 if there are any, else 0."""
    parser = argparse.ArgumentParser(description="Check the built site in a browser.")
    parser.add_argument(
        "root", nargs="?", type=Path, default=Path(__file__).parent / "_build" / "html", help="the built site"
    )
    parser.add_argument("--shots", type=Path, metavar="FOLDER", help="save screenshots of the pages there")
    arguments = parser.parse_args()
    if not (arguments.root / "index.html").is_file():
        raise SystemExit(
            f"no site in {arguments.root}; build it first: python -m sphinx -W -b html docs docs/_build/html"
        )
    flaws = broken(arguments.root) + look(arguments.root, arguments.shots)
    print("\n".join(dict.fromkeys(flaws)))
    pages = len(list(arguments.root.rglob("*.html")))
    print(
        f"{pages} pages, {len(opened(arguments.root))} of them opened in a browser: {len(set(flaws)) or 'no'} problems"
    )
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main())
