"""A block of a log as rows: what each of its events is to the rest of the log, wherever that is read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import pyarrow as pa

from identity_cli.dialects import dialect_named
from identity_cli.dialects.base import Dialect, TouchesNobody, Unusable, Wanted
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.dialects.pairs import PairLinks
from identity_cli.events import LONG_AGO, Event
from identity_cli.files.messages import message_of
from identity_cli.files.sources import RefusedLine
from identity_cli.pieces.blocks import Block
from identity_cli.pieces.log_clock import micros
from identity_cli.reading.decoding import Reading
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read
from identity_cli.rules.own_id import may_be_rejected, stored_id
from identity_cli.spark.asked import Asked
from identity_cli.spark.log_blocks import Lines

ROWS_AT_ONCE = 5_000
DEPENDS = "lines depend on others"
SIGNED = 1 << 63  # nodes are numbers of 64 bits, and Spark has no unsigned ones
PROBE, EVENT, REJECTED, NOBODYS, EDGE, END = range(6)
"""Kinds of rows. A probe comes before the event that asks, which may be of the same component."""


class Row(NamedTuple):
    """What one event, or a line that is none, is to the rest of the log.

    line: from 0 in its block; nth: which of its line's events, from 1, 0 where it is alone. clock: what the
    block alone shows before it, in microseconds; arrival: the same after it, where that is later. node: a
    hash of the id that it is of; other: of an EDGE the one it links that with. payload: the event; of a
    PROBE the id; of NOBODYS event and uuid. raw: the line of what is rejected, or may be.
    reason: of REJECTED and NOBODYS.
    An END closes a block: line is how many lines it has, nth the most events on one of them, clock the last,
    node how many events with an id; reason, if any, why the block cannot be read without those before it.
    """

    kind: int
    block: int
    line: int
    nth: int
    clock: int | None = None
    arrival: int | None = None
    node: int | None = None
    other: int | None = None
    payload: bytes | None = None
    raw: bytes | None = None
    reason: str | None = None


SCHEMA = pa.schema(
    [
        *(("kind", pa.int8()), ("block", pa.int32()), ("line", pa.int64()), ("nth", pa.int32())),
        *(("clock", pa.int64()), ("arrival", pa.int64()), ("node", pa.int64()), ("other", pa.int64())),
        *(("payload", pa.binary()), ("raw", pa.binary()), ("reason", pa.string())),
    ]
)


def batches_of(rows: Iterator[Row]) -> Iterator[pa.RecordBatch]:
    """Rows as Arrow has them."""
    with room_for_nesting():
        while some := [*islice(rows, ROWS_AT_ONCE)]:
            columns = zip(*some, strict=True)
            yield pa.record_batch(
                [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
                schema=SCHEMA,
            )


class BlockRows:
    """The rows of one block; iterate once."""

    def __init__(self, number: int, dialect: str, lines: Lines, asked: Asked) -> None:
        """dialect: its name; lines: some at a time."""
        self._number, self._lines, self._rules = number, lines, asked.rule_set
        self._decoding = Decoding(dialect_named(dialect), self._rules)
        self._block = Block(self._rules, asked.team_id)
        self._clock, self._micros = LONG_AGO, micros(LONG_AGO)
        self._usable = 0

    def __iter__(self) -> Iterator[Row]:
        lines = 0
        for some in self._lines:
            found, others = self._decoding.items_of(some, lines)
            lines += len(some)
            for other in others:
                self._usable += other.kind == NOBODYS
                yield other._replace(block=self._number)
            if found:
                yield from self._rows_of(found)
            if self._decoding.depends:  # so that nothing of it will be used
                break
        end, why = self._at(self._block.clock), DEPENDS if self._decoding.depends else None
        yield Row(END, self._number, lines, self._decoding.most, end, node=self._usable, reason=why)

    def _rows_of(self, found: "Sequence[_Found]") -> Iterator[Row]:
        block, number = self._block, self._number
        events = [one.event for one in found]
        rows, unsure = block.rows(0, events), {*may_be_rejected(events, self._rules)}
        arrivals = dict(block.reached)
        for probe in rows.probes:
            ids = message_of((probe.team_id, probe.distinct_id))
            place = number, found[probe.seq].line, found[probe.seq].nth
            yield Row(PROBE, *place, self._at(probe.clock), None, probe.node - SIGNED, None, ids)
        for one, other in zip(block.edges[::2], block.edges[1::2], strict=True):
            yield Row(EDGE, number, 0, 0, node=one - SIGNED, other=other - SIGNED)
        for index, (clock, node, (line, nth, event, raw)) in enumerate(
            zip(rows.clocks, rows.nodes, found, strict=True)
        ):
            arrival = self._at(arrivals[index]) if index in arrivals else None
            own, is_nobodys = node - SIGNED, False
            if index in unsure and not stored_id(event, self._rules):
                # It is rejected wherever it is replayed; all of them in one place would be a crowd.
                own, is_nobodys = hash((number, line, nth)), True
            self._usable += not is_nobodys
            kept = raw if index in unsure else None
            yield Row(EVENT, number, line, nth, self._at(clock), arrival, own, None, message_of(event), kept)
        del block.edges[:]
        block.reached.clear()
        block.named.clear()

    def _at(self, clock: datetime) -> int:
        """A clock in microseconds; mostly it is the one asked for before."""
        if clock is not self._clock:
            self._clock, self._micros = clock, micros(clock)
        return self._micros


class _Found(NamedTuple):
    """An event and where it stands; raw: its line."""

    line: int
    nth: int
    event: Event
    raw: bytes


class Decoding:
    """From lines to events; most: how many events any line so far had.

    Of users and devices on one line each block tells where it first had which; of these the first is a link.
    """

    def __init__(self, dialect: Dialect, rules: RuleSet) -> None:
        self.most = 1
        self._dialect = dialect
        self._reading = Reading(Wanted(tuple(names_to_read(rules)), rules.date, rules.pairs), dialect)
        self._decode = self._reading.block_decoder(dialect)

    @property
    def depends(self) -> bool:
        """Whether what lines mean depends on some before them, so that they may not be read alone."""
        return self._dialect.foresight is not None or any(
            attrgetter(name)(one)
            for one in self._reading.stateful[self._dialect.name]
            if not isinstance(one, PairLinks)
            for name in one.remembers
        )

    def items_of(self, lines: list[bytes], first: int) -> tuple[list[_Found], list[Row]]:
        """The events of lines, the first of which has that number; and rows of what is none of a person's."""
        found: list[_Found] = []
        others: list[Row] = []
        made = self._decode(lines)
        items = [(event,) for event in made.events] if made.items is None else made.items
        for number, (line, some) in enumerate(zip(lines, items, strict=True), first):
            told = (Unusable(line.reason),) if isinstance(line, RefusedLine) else some
            self.most = max(self.most, len(told))
            for nth, item in enumerate(told, 1):
                place = number, nth if len(told) > 1 else 0
                if isinstance(item, Unusable):
                    others.append(Row(REJECTED, 0, *place, raw=line, reason=str(item)))
                elif isinstance(item, TouchesNobody):
                    payload = message_of((item.event, item.uuid))
                    others.append(Row(NOBODYS, 0, *place, payload=payload, reason=item.why))
                elif item is not None:
                    found.append(_Found(*place, item, line))
        return found, others
