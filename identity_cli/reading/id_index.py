"""Where an id's events stand: which events have it, or ask to link it, by a short hash of it.

Kept with the run, so that a question about an id reads its lines and not the whole log. Four bytes an
event, in order: to look an id up is to run over them, which takes some 10 ms for a million events.
"""

from collections.abc import Iterable, Iterator
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

    def see(self, block: Seen) -> Iterable[Rows]:
        """Take the next events."""
        part = self._part
        part.own.extend([0] * (block.first_seq - part.first_seq - len(part.own)))
        part.block_seqs.append(block.first_seq)
        part.block_clocks.append((self._clock - LONG_AGO) // _MICROSECOND)
        part.own.extend(hashes_of(self._own_ids.of(block)))
        for seq, linked in linked_hashes(block.first_seq, block.events, self._rules):
            part.linking_seqs.append(seq)
            part.linked.append(linked)
        arrivals = [  # as events.arrival_of, in line: this is asked of every event
            event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
            for event in block.events
        ]
        self._clock = max(
            self._clock, max(arrivals if all(arrivals) else filter(None, arrivals), default=LONG_AGO)
        )
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
