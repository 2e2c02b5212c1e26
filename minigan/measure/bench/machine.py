"""Describe the machine: milliseconds mean nothing without it."""

import datetime
import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def processor() -> str:
    """The processor's name, as the system reports it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def instructions() -> str:
    """The vector instructions that determine the peak, such as AVX2 + FMA; empty if unknown."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return ""
    return " + ".join(name.upper() for name in ("avx2", "fma", "avx512f") if name in flags)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_torch() -> bool:
    """Is PyTorch installed?  Checked without importing it."""
    return importlib.util.find_spec("torch") is not None


def describe(threads: int) -> dict[str, str]:
    """Machine, versions and date, as label -> text."""
    np.matmul(np.ones((2, 2)), np.ones((2, 2)))  # loads BLAS
    blas = [
        f"{i['internal_api']} {i['version']} ({i.get('architecture', '?')})"
        for i in threadpool_info()
        if i["user_api"] == "blas"
    ]
    if "OPENBLAS_CORETYPE" in os.environ:  # worth reporting: it can halve the speed of all products
        blas.append(f"OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']} is set")
    packages = ["minigan", "numpy", "numba", *(["torch"] if has_torch() else [])]
    versions = {name: _version(name) for name in packages}
    return {
        "processor": ", ".join(filter(None, (processor(), instructions()))),
        "cores": f"{cores()} usable, {threads} used",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **versions,
        "BLAS of NumPy": ", ".join(blas) or "unknown",
        "date": f"{datetime.date.today()}",
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return importlib.import_module(name).__version__
