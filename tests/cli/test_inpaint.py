"""minigan inpaint: a search and a context encoder, and whatever does not fit the model."""

import numpy as np
import pytest
from PIL import Image

from cli import failing
from minigan import cli, plots
from minigan.running.inpaint import inpaint, opened_model, sheet

pytestmark = pytest.mark.slow

QUICK = ["--mask", "centre:4", "--steps", "3"]


def train(tmp_path_factory, *argv):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert cli.main(["train", *map(str, argv), "--steps", "2", "--batch", "8", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    return train(tmp_path_factory, "context", "--data", "digits8", "--width", 2, "--latent", 3)


@pytest.fixture(scope="session")
def vae(tmp_path_factory):
    return train(tmp_path_factory, "vae", "--data", "emoji", "--width", 4, "--latent", 3)


@pytest.fixture(scope="session")
def framed(tmp_path_factory):
    """A run whose data are 28 x 28 and whose images are 32 x 32."""
    return train(tmp_path_factory, "vaegan", "--data", "mnist10k", "--width", 2, "--latent", 3)


def test_it_writes_before_mask_after_and_truth(capsys, digits, tmp_path):
    out = tmp_path / "f.png"
    assert cli.main(["inpaint", "digits8:3", "digits8:5-6", *QUICK, "--model", str(digits), "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == str(out)
    assert said[1].startswith("3 images in ")
    assert "PSNR" in said[1]
    with Image.open(out) as picture:
        assert picture.size == (4 * (96 + 2) + 2, 3 * (96 + 2) + 2)


def test_the_tiles_of_a_sheet():
    x = np.full((1, 4, 4, 1), 0.5)
    known = np.ones((4, 4), bool)
    known[:, :2] = False
    tiles = sheet(x, known, np.full_like(x, -0.5))[2:-2].reshape(96, -1)[:, 2:].reshape(96, 4, 98)[:, :, :96]
    np.testing.assert_array_equal(np.unique(tiles[:, 0, :48]), [plots.to_image(np.array([0.0]))[0]])
    np.testing.assert_array_equal(np.unique(tiles[:, 0, 48:]), [191])
    np.testing.assert_array_equal(np.unique(tiles[:, 1, :48]), [255])
    np.testing.assert_array_equal(np.unique(tiles[:, 1, 48:]), [0])
    np.testing.assert_array_equal(np.unique(tiles[:, 2]), [64])
    np.testing.assert_array_equal(np.unique(tiles[:, 3]), [191])


def test_known_pixels_stay_and_the_seed_decides(digits, tmp_path):
    def fill(**options):
        return inpaint(["digits8:0"], "random:0.5", digits, tmp_path / "f.png", steps=3, **options).images

    one = fill()
    truth = inpaint(["digits8:0"], "centre:2", digits, tmp_path / "f.png", steps=3).images
    assert (np.abs(one - truth) < 1e-6).sum() > 20
    np.testing.assert_array_equal(one, fill())
    assert (one != fill(seed=1)).any()
    assert (one != fill(blend=False)).any()


@pytest.mark.parametrize("spec", ["centre:4", "random:0.8", "half:top", "MASK"])
def test_a_context_encoder_fills_in_one_pass(encoder, digits, tmp_path, spec):
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 3:7] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    spec = str(tmp_path / "mask.png") if spec == "MASK" else spec
    for model in (encoder, digits):
        found = inpaint(["digits8:0-9"], spec, model, tmp_path / "f.png", **({} if model is encoder else {"steps": 2}))
        assert found.images.shape == (10, 8, 8, 1)
        assert found.ssim is None  # 8 x 8 is too small for it
        assert np.isfinite(found.psnr)


def test_a_vae_is_searched_too(vae, tmp_path):
    found = inpaint(["emoji:0"], "half:left", vae, tmp_path / "f.jpg", steps=2, restarts=2)
    assert found.images.shape == (1, 32, 32, 3)
    assert 0 < found.ssim < 1


def test_images_of_a_data_set_are_framed_as_in_training(framed, tmp_path):
    found = inpaint(["mnist10k:0"], "centre:8", framed, tmp_path / "f.png", steps=2)
    assert found.images.shape == (1, 32, 32, 1)
    assert (found.images[:, 0] == -1).all()


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Pictures that do not fit, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, shape in (
        ("grey", (32, 32)),
        ("colour", (8, 8, 3)),
        ("large", (9, 12)),
        ("fits", (8, 8)),
        ("white", (8, 8)),
    ):
        Image.fromarray(np.full(shape, 255 if name == "white" else 90, np.uint8)).save(f"{name}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "fits.png").read_bytes()[:40])
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["fits.png", "--mask", "large.png"], "the mask large.png has 12 x 9 pixels, the image 8 x 8: resize it"),
        (["fits.png", "--mask", "white.png"], "the mask 'white.png' hides everything"),
        (["fits.png", "--mask", "centre:9"], "a side of 1 to 7 pixels, as in centre:4"),
        (["fits.png", "--mask", "middle"], "there is no mask 'middle'; it is one of centre:PIXELS"),
        (["fits.png", "--mask", "broken.png"], "the mask broken.png: "),
        (["large.png"], "large.png has 12 x 9 pixels, and DIGITS draws 8 x 8: resize it"),
        (["colour.png"], "colour.png is a colour image, and DIGITS draws grey ones: convert it to grey first"),
        (["grey.png", "--model", "VAE"], "grey.png is a grey image, and VAE draws colour ones: convert it to colour first"),
        (["mnist10k:0"], "mnist10k:0 has 28 x 28 pixels, and DIGITS draws 8 x 8"),
        (["broken.png"], "broken.png: "),
        (["."], ". is a folder: name a picture in it, or folder:.:0 for its first one"),
        (["fits.png", "--mask", "."], "the mask .: not a regular file; a mask is a PNG of 8 x 8 pixels"),
        (["nothing.png"], "nothing.png: cannot be read: No such file or directory"),
        (["digit8:3"], "there is no data set 'digit8'; the names are "),
        (["digit8:3"], "Did you mean 'digits8'?"),
        (["digits8:1797"], "digits8:1797: the set has the images 0 to 1796"),
        (["digits8:5-3"], "digits8:5-3: the set has the images 0 to 1796"),
        (["digits8:x"], "expected the number of an image after the colon, such as 7, or a range such as 0-15"),
        (["digits8:3", "--held-out", "."], "folder applies only to mnist, fashion_mnist and the test portraits"),
        (["fits.png", "--out", "f.xyz"], ".xyz is not a format known here"),
        (["fits.png", "--restarts", "0"], "a search needs restarts >= 1, got 0"),
        (["fits.png", "--steps", "0"], "a search needs steps >= 1, got 0"),
        (["fits.png", "--critic", "-1"], "a search needs a finite critic >= 0, got -1.0"),
        (["emoji:0", "--model", "VAE", "--critic", "1"], "VAE has no D that could judge an image: leave --critic out"),
        (["fits.png", "--model", "ENCODER", "--steps", "5"], "fills a hole in one pass, without a search: leave --steps out"),
        (["fits.png", "--model", "ENCODER", "--restarts", "5"], "without a search: leave --restarts out"),
        (["fits.png", "--model", "ENCODER", "--critic", "0.1"], "without a search: leave --critic out"),
        (["fits.png", "--model", "vaegan-portrait"], "unknown model 'vaegan-portrait'"),
        (["fits.png", "--model", "nowhere.safetensors"], "nowhere.safetensors holds no run"),
        (["fits.png", "--model", "fits.png"], "fits.png is not a readable checkpoint"),
        (["fits.png", "--model", "RING"], "RING draws points in the plane, not images"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence_and_nothing_is_written(
    capsys, files, digits, encoder, vae, ring, argv, words
):
    names = {"DIGITS": str(digits), "ENCODER": str(encoder), "VAE": str(vae), "RING": str(ring)}
    argv = ["--mask", "centre:4", "--model", "DIGITS", *argv]
    for name, place in names.items():
        argv, words = [word.replace(name, place) for word in argv], words.replace(name, place)
    before = sorted(files.iterdir())
    assert words in failing(capsys, "inpaint", *argv)
    assert sorted(files.iterdir()) == before


@pytest.fixture(scope="session")
def ring(tmp_path_factory):
    return train(tmp_path_factory, "--data", "ring", "--width", 3)


def test_a_damaged_run_is_refused(capsys, damaged, tmp_path):
    (damaged / "checkpoint.safetensors").write_bytes((damaged / "checkpoint.safetensors").read_bytes()[:-9])
    assert "It was cut short or altered" in failing(capsys, "inpaint", "digits8:0", "--model", damaged)


def test_a_run_without_its_data_fills_too(digits):
    assert opened_model(digits).shape == (8, 8, 1)


def test_a_weights_file_is_a_model_and_the_default_place_is_beside_it(digits, encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for model in (digits, encoder):
        assert cli.main(["export", str(model), "--weights", "w.safetensors"]) == 0
        options = {"steps": 2} if model is digits else {}
        found, own = (inpaint(["digits8:3"], "half:top", name, **options) for name in ("w.safetensors", model))
        np.testing.assert_array_equal(found.images, own.images)
        assert found.path.resolve() == tmp_path / "w_inpaint.png"
        assert own.path == model / "inpaint.png"


def test_sixty_four_images_are_laid_out_in_a_square():
    x = np.zeros((64, 8, 8, 1))
    height, width, _ = sheet(x, np.eye(8, dtype=bool), x).shape
    assert height == width
