"""The events of ids, from a run's log; where that is gone, the little that the run itself knows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from identity_cli.drawing.story import Tick
from identity_cli.errors import IdcliError
from identity_cli.events import time_of
from identity_cli.pieces.edges import Key
from identity_cli.replaying.again.indexed_log import events_naming
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.own_id import stored_id
from identity_cli.store.reading.originals import keys_behind
from identity_cli.store.reading.rows import IdRow
from identity_cli.store.reading.run import Run

MOST_TICKS = 4_000
"""Of one picture: more stand closer than half a pixel, and the first of each step stands for the others."""


class _Seen(NamedTuple):
    seq: int
    distinct_id: str
    event: str
    library: str
    time: str | None


class Ticks:
    """The events of some ids of a run, read in its log.

    missing: why the log could not be read, None where it was; then an id shows where it was first seen.
    """

    def __init__(
        self, run: Run, wanted: Collection[Key], on_progress: Callable[[int], None] | None = None
    ) -> None:
        self._run = run
        self._seen: dict[int, dict[str, list[_Seen]]] = defaultdict(lambda: defaultdict(list))
        self.missing: str | None = None
        original = run.original if run.is_redacted else run
        if original is None:
            self.missing = "of a redacted run"
            return
        shown = dict(keys_behind(run, original, wanted))
        try:
            for team_id, seen in _seen(original, frozenset(shown), on_progress):
                name = shown[team_id, seen.distinct_id]
                self._seen[team_id][name].append(seen._replace(distinct_id=name))
        except (IdcliError, OSError) as error:
            self.missing = str(error)

    def of(self, team_id: int, rows: Iterable[IdRow], where: Callable[[int], str]) -> list[Tick]:
        """The events of a story's ids, in order; of those that would stand too close, the first.

        where: the address of the event of a seq.
        """
        if self.missing is not None:
            seen = [*_from_rows(rows)]
        else:
            of_team = self._seen[team_id]
            seen = sorted(one for row in rows for one in of_team[row.distinct_id])
        held = self._run.moments(one.seq for one in seen)
        return [Tick(*first, where(first.seq), first.seq in held, count) for first, count in _thinned(seen)]


def _seen(
    run: Run, wanted: frozenset[Key], on_progress: Callable[[int], None] | None
) -> Iterator[tuple[int, _Seen]]:
    options = options_of(run)
    rules, team_id = options.applied_rules, options.team_id
    names = {distinct_id for _, distinct_id in wanted}
    for seq, event, counts_as, _ in events_naming(run, names, on_progress):
        key = (team_id if event.team_id is None else event.team_id, stored_id(event, rules) or "")
        if key in wanted and counts_as == seq:
            happened = time_of(event)
            time = None if happened is None else happened.isoformat()
            library = event.properties.lib
            yield key[0], _Seen(seq, key[1], event.event, library if isinstance(library, str) else "", time)


def _from_rows(rows: Iterable[IdRow]) -> Iterator[_Seen]:
    for row in rows:
        if row.event_count:
            yield _Seen(row.seq, row.distinct_id, "first seen", "", row.first_seen)


def _thinned(seen: list[_Seen]) -> Iterator[tuple[_Seen, int]]:
    """The first of those of an id and a library in each of many equal steps, and how many they are."""
    step = max(1, len(seen) // (MOST_TICKS // 2))
    groups: dict[tuple[int, str, str], list[int]] = {}
    for index, one in enumerate(seen):
        group = groups.setdefault(
            (index // step if step > 1 else index, one.distinct_id, one.library), [index, 0]
        )
        group[1] += 1
    return ((seen[index], count) for index, count in groups.values())
