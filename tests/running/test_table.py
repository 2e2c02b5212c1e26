"""The table of a run as CSV and as a log of TensorBoard: every number, at its step."""

import csv
import math

import pytest

from minigan.running import table
from minigan.running.folder import start, train
from minigan.running.options import Config
from minigan.zoo import gan

OPTIONS = gan.Options(data="digits8", model="mlp", width=4, latent=3, steps=5, batch=256)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose measures are not in every row."""
    return train(start(Config(gan, OPTIONS), tmp_path_factory.mktemp("runs") / "x"))


def test_the_csv_holds_every_number(run, tmp_path):
    file = tmp_path / "new" / "run.csv"
    assert table.write_csv(run, file) == len(run.trainer.rows)
    with open(file, encoding="utf-8", newline="") as text:
        found = list(csv.DictReader(text))
    assert list(found[0])[:3] == ["step", "epoch", "seconds"]
    assert {name for row in run.trainer.rows for name in row} == set(found[0])
    for line, row in zip(found, run.trainer.rows, strict=True):
        assert {name: float(text) for name, text in line.items() if text} == row  # bit for bit


def test_tensorboard_gets_every_number(run, tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import crc32c  # noqa: F401 - it reads no files, so the records are read here

    file = table.write_tensorboard(run, tmp_path / "log")
    content, at, found = file.read_bytes(), 0, {}
    while at < len(content):  # length (8 bytes), its checksum (4), the event, its checksum (4)
        length = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + length])
        at += length + 16
        for value in event.summary.value:
            found[event.step, value.tag] = value.simple_value
    wanted = {(row["step"], name): x for row in run.trainer.rows for name, x in row.items() if name not in table.HEAD}
    assert found.keys() == wanted.keys()
    assert all(math.isclose(found[key], wanted[key], rel_tol=1e-6) for key in wanted)
    with pytest.raises(FileExistsError, match="is a log of TensorBoard already: choose another folder"):
        table.write_tensorboard(run, tmp_path / "log")
