"""Where a log ends that is resolved in parts: how each of them is there, and all of them as one.

Each part tells that in its journal, before it tells what the end lets go.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from heapq import merge
from itertools import count, islice
from typing import Any

from identity_cli.events import LONG_AGO
from identity_cli.origins import Origins
from identity_cli.pieces.component import END
from identity_cli.pieces.joining import NO_FACT, JoinedJournal, Row, Whole
from identity_cli.reading.log_items import KeptLine, Rows
from identity_cli.reading.remembering import PIECE, TABLE, of_kind, packed
from identity_cli.replaying.log_end import END as OF_END
from identity_cli.replaying.log_end import LogEnd
from identity_cli.resolver.open_end import OpenEnd

FINE = ("fine_ids", "fine_persons")
"""Whose times are finer than tables have them, of which there may be as many as there are."""
_IN_ORDER = ("first_seen", "given")
_KINDS = {
    **{one.name: one.type for one in fields(LogEnd)},
    "events": list[dict[str, Any]],
    "lines": list[tuple[int, bytes]],
}


def rows_of_end(part: int, end: OpenEnd, kept: Mapping[int, bytes]) -> list[Row]:
    """The end of the part of that number, as rows of its journal; kept: lines, see LogEnd."""
    told = LogEnd.of(end)
    names = ("clock", "queue", "events", "before", "first_seen", "given")
    of_part = {"lines": [*kept.items()], **{name: getattr(told, name) for name in names}}
    return [(END, 0, NO_FACT, (part, of_part))]


def fine_of_end(end: OpenEnd) -> Iterator[tuple[str, list[Any]]]:
    """The times of a part that are finer than tables have them, some at a time, by whose they are."""
    for name in FINE:
        rest = iter(getattr(end, name))
        while some := [*islice(rest, PIECE)]:
            yield name, some


def joined_fine(
    name: str, parts: Sequence[Iterable[tuple[str, list[Any]]]], numbers: Sequence["array[int]"]
) -> Iterator[Rows]:
    """Those of all parts with that name, in order; numbers: of persons in the whole log, by part."""
    each = [_of_whole(name, part, of) for part, of in zip(parts, numbers, strict=False)]
    rest = merge(*each)
    for nth in count():
        some = [*islice(rest, PIECE)]
        if nth and not some:
            break
        yield Rows(TABLE, [(f"{OF_END}.{name}", nth, packed(some, list))])


def _of_whole(name: str, part: Iterable[tuple[str, list[Any]]], numbers: "array[int]") -> Iterator[Any]:
    for told, values in part:
        if told == name:
            yield from (
                ((numbers[who] if name == "fine_persons" else tuple(who)), *times) for who, *times in values
            )


def with_one_end(journal: JoinedJournal, origins: Origins) -> Iterator[Any]:
    """What it tells, and one LogEnd instead of those of its parts."""
    end: _JoinedEnd | None = None
    for told in journal:
        if _is_of_end(told):
            end = end or _JoinedEnd()
            end.add(told)
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


class _JoinedEnd:
    """What was told so far."""

    def __init__(self) -> None:
        self._clock = LONG_AGO
        self._told: dict[str, list[Any]] = {}

    def add(self, told: Sequence[Any]) -> None:
        """Take what a part tells."""
        _, of_part = told
        for name, sent in of_part.items():
            values: Any = of_kind(sent, _KINDS[name])
            if name == "clock":
                self._clock = max(self._clock, values)
            else:
                self._told.setdefault(name, []).extend(values)

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
