"""The README is the first thing that is tried: its links, its commands and its example must work."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from minigan import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0] for line in re.findall(r"^\.venv/bin/minigan (.*)$", README, re.MULTILINE)]


def test_every_link_and_picture_is_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_languages_have_the_same_code_and_chinese_links_lead_somewhere():
    def code(text):
        blocks = re.findall(r"```(?:sh|python)\n(.*?)```", text, re.DOTALL)
        return [[re.sub(r"\s*#.*", "", line) for line in block.splitlines()] for block in blocks]

    assert code(CHINESE) == code(README)
    headings = {
        re.sub(r"[^\w -]", "", line[3:]).lower().replace(" ", "-") for line in README.splitlines() if line[:3] == "## "
    }
    for link in re.findall(r"\]\(([^)]+)\)", CHINESE):
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        assert not anchor or anchor in headings, link


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    words = shlex.split(command.replace("<name>", "name"))
    if "--help" not in words:
        assert cli.parse(words).command == words[0]


def test_the_example_runs(tmp_path, monkeypatch):
    code = re.search(r"<!-- example -->\n```python\n(.*?)```", README, re.DOTALL).group(1)
    assert "steps=4000" in code
    monkeypatch.chdir(tmp_path)
    exec(compile(code.replace("steps=4000", "steps=3"), "README.md", "exec"), {})
    assert (tmp_path / "ring.png").stat().st_size > 10_000


def test_the_map_names_every_part_of_the_package():
    parts = {path.stem for path in (ROOT / "minigan").iterdir() if path.name[0] not in "._" and path.suffix != ".typed"}
    assert parts == set(re.findall(r"^  (\w+)(?:/|\.py) ", README, re.MULTILINE))


def test_no_path_of_a_machine_is_named():
    tracked = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.cfg", "*.toml"], cwd=ROOT, capture_output=True, text=True
    )
    files = [ROOT / name for name in tracked.stdout.split()] or [ROOT / "README.md"]
    assert [
        file for file in files if re.search(r"/(home|root|Users|work|opt)/\w", file.read_text(encoding="utf-8"))
    ] == []
