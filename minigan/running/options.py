"""The options of a run as a file and as flags, for any recipe.

config.toml is written beside a run.  It names the recipe and every option, so the run can be repeated from its own folder:

    minigan train --config runs/NAME/config.toml

A run that was resumed with other options has a segment for each change.  The options of a segment apply from the step in
`start` on, on top of those before it:

    [[segment]]
    start = 5000
    steps = 8000
    lr = 0.001
"""

import argparse
import contextlib
import dataclasses
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from minigan import zoo
from minigan.running.files import quoted
from minigan.running.place import CONFIG
from minigan.zoo.recipe import Options, field_types, one_of, short

LARGEST = 2**20  # bytes of a config; a real one has about 3,000
CHANGEABLE = ("steps", "batch", "lr")  # what a later segment may change: nothing that a network's shape depends on


@dataclass(frozen=True)
class Segment:
    """Changes of options that apply from step `start` on."""

    start: int
    changes: dict[str, Any]


@dataclass(frozen=True)
class Config:
    """All that a run depends on: the recipe, its options, and the changes made when the run was resumed."""

    recipe: ModuleType
    options: Options  # of the first segment
    segments: tuple[Segment, ...] = ()

    def at(self, step: int) -> tuple[Options, int]:
        """-> the options that apply after this many steps, and the step up to which they apply."""
        options = self.options
        for segment in self.segments:
            if segment.start > step:
                return options, min(segment.start, options.steps)
            options = dataclasses.replace(options, **segment.changes)
        return options, options.steps

    def changed(self, step: int, changes: dict[str, Any]) -> "Config":
        """The same run with one more segment, from `step` on; only options that really change are kept.

        Raises ValueError for an option that the recipe does not have, or whose value does not fit.
        """
        options, _ = self.at(step)
        names = [item.name for item in dataclasses.fields(options)]
        for name in changes:
            one_of("option", name, names, f" of the recipe {zoo.name_of(self.recipe)}")
        new = dataclasses.replace(options, **changes)
        changes = {name: getattr(new, name) for name in changes if getattr(new, name) != getattr(options, name)}
        kept = tuple(segment for segment in self.segments if segment.start <= step)
        return dataclasses.replace(self, segments=(*kept, Segment(step, changes))) if changes else self

    def facts(self) -> dict[str, Any]:
        """What a checkpoint keeps of its config: a dict that fits in JSON."""
        segments = [{"start": segment.start, **segment.changes} for segment in self.segments]
        name, options = zoo.name_of(self.recipe), dataclasses.asdict(self.options)
        return {"recipe": name, "options": options, "segments": segments}

    def to_toml(self) -> str:
        """The text of config.toml: one line for each option, with its help as a comment."""
        name = zoo.name_of(self.recipe)
        lines = [f"# minigan train --config THIS_FILE repeats this run; every option: minigan train {name} --help\n"]
        lines.append(f"recipe = {_toml(name)}\n")
        for item in dataclasses.fields(self.options):
            text = " ".join(item.metadata.get("help", "").split())
            lines.append(f"{item.name} = {_toml(getattr(self.options, item.name)):<24} # {text}\n")
        for segment in self.segments:
            lines.append(f"\n[[segment]] # minigan resume changed these options\nstart = {segment.start}\n")
            lines += [f"{name} = {_toml(value)}\n" for name, value in segment.changes.items()]
        return "".join(lines)


def read(path: str | Path, recipe: str | None = None, **changes: Any) -> Config:
    """The Config in a file; `changes` (from flags) win over it, in every segment.

    A file that names no recipe is one of the recipe gan.  Raises ValueError naming the file and an unknown or ill-typed
    entry, and if the file is of another recipe than the one given.
    """
    entries = _entries(path)
    named = entries.pop("recipe", None)
    if recipe is not None and named not in (None, recipe):
        raise ValueError(
            f"{path} is of the recipe {named}, not of {recipe}: leave the recipe out, or take another file"
        )
    with _naming(path if recipe is None else ""):
        module = zoo.load(recipe or named or zoo.DEFAULT)
    segments = entries.pop("segment", [])
    names = [item.name for item in dataclasses.fields(module.Options)]
    for name in entries:
        one_of("option", name, names, f" in {path}")
    config = Config(module, _options(path, module, entries, changes))
    if not (isinstance(segments, list) and all(isinstance(table, dict) for table in segments)):
        raise ValueError(f"{path}: a segment is written as a table [[segment]], got segment = {short(segments)}")
    least = 0
    for table in segments:
        config = _with_segment(config, dict(table), least, changes, path)
        least = table["start"]
    return config


def recipe_in(path: str | Path) -> str:
    """The name of the recipe that a file names, or the default."""
    return _entries(path).get("recipe", zoo.DEFAULT)


def add_flags(parser: argparse.ArgumentParser, recipe: ModuleType) -> None:
    """One flag for each option of the recipe: --lr 0.002, --labels / --no-labels.

    Raises ValueError if the parser has a flag of that name already.
    """
    types = field_types(recipe.Options)
    for item in dataclasses.fields(recipe.Options):
        text = f"{item.metadata.get('help', '')} (default: {item.default})".strip().replace("%", "%%")
        flag, kind = f"--{item.name.replace('_', '-')}", types[item.name]
        settings: dict[str, Any] = {"dest": item.name, "default": None, "help": text}
        if kind is bool:
            settings |= {"action": argparse.BooleanOptionalAction}
        else:
            settings |= {"type": PARSERS.get(kind, kind), "metavar": kind.__name__.upper()}
        try:
            parser.add_argument(flag, **settings)
        except argparse.ArgumentError as error:
            raise ValueError(
                f"the recipe {zoo.name_of(recipe)} has an option {item.name}, but {flag} is a flag of {parser.prog} itself: rename it"
            ) from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text[:40]!r}") from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a number, got {text[:40]!r}") from error


PARSERS: dict[type, Any] = {int: _whole, float: _number}  # of a flag's text, by the type of its option


def from_flags(arguments: argparse.Namespace, recipe: ModuleType) -> dict[str, Any]:
    """The options that were given as flags."""
    given = {item.name: getattr(arguments, item.name) for item in dataclasses.fields(recipe.Options)}
    return {name: value for name, value in given.items() if value is not None}


def _entries(path: str | Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            text = file.read(LARGEST + 1)  # and no more: it may be endless
    except IsADirectoryError as error:
        inside = f", such as {quoted(Path(path) / CONFIG)}" if (Path(path) / CONFIG).is_file() else ""
        raise IsADirectoryError(f"{path} is a folder, not a config: name the file in it{inside}") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"there is no config file {str(path)!r}: check the path") from error
    if len(text) > LARGEST:
        raise ValueError(f"{path} is not a config: it has more than {LARGEST:,} bytes")
    try:
        entries = tomllib.loads(text.decode("utf-8-sig"))  # Notepad begins a file with a BOM
    except RecursionError as error:
        raise ValueError(f"{path} is not a config: a value in it is nested too deeply") from error
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise ValueError(f"{path} is not valid TOML: {error}") from error
    if not isinstance(name := entries.get("recipe", ""), str):
        raise ValueError(f"{path}: recipe must be a text, got {short(name)}")
    return entries


@contextlib.contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """A ValueError of the block begins with the name of the file (if it is not "")."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}" if str(path) else str(error)) from error


def _options(path: str | Path, module: ModuleType, entries: dict[str, Any], flags: dict[str, Any]) -> Options:
    """The options of the entries and flags together; an error names the file unless its entries alone are sound."""
    try:
        return module.Options(**entries | flags)
    except ValueError:
        with _naming(path):
            module.Options(**entries)
        raise


def _with_segment(config: Config, table: dict[str, Any], least: int, flags: dict[str, Any], path: str | Path) -> Config:
    start = table.pop("start", None)
    if type(start) is not int or start < least:
        raise ValueError(
            f"{path}: a segment needs start, the step it begins after, at least {least}; got {short(start)}"
        )
    for name in table:
        one_of("option", name, CHANGEABLE, f" in a segment of {path}")
    if start > config.at(start)[0].steps:
        if "steps" in flags:  # --steps N ends the run before this segment
            return config
        raise ValueError(
            f"{path}: a segment starts at step {short(start)}, but the run ends at step {config.at(start)[0].steps}"
        )
    with _naming(path):
        return config.changed(start, {name: value for name, value in table.items() if name not in flags})


def _toml(value: Any) -> str:
    # TOML and JSON agree on strings, numbers and booleans, but for one character that TOML wants escaped
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
