"""minigan export: the generator as ONNX, the table, the film; what each prints, and what is refused."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from cli import failing
from minigan import cli
from minigan.running.model import open_model

pytestmark = pytest.mark.slow


def test_the_generator_of_a_run(capsys, digits, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from running.onnx import computed

    from minigan.running import onnx

    file = tmp_path / "new" / "g.onnx"
    assert cli.main(["export", str(digits), "--onnx", str(file)]) == 0
    said = capsys.readouterr().out
    assert said == f"{file}: z (N, 5), y (N), images (N, 8, 8, 1), {file.stat().st_size / 1e6:.2f} MB\n"
    feeds, wanted = onnx.samples(open_model(digits).trainer.game, 5, np.random.default_rng(0))
    np.testing.assert_allclose(computed(file.read_bytes(), feeds)[0], wanted, atol=1e-5)


def test_the_table_and_the_film(capsys, digits, tmp_path):
    files = {kind: tmp_path / f"run.{kind}" for kind in ("csv", "apng", "gif")}
    for kind, file in files.items():
        assert cli.main(["export", str(digits), "--csv" if kind == "csv" else "--film", str(file)]) == 0
    said = capsys.readouterr().out
    rows = [json.loads(line) for line in (digits / "run.jsonl").read_text().splitlines()]
    frames = len(list((digits / "frames").glob("*.png")))
    assert f"{files['csv']}: {len(rows)} rows, " in said
    assert f"{files['apng']}: {frames} frames, " in said
    with open(files["csv"], encoding="utf-8", newline="") as text:
        assert [int(row["step"]) for row in csv.DictReader(text)] == [row["step"] for row in rows]
    for kind in ("apng", "gif"):
        with Image.open(files[kind]) as film:
            assert film.n_frames >= 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "say what to write: --weights, --onnx, --csv, --tensorboard, --film"),
        (["--float16", "--csv", "DIR/x.csv"], "--float16 has no effect without --weights"),
        (["--evaluations", "3", "--csv", "DIR/x.csv"], "--evaluations has no effect without --onnx"),
    ],
)
def test_what_has_no_effect_is_refused(capsys, digits, tmp_path, argv, message):
    assert message in failing(capsys, "export", digits, *[word.replace("DIR", str(tmp_path)) for word in argv])
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_not_a_run_has_no_table_and_no_film(capsys, tmp_path):
    for option, suffix, what in (("--csv", "csv", "has no table"), ("--film", "gif", "has no frames")):
        said = failing(capsys, "export", "gan-mnist", option, tmp_path / f"x.{suffix}")
        assert what in said
        assert "give the folder of a run" in said
    assert not list(tmp_path.iterdir())
