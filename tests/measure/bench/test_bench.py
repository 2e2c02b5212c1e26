"""`minigan bench` from end to end, on tiny models in this process; and its smaller parts: machine, variants, startup, curves."""

import importlib.util
import io
import json
import os
import subprocess

import pytest

from minigan import cli
from minigan.measure import bench
from minigan.measure.bench import layers, machine, models, scaling, startup
from minigan.measure.bench.variants import convolutional, joins, variants

pytestmark = pytest.mark.slow


@pytest.fixture
def run(in_process, monkeypatch):
    """run(**options) -> exit status, printed text."""
    monkeypatch.setattr(startup, "first_steps", lambda threads: {"cold": 12.34, "warm": 1.5})

    def running(**options):
        stream = io.StringIO()
        options = {"threads": 1, "rounds": 1, "seconds": 1e-4} | options
        return bench.run(stream=stream, **options), stream.getvalue()

    return running


def test_all_models_and_the_first_step_are_timed(run):
    status, text = run()
    assert status == 0
    assert "processor: " in text
    assert text.count("NumPy twin") == 2
    assert "12.3 s with nothing compiled, 1.5 s afterwards" in text
    assert "pip install minigan[bench]" in text


@pytest.mark.parametrize(("only", "expected"), [("tiny", 1), ("tiny_", 1), ("t", 2), ("tiny_critic, tiny", 2)])
def test_only_selects_models(run, only, expected):
    status, text = run(only=only)
    assert status == 0
    assert text.count("NumPy twin") == expected
    assert "nothing compiled" not in text


def test_quick_means_three_rounds_and_no_first_step(run, tmp_path):
    _, text = run(quick=True, rounds=9, json=tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["rounds"] == 3
    assert "nothing compiled" not in text


def test_json_holds_the_machine_and_all_rounds(run, tmp_path):
    status, text = run(only="tiny_critic", rounds=2, json=tmp_path / "found.json")
    assert status == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["machine"]["numpy"]
    assert [m["model"] for m in found["models"]] == ["tiny_critic"]
    assert len(found["models"][0]["rounds"]["minigan"]) == 2
    assert "found.json" in text
    assert os.listdir(tmp_path) == ["found.json"]  # no temporary file is left


def test_markdown(run, in_process):
    in_process("usual", "fused")
    status, text = run(only="tiny_critic", markdown=True)
    assert status == 0
    assert "- python: " in text
    assert "| model | ms |" in text
    assert "| tiny_critic" in text
    assert "(fused)" in text or "(usual)" in text


def test_a_different_computation_is_a_failure(run, in_process):
    in_process("wrong")
    status, text = run(only="tiny_critic")
    assert status == 1
    assert "FAILED  tiny_critic" in text
    assert "D 0 W differs" in text


def test_layers(run, tmp_path):
    status, text = run(layers=True, json=tmp_path / "found.json")
    assert status == 0
    rows = json.loads((tmp_path / "found.json").read_text())["layers"]
    assert {"forward", "dx", "dW", "tangent", "step"} == {row["pass"] for row in rows}
    first = rows[0]
    assert (first["layer"], first["input"], first["models"]) == ("Dense(3, 5)", [4, 3], ["tiny", "tiny_critic"])
    assert first["gflops"] == pytest.approx(2 * 4 * 3 * 5 / first["ms"] / 1e6)
    assert f"of {len(rows)} passes are slower" in text
    lost, count = layers.slower_layers(rows)
    assert f"{len(lost)} of {count} layers are slower" in text


def test_a_layer_is_slower_if_its_passes_are_slower_in_total():
    def row(layer, ms, twin_ms, batch=4):
        return {"layer": layer, "input": [batch, 3], "ms": ms, "twin_ms": twin_ms}

    rows = [row("A", 2.0, 1.0), row("A", 1.0, 3.0), row("B", 1.0, 1.0), row("B", 2.0, 1.9), row("A", 2.0, 1.0, batch=8)]
    assert layers.slower_layers(rows) == (["B at 4", "A at 8"], 3)
    rows = [row("C", 0.0049, 0.004), row("C", 0.0051, 0.0041)]
    assert layers.slower_layers(rows) == ([], 1)  # within the allowance for the calls


def test_a_pass_of_two_models_is_listed_once(only_tiny):
    names = [made.models for made in layers.gather(["tiny", "tiny_critic"])]
    assert ["tiny"] in names  # only in G's step
    assert ["tiny", "tiny_critic"] in names
    assert ["tiny_critic"] in names  # only in the penalty


def test_curves_without_measurements_are_empty(tmp_path):
    row = {**scaling.BASE, "threads": 1, "ms_per_image": 1.0, "megabytes": 1.0, "share_of_peak": None}
    scaling.plot([row], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_scaling(run, monkeypatch, tmp_path):
    monkeypatch.setattr(scaling, "QUICK", {"batch": (1, 2), "size": (8, 16), "width": (4, 8)})
    monkeypatch.setattr(scaling, "BASE", {"batch": 2, "size": 8, "width": 4})
    status, text = run(scaling=tmp_path / "curves.png", quick=True, threads=machine.cores())
    assert status == 0
    assert "ms per image" in text
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_scaling_varies_one_quantity_at_a_time():
    found = scaling.points()
    assert len(found) == len({str(point) for point in found}) == 16
    assert all(sum(point[knob] != scaling.BASE[knob] for knob in point) <= 1 for point in found)
    assert {point["batch"] for point in found} >= {1, 512}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"only": "nobody"}, "there is no model 'nobody'; there are: tiny, tiny_critic"),
        ({"rounds": 0}, "rounds above 0, got 0"),
        ({"seconds": -1}, "seconds above 0, got -1"),
        ({"threads": 0}, "threads above 0, got 0"),
        ({"threads": 10_000}, "threads here, one per core, got 10000"),
    ],
)
def test_invalid_options_raise(run, options, message):
    with pytest.raises(ValueError, match=r"bench|model") as error:
        run(**options)
    assert message in str(error.value)


def test_the_command_passes_its_options_on(monkeypatch, capsys):
    seen = {}
    monkeypatch.setattr(bench, "run", lambda **options: seen.update(options) or 0)
    assert cli.main(["bench", "--only", "mlp", "--rounds", "3", "--threads", "1", "--layers", "--markdown"]) == 0
    assert (seen["only"], seen["rounds"], seen["threads"], seen["layers"], seen["markdown"]) == (
        "mlp",
        3,
        1,
        True,
        True,
    )
    assert (seen["seconds"], seen["quick"], seen["scaling"], seen["json"]) == (0.6, False, None, None)
    with pytest.raises(SystemExit):
        cli.main(["bench", "--help"])
    assert "example: minigan bench --only mlp" in capsys.readouterr().out


# ---- the smaller parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("core", [None, "Haswell"])
def test_a_core_type_chosen_for_openblas_is_reported(monkeypatch, core):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    if core:
        monkeypatch.setenv("OPENBLAS_CORETYPE", core)
    assert machine.describe(2)["BLAS of NumPy"].endswith("OPENBLAS_CORETYPE=Haswell is set") == bool(core)


def test_the_machine_is_described(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = machine.describe(2)
    assert found["processor"]
    assert found["numpy"][0].isdigit()
    assert "torch" not in found
    assert "2 used" in found["cores"]


def test_the_machine_without_proc(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "none")
    assert machine.instructions() == ""
    assert isinstance(machine.processor(), str)
    (tmp_path / "none").write_text("model name : Wonder CPU\nflags : avx2 fma\n")
    assert (machine.processor(), machine.instructions()) == ("Wonder CPU", "AVX2 + FMA")
    (tmp_path / "none").write_text("no such lines\n")
    assert isinstance(machine.processor(), str)


def test_versions_of_packages_that_are_not_installed_are_read_from_the_module(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.importlib.metadata, "version", missing)
    assert machine._version("minigan") == __import__("minigan").__version__


def test_which_variants_make_sense():
    mlp, conv, dcgan, toy = models.mlp(), models.wgan_gp_conv(), models.dcgan(), models.toy()
    assert variants(mlp) == ["usual", "foreach", "fused", "joined", "compile"]
    assert variants(conv) == ["usual", "foreach", "fused", "channels_last", "joined", "compile"]
    assert variants(dcgan) == ["usual", "foreach", "fused", "channels_last", "compile"]
    assert variants(conv, quick=True) == ["usual", "channels_last"]
    assert variants(toy, quick=True) == ["usual", "fused"]
    assert [joins(made) for made in (mlp, conv, dcgan, toy)] == [True, True, False, True]
    assert [convolutional(made) for made in (mlp, conv, dcgan, toy)] == [False, True, True, False]
    assert not joins(models.default()) or len(models.default().penalties) != 1


def test_the_first_steps_share_one_empty_cache(monkeypatch):
    seen = []

    def ran(command, env, check, stdin):
        folder = env["NUMBA_CACHE_DIR"]
        seen.append((folder, env["MINIGAN_THREADS"], os.listdir(folder)))
        (open(os.path.join(folder, "kernel"), "w")).close()
        assert check
        *imports, step = command[2].split("; ")
        exec("; ".join(imports), {})
        compile(step, "first step", "exec")

    monkeypatch.setattr(subprocess, "run", ran)
    found = startup.first_steps(2)
    assert found.keys() == {"cold", "warm"}
    (a, threads, empty), (b, _, filled) = seen
    assert a == b
    assert (threads, empty, filled) == ("2", [], ["kernel"])
    assert not os.path.exists(a)
