"""What a run keeps of its data: equal for equal data, different for any change, and enough to do without them."""

import json

import numpy as np
import pytest

from minigan.data import Epochs, Stream, WithoutData
from minigan.data.identity import compare, differences

X = np.random.default_rng(0).integers(256, size=(8, 4, 4, 1)).astype(np.uint8)
Y = np.arange(8) % 2


def epochs(x=X, y=Y, names=("cat", "dog"), seed=0):
    return Epochs(x, y, rng=np.random.default_rng(seed), names=names)


def changed(x=X, y=Y, names=("cat", "dog")):
    return differences(json.loads(json.dumps(epochs().identity())), epochs(x, y, names).identity())


def test_equal_data_are_the_same_whatever_their_order_of_batches_and_memory():
    assert changed() == []
    assert changed(np.asfortranarray(X), Y.astype(np.uint8)) == []
    assert epochs(seed=3).identity() == epochs().identity()


def test_each_change_is_named():
    assert changed(X[:4], Y[:4]) == ["4 samples instead of 8"]
    assert changed(X[:, :2]) == ["samples of shape [2, 4, 1] instead of [4, 4, 1]"]
    assert changed(y=Y * 2)[0] == "3 different labels instead of 2"
    renamed = changed(X[np.argsort(1 - Y)], Y, ("dog", "zebra"))
    assert renamed == ["the classes are dog, zebra instead of cat, dog"]
    other = X.copy()
    other[5, 3, 2, 0] ^= 1
    for x, y in ((other, Y), (X[::-1], Y), (X, 1 - Y)):
        assert changed(x, y) == ["as many samples as before, but with other contents"]
    stream = Stream(lambda n, rng: X[:n], np.random.default_rng(0), (4, 4, 1), classes=2)
    assert differences(epochs(names=()).identity(), stream.identity()) == ["None samples instead of 8"]


def test_a_change_is_refused_or_warned_of():
    before = epochs().identity()
    with pytest.raises(ValueError, match=r"not those this run was trained on: 4 samples instead of 8.*--changed-data"):
        compare(before, epochs(X[:4], Y[:4]).identity())
    with pytest.warns(UserWarning, match="trained on: 4 samples instead of 8"):
        compare(before, epochs(X[:4], Y[:4]).identity(), accept=True)
    with pytest.warns(UserWarning, match="only the names of the classes have changed, cat, dog to kat, dog"):
        compare(before, epochs(names=("kat", "dog")).identity())


def test_a_large_array_is_hashed_in_part(monkeypatch):
    from minigan.data import source

    monkeypatch.setattr(source, "HASHED", X.nbytes // 2)  # every second sample
    digest = source.sha256(X)
    for k in range(8):
        other = X.copy()
        other[k] ^= 1
        assert (source.sha256(other) == digest) == (k % 2 == 1)


def test_without_data():
    source = WithoutData(**epochs().identity())
    assert (source.length, source.shape, source.classes, source.names) == (8, (4, 4, 1), 2, ("cat", "dog"))
    assert source.epoch(3) == 2
    compare(epochs().identity(), source.identity())
    for call in (lambda: source.batch(2), lambda: source.reference()):
        with pytest.raises(
            ValueError, match="opened without its data: it can draw samples, but not train or be evaluated"
        ):
            call()
    with pytest.raises(ValueError, match="opened without its data, so it cannot be saved"):
        source.state()
