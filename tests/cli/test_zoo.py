"""minigan zoo: the recipes, each with a line and its measured result."""

from minigan import cli
from minigan.zoo import gan


def test_every_recipe_has_its_line(capsys, tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text('"""My own method."""\nfrom minigan.zoo.gan import *\n', encoding="utf-8")
    monkeypatch.setenv("MINIGAN_RECIPES", str(tmp_path))
    assert cli.main(["zoo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {words[0]: " ".join(words[1:]) for line in lines if (words := line.split())}
    assert said["gan"] == gan.__doc__.splitlines()[0]
    below = next(k for k, line in enumerate(lines) if line.startswith("gan ")) + 1
    assert lines[below].strip() == f"measured: {gan.RESULT}"
    assert said["small"].startswith("A GAN for a small set of pictures")
    assert said["broken"].startswith(f"cannot be loaded: {tmp_path / 'broken.py'}, line 1: ModuleNotFoundError: ")
    assert said["mine"] == "My own method."


def test_a_recipe_that_does_not_exist(capsys):
    assert cli.main(["train", "ring"]) == 1
    assert "minigan train: ring is a data set, not a recipe: minigan train --data ring" in capsys.readouterr().err
    assert cli.main(["train", "gun"]) == 1
    assert "minigan train: unknown recipe 'gun' (MINIGAN_RECIPES names no " in capsys.readouterr().err
