"""The table of video: what each way draws, and that the baselines are told apart."""

import numpy as np
import pytest

from minigan.measure.results import video
from minigan.measure.results.table import Cell


class Still:
    """A model whose clips do not move."""

    any_length = True

    def sample(self, n, rng, labels=None, frames=None):
        return np.full((n, frames, 32, 32, 1), -1, np.float32)


@pytest.fixture(autouse=True)
def model(monkeypatch):
    monkeypatch.setattr(video, "model", lambda *settings: Still())


def cell(method):
    return Cell(method, 0, video.METHODS[method] | {"clips": 12})


@pytest.mark.parametrize("method", video.METHODS)
def test_every_method_has_every_figure(method):
    figures = video.run_cell(cell(method), quick=True)
    assert set(figures) == set(video.COLUMNS)
    assert np.isfinite([figures[name] for name in ("identity", "obeys", "smooth", "frechet", "apart")]).all()


def test_ways():
    rng = np.random.default_rng
    real, shuffled, independent = (video.drawn(way, 5, 16, rng(1)) for way in ("real", "shuffled", "independent"))
    assert real.shape == shuffled.shape == independent.shape == (5, 16, 32, 32, 1)
    same = [sorted(map(bytes, a)) == sorted(map(bytes, b)) for a, b in zip(real, shuffled, strict=True)]
    assert all(same)  # the same frames, clip by clip
    assert (real != shuffled).any()
    assert sorted(map(bytes, independent.reshape(80, -1))) == sorted(map(bytes, real.reshape(80, -1)))
    assert video.drawn("real", 2, 64, rng(1)).shape == (2, 64, 32, 32, 1)


def test_a_black_model_keeps_and_obeys_nothing():
    figures = video.run_cell(cell("mocogan (64 frames)"), quick=True)
    assert figures["identity"] == figures["obeys"] == figures["apart"] == 0


def test_the_picture(tmp_path):
    (path,) = video.draw([], tmp_path, quick=True)
    assert path.name == "video-quick.png"
    assert path.stat().st_size > 100
