"""Run the site's JavaScript without a site: in Node, or in headless Chromium if there is no Node."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "docs" / "_static"
BROWSERS = "chromium", "chromium-browser", "google-chrome"
NODE = """
const fs = require("fs"), vm = require("vm"), [input, ...files] = process.argv.slice(1);
for (const file of files) vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
globalThis.data = JSON.parse(fs.readFileSync(input, "utf8"));
console.log(JSON.stringify(vm.runInThisContext("JAVASCRIPT")));
"""


def found(names):
    return next((path for name in names if (path := shutil.which(name))), None)


ENGINES = [name for name, path in (("node", found(["node"])), ("chromium", found(BROWSERS))) if path]
needs_javascript = pytest.mark.skipif(not ENGINES, reason="neither node nor chromium is installed")
engines = pytest.mark.parametrize("engine", ENGINES or [pytest.param("", marks=needs_javascript)])


def run(engine, folder, files, expression, data=None):
    """The value of a JavaScript expression, in which `data` is this data, after these files of docs/_static were loaded."""
    paths = [str(STATIC / file) for file in files]
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    if engine == "node":
        code = NODE.replace('"JAVASCRIPT"', json.dumps(expression))
        done = subprocess.run(
            [found(["node"]), "-e", code, str(folder / "data.json"), *paths],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    scripts = "".join(f"<script>{Path(path).read_text(encoding='utf-8')}</script>" for path in paths)
    page = (
        f'<!doctype html><meta charset="utf-8">{scripts}<script>const data = {json.dumps(data)};</script><pre id="result"></pre>'
        f'<script>document.getElementById("result").textContent = JSON.stringify({expression})</script>'
    )
    (folder / "page.html").write_text(page, encoding="utf-8")
    return read(dump((folder / "page.html").as_uri(), folder), "result")


def dump(address, folder, milliseconds=5000):
    """The DOM of a page as headless Chromium has it after this time."""
    command = [
        *(found(BROWSERS), "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *(["--no-sandbox"] if os.getuid() == 0 else []),
        *(f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={milliseconds}", "--dump-dom", address),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(dom, name):
    """The JSON in the element <pre id=NAME> of a page."""
    match = re.search(rf'<pre id="{name}"[^>]*>(.*?)</pre>', dom, re.DOTALL)
    assert match, dom[-3000:]
    assert match[1], f"#{name} is empty: a script failed"
    return json.loads(unescape(match[1]))
