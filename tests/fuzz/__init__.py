"""Fuzz targets: hostile and unlucky input by count.  tests/conftest.py says how they are run and counted.

pytest tests/fuzz --fuzz 5000    5,000 cases of each target; without --fuzz a few
"""


def outcome(call, *errors):
    """-> (what call() returns, ""), or (None, its message) if it raises one of these errors; others pass through."""
    try:
        return call(), ""
    except errors as error:
        return None, f"{error}"
