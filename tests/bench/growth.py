"""How time and memory grow with the log."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.measure import MIB, alternate, ratios
from tests.bench.rows import Row
from tests.bench.whole_replays import walls
from tests.bench.workshop import Workshop


def log_of_many_ids(workshop: Workshop, events: int) -> Path:
    """The ids of five times the events: some 950,000 of 5,000,000."""
    return workshop.log("realistic", events=5 * events, bare=True)


def memory(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """The peak of a replay that sees about a million ids, nothing taken off."""
    log = log_of_many_ids(workshop, events)
    nothing = workshop.peak(workshop.log("realistic", events=1))
    peak = workshop.peak(log)
    ids = workshop.count(log, "distinct_ids")
    yield Row("distinct ids in the log of many", [ids], "", 0)
    yield Row("peak memory, one event", [nothing / MIB], "MiB", 0)
    yield Row("peak memory of all processes, many ids", [peak / MIB], "MiB", 0)
    yield Row("peak memory of all processes, per million distinct ids", [peak / MIB / ids * 1e6], "MiB", 0)


def flat(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """The same ids, four times the events."""
    ids = events // 10
    logs = [workshop.log("fixed-ids", events=times * events, ids=ids) for times in (1, 4)]
    peaks = [workshop.peak(log) for log in logs]
    yield Row("peak memory, ids fixed", [peaks[0] / MIB], "MiB", 0)
    yield Row("peak memory, ids fixed, 4 times the events", [peaks[1] / peaks[0]])


def chain(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Each merge takes all that came before into a new person."""
    logs = [workshop.log("chain", merges=merges) for merges in (events // 2, events)]
    yield from _growth("chain of merges, twice as long", workshop, logs, runs)


def one_person(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Each line adds an id to one person."""
    logs = [workshop.log("one-person", ids=ids) for ids in (events // 2, events)]
    yield from _growth("one person, twice the ids", workshop, logs, runs)


def five_times(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """The realistic log, five times as long, with five times the ids."""
    logs = [workshop.log("realistic", events=times * events) for times in (1, 5)]
    yield from _growth("replay of 5 times the events", workshop, logs, runs)


def _growth(quantity: str, workshop: Workshop, logs: list[Path], runs: int) -> Iterator[Row]:
    small, large = logs
    usages = alternate({log.name: partial(workshop.replay, log) for log in logs}, runs)
    taken = {name: walls(of_it) for name, of_it in usages.items()}
    yield Row(f"{quantity}: seconds", taken[large.name], "s")
    peaks = [usage.peak_bytes / MIB for usage in usages[large.name]]
    yield Row(f"{quantity}: peak of the largest process", peaks, "MiB", 0)
    yield Row(quantity, ratios(taken[large.name], taken[small.name]), "times")
