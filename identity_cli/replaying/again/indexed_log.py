"""The events of some ids, read from where the run says that they stand.

What that costs follows from how many they are, not from the length of the log.
Where that is not known (compressed logs, dialects that remember lines, sorted logs, repeats skipped), or not
worth it, the whole log is read. Both give the same.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from identity_cli.dialects import DIALECTS
from identity_cli.dialects.base import TouchesNobody, Unusable
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.events import LONG_AGO, Event, arrival_of
from identity_cli.reading.decoding import Reading
from identity_cli.reading.id_index import linked_hashes
from identity_cli.reading.intake import wanted_of
from identity_cli.replaying.again.landmarked_log import OF_A_DAMAGED_INDEX, LandmarkedLog
from identity_cli.replaying.again.log_again import NOTHING, Progress, events_of
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.own_id import stored_ids
from identity_cli.store.reading.run import Run
from identity_cli.tables.id_columns import IndexPart, hash_of, moment_of

ArrivedEvent = tuple[int, Event, int, datetime]
"""An event: its seq, what it counts as (see log_again.events_of), and what time the log showed before it."""
FEW = 16
"""Ids that are looked for one by one, by searching bytes."""
WORTH_IT = 0.25
"""Of the blocks of a log, how many at the most are read one by one."""
MANY_BLOCKS = 64


class _Unsure(Exception):
    """The index and the log do not fit each other as they should."""


def events_naming(run: Run, names: set[str], on_progress: Progress | None = None) -> Iterator[ArrivedEvent]:
    """The events that have one of these distinct ids or ask to link it, and perhaps others, in order.

    LogChanged, LogGone.
    """
    found = _by_index(run, names)
    yield from _all_of(run, on_progress) if found is None else found


def _all_of(run: Run, on_progress: Progress | None) -> Iterator[ArrivedEvent]:
    clock = LONG_AGO
    for seq, event, counts_as in events_of(run, on_progress):
        yield seq, event, counts_as, clock
        if counts_as in (seq, NOTHING):
            clock = max(clock, arrival_of(event) or LONG_AGO)


def _by_index(run: Run, names: set[str]) -> list[ArrivedEvent] | None:
    """The same from where they stand; None where that does not do."""
    sources = run.sources()
    if not all(source["dialect"] in DIALECTS for source in sources):
        return None
    if not all(DIALECTS[source["dialect"]].is_line_by_line for source in sources):
        return None
    try:
        parts = map(IndexPart.of_row, run.id_index())
        wanted = _Wanted(names)
        for part in parts:
            wanted.look_through(part)
        if not wanted.is_indexed or wanted.are_many:
            return None
        with LandmarkedLog(run) as log:
            return [*_IndexedLog(run, log).events(wanted)] if log.is_complete else None
    except (_Unsure, OSError, *OF_A_DAMAGED_INDEX):  # the log itself has the answer
        return None


class _Wanted:
    """Which seqs to read, and in which blocks they are."""

    def __init__(self, names: set[str]) -> None:
        self._hashes = {hash_of(name) for name in names}
        self.is_indexed = False
        self.blocks: dict[tuple[int, datetime], list[int]] = {}  # first seq and clock, to seqs wanted
        self.expected: dict[int, tuple[array[int], list[tuple[int, int]]]] = {}  # their hashes
        self._all_blocks = 0

    @property
    def are_many(self) -> bool:
        """Whether it is cheaper to read the whole log."""
        return len(self.blocks) > max(MANY_BLOCKS, WORTH_IT * self._all_blocks)

    def look_through(self, part: IndexPart) -> None:
        """Note what is wanted of a part of the index."""
        self.is_indexed = True
        self._all_blocks += len(part.block_seqs)
        own = {part.first_seq + index for index in self._indexes(part.own)}
        linking = {part.linking_seqs[index] for index in self._indexes(part.linked)}
        by_block: dict[int, list[int]] = defaultdict(list)
        for seq in sorted(own | linking):
            by_block[bisect_right(part.block_seqs, seq) - 1].append(seq)
        for block, seqs in by_block.items():
            first = part.block_seqs[block]
            self.blocks[first, moment_of(part.block_clocks[block])] = seqs
            start, stop = (bisect_left(part.linking_seqs, seq) for seq in (first, seqs[-1] + 1))
            linked = zip(part.linking_seqs[start:stop], part.linked[start:stop], strict=True)
            own_hashes = part.own[first - part.first_seq : seqs[-1] + 1 - part.first_seq]
            self.expected[first] = own_hashes, [*linked]

    def _indexes(self, column: "array[int]") -> Iterator[int]:
        if len(self._hashes) > FEW:
            wanted = self._hashes
            yield from [index for index, value in enumerate(column) if value in wanted]
            return
        data, size = column.tobytes(), column.itemsize
        for value in self._hashes:
            pattern, at = array("I", [value]).tobytes(), -1
            while (at := data.find(pattern, at + 1)) >= 0:
                if at % size == 0:
                    yield at // size


class _IndexedLog:
    """A run's log, of which some lines are read."""

    def __init__(self, run: Run, log: LandmarkedLog) -> None:
        self._run, self._log = run, log
        self._options = options_of(run)
        self._rules = self._options.applied_rules
        self._reading = Reading(wanted_of(self._options, (), every_link=True))
        self._sources = run.sources()
        self._decoders = {
            name: self._reading.afresh(DIALECTS[name]) for name in {one["dialect"] for one in self._sources}
        }

    def events(self, wanted: _Wanted) -> Iterator[ArrivedEvent]:
        """Those wanted, in order."""
        for (first, moment), seqs in wanted.blocks.items():
            is_wanted, clock = set(seqs), moment
            events = self._events_of_block(first, seqs[-1])
            own = array("I", map(hash_of, stored_ids(events, self._rules)))
            linked = [*linked_hashes(first, events, self._rules)]
            if (own, linked) != wanted.expected[first]:
                raise _Unsure
            for seq, event in enumerate(events, first):
                if seq in is_wanted:
                    yield seq, event, seq, clock
                clock = max(clock, arrival_of(event) or LONG_AGO)

    def _events_of_block(self, first: int, last: int) -> list[Event]:
        """The events of these seqs and of all between, which are of one file."""
        origins = self._run.origins
        start, end = origins[first], origins[last]
        source = origins.source_of(first)
        decode = self._decoders[self._sources[source]["dialect"]]
        with room_for_nesting():
            lines = self._log.lines(source, start.line, end.line)
            items = [item for line in lines for item in decode(line)]
        skipped = origins.index_in_line(first)
        found = items[skipped : skipped + last + 1 - first]
        if len(found) < last + 1 - first:
            raise _Unsure
        events: list[Event] = []
        for item in found:
            if item is None or isinstance(item, TouchesNobody | Unusable):
                raise _Unsure
            events.append(item)
        return events
