"""Processor time and peak memory of extreme logs: how each grows, and that it grows in proportion.

    python -m tests.bench.resources                 # a hundredth and a fiftieth of the full sizes
    python -m tests.bench.resources --part 1        # the full sizes, as 2,000,000 ids

Each shape is one log, replayed and asked at half its size and at its size. A question that takes longer
than --seconds is stopped and told so; it is not asked again of the larger log.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

from tests.bench.measure import MIB, RSS_UNIT

Lines = Iterator[str]


def event(name: str, own: str, number: int, **properties: Any) -> str:
    """A line; a second later than the one before."""
    days, seconds = divmod(number, 86_400)
    when = f"2024-{1 + days // 28 % 12:02}-{1 + days % 28:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}"
    moment = f"{when}:{seconds % 60:02}Z"
    return dumps({"event": name, "distinct_id": own, "timestamp": moment, "properties": properties}) + "\n"


def many_ids(count: int) -> Lines:
    """As many persons as ids, and a link now and then."""
    for number in range(count):
        anonymous = {"$anon_distinct_id": f"id-{number - 1}"} if number % 10 == 9 else {}
        yield event("$identify" if anonymous else "e", f"id-{number}", number, **anonymous)


def one_person(count: int) -> Lines:
    """All ids on one person."""
    for number in range(count):
        yield event("$identify", "ada", number, **{"$anon_distinct_id": f"id-{number}"})


def chain(count: int) -> Lines:
    """A person that has swallowed all before is merged into the next."""
    for number in range(1, count + 1):
        yield event("e", f"id-{number}", number, **{"$device_id": f"id-{number}"})
        yield event("$merge_dangerously", f"id-{number}", number, alias=f"id-{number - 1}")


def many_teams(count: int) -> Lines:
    """Two ids of one person in each of them."""
    for number in range(count):
        line = event("$identify", "ada", number, **{"$anon_distinct_id": "id-1"})
        yield f'{{"team_id":{number + 1},{line[1:]}'


def many_properties(count: int) -> Lines:
    """An id with them all, one an event."""
    for number in range(count):
        yield event("e", "ada", number, **{"$set": {f"k{number}": number}, "$device_id": "ada"})
    yield event("$identify", "bob", count, **{"$anon_distinct_id": "ada"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of log, its full size, the two ids that are asked about, and options of the questions."""

    lines: Callable[[int], Lines]
    size: int
    ids: tuple[str, str]
    options: tuple[str, ...] = ()


SHAPES = {
    "many-ids": Shape(many_ids, 2_000_000, ("id-19", "id-18")),
    "one-person": Shape(one_person, 1_000_000, ("ada", "id-7")),
    "chain": Shape(chain, 1_000_000, ("id-1", "id-0")),
    "many-teams": Shape(many_teams, 100_000, ("ada", "id-1"), ("--team-id", "7")),
    "many-properties": Shape(many_properties, 100_000, ("ada", "bob")),
}


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of the processor, of all processes, and bytes of the largest; code is None if stopped."""

    seconds: float
    peak_bytes: int
    code: int | None


def used_by(command: list[str], folder: Path, seconds: float) -> Used:
    """What a command takes, with the children that it waits for."""
    started = time.perf_counter()
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return Used(_processor(usage), usage.ru_maxrss * RSS_UNIT, process.returncode)
            if time.perf_counter() > started + seconds:
                os.killpg(process.pid, signal.SIGKILL)
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = -signal.SIGKILL
                return Used(_processor(usage), usage.ru_maxrss * RSS_UNIT, None)
            time.sleep(0.01)


def _processor(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def questions(shape: Shape) -> dict[str, list[str]]:
    """What is asked of a run, by command."""
    one, other = shape.ids
    asked = {"person": [one], "how": [one], "why": [one, other], "culprits": [one], "blame": [one]}
    return {name: [*words, *shape.options] for name, words in asked.items()}


def measured(name: str, part: float, seconds: float, folder: Path) -> None:
    """Print a row for each command."""
    shape = SHAPES[name]
    sizes = [max(1, int(shape.size * part / 2)), max(2, int(shape.size * part))]
    rows: dict[str, list[Used]] = {}
    for size in sizes:
        with (folder / "log.ndjson").open("w") as log:
            log.writelines(shape.lines(size))
        commands = {"replay": ["log.ndjson", "-q"], **questions(shape)}
        for command, words in commands.items():
            before = rows.setdefault(command, [])
            if before and before[-1].code is None:
                continue
            call = [sys.executable, "-m", "identity_cli", command, *words, "--run", "run"]
            before.append(used_by(call, folder, seconds))
    for command, both in rows.items():
        print(f"| {name} {sizes[-1]:,} | {command} | {' | '.join(map(_told, both))} |", flush=True)


def _told(used: Used) -> str:
    if used.code is None:
        return f"stopped after {used.seconds:.0f} s, {used.peak_bytes / MIB:,.0f} MiB"
    ended = "" if used.code in (0, 1) else f" (exit {used.code})"
    return f"{used.seconds:.2f} s, {used.peak_bytes / MIB:,.0f} MiB{ended}"


def main() -> None:
    """Measure the shapes asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", type=float, default=0.02, help="of the full sizes (default 0.02)")
    parser.add_argument("--seconds", type=float, default=300, help="the longest that a command may take")
    parser.add_argument("--only", action="append", choices=[*SHAPES], help="these shapes; may be repeated")
    given = parser.parse_args()
    print("| log | command | half the size | the size |\n|---|---|---|---|")
    for name in given.only or SHAPES:
        with tempfile.TemporaryDirectory(prefix="idcli-resources-") as folder:
            measured(name, given.part, given.seconds, Path(folder))


if __name__ == "__main__":
    main()
