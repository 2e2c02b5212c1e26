"""What DigitNet and PortraitNet share: the softmax, and a file that gives back the network that was written."""

import numpy as np
import pytest

from minigan.layers import BatchNorm, Dense
from minigan.models import reader
from minigan.network import Sequential
from minigan.running.checkpoint import CheckpointError


def net(seed):
    return Sequential(Dense(3, 4), BatchNorm(4), rng=seed)


@pytest.mark.parametrize("weights", [None, np.float16])
def test_a_saved_network_comes_back(tmp_path, weights):
    written = net(1)
    written.state[...] = np.arange(written.state.size) / 3
    reader.save_network(written, tmp_path / "net.safetensors", {"steps": 7}, weights)
    found = reader.load_network(net(2), tmp_path / "net.safetensors", weights)
    np.testing.assert_array_equal(found.theta, written.theta.astype(weights or np.float32).astype(np.float32))
    np.testing.assert_array_equal(found.state, written.state)
    other = None if weights else np.float16
    with pytest.raises(CheckpointError, match="theta"):
        reader.load_network(net(2), tmp_path / "net.safetensors", other)
    assert reader.checkpoint.load(tmp_path / "net.safetensors")[1]["steps"] == 7


def test_softmax_by_hand():
    s = np.array([[0, np.log(2), np.log(5)], [1e4, 1e4, -1e4]])
    np.testing.assert_allclose(reader.softmax(s), [[1 / 8, 2 / 8, 5 / 8], [1 / 2, 1 / 2, 0]], rtol=1e-12)
