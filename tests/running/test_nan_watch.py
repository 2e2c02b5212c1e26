"""The first bad number is found where it is: in the innermost layer, without naming any class of layers."""

import re
from pathlib import Path

import numpy as np
import pytest

from minigan import layers
from minigan.game import Game
from minigan.layers import Beside, Concat, Dense, Dropout, Embedding, Flatten, LabelScore, LeakyReLU, Residual, Tanh
from minigan.network import Sequential
from minigan.optim import Adam, NonFiniteError
from minigan.running import nan_watch
from minigan.running.nan_watch import finite, first_bad, refuse_non_finite, report


def network():
    return Sequential(Dense(3, 4), Residual(Dense(4, 4), LeakyReLU(0.2), Dense(4, 4)), Dropout(0.5), Dense(4, 1), rng=0)


def conditional():
    entry, body = Concat(right=[Embedding(2, 3)]), [Flatten(), Dense(5, 4), Tanh()]
    return Sequential(entry, Dense(5, 5), rng=0), Sequential(Beside(*body), LabelScore(4, 2), rng=1)


X = np.ones((2, 3), np.float32)


def test_a_sound_network_has_no_first_bad_layer():
    assert first_bad("D", network(), X) == ""


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_innermost_layer_is_named_with_its_way(value):
    net = network()
    dense = [layer for layer in net.layers[1].walk() if isinstance(layer, Dense)]
    dense[1].W[...] = value
    state = net.state.copy()
    found = first_bad("D", net, X)
    assert re.fullmatch(r" The first bad output is that of D, layer 1, Residual, .*layer \d, Dense\(4, 4\)\.", found)
    np.testing.assert_array_equal(net.state, state)  # dropout has counted no draw: a copy was run
    net.layers[0].W[...] = value
    assert first_bad("D", net, X) == " The first bad output is that of D, layer 0, Dense(3, 4)."


def test_pairs_are_looked_at_too():
    G, D = conditional()
    pair = np.ones((2, 2), np.float32), np.array([0, 1])
    assert first_bad("G", G, pair) == ""
    (embedding,) = [layer for layer in G.layers[0].walk() if isinstance(layer, Embedding)]
    embedding.W[...] = np.nan
    assert re.search(r"of G, layer 0, .*layer \d, Embedding\(2, 3\)\.$", first_bad("G", G, pair))
    bad = np.full((2, 5), np.nan, np.float32), np.array([0, 1])
    assert re.search(
        r"of D, layer 0, .*layer 0, Flatten\(\), whose input was already bad: is there NaN or Inf in the data\?$",
        first_bad("D", D, bad),
    )


class Small(Game):
    def __init__(self):
        self.net = network()
        self.networks, self.optimizers = {"net": self.net}, {"net": Adam(self.net)}

    def inspect(self, x, y, rng):
        yield "net", self.net, x


def test_scalars_weights_and_moments_are_refused_by_name():
    game = Small()
    refuse_non_finite(game, {"loss": 1.0})
    with pytest.raises(NonFiniteError, match=r"^loss is nan$"):
        refuse_non_finite(game, {"loss": float("nan")})
    game.net.theta[1] = np.inf
    with pytest.raises(NonFiniteError, match=r"^net\.theta\[1\] \(layer 0, Dense\(3, 4\), W\[0, 1\]\) is inf$"):
        refuse_non_finite(game, {})
    game.net.theta[1] = 1e30  # finite, though its square is not
    refuse_non_finite(game, {})
    game.optimizers["net"].v[2] = np.nan
    with pytest.raises(NonFiniteError, match=r"^net\.optimizer\.v\[2\] \(layer 0, .*\) is nan$"):
        refuse_non_finite(game, {})


def test_the_report_says_all_that_is_known():
    game = Small()
    game.net.layers[3].W[...] = np.nan
    error = NonFiniteError("the gradient is nan")
    error.net = game.net
    said = report(error, game, (X, None), 7, {"loss": 0.125}, "runs/a/checkpoint.safetensors")
    assert said.startswith(
        "step 7: net: the gradient is nan. The first bad output is that of net, layer 3, Dense(4, 1). "
    )
    assert (
        " Last finite values: loss 0.125. The last checkpoint is kept: runs/a/checkpoint.safetensors. Usual causes"
        in said
    )
    said = report(NonFiniteError("loss is nan"), game, None, 1, {}, "")  # no batch was drawn, nothing is known before
    assert said.startswith("step 1: loss is nan. Last finite values: none yet. Usual causes: ")


def test_finite():
    assert finite((np.ones(3), None, np.array([1, 2])))
    assert finite(np.full(4, 3e38, np.float32))  # its square overflows
    assert finite(np.zeros((0, 2)))
    for bad in (np.nan, np.inf, -np.inf):
        assert not finite((np.ones(2), np.array([[0.0, bad]])))


def test_no_class_of_layers_is_named():
    words = set(re.findall(r"\w+", Path(nan_watch.__file__).read_text())) - {"Residual"}  # an example of a place
    names = {name for name in dir(layers) if isinstance(getattr(layers, name), type)} - {"Layer"}
    assert len(names) > 20
    assert words & names == set()
