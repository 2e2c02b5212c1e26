"""minigan evaluate, and what every command says about a folder that holds no sound run."""

from pathlib import Path

import pytest
from PIL import Image

from cli import failing
from minigan import cli


def test_evaluate_prints_what_it_saves(capsys, damaged):
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{damaged}, step 3\n\n| measure")
    assert "| Frechet distance, VGG-16 conv3_3 " in said
    assert "150 generated against 150 real; real against real: 150 against 150." in said
    places = dict(line.split() for line in said.splitlines() if line.startswith("  "))
    assert list(places) == ["table", "json", "scores", "nearest"]
    assert said.split("\n\n")[1] in Path(places["table"]).read_text()
    for name in ("scores", "nearest"):
        with Image.open(places[name]) as picture:
            assert picture.format == "PNG"
    first = Path(places["json"]).read_bytes()
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    assert Path(places["json"]).read_bytes() == first
    assert cli.main(["evaluate", str(damaged), "--n", "150", "--seed", "1"]) == 0
    assert Path(places["json"]).read_bytes() != first
    capsys.readouterr()
    assert "evaluate needs n >= 1 samples, got 0" in failing(capsys, "evaluate", damaged, "--n", "0")
    assert "digits8 has no test images to compare with" in failing(capsys, "evaluate", damaged, "--held-out", ".")


@pytest.mark.parametrize("command", ["sample", "resume", "evaluate"])
def test_folders_that_hold_no_sound_run(capsys, damaged, command):
    for nowhere in (damaged / "nowhere", damaged / "config.toml"):
        assert f"{nowhere} holds no run (no config.toml in it)" in failing(capsys, command, nowhere)
    config, blob = damaged / "config.toml", (damaged / "checkpoint.safetensors").read_bytes()
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("width = 4", "width = 5"), encoding="utf-8")
    said = failing(capsys, command, damaged)
    assert f"{config} is not the config of the checkpoint beside it: width = 5 instead of 4. Undo the edit" in said
    config.write_text(text.replace("width", "widht"), encoding="utf-8")
    assert "unknown option 'widht'" in failing(capsys, command, damaged)
    config.write_text(text, encoding="utf-8")
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7])
    assert "It was cut short or altered" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7] + bytes(7))
    assert "was altered after it was saved" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").unlink()
    assert "holds a run without its checkpoint.safetensors" in failing(capsys, command, damaged)
