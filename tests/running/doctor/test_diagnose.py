"""Whole runs, short ones: what was planted is found, and a run that has not begun is not ill."""

import numpy as np
import pytest
from PIL import Image

from minigan.measure.results import faults
from minigan.running import folder
from minigan.running.doctor import diagnose
from minigan.running.options import Config
from minigan.zoo import gan, vae

pytestmark = pytest.mark.slow
FAST = {"data": "digits8", "width": 4, "batch": 32, "steps": 40}


def first(data, name, seed=0, steps=40):
    trainer, start = faults.run(data, name, seed, steps)
    return next((finding.name for finding in diagnose(trainer, start)), None)


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("G frozen", "G_frozen"),
        ("D frozen", "D_frozen"),
        ("lr / 1000", "lr_too_low"),
        ("lr x 100", "lr_too_high"),
        ("labels shuffled", "labels_do_not_fit"),
        ("batch 2", "small_batch"),
    ],
)
def test_a_planted_fault_is_found(name, finding):
    found = first("digits8", name)
    assert found in faults.FAULTS[name].found
    assert found == finding


def test_a_run_from_its_folder(tmp_path):
    run = folder.train(folder.start(Config(gan, gan.Options(**FAST, lr=1e-6)), tmp_path / "run"))
    before = {path.name: path.read_bytes() for path in run.out.iterdir() if path.is_file()}
    weights = run.trainer.game.G.theta.copy()
    found = diagnose(tmp_path / "run")
    assert found[0].name == "lr_too_low"
    assert found.symptoms.moved["G"] < 0.01
    assert [finding.name for finding in diagnose(run)] == [
        finding.name for finding in found
    ]  # a run in memory, the same
    assert {path.name: path.read_bytes() for path in run.out.iterdir() if path.is_file()} == before  # only looked at
    np.testing.assert_array_equal(run.trainer.game.G.theta, weights)
    assert str(found).startswith(
        "1. The learning rate is too low\n   seen   after 40 steps the weights have moved by 0."
    )
    assert "read   lesson 5, optimizers and games" in str(found)
    found.picture(tmp_path / "report.png")
    with Image.open(tmp_path / "report.png") as image:
        assert min(image.size) > 500


def test_looking_changes_nothing_that_follows():
    plain, looked = (faults.trainer("digits8", "as it is", 0, 6) for _ in range(2))
    plain.run()
    looked.steps = 3
    looked.run()
    diagnose(looked)
    looked.steps = 6
    looked.run()
    for name, array in plain.arrays().items():
        np.testing.assert_array_equal(looked.arrays()[name], array)


def test_a_game_without_scores(tmp_path):
    run = folder.train(folder.start(Config(vae, vae.Options(**FAST)), tmp_path / "run"))
    found = diagnose(run)
    assert "256 samples" in found.looked_at
    assert "scores and gradients of both steps" not in found.looked_at
    assert np.isnan(found.symptoms.separation)
    assert found.symptoms.diversity > 0


def test_no_findings_say_what_was_looked_at(tmp_path):
    found = diagnose(folder.start(Config(gan, gan.Options(**FAST)), tmp_path / "run"))
    found.clear()
    said = "Looked at: 0 rows of the log, scores and gradients of both steps, constant pixels, 256 samples, labels."
    assert str(found) == f"No findings.\n\n{said}"  # not a step was done, so no weight could move
    assert found._repr_html_() == f"<p>No findings. {said}</p>"
