"""Where a log ends that is resolved in parts: how each of them is there, and all of them as one.

Each part tells that in its journal, before it tells what the end lets go.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Any

from identity_cli.events import LONG_AGO
from identity_cli.origins import Origins
from identity_cli.pieces.component import END
from identity_cli.pieces.joining import NO_FACT, JoinedJournal, Row, Whole
from identity_cli.reading.log_items import KeptLine, Rows
from identity_cli.reading.remembering import TABLE, of_kind, packed
from identity_cli.replaying.log_end import END as OF_END
from identity_cli.replaying.log_end import LogEnd
from identity_cli.resolver.open_end import OpenEnd

FINE_AT_ONCE = 1_000
"""Of ids, or persons, whose times are finer than tables have them: there may be as many as there are."""
_IN_ORDER = ("first_seen", "given", "fine_ids", "fine_persons")
_FINE = ("fine_ids", "fine_persons")
_KINDS = {
    **{one.name: one.type for one in fields(LogEnd)},
    "events": list[dict[str, Any]],
    "lines": list[tuple[int, bytes]],
}


def rows_of_end(part: int, end: OpenEnd, kept: Mapping[int, bytes]) -> Iterator[list[Row]]:
    """The end of the part of that number, as rows of its journal; kept: lines, see LogEnd."""
    told = LogEnd.of(end)
    names = ("clock", "queue", "events", "before", "first_seen", "given")
    yield _row(part, {"lines": [*kept.items()], **{name: getattr(told, name) for name in names}})
    for name in _FINE:
        rest = iter(getattr(told, name))
        while some := [*islice(rest, FINE_AT_ONCE)]:
            yield _row(part, {name: some})


def _row(part: int, told: Mapping[str, Any]) -> list[Row]:
    return [(END, 0, NO_FACT, (part, told))]


def with_one_end(journal: JoinedJournal, origins: Origins) -> Iterator[Any]:
    """What it tells, and one LogEnd instead of those of its parts; Rows where memory need not hold them."""
    end: _JoinedEnd | None = None
    for told in journal:
        if _is_of_end(told):
            end = end or _JoinedEnd()
            yield from end.add(told, journal.numbers)
            continue
        if end is not None and told.facts:
            yield end.log_end(origins)
            end = None
        yield told
    if end is not None:
        yield end.log_end(origins)


def _is_of_end(told: Any) -> bool:
    """Whether it is a row's own fields, as a file has them."""
    return not isinstance(told, Whole) and isinstance(told, list | tuple)


def _moment_and_zone(clock: datetime) -> tuple[datetime, Any]:
    """So that of two the one is later that an event told, and not LogClock.last."""
    return clock, clock.utcoffset()


class _JoinedEnd:
    """What was told so far."""

    def __init__(self) -> None:
        self._clock = LONG_AGO
        self._told: dict[str, list[Any]] = {}
        self._pieces = dict.fromkeys(_FINE, 0)

    def add(self, told: Sequence[Any], numbers: Sequence["array[int]"]) -> Iterator[Rows]:
        """Take what a part tells next; numbers: of persons in the whole log, by those that parts have."""
        part, of_part = told
        for name, sent in of_part.items():
            values: Any = of_kind(sent, _KINDS[name])
            if name == "clock":
                self._clock = max(self._clock, values, key=_moment_and_zone)
                continue
            if name == "fine_persons":
                values = [(numbers[part][person], *times) for person, *times in values]
            self._told.setdefault(name, []).extend(values)
            if name in _FINE and len(self._told[name]) >= FINE_AT_ONCE:
                self._pieces[name] += 1
                content = packed(self._told.pop(name), list)
                yield Rows(TABLE, [(f"{OF_END}.{name}", self._pieces[name], content)])

    def log_end(self, origins: Origins) -> LogEnd:
        """All of it as one, in order."""
        of = self._told
        waiting = sorted(zip(of["queue"], of["events"], strict=True), key=lambda one: one[0][2])
        queue = [place for place, _ in waiting]
        in_order: dict[str, Any] = {name: sorted(of.get(name, ())) for name in _IN_ORDER}
        before = {(team_id, distinct_id): sight for (team_id, distinct_id), sight in of["before"]}
        return LogEnd(
            clock=self._clock,
            queue=queue,
            events=[event for _, event in waiting],
            before=[(key, before[key]) for key in dict.fromkeys((team, own) for *_, team, own in queue)],
            kept={seq: KeptLine(origins[seq], line) for seq, line in sorted(of["lines"])},
            **in_order,
        )
