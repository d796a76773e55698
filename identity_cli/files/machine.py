"""What a replay may take of the machine: cores, memory and open files.

A container sees the whole machine's cores and memory, and may take what its control groups allow, or those
above them: Linux's documentation, "Control Group v2" (cpu.max, memory.max, memory.current, memory.stat), and
of version 1 "CFS Bandwidth Control" and "Memory Resource Controller".
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
OPEN_FILES = 4096
"""Enough for as many processes as may be asked for; macOS refuses more than 10,240, whatever it says."""
FILES_OF_ALL = 300
"""Open however few processes work: parts have five each, repeats are told apart in 64."""
FILES_OF_A_PROCESS = 14
"""Of each that reads, in the one that began them all: what it gathers and deals, and pipes to and from it."""


def cores_to_use() -> int:
    """How many cores this process may use, at least 1."""
    has_affinity = hasattr(os, "sched_getaffinity")  # not macOS, Windows
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min([cores, *_quotas()])


def free_memory() -> int | None:
    """Bytes that may be taken before the system swaps or ends processes; None where it does not tell."""
    return min([*_available(), *_left_in_groups()], default=None)


def processes_with_files() -> int:
    """For how many processes files may be open, at least 1; raises the limit of files as far as it may."""
    try:
        import resource
    except ImportError:  # Windows
        return 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # it may be refused, and is as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    files = OPEN_FILES if soft == resource.RLIM_INFINITY else soft
    return max(1, (files - FILES_OF_ALL) // FILES_OF_A_PROCESS)


def _available() -> Iterator[int]:
    with suppress(OSError, ValueError):
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) << 10


def _left_in_groups() -> Iterator[int]:
    """Bytes that each control group has left; files that it caches are let go where room is needed."""
    for group in _groups("memory"):
        for limit, used, cached in (
            ("memory.max", "memory.current", ("inactive_file", "active_file")),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
        ):
            with suppress(OSError, ValueError):  # another version, or no limit: "max"
                left = int(_text(group / limit)) - int(_text(group / used))
                rows = dict(line.split() for line in _text(group / "memory.stat").splitlines())
                yield max(0, left + sum(int(rows.get(name, 0)) for name in cached))


def _quotas() -> Iterator[int]:
    """How many cores' time each control group may take, rounded up."""
    for group in _groups("cpu"):
        for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            with suppress(OSError, ValueError):  # another version, or no quota: "max", -1
                quota, period = (int(word) for name in names for word in _text(group / name).split())
                if quota > 0 < period:
                    yield -(-quota // period)


def _groups(controller: str) -> Iterator[Path]:
    """The folders of the control groups of this process that may limit it, and of those above them."""
    with suppress(OSError, ValueError):
        for line in _text(_OWN_GROUPS).splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers or controller in controllers.split(","):
                root = _GROUPS / controller if controllers else _GROUPS
                own = root / path.lstrip("/")
                yield from (one for one in (own, *own.parents) if one.is_relative_to(root))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
