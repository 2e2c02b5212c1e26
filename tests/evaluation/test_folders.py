"""Two folders of images: the same measures as for a run, and what does not fit."""

import json

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.evaluation import PIXELS, VGG16, compare_folders, table
from minigan.running.build import build
from minigan.zoo import gan, vae

pytestmark = pytest.mark.slow

EMOJI = data.load("emoji").images[:, ::2, ::2]  # 16 x 16


def fill(folder, images):
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{i:03}.png")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Real images, and others of them with one half in negative."""
    root = tmp_path_factory.mktemp("folders")
    fake = EMOJI[150:270].copy()
    fake[:60] = 255 - fake[:60]
    return fill(root / "real", EMOJI[:130]), fill(root / "fake", fake)


def game(recipe=gan, images=EMOJI, **options):
    chosen = recipe.Options(**{"data": "emoji", "model": "mlp", "width": 3, "latent": 3} | options)
    return recipe.build(chosen, data.Epochs(images, rng=np.random.default_rng(0)), np.random.default_rng(1))


def test_the_measures_of_a_folder(folders, tmp_path):
    result, written = compare_folders(*folders, features=PIXELS)
    assert written == {}
    assert result["samples"] == {"generated": 120, "real": 120, "floor": 65}
    measures = result["measures"]
    assert measures["frechet_distance"]["value"] > 2 * measures["frechet_distance"]["floor"]
    assert measures["precision"]["value"] < 0.8
    again, written = compare_folders(*folders, features=PIXELS, out=tmp_path / "out")
    assert again == result == json.loads(written["json"].read_text())
    assert table(result) in written["table"].read_text()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"evaluation.md", "evaluation.json", "nearest.png"}
    assert compare_folders(*folders)[0]["features"] == VGG16


def test_a_judge_scores_both(folders, tmp_path):
    _, written = compare_folders(*folders, features=PIXELS, out=tmp_path, judge=("run", game()))
    with Image.open(written["scores"]) as picture:
        assert picture.format == "PNG"


def test_what_does_not_fit_is_refused_and_nothing_is_written(folders, tmp_path):
    real, fake = folders
    small, grey, few = (
        fill(tmp_path / name, images)
        for name, images in (("small", EMOJI[:100, :8]), ("grey", EMOJI[:100, :, :, :1]), ("few", EMOJI[:99]))
    )
    out = tmp_path / "out"
    with pytest.raises(
        ValueError, match=r"the pictures of .*real have 16 x 16 pixels, those of .*small 16 x 8: resize one"
    ):
        compare_folders(real, small, out=out)
    with pytest.raises(ValueError, match=r"the pictures of .*real are in colour, those of .*grey grey: convert one"):
        compare_folders(real, grey, out=out)
    with pytest.raises(ValueError, match="at least 100 generated and 100 real images, got 99 and 130"):
        compare_folders(real, few, out=out)
    points = build(gan, gan.Options(data="ring", width=3)).game
    labelled = build(gan, gan.Options(data="digits8", model="mlp", width=3)).game
    for judge, words in (
        (game(vae), "RUN has no D that scores images"),
        (labelled, "the D of RUN needs the label of each image"),
        (points, "the D of RUN scores points in the plane"),
        (game(images=EMOJI[:, :8]), "the pictures of the folders have 16 x 16 pixels, those of RUN 16 x 8"),
    ):
        with pytest.raises(ValueError, match=words):
            compare_folders(real, fake, out=out, judge=("RUN", judge))
    assert not out.exists()
