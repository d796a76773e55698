"""How many instructions a command takes with all its processes: what a loud machine does not change.

Counted by the processor where perf may ask it, else by valgrind, which takes some thirty times as long.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.measure import REPOSITORY, CommandError

Count = Callable[[Sequence[str]], int]


def counter() -> Count | None:
    """What counts here; None where nothing can."""
    if shutil.which("perf"):
        try:
            by_perf(["true"])
        except (CommandError, ValueError):
            pass
        else:
            return by_perf
    return by_valgrind if shutil.which("valgrind") else None


def by_perf(command: Sequence[str]) -> int:
    """As the processor counts; ValueError where it does not say."""
    with tempfile.NamedTemporaryFile("r") as counts:
        _run(["perf", "stat", "-e", "instructions:u", "-x,", "-o", counts.name, "--", *command])
        lines = [line for line in counts.read().splitlines() if "instructions" in line]
    return int(lines[0].split(",")[0])


def by_valgrind(command: Sequence[str]) -> int:
    """As valgrind counts, which runs every one of them itself."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=cachegrind", "--cache-sim=no", "--trace-children=yes"]
        _run(["valgrind", *options, f"--cachegrind-out-file={folder}/%p", *command])
        found = [path.read_text().rsplit("summary:", 1)[-1] for path in Path(folder).iterdir()]
    return sum(int(counts.split()[0]) for counts in found)


def _run(command: Sequence[str]) -> None:
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise CommandError(command, ended.returncode, ended.stdout + ended.stderr)
