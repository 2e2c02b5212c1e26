"""How much memory there is, asked before a large array is made, so that a wrong number is one sentence and no swapping.

A system grants more memory than it has, and ends a process, any process, when too much of it is used. So sizes are compared
with the memory of the machine first: of the container (cgroup), if there is one, and what `ulimit -v` allows.
"""

import os
from functools import cache
from pathlib import Path

MOST_PIXELS = 89_478_485  # of a picture: from here on Pillow warns of a decompression bomb when it is opened again


@cache
def memory() -> int:
    """The bytes this process may use: the least of the machine's memory, the cgroup's limit and the process's own."""
    try:
        limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_cgroups(), _address_space()]
    except (AttributeError, ValueError, OSError):  # a platform that doesn't say
        return 2**63
    return min(limit for limit in limits if limit > 0)


def refuse_too_large(what: str, size: int) -> None:
    """Raise MemoryError if `size` bytes, which `what` needs, are more than this machine has."""
    most = memory()
    if size > most:
        raise MemoryError(f"{what} would need {_amount(size)} of memory, and this machine has {_amount(most)}")


def limit_memory() -> None:
    """From now on an allocation fails, with a MemoryError, before the machine has to swap (on Linux; inherited by children).

    2 GiB on top are for what libraries reserve and never touch, such as the stacks of threads.
    """
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = memory() + 2**31
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    except (ImportError, ValueError, OSError):  # a platform that cannot: the sizes that are checked are still refused
        return


def _cgroups() -> list[int]:
    """The memory limits of the control groups this process is in, version 2 or 1."""
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines() if os.path.exists("/proc/self/cgroup") else ():
        _, controllers, name = line.split(":", 2)
        root, file = ("", "memory.max") if not controllers else ("memory", "memory.limit_in_bytes")
        if controllers and "memory" not in controllers.split(","):
            continue
        place = Path("/sys/fs/cgroup", root, name.lstrip("/"))
        for folder in (place, *place.parents):  # every group above has its say, too
            if (folder / file).is_file():
                text = (folder / file).read_text().strip()
                found += [int(text)] * text.isdecimal()  # else "max"
    return found


def _address_space() -> int:
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0]  # -1: no limit


def _amount(size: int) -> str:
    """1610612736 -> 1.5 GiB"""
    if size >= 2**70:
        return "more than 1024 EiB"
    power = max((size.bit_length() - 1) // 10, 0)
    return f"{size / 2 ** (10 * power):.4g} {('bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')[power]}"
