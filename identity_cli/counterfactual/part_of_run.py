"""The part of a run that is about some ids: their persons, whom links connect with these, and their lines.

The lines keep their numbers, all others being blank; where these told what time it was, a line of nobody's
stands for them. Replayed under the paths of the log, the part is a run like any other, small enough to send.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.resolution import Scope
from identity_cli.dialects import POSTHOG
from identity_cli.dialects.json_lines import line_without
from identity_cli.errors import NoPartOfItsOwn
from identity_cli.events import LONG_AGO, arrival_of
from identity_cli.files.opening import sources_at
from identity_cli.files.places import scratch_folder
from identity_cli.files.sources import Opened, PassedOver
from identity_cli.origins import Origin
from identity_cli.pieces.edges import Key
from identity_cli.reading.intake import Log
from identity_cli.replaying.again.rerun import lines_of_log, options_of
from identity_cli.replaying.replayer import replay_log
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]
LogFiles = list[tuple[str, Path]]
"""Of each file of a log, what it is called and where it is."""


@contextmanager
def part_of(
    run: Run, keys: Iterable[Key], on_progress: Progress | None = None
) -> Iterator[tuple[Run, LogFiles]]:
    """The run of these ids and of all that is linked with them, and its log; gone at the end of the block.

    NoPartOfItsOwn where it would not come to the same persons. LogChanged, LogGone.
    """
    scope = scope_of(run, keys, on_progress)
    with scratch_folder() as folder:
        files = [*_written(run, scope, folder)]
        asked = replace(options_of(run), left_out=(), dialect=_dialect_of(run))
        openers = [partial(_under_its_name, str(file), path) for path, file in files]
        sizes = sum(file.stat().st_size for _, file in files)
        with replay_log(Log(openers, sizes, [str(file) for _, file in files]), folder / "run", asked) as part:
            if _persons_of(part, scope.keys) != _persons_of(run, scope.keys):
                raise NoPartOfItsOwn
            yield part, files


def _dialect_of(run: Run) -> str | None:
    """The one that all files have, as too few lines may be left to tell it; else the one asked for."""
    dialects = {source["dialect"] for source in run.sources()}
    return dialects.pop() if len(dialects) == 1 else options_of(run).dialect


def _under_its_name(file: str, path: str, longest_line: int) -> Opened:
    for source in sources_at(file, longest_line=longest_line):
        if not isinstance(source, PassedOver):
            source.path = path
        yield source


def _written(run: Run, scope: Scope, folder: Path) -> Iterator[tuple[str, Path]]:
    """The files that have a line of these events, with blank lines for all others."""
    kept: dict[tuple[str, int], set[int]] = defaultdict(set)
    for seq, _, _ in scope.steps:
        kept[run.origin(seq)[:2]].add(run.origins.index_in_line(seq))
    standing = _times_told(run, scope, kept.keys())
    several = run.origins.events_on_shared_lines()
    paths = [source["path"] for source in run.sources()]
    wanted = {path for path, _ in kept}
    places = {path: folder / str(number) for number, path in enumerate(paths, 1) if path in wanted}
    files = {path: open(place, "wb") for path, place in places.items()}
    ends = dict.fromkeys(places, 0)
    try:
        for origin, line in lines_of_log(run):
            place = origin[:2]
            told = standing.get(place)
            if place in kept:
                if origin.nth is not None:
                    raise NoPartOfItsOwn
                told = _without_others(line, {*range(several.get(place, 1))} - kept[place])
            if told is not None:
                blank = b"\n" * (origin.line - ends[origin.path] - 1)
                files[origin.path].write(blank + told.rstrip(b"\r\n") + b"\n")
                ends[origin.path] = origin.line
    finally:
        for file in files.values():
            file.close()
    yield from places.items()


def _without_others(line: bytes, others: set[int]) -> bytes:
    """A line without the events of others, by their index."""
    told = line_without(line, others) if others else line
    if told is None:
        raise NoPartOfItsOwn
    return told


def _times_told(run: Run, scope: Scope, kept: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    """Lines of nobody's for the time that others told before an event of the part."""
    if run.metadata["buffer_seconds"] <= 0:
        return {}
    taken, told, shown = set(kept), {}, LONG_AGO
    is_told = {source["path"]: source["dialect"].startswith(POSTHOG.name) for source in run.sources()}
    for seq, event, clock in scope.steps:
        path, line, _ = run.origin(seq)
        before = Origin(path, line - 1, None)[:2]
        if clock > shown and line > 1 and before not in taken and is_told[path]:
            told[before] = _of_nobody(clock)
        shown = max(shown, clock, arrival_of(event) or LONG_AGO)
    return told


def _of_nobody(time: datetime) -> bytes:
    told = time.isoformat()
    event: dict[str, Any] = {
        "event": "left out",
        "distinct_id": None,
        "properties": {},
        "timestamp": told,
        "now": told,
    }
    return json.dumps(event).encode()


def _persons_of(run: Run, keys: Iterable[Key]) -> dict[Key, tuple[str, bool, str] | None]:
    """Of each id its person: its person id, whether it is identified, and its properties."""
    found: dict[Key, tuple[str, bool, str] | None] = {}
    for key in keys:
        number = run.owner_of(*key)
        person = None if number is None else run.person(number)
        found[key] = person and (person.person_id, bool(person.is_identified), person.properties)
    return found
