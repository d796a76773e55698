"""The memory that a command and all its processes hold at a time, at its peak.

A page that several processes share counts as one: what is summed is the proportional set size (PSS)
that Linux tells of each. To ask takes a moment in which a process may not grow, so times are taken of
another run of the command.
"""

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.measure import REPOSITORY, CommandError

SECONDS_BETWEEN = 0.1
PROC = Path("/proc")
IS_TOLD = (PROC / "self/smaps_rollup").exists()
"""Whether this system tells it at all."""


def peak_of_all(command: Sequence[str]) -> int:
    """Run a command to its end; bytes, the most that it and its processes held when they were asked."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=REPOSITORY)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_pss, _family(process.pid))))
        time.sleep(SECONDS_BETWEEN)
    _, said = process.communicate()
    if process.returncode:
        raise CommandError(command, process.returncode, said.decode(errors="replace"))
    return peak


def _family(pid: int) -> Iterator[int]:
    """A process and those that it started, and so on."""
    yield pid
    for task in _children(pid):
        yield from _family(task)


def _children(pid: int) -> list[int]:
    try:
        threads = [*(PROC / str(pid) / "task").iterdir()]
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return []


def _pss(pid: int) -> int:
    """Bytes; 0 of one that has ended meanwhile."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
