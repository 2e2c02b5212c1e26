"""Show what a data set or a folder of pictures holds, and which files are skipped, without training."""

import argparse
import os
import warnings

from minigan.cli.parser import CommandParser

EXAMPLE = "minigan data photos --size 64"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan data`."""
    parser.add_argument("data", metavar="DATA", help="a folder of pictures, folder:PATH, or the name of a data set")
    parser.add_argument("--size", type=int, help="of a folder: the side of the pictures in pixels (default: 32)")
    parser.add_argument("--channels", type=int, help="of a folder: 3 for colour (the default) or 1 for grey")
    parser.add_argument("--no-labels", action="store_true", help="of a folder: subfolders are not classes")


def run(arguments: argparse.Namespace) -> None:
    """Print the report."""
    from minigan import data
    from minigan.data.folder import read_folder
    from minigan.data.report import report
    from minigan.zoo.recipe import POINTS

    name, labels = arguments.data, not arguments.no_labels
    options = {key: getattr(arguments, key) for key in ("size", "channels") if getattr(arguments, key) is not None}
    if name in POINTS:
        print(f"{name}: points in the plane, drawn anew from the seed of each run")
        print(f"  {(getattr(data, name).__doc__ or '').partition(chr(10))[0]}")
    elif name in data.CLIPS:
        print(f"{name}: clips, drawn anew from the seed of each run; see minigan train mocogan")
        print(f"  {(getattr(data, name).__doc__ or '').partition(chr(10))[0]}")
    elif name not in (*data.NAMES, "folder:") and (name.startswith("folder:") or os.sep in name or os.path.isdir(name)):
        with warnings.catch_warnings(action="ignore"):  # the report lists every skipped file
            print(report(*read_folder(name.removeprefix("folder:"), **options, labels=labels)))
    else:
        print(report(data.load(name, **options, labels=labels)))
