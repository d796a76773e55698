"""How things are where a log ends, as rows of what is remembered, some at a time: as long as a log may be.

Of a log that is resolved in parts each tells in its journal that it is at its end, before it tells what that
lets go. How things are then goes into a file of its own, to be joined.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import count, groupby, islice
from operator import itemgetter
from typing import Any

from identity_cli.events import LONG_AGO
from identity_cli.origins import Origins
from identity_cli.pieces.component import END
from identity_cli.pieces.joining import NO_FACT, JoinedJournal, Row, Whole
from identity_cli.reading.log_items import KeptLine, Rows
from identity_cli.reading.remembering import (
    PIECE,
    TABLE,
    WORDLESS,
    beyond_words,
    packed,
    packed_texts,
    text_of,
)
from identity_cli.reading.remembering import Row as StoredRow
from identity_cli.replaying.at_end.log_end import END as OF_END
from identity_cli.replaying.at_end.log_end import LogEnd, as_sent, end_kinds
from identity_cli.resolver.open_end import OpenEnd

IN_PIECES = ("queue", "events", "before", "first_seen", "given", "fine_ids", "fine_persons", "kept")
"""What LogEnd has that may be as long as the log."""
OF_THE_WHOLE = {name: kind for name, kind in end_kinds(()).items() if name not in IN_PIECES}
"""The rest of it, with types."""
Values = Iterable[tuple[Any, Any]]
"""Each behind that by which all of them are in order."""
Piece = tuple[str, list[Any], list[Any]]
"""Some of these in a file: by what they are in order, and as JSON, but for what the whole has to complete."""
_COMPLETED = ("fine_persons", "kept")


def rows_of_end(end: OpenEnd, kept: Mapping[int, KeptLine], names: Collection[str]) -> Iterator[StoredRow]:
    """All that is IN_PIECES; kept: lines, by seq. names: the event properties that records keep."""
    for name, values in _in_order(end, kept).items():
        part = f"{OF_END}.{name}"
        try:
            for nth, some in enumerate(_pieces(values)):
                yield part, nth, packed(_values(name, some, names), list)
        except WORDLESS:
            yield beyond_words(part)


def row_of_end(part: int, clock: datetime) -> Row:
    """That the part of that number is at its end, as a row of its journal."""
    return END, 0, NO_FACT, (part, clock)


def pieces_of_end(end: OpenEnd, kept: Mapping[int, bytes], names: Collection[str]) -> Iterator[Piece]:
    """The same of a part, one after the other."""
    for name, in_order in _in_order(end, kept).items():
        for some in _pieces(in_order):
            values = _values(name, some, names)
            yield (
                name,
                [order for order, _ in some],
                values if name in _COMPLETED else [*map(text_of, values)],
            )


def joined_pieces(
    parts: Sequence[Iterable[Piece]], numbers: Sequence["array[int]"], origins: Origins
) -> Iterator[Rows]:
    """The same of the whole log, as rows; numbers: of persons in it, by part."""
    groups = [groupby(part, itemgetter(0)) for part in parts]
    for name in IN_PIECES:
        each = [_of_whole(name, next(group), of, origins) for group, of in zip(groups, numbers, strict=False)]
        texts = (text for _, text in merge(*each, key=itemgetter(0)))
        part = f"{OF_END}.{name}"
        for nth, some in enumerate(_pieces(texts)):
            if not all(some):
                yield Rows(TABLE, [beyond_words(part)])
                break
            yield Rows(TABLE, [(part, nth, packed_texts(some))])


def _in_order(end: OpenEnd, kept: Mapping[int, Any]) -> dict[str, Values]:
    """Of each name its values."""
    waiting = end.waiting
    return {
        "queue": (
            (one.seq, (one.due, one.arrived, one.seq, one.team_id, one.distinct_id)) for one in waiting
        ),
        "events": ((one.seq, one.event) for one in waiting),
        "before": ((one[0], one) for one in end.before),
        **{name: ((one, one) for one in getattr(end, name)) for name in ("first_seen", "given")},
        **{name: ((one[0], one) for one in getattr(end, name)) for name in ("fine_ids", "fine_persons")},
        "kept": ((seq, (seq, line)) for seq, line in kept.items()),
    }


def _values(name: str, some: Values, names: Collection[str]) -> list[Any]:
    values = [value for _, value in some]
    return as_sent(values, names) if name == "events" else values


def _pieces(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Some at a time, and none at once where there are none."""
    rest = iter(values)
    for nth in count():
        some = [*islice(rest, PIECE)]
        if nth and not some:
            return
        yield some


def _of_whole(
    name: str, group: tuple[str, Iterable[Piece]], numbers: "array[int]", origins: Origins
) -> Iterator[tuple[Any, bytes]]:
    """By what a part's values are in order, and these, completed."""
    told, pieces = group
    assert told == name, "each part tells all of them, in the same order"
    for _, in_order, values in pieces:
        if name == "fine_persons":
            yield from ((numbers[who], text_of((numbers[who], *times))) for who, *times in values)
        elif name == "kept":
            yield from ((seq, text_of((seq, KeptLine(origins[seq], line)))) for seq, line in values)
        else:
            yield from zip(in_order, values, strict=True)


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
