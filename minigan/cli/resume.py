"""Go on with a run that was stopped, or past its end with more steps."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from minigan.cli.parser import CommandParser, add_run, add_threads

EXAMPLE = "minigan resume runs/digits --steps 8000 --lr 0.001"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan resume`."""
    add_run(parser)
    add_threads(parser)
    parser.add_argument("--steps", type=int, help="new total of steps; schedules of the learning rate see it too")
    parser.add_argument("--batch", type=int, help="new batch size, from here on")
    parser.add_argument("--changed-data", action="store_true", help="go on although the data are no longer the same")
    parser.add_argument("--lr", type=float, help="new learning rate, from here on")


def run(arguments: argparse.Namespace) -> int:
    """Take up a run where its checkpoint left it; changed options are recorded in its config.toml as a new segment."""
    from minigan.cli.progress import data_described, go, keep_shares
    from minigan.running import folder, options
    from minigan.running.ranks import together

    given = {name: getattr(arguments, name) for name in options.CHANGEABLE}
    changes = {name: value for name, value in given.items() if value is not None}
    with ExitStack() as held:  # the folder stays locked until the run is trained
        with data_described():
            resuming = folder.resuming(arguments.folder, arguments.changed_data, **changes)
            found = held.enter_context(together(resuming, folder.open_run))
        _announce(found, arguments.folder, changes)
        keep_shares(arguments.threads, found.trainer.recorder)
        return go(found)


def _announce(found: Any, path: Path, changes: dict[str, Any]) -> None:
    """Print what is gone on with."""
    from minigan.running.files import quoted

    step = found.trainer.t
    if found.finished:
        print(
            f"{path} is finished: all {found.steps} steps are done; only its pictures are drawn again"
            f" (go on past the end: minigan resume {quoted(path)} --steps {2 * found.steps})"
        )
    else:
        changed = ", ".join(f"{name} {getattr(found.options, name)}" for name in changes)
        print(f"resuming {path} at step {step} of {found.steps}{changed and ', with ' + changed}")
