"""What the tests of the command line share."""

import pytest

from minigan import cli
from minigan.cli.parser import WRONG

TINY = "--model mlp --width 4 --latent 5 --steps 3 --batch 16".split()  # noqa: SIM905


def failing(capsys, *argv) -> str:
    """Run a command that cannot do its work -> its one sentence."""
    assert cli.main([str(part) for part in argv]) == WRONG == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"minigan {argv[0]}: ")
    assert said.err.count("\n") == 1
    return said.err


def refused(capsys, *argv) -> str:
    """Run a command that argparse refuses -> what it says."""
    with pytest.raises(SystemExit) as caught:
        cli.main([str(part) for part in argv])
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err
