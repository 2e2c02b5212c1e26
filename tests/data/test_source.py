"""A source is endless, seeded and resumable: the same state gives the same batches."""

import json

import numpy as np
import pytest

from minigan.data import Epochs, Source, Stream


def numbered(n, **options):
    return Epochs(np.arange(n, dtype=np.float32)[:, None], rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(("n", "batch"), [(12, 4), (12, 5), (7, 7), (5, 1), (1, 1)])
def test_each_image_comes_once_an_epoch(n, batch):
    source, epochs = numbered(n), []
    assert source.epoch(batch) == n // batch
    for _ in range(30):
        epoch = np.concatenate([source.indices(batch) for _ in range(n // batch)])
        assert len(set(epoch)) == len(epoch) == n // batch * batch  # what does not fill a batch is left out...
        assert set(epoch) <= set(range(n))
        epochs.append(tuple(epoch))
    assert set().union(*epochs) == set(range(n))  # ...different images each time
    assert len(set(epochs)) > 1 or n == 1


def test_epochs_go_on_where_their_state_was_taken():
    source = numbered(11)
    for _ in range(10):
        kept = json.loads(json.dumps(source.state()))
        coming = [source.indices(3).tolist() for _ in range(7)]
        again = Epochs(source.x, rng=np.random.default_rng(99))
        again.restore(kept)
        assert [again.indices(3).tolist() for _ in range(7)] == coming


def test_images_become_floats_next_to_their_labels():
    x = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    source = Epochs(x, np.array([7, 8, 9]), rng=np.random.default_rng(1))
    assert (source.length, source.shape, source.classes) == (3, (1, 1, 1), 10)
    images, labels = source.batch(3)
    assert images.dtype == np.float32
    assert dict(zip(labels.tolist(), images.ravel().tolist())) == {7: -1.0, 8: pytest.approx(-0.6), 9: 1.0}
    for given, kept in zip(source.reference(), (x, source.y), strict=True):
        assert given is kept
    points = np.random.default_rng(0).standard_normal((4, 2))
    source = Epochs(points, rng=np.random.default_rng(0))
    assert (source.shape, source.classes) == ((2,), 0)
    found, labels = source.batch(4)
    assert found.dtype == np.float64  # floats pass unchanged; the network casts them
    assert labels is None


def test_a_batch_that_cannot_be_made_is_refused():
    for batch in (0, -1):
        with pytest.raises(ValueError, match=f"a batch needs a whole number batch >= 1, got batch={batch}"):
            numbered(5).epoch(batch)
    with pytest.raises(ValueError, match="a batch must hold between 1 and all 5 images, got batch=6"):
        numbered(5).epoch(6)
    with pytest.raises(ValueError, match="a batch must hold between 1 and all 5 images, got batch=6"):
        numbered(5).indices(6)
    with pytest.raises(ValueError, match="a batch needs a whole number batch >= 1, got batch=0"):
        Stream(None, np.random.default_rng(0), (2,)).epoch(0)


def test_each_image_needs_a_label():
    with pytest.raises(ValueError, match="every image needs its label: got 5 images and 4 labels"):
        numbered(5, y=np.zeros(4, int))


def drawn(n, rng):
    return rng.integers(256, size=(n, 2, 2, 1)).astype(np.uint8), rng.integers(4, size=n)


def test_a_stream_goes_on_where_its_state_was_taken():
    source = Stream(drawn, np.random.default_rng(0), (2, 2, 1), classes=4)
    assert (source.length, source.shape, source.classes, source.epoch(64)) == (None, (2, 2, 1), 4, 500)
    first, labels = source.batch(5)
    assert first.dtype == np.float32
    assert np.abs(first).max() <= 1
    assert labels.shape == (5,)
    kept = json.loads(json.dumps(source.state()))
    coming = [source.batch(3) for _ in range(4)]
    again = Stream(drawn, np.random.default_rng(99), (2, 2, 1), classes=4)
    again.restore(kept)
    for mine, (x, y) in zip((again.batch(3) for _ in range(4)), coming, strict=True):
        np.testing.assert_array_equal(mine[0], x)
        np.testing.assert_array_equal(mine[1], y)
    assert not np.array_equal(coming[0][0], coming[1][0])  # each sample is new


def test_looking_at_a_stream_does_not_move_it():
    source = Stream(lambda n, rng: rng.standard_normal((n, 2)), np.random.default_rng(0), (2,))
    before = source.state()
    x, y = source.reference(30)
    assert (x.shape, y) == ((30, 2), None)
    assert source.state() == before
    np.testing.assert_array_equal(source.batch(30)[0], x)


def test_a_source_of_ones_own_has_to_define_its_methods():
    for call in (lambda s: s.batch(1), lambda s: s.reference(), lambda s: s.state(), lambda s: s.restore({})):
        with pytest.raises(NotImplementedError, match="Source has to define "):
            call(Source())
