"""The room as a whole: every measure is documented and cheap to import."""

import subprocess
import sys
from pathlib import Path

import pytest

import minigan
from minigan import metrics


@pytest.mark.parametrize("name", [name for name in metrics.__all__ if callable(getattr(metrics, name))])
def test_every_measure_opens_with_its_equation_and_names_its_shapes(name):
    first, rest = getattr(metrics, name).__doc__.split("\n", 1)
    assert any(sign in first for sign in "=|("), first
    assert "(N, " in first + rest or "(d,)" in rest
    assert name in ("nearest", "mixture_quality", "parzen_sigma") or "Raises" in rest


def test_importing_metrics_loads_no_network_and_no_heavy_module():
    program = (
        "import sys, minigan.metrics\n"
        "heavy = ('minigan.network', 'minigan.running.checkpoint', 'matplotlib', 'PIL', 'pooch', 'safetensors', 'tqdm')\n"
        "print(*[name for name in heavy if name in sys.modules])"
    )
    root = Path(minigan.__file__).parent.parent
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.split() == []
