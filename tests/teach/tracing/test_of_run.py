"""minigan trace RUN: the step a run would take next, and its first step."""

import subprocess
import sys

import numpy as np
import pytest

from minigan import cli
from minigan.running import folder as runs
from minigan.running.options import Config
from minigan.teach.tracing.of_run import trace_run
from minigan.zoo import gan

pytestmark = pytest.mark.slow

CONFIGS = {
    "digits": gan.Options(data="digits8", model="mlp", width=4, latent=5, steps=3, batch=16, seed=5),
    "plane": gan.Options(data="ring", width=4, steps=3, batch=8, penalty="r1,wgan_gp", loss="hinge"),
    "unlabelled": gan.Options(data="digits8", model="dcgan", width=2, steps=2, batch=4, labels=False, penalty="none"),
}


@pytest.fixture(scope="module", params=CONFIGS)
def run(request, tmp_path_factory):
    """A run stopped after two steps -> its folder, and the scalars of its first and its third step."""
    folder = tmp_path_factory.mktemp("runs") / request.param
    trainer = runs.start(Config(gan, CONFIGS[request.param]), folder).trainer
    first = trainer.step()
    trainer.step()
    trainer.save()
    return folder, first, trainer.step()


def test_the_next_step_and_the_first_equal_those_of_the_run(run):
    folder, first, following = run
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for step, row in ((None, following), (2, following), (0, first)):
        found = trace_run(folder, step)
        assert {name: found.values[name] for name in ("loss_D", "penalty", "score_real", "score_fake")} == {
            name: row[name] for name in ("loss_D", "penalty", "score_real", "score_fake")
        }  # to the last bit; in training G's step draws new noise, here it uses D's
        assert found.failed == []
        assert found.title == f"{folder}, step {1 if step == 0 else 3} on a batch of {CONFIGS[folder.name].batch}"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


def test_a_step_that_is_not_stored(run):
    with pytest.raises(
        ValueError, match=r"has no step 1: a run can be traced at step 0, .*, and at its checkpoint, step 2"
    ):
        trace_run(run[0], 1)


def test_the_command(run, capsys, tmp_path):
    folder = str(run[0])
    assert cli.main(["trace", folder, "--step", "0"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{folder}, step 1 on a batch of ")
    assert " 1  G(z): forward" in said
    assert cli.main(["trace", folder, "--html", str(tmp_path / "new" / "trace.html")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'new' / 'trace.html'}\n"
    assert "step 3 on a batch of" in (tmp_path / "new" / "trace.html").read_text(encoding="utf-8")
    assert cli.main(["trace", folder, "--step", "7"]) == 1
    assert "has no step 7" in capsys.readouterr().err
    assert cli.main(["trace", str(tmp_path)]) == 1
    assert "holds no run" in capsys.readouterr().err


def test_the_command_fails_on_a_wrong_gradient(run, capsys, monkeypatch):
    from minigan import kernels

    monkeypatch.setattr(kernels, "leaky_relu_dx", lambda dy, x, alpha: np.where(x < 0, dy, alpha * dy))
    assert cli.main(["trace", str(run[0])]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_importing_minigan_does_not_import_the_trace():
    program = "import sys, minigan; assert not [m for m in sys.modules if m.startswith('minigan.')]; from minigan import trace; trace"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=True, cwd=runs.__file__.rsplit("minigan", 1)[0]
    )
