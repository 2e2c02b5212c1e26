"""The recipe distil: it learns its teacher's pairs, needs no teacher to draw, and refuses one that does not fit."""

import numpy as np
import pytest

from minigan import zoo
from minigan.running import folder, model
from minigan.running.options import Config
from minigan.zoo import distil, flow, gan

SMALL = {"data": "digits8", "batch": 8, "steps": 2, "width": 2}


def start(recipe, out, **changes):
    run = folder.start(Config(recipe, recipe.Options(**SMALL | changes)), out)
    run.trainer.evaluate = None
    return run


@pytest.fixture
def teacher(tmp_path):
    return folder.train(start(flow, tmp_path / "teacher"))


@pytest.mark.parametrize("reflow", [False, True])
def test_the_student_begins_as_its_teacher_and_draws_without_it(teacher, tmp_path, reflow):  # eq:distil.t
    run = start(distil, tmp_path / "student", teacher=str(teacher.out), pairs=20, reflow=reflow)
    game = run.trainer.game
    game.prepared = game.prepare()
    np.testing.assert_array_equal(game.net.theta, teacher.trainer.game.best("V").theta)
    x0, x1, labels = game.prepared
    np.testing.assert_array_equal(x1, teacher.trainer.game.generate((x0.reshape(20, -1), labels)))
    folder.train(run)
    teacher.out.rename(tmp_path / "elsewhere")
    drawn = model.open_model(tmp_path / "student").trainer.game.sample(3, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, game.sample(3, np.random.default_rng(0)))


def test_a_teacher_of_another_kind(tmp_path, teacher):
    run = start(distil, tmp_path / "none")
    with pytest.raises(ValueError, match="needs a model to learn from: --teacher RUN"):
        run.trainer.step()
    other = folder.train(start(gan, tmp_path / "gan"))
    run = start(distil, tmp_path / "of a gan", teacher=str(other.out))
    with pytest.raises(ValueError, match="a teacher is a flow or a diffusion model, got a GAN"):
        run.trainer.step()
    run = start(distil, tmp_path / "no labels", teacher=str(teacher.out), labels=False)
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\) with 10 classes, this run has \(8, 8, 1\) with 0"):
        run.trainer.step()
    assert "distil" in zoo.names()


def test_one_step_is_all_that_a_student_of_t_0_knows(tmp_path):
    run = start(distil, tmp_path / "run")
    with pytest.raises(ValueError, match="draws with 1 evaluation, got 4: train it with reflow"):
        run.trainer.game.evaluations = 4
    start(distil, tmp_path / "reflow", reflow=True, evaluations=3).trainer.game.evaluations = 4
    with pytest.raises(ValueError, match="evaluations = 3 would have no effect"):
        distil.Options(evaluations=3).check()
