"""Without an optional package, the command that needs it says in one sentence what to install, and writes nothing."""

import ast
import sys
from pathlib import Path

import pytest

import minigan
from minigan import cli
from minigan.cli.parser import WRONG

ROOT = Path(minigan.__file__).parent
REQUIRED = {
    "numpy",
    "numba",
    "llvmlite",
    "PIL",
    "matplotlib",
    "tqdm",
    "safetensors",
    "pooch",
    "threadpoolctl",
    "cycler",
}  # cycler is Matplotlib's

NEEDS = [  # the packages that are missing, the command, what it says
    ("sympy", "certify --symbolic", "pip install 'minigan[symbolic]'"),
    ("joblib", "results dirac --quick --workers 2 --out DIR", "pip install 'minigan[sweeps]'"),
    ("distributed", "results dirac --quick --scheduler tcp://localhost:1 --out DIR", "pip install 'minigan[sweeps]'"),
    ("nbclient", "notebooks --check", "pip install -e '.[notebooks]'"),
    ("nbformat", "notebooks --check", "pip install -e '.[notebooks]'"),
    ("nbclient", "notebooks --count 1", "pip install -e '.[notebooks]'"),
    ("ipykernel", "notebooks --check", "pip install -e '.[notebooks]'"),
    ("pytest", "certify --mutants --share 0.01", "pip install 'minigan[test]'"),
    ("babel", "notebooks DIR/here --lang zh --no-open", "pip install babel"),
    ("markdown_it", "notebooks DIR/here --lang zh --no-open", "pip install markdown-it-py"),
    ("mdit_py_plugins", "notebooks DIR/here --lang zh --no-open", "pip install mdit-py-plugins"),
    ("onnx", "export RUN --onnx DIR/g.onnx", "pip install 'minigan[onnx]'"),
    ("tensorboardX", "export RUN --tensorboard DIR/log", "pip install 'minigan[tensorboard]'"),
    ("imageio_ffmpeg", "export RUN --film DIR/film.mp4", "pip install imageio-ffmpeg"),
    ("imageio_ffmpeg", "interpolate RUN --frames 3 --out DIR/walk.mp4", "pip install imageio-ffmpeg"),
    ("imageio_ffmpeg", "video RUN --out DIR/clip.mp4", "pip install imageio-ffmpeg"),
    ("mpi4py", "train --steps 1 --width 2 --out DIR/run", "pip install 'minigan[mpi]'"),  # under mpiexec
    ("mpiexec", "bench --ranks", "pip install 'minigan[mpi]'"),
]
OTHERS = {
    "torch": "bench times minigan alone, and says so; its other side is imported only if PyTorch is there",
    "skimage": "one method of a table: tests/measure/results, held_out.borrowed",
    "sklearn": "the same",
    "IPython": "imported inside a notebook alone, which is IPython's",
    "jupyterlab": "started as a program; without it the lessons are copied, and the command says what to install",
}


@pytest.mark.slow
@pytest.mark.parametrize(("package", "command", "install"), NEEDS)
def test_the_command_says_what_to_install(package, command, install, capsys, digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # neither found nor imported
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))  # mpiexec is looked for beside it
    if package == "mpi4py":
        monkeypatch.setenv("PMI_RANK", "0")
        monkeypatch.setenv("PMI_SIZE", "2")
        from minigan.kernels.parallel import ranks

        ranks.world.cache_clear()
    argv = [word.replace("DIR", str(tmp_path)).replace("RUN", str(digits)) for word in command.split()]
    assert cli.main(argv) == WRONG
    said = capsys.readouterr().err
    assert install in said
    assert said.startswith(f"minigan {argv[0]}: ")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def imported() -> set[str]:
    """The packages that minigan imports, or looks for, besides Python's own and those it requires."""
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("find_spec", "borrowed")):
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    found = {name.partition(".")[0] for name in found}
    return found - sys.stdlib_module_names - REQUIRED - {"minigan", ""}


def test_every_optional_package_is_in_the_table():
    assert imported() <= {package for package, *_ in NEEDS} | set(OTHERS)
