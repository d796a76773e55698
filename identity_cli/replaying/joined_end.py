"""Where a log ends that is resolved in parts: how each of them is there, and all of them as one.

Each part tells in its journal that it is there, before it tells what the end lets go. How things are then
goes into a file of its own, some at a time: as many events may wait as the log has.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import chain, count, groupby, islice
from operator import itemgetter
from typing import Any

from identity_cli.events import LONG_AGO
from identity_cli.origins import Origins
from identity_cli.pieces.component import END
from identity_cli.pieces.joining import NO_FACT, JoinedJournal, Row, Whole
from identity_cli.reading.log_items import KeptLine, Rows
from identity_cli.reading.remembering import PIECE, TABLE, packed
from identity_cli.replaying.log_end import END as OF_END
from identity_cli.replaying.log_end import LogEnd
from identity_cli.resolver.open_end import OpenEnd

IN_PIECES = ("queue", "events", "before", "first_seen", "given", "fine_ids", "fine_persons", "kept")
"""What LogEnd has that may be as long as the log."""
Piece = tuple[str, list[tuple[Any, Any]]]
"""Some of one of these: its name, and values, each behind that by which all of them are in order."""


def row_of_end(part: int, clock: datetime) -> Row:
    """That the part of that number is at its end, as a row of its journal."""
    return END, 0, NO_FACT, (part, clock)


def pieces_of_end(end: OpenEnd, kept: Mapping[int, bytes]) -> Iterator[Piece]:
    """How a part ends: all that is IN_PIECES, one after the other; kept: lines, by seq."""
    each = _in_order(end, kept)
    for name in IN_PIECES:
        for some in _pieces(each[name]):
            yield name, some


def joined_pieces(
    parts: Sequence[Iterable[Piece]], numbers: Sequence["array[int]"], origins: Origins
) -> Iterator[Rows]:
    """The same of the whole log, as rows; numbers: of persons in it, by part."""
    groups = [groupby(part, itemgetter(0)) for part in parts]
    for name in IN_PIECES:
        each = [_of_whole(name, next(group), of) for group, of in zip(groups, numbers, strict=False)]
        values = map(_as_kept(name, origins), merge(*each, key=itemgetter(0)))
        for nth, some in enumerate(_pieces(values)):
            yield Rows(TABLE, [(f"{OF_END}.{name}", nth, packed(some, list))])


def _in_order(end: OpenEnd, kept: Mapping[int, bytes]) -> dict[str, Iterable[tuple[Any, Any]]]:
    """Of each name the values, each behind that by which all of them are in order."""
    told = LogEnd.of(end)
    seqs = [seq for _, _, seq, *_ in told.queue]
    begins = {tuple(key): seq for _, _, seq, *key in reversed(told.queue)}
    by_themselves = {
        name: ((one, one) for one in sorted(getattr(told, name))) for name in ("first_seen", "given")
    }
    by_whose = {name: ((one[0], one) for one in getattr(told, name)) for name in ("fine_ids", "fine_persons")}
    return {
        "queue": zip(seqs, told.queue, strict=True),
        "events": zip(seqs, told.events, strict=True),
        "before": ((begins[one[0]], one) for one in told.before),
        **by_themselves,
        **by_whose,
        "kept": kept.items(),
    }


def _pieces(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Some at a time, and none at once where there are none."""
    rest = iter(values)
    for nth in count():
        some = [*islice(rest, PIECE)]
        if nth and not some:
            return
        yield some


def _of_whole(
    name: str, group: tuple[str, Iterable[Piece]], numbers: "array[int]"
) -> Iterator[tuple[Any, Any]]:
    told, pieces = group
    assert told == name, "each part tells all of them, in the same order"
    all_values = chain.from_iterable(values for _, values in pieces)
    if name == "fine_persons":
        yield from ((numbers[who], (numbers[who], *times)) for who, (_, *times) in all_values)
    else:
        yield from all_values


def _as_kept(name: str, origins: Origins) -> Callable[[tuple[Any, Any]], Any]:
    """What makes of a value what is remembered."""
    return partial(_with_origin, origins) if name == "kept" else itemgetter(1)


def _with_origin(origins: Origins, of: tuple[int, bytes]) -> tuple[int, KeptLine]:
    seq, line = of
    return seq, KeptLine(origins[seq], line)


def with_one_end(journal: JoinedJournal) -> Iterator[Any]:
    """What it tells, and one LogEnd instead of those of its parts, without what is IN_PIECES."""
    clock: datetime | None = None
    for told in journal:
        if _is_of_end(told):
            clock = max(clock or LONG_AGO, told[1])
            continue
        if clock is not None and told.facts:
            yield LogEnd(clock)
            clock = None
        yield told
    if clock is not None:
        yield LogEnd(clock)


def _is_of_end(told: Any) -> bool:
    """Whether it is a row's own fields, as a file has them."""
    return not isinstance(told, Whole) and isinstance(told, list | tuple)
