"""Searching and downloading, with a tiny data set published by a local server."""

import dataclasses
import gzip
import hashlib
import http.server
import struct
import threading

import numpy as np
import pytest

from minigan.data import load, mnist
from minigan.data.published import FILES, PUBLISHED

original_cache = mnist._cache
SETS = dict(PUBLISHED)
rng = np.random.default_rng(0)
ARRAYS = {
    "train-images-idx3-ubyte": rng.integers(0, 256, (7, 28, 28), dtype=np.uint8),
    "train-labels-idx1-ubyte": rng.integers(0, 10, 7, dtype=np.uint8),
    "t10k-images-idx3-ubyte": rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": rng.integers(0, 10, 3, dtype=np.uint8),
}
RAW = {
    name: bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    for name, array in ARRAYS.items()
}
GZ = {name: gzip.compress(raw, mtime=0) for name, raw in RAW.items()}


@pytest.fixture(autouse=True)
def tiny_sets(tmp_path, monkeypatch):
    """Both data sets are tiny, and no real folder of the machine is searched."""
    for name in ("mnist", "fashion_mnist"):
        tiny = dataclasses.replace(
            PUBLISHED[name],
            mirrors=("http://127.0.0.1:9/one/", "http://127.0.0.1:9/two/"),  # no server listens there
            sha256=tuple(hashlib.sha256(GZ[file]).hexdigest() for file in FILES),
            md5=tuple(hashlib.md5(RAW[file]).hexdigest() for file in FILES),
            sizes=tuple(len(GZ[file]) for file in FILES),
        )
        monkeypatch.setitem(PUBLISHED, name, tiny)
    monkeypatch.setattr(mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(mnist, "_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.delenv("MINIGAN_DATA", raising=False)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A web server whose folders `one` and `two` are the mirrors; `server.requests` lists the requests."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "www")

        def log_message(self, *arguments):
            requests.append(self.path)

    requests = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        http_server.requests = requests
        threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True).start()
        mirrors = tuple(f"http://127.0.0.1:{http_server.server_port}/{folder}/" for folder in ("one", "two"))
        monkeypatch.setitem(PUBLISHED, "mnist", dataclasses.replace(PUBLISHED["mnist"], mirrors=mirrors))
        yield http_server
        http_server.shutdown()


def put(folder, files, ending=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}{ending}").write_bytes(data)
    return folder


def assert_is(dataset, split, name="mnist"):
    prefix = {"train": "train", "test": "t10k"}[split]
    np.testing.assert_array_equal(dataset.images[..., 0], ARRAYS[f"{prefix}-images-idx3-ubyte"])
    np.testing.assert_array_equal(dataset.labels, ARRAYS[f"{prefix}-labels-idx1-ubyte"])
    assert dataset.labels.dtype == np.int64
    assert dataset.name == name
    assert len(dataset.classes) == 10


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_folder_argument(tmp_path, split, ending):
    folder = put(tmp_path / "here", GZ if ending else RAW, ending)
    assert_is(load("mnist", folder=folder, split=split), split)
    assert_is(load("fashion_mnist", folder=str(folder), split=split), split, "fashion_mnist")


@pytest.mark.parametrize("place", ["data", "data/fashion_mnist", "debian/fashion-mnist", "cache/fashion_mnist"])
def test_every_other_place(tmp_path, monkeypatch, place):
    repacked = {
        name: gzip.compress(raw, 1, mtime=5) for name, raw in RAW.items()
    }  # compressed again, as in Debian's package
    put(tmp_path / place, repacked)
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "data"))
    assert_is(load("fashion_mnist", folder=tmp_path), "train", "fashion_mnist")


def test_a_wrong_file_is_skipped(tmp_path, monkeypatch):
    put(tmp_path / "data" / "mnist", {name: raw[:-1] for name, raw in RAW.items()}, "")  # truncated
    put(tmp_path / "data" / "mnist", {name: raw[:-1] + b"x" for name, raw in RAW.items()})  # different contents
    put(tmp_path / "data", GZ)
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "data"))
    assert_is(load("mnist"), "train")


def test_not_found_lists_every_place_and_the_fix(tmp_path, monkeypatch):
    put(tmp_path / "here", {"train-images-idx3-ubyte": GZ["t10k-images-idx3-ubyte"]})
    put(tmp_path / "cache" / "fashion_mnist", {"train-images-idx3-ubyte": GZ["train-images-idx3-ubyte"][:40]})
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError) as caught:
        load("fashion_mnist", folder=tmp_path / "here")
    message = str(caught.value)
    for part in (
        "fashion_mnist: train-images-idx3-ubyte[.gz] was not found in",
        f"{tmp_path}/here/train-images-idx3-ubyte.gz (the folder argument): a different or damaged file: the md5",
        f"{tmp_path}/data/fashion_mnist (MINIGAN_DATA): no such folder",
        f"{tmp_path}/data (MINIGAN_DATA): no such file",
        f"{tmp_path}/debian/fashion-mnist (Debian's folder): no such folder",
        f"{tmp_path}/cache/fashion_mnist/train-images-idx3-ubyte.gz (earlier downloads): ",
        "a broken gzip file",
        'data.load("fashion_mnist", download=True)',
        "31 MB",
        "MINIGAN_DATA",
        "sudo apt install dataset-fashion-mnist",
    ):
        assert part in message
    with pytest.raises(FileNotFoundError, match="mnist10k") as caught:
        load("mnist")
    assert "apt install" not in str(caught.value)


def test_nothing_is_downloaded_without_a_request(server, tmp_path):
    put(tmp_path / "www" / "one", GZ)
    with pytest.raises(FileNotFoundError):
        load("mnist")
    assert server.requests == []


def test_download_then_found_offline(server, tmp_path):
    put(tmp_path / "www" / "one", GZ)
    assert_is(load("mnist", download=True), "train")
    assert len(server.requests) == 2
    assert_is(load("mnist"), "train")
    assert_is(load("mnist", download=True), "train")
    assert len(server.requests) == 2  # not downloaded again
    assert sorted(file.name for file in (tmp_path / "cache" / "mnist").iterdir()) == [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
    ]


@pytest.mark.parametrize("given", ["folder", "MINIGAN_DATA"])
def test_download_goes_to_the_given_folder(server, tmp_path, monkeypatch, given):
    put(tmp_path / "www" / "one", GZ)
    if given == "folder":
        assert_is(load("mnist", download=True, folder=tmp_path / "mine", split="test"), "test")
        assert (tmp_path / "mine" / "t10k-images-idx3-ubyte.gz").is_file()
    else:
        monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "data"))
        assert_is(load("mnist", download=True), "train")
        assert (tmp_path / "data" / "mnist" / "train-images-idx3-ubyte.gz").is_file()


@pytest.mark.parametrize("first", ["missing", "wrong", "truncated"])
def test_second_mirror_when_the_first_fails(server, tmp_path, first):
    bad = {"missing": {}, "wrong": {n: b"<html>" for n in GZ}, "truncated": {n: gz[:-5] for n, gz in GZ.items()}}[first]
    put(tmp_path / "www" / "one", bad)
    put(tmp_path / "www" / "two", GZ)
    put(tmp_path / "cache" / "mnist", {name: b"an old broken download" for name in GZ})
    assert_is(load("mnist", download=True), "train")
    assert sum("/one/" in line for line in server.requests) >= 2
    assert sum("/two/" in line for line in server.requests) == 2
    assert_is(load("mnist"), "train")


def test_both_mirrors_fail(server, tmp_path):
    put(tmp_path / "www" / "two", {name: gz[::-1] for name, gz in GZ.items()})
    with pytest.raises(ConnectionError) as caught:
        load("mnist", download=True)
    message = str(caught.value)
    for part in (
        "could not be downloaded from either mirror",
        "/one/train-images",
        "404",
        "/two/train-images",
        "SHA256",
    ):
        assert part in message
    assert f"put it into {tmp_path}/cache/mnist" in message
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


def test_no_network(tmp_path):
    with pytest.raises(ConnectionError, match="Check the network"):
        load("mnist", download=True)


def test_downloads_are_kept_in_the_users_cache():
    assert original_cache("mnist").parts[-2:] == ("minigan", "mnist")


def test_the_published_checksums_are_complete():
    for published in SETS.values():
        assert all(len(set(mirror)) > 1 and mirror.endswith("/") for mirror in published.mirrors)
        assert len(FILES) == len(published.sha256) == len(published.md5) == len(published.sizes) == 4
        assert round(sum(published.sizes) / 1e6) == published.megabytes
        assert {len(text) for text in published.sha256} == {64}
        assert {len(text) for text in published.md5} == {32}
