"""What no memory can hold is refused in one sentence, before anything is allocated."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan.layers import Conv2d, Dense, Embedding
from minigan.network import Sequential
from minigan.running import machine

ROOT = Path(minigan.__file__).parents[1]


def test_the_memory_of_this_machine():
    assert 2**27 < machine.memory() < 2**50
    machine.refuse_too_large("nearly all", machine.memory())
    with pytest.raises(MemoryError, match=r"a byte more would need .* of memory, and this machine has .*B"):
        machine.refuse_too_large("a byte more", machine.memory() + 1)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (3 * 2**29, "1.5 GiB"),
        (10**14, "90.95 TiB"),
        (10**400, "more than 1024 EiB"),
    ],
)
def test_amounts(size, text):
    assert machine._amount(size) == text


def test_the_least_limit_of_the_groups_decides(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_cgroups", lambda: [2**40, 2**28])
    assert machine.memory.__wrapped__() == 2**28


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Dense(10**10, 3),
        lambda: Dense(10**12, 10**18),
        lambda: Conv2d(10**6, 10**6, 4),
        lambda: Embedding(10**12, 4),
    ],
)
def test_a_network_that_is_too_large(layer):
    began = time.process_time()
    with pytest.raises(MemoryError, match=r"a network of [0-9,]+ parameters would need"):
        Sequential(layer(), rng=0)
    assert time.process_time() - began < 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_after_limit_memory_an_allocation_fails_instead_of_swapping():
    code = (
        "import numpy as np\nfrom minigan.running import machine\n"
        "machine.memory = lambda: 2**28\nmachine.limit_memory()\n"
        "np.ones(2**27, np.uint8)\n"
        "try: np.zeros(2**32, np.uint8)\n"
        "except MemoryError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "refused\n"


def test_networks_that_fit_are_not_refused():
    assert Sequential(Dense(1000, 1000), rng=0).theta.shape == (1_001_000,)
    assert np.isfinite(Sequential(Dense(3, 2), rng=0).theta).all()
