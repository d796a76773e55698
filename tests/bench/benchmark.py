"""Measures idcli against its budgets, as ratios taken in one run on one machine.

    python -m tests.bench.benchmark [--events 1000000] [--runs 3] [--only NAME ...]

Makes its logs in a temporary folder, where later calls find them again. A measure, not
a test: it ends with 0 whatever it finds. README.md beside says what the units are.
"""

import argparse
import compileall
import contextlib
import importlib.util
import json
import os
import platform
import shlex
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from tests.bench.measure import MIB, CommandError, Spread, Usage, alternate, ratios, run, spread

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATOR = Path(__file__).with_name("generate.py")
PYTHON = sys.executable
BARE_START = (PYTHON, "-I", "-c", "")
STARTS = 15  # a start takes a tenth of a second and varies by a third
NOT_FACTS = ("run", "sources")  # tables of run.db that tell of the replay, not of the log


@dataclass(frozen=True, slots=True)
class Budget:
    """What to reach and what would be better still; the lower the better."""

    reach: float | None = None
    beyond: float | None = None


# Linear and flat as ratios: of the time at twice the size, of the peak at four times the events.
BUDGETS = {
    "replay, one process / D": Budget(3.6, 2.8),
    "replay / D": Budget(2.6),
    "replay / O": Budget(None, 1.0),
    "replay of 5 times the events": Budget(5.5, 5.0),
    "peak memory per million distinct ids": Budget(850, 600),
    "peak memory, ids fixed, 4 times the events": Budget(1.05, 1.02),
    "chain of merges, twice as long": Budget(2.2, 2.05),
    "one person, twice the ids": Budget(2.2, 2.05),
    "idcli person ID, piped": Budget(4.5, 4.0),
    "idcli --help": Budget(4.5, 4.0),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured quantity."""

    quantity: str
    values: Sequence[float]
    unit: str = ""
    digits: int = 2

    @property
    def spread(self) -> Spread:
        """The median and the ends."""
        return spread(self.values)

    @property
    def budget(self) -> Budget:
        """What the design allows, empty where it says nothing."""
        return BUDGETS.get(self.quantity, Budget())

    @property
    def verdict(self) -> str:
        """Whether the median keeps the budget."""
        reach, beyond = self.budget.reach, self.budget.beyond
        if beyond is not None and self.spread.median <= beyond:
            return "beyond"
        if reach is None:
            return "" if beyond is None else "not beyond"
        return "met" if self.spread.median <= reach else "NOT MET"


class Workshop:
    """The logs to measure with and the runs that come out of them, in one folder."""

    def __init__(self, folder: Path, replay_options: Sequence[str]) -> None:
        self._logs = folder.absolute()
        self._runs = self._logs / "runs"
        self._replay_options = replay_options
        self._logs.mkdir(parents=True, exist_ok=True)

    def log(self, kind: str, **numbers: int | bool) -> Path:
        """A log of that kind, made unless it is there and no older than its generator."""
        options = [f"--{name}" if value is True else f"--{name}={value}" for name, value in numbers.items()]
        words = [kind, *(option.lstrip("-").replace("=", "-") for option in options)]
        path = self._logs / f"{'-'.join(words)}.ndjson"
        if not path.exists() or path.stat().st_mtime < GENERATOR.stat().st_mtime:
            say(f"making {path.name}")
            run([PYTHON, "-m", "tests.bench.generate", kind, str(path), *options], cwd=REPOSITORY)
        return path

    def run_folder(self, log: Path) -> Path:
        """Where the run of a log goes."""
        return self._runs / log.stem

    def replay(self, log: Path, *options: str) -> Usage:
        """Replay a log with all default outputs, into a new folder."""
        run_folder = self.run_folder(log)
        shutil.rmtree(run_folder, ignore_errors=True)
        self._runs.mkdir(exist_ok=True)
        say(f"replaying {log.name}")
        command = [PYTHON, "-m", "identity_cli", "replay", str(log), "--run", str(run_folder), "--quiet"]
        return run([*command, *self._replay_options, *options], cwd=REPOSITORY)

    def decode(self, unit: str, log: Path) -> float:
        """The seconds of one unit on a log."""
        say(f"decoding {log.name} for {unit}")
        usage = run([PYTHON, "-m", "tests.bench.units", unit, str(log)], cwd=REPOSITORY)
        return float(usage.output)

    def remove_runs(self) -> None:
        """Remove the runs; the logs stay for the next call."""
        shutil.rmtree(self._runs, ignore_errors=True)


class Benchmark:
    """Every measurement, by name; each gives rows of the table."""

    def __init__(self, workshop: Workshop, events: int, runs: int) -> None:
        self._workshop = workshop
        self._events = events
        self._runs = runs

    @cached_property
    def _realistic_log(self) -> Path:
        return self._workshop.log("realistic", events=self._events)

    @cached_property
    def _log_of_many_ids(self) -> Path:
        """The ids of five times the events: some 950,000 of 5,000,000."""
        return self._workshop.log("realistic", events=5 * self._events, bare=True)

    def replay(self) -> Iterator[Row]:
        """A whole replay, against decoding the same file and nothing else."""
        log, workshop = self._realistic_log, self._workshop
        decoded: dict[str, Callable[[], float]] = {"D": partial(workshop.decode, "D", log)}
        if importlib.util.find_spec("orjson"):
            decoded["O"] = partial(workshop.decode, "O", log)
        else:
            say("without O: orjson is not installed, see the extra 'bench'")
        replayed: list[Usage] = []

        def replay() -> float:
            replayed.append(workshop.replay(log))
            return replayed[-1].wall

        def replay_in_one() -> float:
            return workshop.replay(log, "--one-process").wall

        measured = {**decoded, "replay": replay, "replay, one process": replay_in_one}
        walls = alternate(measured, self._runs)
        for unit in decoded:
            yield Row(f"{unit}: the unit", walls[unit], "s")
        for name in ("replay, one process", "replay"):
            for unit in decoded:
                yield Row(f"{name} / {unit}", ratios(walls[name], walls[unit]), unit)
        yield Row("replay, wall", walls["replay"], "s")
        yield Row("replay, processor", [usage.cpu for usage in replayed], "s")
        yield Row("replay, events a second", [self._events / wall for wall in walls["replay"]], "", 0)
        yield Row("replay, peak memory", [usage.peak_bytes / MIB for usage in replayed], "MiB", 0)
        yield from self._store(log)

    def _store(self, log: Path) -> Iterator[Row]:
        run_folder = self._workshop.run_folder(log)
        size = (run_folder / "run.db").stat().st_size
        everything = sum(file.stat().st_size for file in run_folder.iterdir())
        facts = _fact_count(run_folder)
        yield Row("log", [log.stat().st_size / MIB], "MiB", 0)
        yield Row("facts", [facts], "", 0)
        yield Row("run.db, bytes a fact", [size / facts], "B", 0)
        yield Row("run.db / log", [size / log.stat().st_size], "", 3)
        yield Row("run folder / log", [everything / log.stat().st_size], "", 3)

    def memory(self) -> Iterator[Row]:
        """The peak of a replay that sees about a million ids, nothing taken off."""
        log, workshop = self._log_of_many_ids, self._workshop
        nothing = workshop.replay(workshop.log("realistic", events=1))
        usage = workshop.replay(log)
        ids = _id_count(workshop.run_folder(log))
        yield Row("distinct ids in the log of many", [ids], "", 0)
        yield Row("peak memory, one event", [nothing.peak_bytes / MIB], "MiB", 0)
        yield Row("peak memory, many ids", [usage.peak_bytes / MIB], "MiB", 0)
        yield Row("peak memory per million distinct ids", [usage.peak_bytes / MIB / ids * 1e6], "MiB", 0)

    def flat(self) -> Iterator[Row]:
        """The same ids, four times the events."""
        ids = self._events // 10
        once = self._workshop.log("fixed-ids", events=self._events, ids=ids)
        longer = self._workshop.log("fixed-ids", events=4 * self._events, ids=ids)
        peaks = [self._workshop.replay(log).peak_bytes for log in (once, longer)]
        yield Row("peak memory, ids fixed", [peaks[0] / MIB], "MiB", 0)
        yield Row("peak memory, ids fixed, 4 times the events", [peaks[1] / peaks[0]])

    def chain(self) -> Iterator[Row]:
        """Each merge takes all that came before into a new person."""
        half = self._workshop.log("chain", merges=self._events // 2)
        whole = self._workshop.log("chain", merges=self._events)
        yield from self._growth("chain of merges, twice as long", half, whole)

    def one_person(self) -> Iterator[Row]:
        """Each line adds an id to one person."""
        half = self._workshop.log("one-person", ids=self._events // 2)
        whole = self._workshop.log("one-person", ids=self._events)
        yield from self._growth("one person, twice the ids", half, whole)

    def five_times(self) -> Iterator[Row]:
        """The realistic log, five times as long, with five times the ids."""
        whole = self._workshop.log("realistic", events=5 * self._events)
        yield from self._growth("replay of 5 times the events", self._realistic_log, whole)

    def _growth(self, quantity: str, small: Path, large: Path) -> Iterator[Row]:
        replays = {log.name: partial(self._workshop.replay, log) for log in (small, large)}
        usages = alternate(replays, self._runs)
        walls = {name: [usage.wall for usage in taken] for name, taken in usages.items()}
        yield Row(f"{quantity}: seconds", walls[large.name], "s")
        peaks = [usage.peak_bytes / MIB for usage in usages[large.name]]
        yield Row(f"{quantity}: peak memory", peaks, "MiB", 0)
        yield Row(quantity, ratios(walls[large.name], walls[small.name]), "times")

    def start(self) -> Iterator[Row]:
        """Short commands, against a Python that starts and does nothing."""
        # As pip does when it installs: an editable package, in an environment that keeps Python
        # from writing bytecode, would compile the source again at every start.
        compileall.compile_dir(REPOSITORY / "identity_cli", quiet=1)
        log, workshop = self._log_of_many_ids, self._workshop
        run_folder = workshop.run_folder(log)
        if not run_folder.exists():
            workshop.replay(log)
        wanted = _some_id(run_folder)
        say(f"starting each command {STARTS} times")
        idcli = Path(PYTHON).with_name("idcli")
        tool = [str(idcli)] if idcli.exists() else [PYTHON, "-m", "identity_cli"]
        commands = {
            "a bare Python": BARE_START,
            "idcli person ID, piped": (*tool, "person", wanted, "--run", str(run_folder)),
            "idcli --help": (*tool, "--help"),
        }
        started = {name: partial(run, command, cwd=REPOSITORY) for name, command in commands.items()}
        alternate(started, 1)  # the first start of each reads from disk and compiles
        usages = alternate(started, STARTS)
        walls = {name: [usage.wall for usage in taken] for name, taken in usages.items()}
        bare = walls.pop("a bare Python")
        yield Row("a bare Python starts in", [1000 * wall for wall in bare], "ms", 1)
        for name, taken in walls.items():
            yield Row(name, ratios(taken, bare), "starts")


MEASUREMENTS: dict[str, Callable[[Benchmark], Iterable[Row]]] = {
    "replay": Benchmark.replay,
    "memory": Benchmark.memory,
    "flat": Benchmark.flat,
    "chain": Benchmark.chain,
    "one-person": Benchmark.one_person,
    "start": Benchmark.start,
    "five-times": Benchmark.five_times,
}
TAKES_LONG = "five-times"


def _fact_count(run_folder: Path) -> int:
    """The rows of run.db that tell of the log: persons, ids, links, property changes, warnings, ..."""
    tables = (
        name
        for (name,) in _rows(run_folder, "SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in NOT_FACTS and not name.startswith("sqlite_")
    )
    return sum(_row_count(run_folder, f'"{table}"') for table in tables)


def _id_count(run_folder: Path) -> int:
    return _row_count(run_folder, "distinct_ids")


def _some_id(run_folder: Path) -> str:
    """An id of somebody who signed up, from the middle of the table."""
    signed_up = "distinct_ids WHERE distinct_id GLOB 'user_*'"
    middle = _row_count(run_folder, signed_up) // 2
    ((distinct_id,),) = _rows(run_folder, f"SELECT distinct_id FROM {signed_up} LIMIT 1 OFFSET {middle}")
    return str(distinct_id)


def _row_count(run_folder: Path, what: str) -> int:
    ((count,),) = _rows(run_folder, f"SELECT count(*) FROM {what}")
    return int(count)


def _rows(run_folder: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(run_folder / "run.db")) as database:
        return database.execute(query).fetchall()


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / (1 << 30)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_optimised": "--enable-optimizations" in configured,
        "revision": revision.stdout.strip(),
    }


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table that also reads well as it is."""
    cells: list[tuple[str, ...]] = [("quantity", "measured", "lowest - highest", "reach", "beyond", "")]
    cells += [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    found = row.spread
    several = f"{_number(found.lowest, row)} - {_number(found.highest, row)} ({found.count})"
    return (
        row.quantity,
        f"{_number(found.median, row)} {row.unit}".strip(),
        several if found.count > 1 else "",
        "" if row.budget.reach is None else f"{row.budget.reach:g}",
        "" if row.budget.beyond is None else f"{row.budget.beyond:g}",
        row.verdict,
    )


def _number(value: float, row: Row) -> str:
    return f"{value:,.{row.digits}f}"


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures idcli against its budgets.")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="lines of the log; others follow from it"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, help="what to measure; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help=f"also {TAKES_LONG}, which takes long")
    parser.add_argument("--replay-options", default="", help="further options of idcli replay, in one string")
    default_folder = Path(tempfile.gettempdir()) / "idcli-bench"
    parser.add_argument("--folder", type=Path, default=default_folder, help="where the logs are kept")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure in this file")
    return parser.parse_args()


def _measure(benchmark: Benchmark, names: Sequence[str]) -> list[Row]:
    """The rows of these measurements; one that fails is told and left out."""
    rows: list[Row] = []
    for name in names:
        try:
            rows += MEASUREMENTS[name](benchmark)
        except CommandError as error:
            say(f"{name} could not be measured. {error}")
    return rows


def _as_json(rows: Iterable[Row], arguments: argparse.Namespace) -> str:
    figures = [
        {"quantity": row.quantity, "unit": row.unit, "values": list(row.values)}
        | {"median": row.spread.median, "verdict": row.verdict, **asdict(row.budget)}
        for row in rows
    ]
    asked = {"events": arguments.events, "runs": arguments.runs, "replay_options": arguments.replay_options}
    return json.dumps({"machine": machine(), **asked, "figures": figures}, indent=1) + "\n"


def main() -> None:
    """Measure what the command line asks for."""
    arguments = _parse_arguments()
    workshop = Workshop(arguments.folder, shlex.split(arguments.replay_options))
    benchmark = Benchmark(workshop, arguments.events, arguments.runs)
    usual = [name for name in MEASUREMENTS if arguments.all or name != TAKES_LONG]
    workshop.remove_runs()  # of a call that was stopped
    try:
        rows = _measure(benchmark, arguments.only or usual)
    finally:
        workshop.remove_runs()
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(_as_json(rows, arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
