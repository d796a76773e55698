"""Where an id's events stand: which events have it, or ask to link it, by a short hash of it.

Kept with the run, so that a question about an id reads its lines and not the whole log. Four bytes an
event, in order: to look an id up is to run over them, which takes some 10 ms for a million events.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from identity_cli.events import ABSENT, LONG_AGO, Event
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds, Seen
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching
from identity_cli.rules.base import RuleSet
from identity_cli.rules.linking import linked_ids
from identity_cli.tables.id_columns import IndexPart, hash_of, hashes_of

TABLE = "id_index"
SEQS_AT_ONCE = 1 << 16
"""Of a part of the index, about."""
_MICROSECOND = timedelta(microseconds=1)
_Looked = tuple[int, "array[int]", Sequence[tuple[int, int]], datetime]
"""The first seq, hashes of own ids, of links the seq and the hash of the other id, and the latest arrival."""


def linked_hashes(first_seq: int, events: Iterable[Event], rules: RuleSet) -> Iterator[tuple[int, int]]:
    """The seqs of events that ask for a link, and the hashes of the ids that they name."""
    asking = [  # in line, as this is asked of every event
        (seq, event)
        for seq, event in enumerate(events, first_seq)
        if (about := event.properties).anon_distinct_id is not ABSENT
        or about.alias is not None
        or event.links
    ]
    for seq, event in asking:
        for linked in linked_ids(event, rules):
            yield seq, hash_of(linked)


class IdIndex:
    """Notes the ids of all events."""

    needs = ()
    remembers: ClassVar[Kinds] = {
        "_last_part": tuple[int, bytes, bytes, bytes, bytes, bytes],
        "_clock": datetime,
    }

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Of every log whose events are all replayed, in the order of its files."""
        return None if watching.dedupe or watching.is_changed else cls(watching.rules, watching.own_ids)

    def __init__(self, rules: RuleSet, own_ids: OwnIds) -> None:
        self._rules = rules
        self._own_ids = own_ids
        self._part = IndexPart.beginning_at(1)
        self._clock = LONG_AGO

    def look(self, block: Seen) -> _Looked:
        """The hashes of their ids, and the latest time of arrival."""
        arrivals = [  # as events.arrival_of, in line: this is asked of every event
            event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
            for event in block.events
        ]
        latest = max(arrivals if all(arrivals) else filter(None, arrivals), default=LONG_AGO)
        own = array("I", hashes_of(self._own_ids.of(block)))
        linked = [*linked_hashes(block.first_seq, block.events, self._rules)]
        return block.first_seq, own, linked, latest

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Note them; a part of the index whenever there are many."""
        first_seq, own, all_linked, latest = looked
        part = self._part
        part.own.extend([0] * (first_seq - part.first_seq - len(part.own)))
        part.block_seqs.append(first_seq)
        part.block_clocks.append((self._clock - LONG_AGO) // _MICROSECOND)
        part.own.extend(own)
        for seq, linked in all_linked:
            part.linking_seqs.append(seq)
            part.linked.append(linked)
        self._clock = max(self._clock, latest)
        if len(part.own) < SEQS_AT_ONCE:
            return ()
        self._part = IndexPart.beginning_at(part.first_seq + len(part.own))
        return (Rows(TABLE, [part.row]),)

    def rows(self) -> Iterable[Rows]:
        """The last part."""
        return (Rows(TABLE, [self._last_part]),)

    @property
    def _last_part(self) -> tuple[Any, ...]:
        return self._part.row

    @_last_part.setter
    def _last_part(self, row: tuple[Any, ...]) -> None:
        self._part = IndexPart.of_row(row)
