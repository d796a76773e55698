"""A whole replay: against decoding its file, without its parts, beside peers, against another version."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.instructions import counter
from tests.bench.measure import MIB, Usage, alternate, ratios
from tests.bench.peers import CANNOT
from tests.bench.rows import Row
from tests.bench.workshop import IDCLI, PYTHON, Workshop, say

Actions = dict[str, Callable[[], Usage]]
BARE = ("--tables", "none", "--graphs", "none", "--no-evidence")
NEEDS = {"duckdb_sql": "duckdb", "networkx_graph": "networkx"}
NOT_FACTS = ("run", "sources")  # tables of run.db that tell of the replay, not of the log
LESS = 50
"""Of so many events one, where instructions are counted: it takes thirty times as long."""


def has(module: str) -> bool:
    """Whether that is installed, with a word if it is not."""
    if importlib.util.find_spec(module):
        return True
    say(f"without {module}: it is not installed, see the extra 'bench'")
    return False


def units(workshop: Workshop, log: Path) -> Actions:
    """D, and O where it can be told."""
    known = [unit for unit in ("D", "O") if unit == "D" or has("orjson")]
    return {unit: partial(workshop.decode, unit, log) for unit in known}


def replay(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Everything on, without evidence, with nothing but a database; all processes in two cores, or one."""
    log = workshop.log("realistic", events=events)
    decoded = units(workshop, log)
    kinds = {
        "replay": (),
        "replay --no-evidence": ("--no-evidence",),
        "replay, bare": BARE,
        "replay --one-process": ("--one-process",),
    }
    replays: Actions = {name: partial(workshop.replay, log, *options) for name, options in kinds.items()}
    taken = alternate({**decoded, **replays}, runs)
    for unit in decoded:
        yield Row(f"{unit}: the unit", walls(taken[unit]), "s")
    for name in kinds:
        for unit in decoded:
            yield Row(f"{name} / {unit}", ratios(walls(taken[name]), walls(taken[unit])), unit)
            yield Row(f"{name}, processor / {unit}", ratios(cpus(taken[name]), cpus(taken[unit])), unit)
        yield Row(f"{name}, wall", walls(taken[name]), "s")
        yield Row(f"{name}, processor of all processes", cpus(taken[name]), "s")
    yield Row("replay, events a second", [events / wall for wall in walls(taken["replay"])], "", 0)
    yield Row("replay, memory of all processes", [workshop.peak(log) / MIB], "MiB", 0)
    yield from _store(workshop, log)


def parts(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """What evidence, the trend and the audits each add: everything against all but that."""
    log = workshop.log("realistic", events=events)
    without = {part: (PYTHON, "-m", "tests.bench.without", part) for part in ("trend", "audits")}
    taken = alternate(
        {
            "everything": partial(workshop.replay, log),
            "evidence": partial(workshop.replay, log, "--no-evidence"),
            **{part: partial(workshop.replay, log, tool=tool) for part, tool in without.items()},
        },
        runs,
    )
    everything = taken.pop("everything")
    for part, usages in taken.items():
        for what, of in (("time", walls), ("processor", cpus)):
            added = [ratio - 1 for ratio in ratios(of(everything), of(usages))]
            yield Row(f"{part} adds, {what}" if part != "audits" else f"audits add, {what}", added)


def scattered(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """A log without visits, whose events have nothing to do with each other, beside one with them."""
    logs = {
        "visits": workshop.log("realistic", events=events),
        "scattered": workshop.log("realistic", events=events, scattered=True),
    }
    taken = alternate({name: partial(workshop.replay, log) for name, log in logs.items()}, runs)
    for what, of in (("time", walls), ("processor", cpus)):
        found = ratios(of(taken["scattered"]), of(taken["visits"]))
        yield Row(f"replay, scattered / with visits, {what}", found)
    yield Row("replay, scattered, wall", walls(taken["scattered"]), "s")


def peers(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Other programs on the same file, in the same rounds."""
    log = workshop.log("realistic", events=events)
    known = [name for name in CANNOT if has(NEEDS.get(name, "json"))]
    asked: Actions = {name: partial(workshop.ask_peer, name, log) for name in known}
    idcli: Actions = {"idcli": partial(workshop.replay, log)}
    taken = alternate({**units(workshop, log), **idcli, **asked}, runs)
    found = workshop.count(log, "persons WHERE survivor IS NULL")
    for name in ("idcli", *known):
        usages = taken[name]
        persons = found if name == "idcli" else int(usages[0].output)
        remark = f"{persons:,} persons; " + (
            f"cannot say {CANNOT[name]}" if name in CANNOT else "the whole run"
        )
        if "O" in taken:
            yield Row(f"{name} / O", ratios(walls(usages), walls(taken["O"])), "O", remark=remark)
        yield Row(f"{name}, wall", walls(usages), "s", remark=remark if "O" not in taken else "")
        yield Row(f"{name}, processor", cpus(usages), "s")
        yield Row(f"{name}, largest process", [usage.peak_bytes / MIB for usage in usages], "MiB", 0)


def against(other: str, workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """This version over another: alternated, and the ratio taken within each round."""
    log = workshop.log("realistic", events=events)
    tools = {"this": IDCLI, "other": (other,)}
    taken = alternate({name: partial(workshop.replay, log, tool=tool) for name, tool in tools.items()}, runs)
    for what, of in (("time", walls), ("processor", cpus)):
        yield Row(f"replay, this version / the other, {what}", ratios(of(taken["this"]), of(taken["other"])))
    yield from _instructions_against(other, workshop, events // LESS)


def instructions(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Of a small log, in one process: of a replay, and of what only decodes."""
    count = counter()
    if count is None:
        say("without instructions: neither perf nor valgrind can count them here")
        return
    log = workshop.log("realistic", events=events // LESS)
    say(f"counting instructions of {log.name}")
    decoded = {
        unit: count([PYTHON, "-m", "tests.bench.units", unit, str(log)]) for unit in units(workshop, log)
    }
    for name, options in {
        "replay": (),
        "replay --no-evidence": ("--no-evidence",),
        "replay, bare": BARE,
    }.items():
        found = count(workshop.replaying(log, *options))
        yield Row(f"{name} of {events // LESS:,} events, instructions", [found / 1e6], "million", 0)
        for unit, of_unit in decoded.items():
            yield Row(f"{name} of {events // LESS:,} events, instructions / {unit}", [found / of_unit], unit)


def _instructions_against(other: str, workshop: Workshop, events: int) -> Iterator[Row]:
    count = counter()
    if count is not None:
        log = workshop.log("realistic", events=events)
        this, that = (count(workshop.replaying(log, tool=tool)) for tool in (IDCLI, (other,)))
        yield Row(
            f"replay of {events:,} events, this version / the other, instructions", [this / that], "", 3
        )


def walls(usages: Iterable[Usage]) -> list[float]:
    """Seconds that passed."""
    return [usage.wall for usage in usages]


def cpus(usages: Iterable[Usage]) -> list[float]:
    """Seconds of the processor, of all processes."""
    return [usage.cpu for usage in usages]


def _store(workshop: Workshop, log: Path) -> Iterator[Row]:
    run_folder = workshop.run_folder(log)
    size = (run_folder / "run.db").stat().st_size
    everything = sum(file.stat().st_size for file in run_folder.iterdir())
    tables = workshop.rows(log, "SELECT name FROM sqlite_master WHERE type = 'table'")
    told = [name for (name,) in tables if name not in NOT_FACTS and not name.startswith("sqlite_")]
    facts = sum(workshop.count(log, f'"{name}"') for name in told)
    yield Row("log", [log.stat().st_size / MIB], "MiB", 0)
    yield Row("facts", [facts], "", 0)
    yield Row("run.db, bytes a fact", [size / facts], "B", 0)
    yield Row("run.db / log", [size / log.stat().st_size], "", 3)
    yield Row("run folder / log", [everything / log.stat().st_size], "", 3)
