"""Training PortraitNet on a few portraits, and the command that reports on it."""

import numpy as np
import pytest

from minigan import cli, data
from minigan.measure.classifier import portraits
from minigan.models import portraitnet
from minigan.running.checkpoint import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def some():
    """Every 20th portrait: 200 of them."""
    found = data.load("portraits")
    codes = {name: values[::20] for name, values in found.attributes.items()}
    return data.Dataset(
        found.images[::20], None, "portraits", attributes=codes, attribute_classes=found.attribute_classes
    )


@pytest.fixture
def few(monkeypatch, some):
    """data.load returns 200 portraits -> the list of its calls."""
    asked = []
    monkeypatch.setattr(data, "load", lambda name, **options: asked.append((name, options)) or some)
    return asked


def test_the_loss_falls(some):
    losses = []
    codes = portraitnet.stack(some.attributes)
    portraits.train(some.images, codes, seed=1, epochs=3, progress=lambda epoch, loss: losses.append(loss))
    assert losses[0] < 2 * sum(np.log(list(portraitnet.SIZES.values())))
    assert losses[2] < 0.85 * losses[0]


def test_without_flags_it_reports_on_the_shipped_one(capsys, few, tmp_path):
    assert cli.main(["classifier", "portraitnet", "--folder", str(tmp_path)]) == 0
    assert few == [("portraits", {"split": "test", "folder": tmp_path})]
    first, second, head, *rows = capsys.readouterr().out.splitlines()
    assert first == str(portraitnet.SHIPPED)
    assert float(second.split()[0]) >= 95
    assert "of the attributes of 200 test portraits are read correctly" in second
    assert head.split() == ["attribute", "values", "correct"]
    assert [row.split()[0] for row in rows] == list(portraitnet.SIZES)


def test_the_report_counts_each_attribute(some):
    net = portraitnet.network(rng=0)  # gives each attribute its first value
    net.layers[-1].W[...] = 0
    net.layers[-1].b[...] = np.concatenate([np.arange(size) == 0 for size in portraitnet.SIZES.values()])
    codes = portraitnet.stack(some.attributes)
    mean, table = portraits.report(net, some.images, codes)
    shares = (codes == 0).mean(axis=0)
    assert mean == pytest.approx(shares.mean())
    for line, share in zip(table.splitlines()[2:], shares, strict=True):
        assert float(line.split()[2]) == pytest.approx(100 * share, abs=0.051)


def test_train_writes_to_out(capsys, few, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["classifier", "portraitnet", "--train", "--epochs", "1", "--seed", "3", "--folder", "x"]) == 0
    assert [options["split"] for _, options in few] == ["test", "train"]
    assert few[1][1]["folder"] is None  # the training portraits are those of the package
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("epoch 1 of 1: loss ")
    _, made = load(tmp_path / "portraitnet.safetensors")
    assert made["fresh_portraits_accuracy"] == pytest.approx(float(said[2].split()[0]) / 100, abs=1e-4)
    assert made["seed"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"images": np.zeros((99, 32, 32, 3), np.uint8)},
            r"at least 100 portraits uint8 .* got uint8 \(99, 32, 32, 3\)",
        ),
        ({"images": np.zeros((100, 32, 32, 3))}, "got float64"),
        ({"codes": np.zeros((100, 3), np.int64)}, r"needs 11 codes: got \(100, 3\) for 100 images"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
    ],
)
def test_invalid_arguments_raise(change, message):
    good = {"images": np.zeros((100, 32, 32, 3), np.uint8), "codes": np.zeros((100, 11), np.int64), "epochs": 1}
    with pytest.raises(ValueError, match=message):
        portraits.train(**(good | change))
