"""Runs commands as processes of their own and says what each took."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
MIB = 1 << 20
REPOSITORY = Path(__file__).resolve().parents[2]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took, with the processes that it started and waited for."""

    wall: float
    cpu: float
    peak_bytes: int  # of the largest one of them; of all together see memory
    output: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of several measurements, and the ends."""

    median: float
    lowest: float
    highest: float
    count: int


class CommandError(Exception):
    """A measured command ended with an error; a figure of it would mean nothing."""

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"{' '.join(command)} ended with {code}:\n{output}")


def run(command: Sequence[str], *, cwd: str | os.PathLike[str] | None = None) -> Usage:
    """Run a command to its end, its output in a pipe.

    Linux counts the memory of the process that started it into a child's peak, so keep
    this one small: whatever needs memory runs as a command too.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd)
    assert process.stdout is not None
    with process.stdout as pipe:
        output = pipe.read().decode(errors="replace")
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CommandError(command, process.returncode, output)
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * RSS_UNIT, output)


def alternate(actions: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Do all actions in each round, forwards and backwards in turn: A B C, C B A, A B C.

    What disturbs the machine for a while then disturbs all of them.
    """
    results: dict[str, list[Result]] = {name: [] for name in actions}
    for number in range(rounds):
        for name in list(actions)[:: -1 if number % 2 else 1]:
            results[name].append(actions[name]())
    return results


def spread(values: Sequence[float]) -> Spread:
    """The median of these, the lowest and the highest."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio of each pair of one round."""
    return [over / under for over, under in zip(above, below, strict=True)]
