"""A run's log without some of its events: its own lines, for a re-import.

Replayed, it comes to what the run comes to without these events, and without those that the run leaves out
itself. Their time may still matter: where no line that stays tells it, a line of nobody's stands for it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from identity_cli.dialects import POSTHOG
from identity_cli.dialects.json_lines import line_without
from identity_cli.errors import AmbiguousEvent, EventInBatch, EventNotMet
from identity_cli.events import LONG_AGO, Event, arrival_of
from identity_cli.origins import Origin
from identity_cli.reading.left_out import LeftOut, uuid_in_text
from identity_cli.reading.sorted_reader import ORDERS
from identity_cli.replaying.again.log_again import NOTHING, Progress, events_of
from identity_cli.replaying.again.rerun import lines_of_log
from identity_cli.store.reading.run import Run

TIMES = {
    "timestamp": "timestamp",
    "now": "now",
    "_received_at": "received_at",
    "created_at": "created_at",
    "_inserted_at": "inserted_at",
}
"""Keys of a line that tell a time, and what they are called of an event."""


class ShortenedLog:
    """The lines of a run's log, in the order of its files, but for some events.

    earlier: how many of them the run left out already, by the plan that it was replayed with. standing: how
    many lines stand for the time of an event left out. untold: the events whose time matters, and for which
    none can stand.
    """

    def __init__(
        self, run: Run, left_out: Iterable[str | LeftOut], on_progress: Progress | None = None
    ) -> None:
        """left_out: FILE:LINE, FILE:LINE#NTH or as a plan names them.

        EventNotMet, AmbiguousEvent, LogChanged before the first line.
        """
        self._run = run
        self._several = run.origins.events_on_shared_lines()
        asked = {_seq_of(run, one): one for one in left_out}
        earlier = {seq: str(run.origin(seq)) for seq in run.left_out()}
        self.earlier = len(earlier)
        wanted: dict[int, str | LeftOut] = {**earlier, **asked}
        times = self._met(wanted, on_progress)
        is_told = {source["path"]: source["dialect"].startswith(POSTHOG.name) for source in run.sources()}
        places = {seq: run.origin(seq) for seq in times}
        can_stand = {seq for seq, at in places.items() if at.nth is None and is_told[at.path]}
        self._stands = {places[seq][:2]: times[seq] for seq in can_stand}
        self.standing = len(self._stands)
        self.untold = [places[seq] for seq in sorted(places.keys() - can_stand)]
        self._indexes: dict[tuple[str, int], set[int]] = defaultdict(set)
        for seq in wanted:
            self._indexes[run.origin(seq)[:2]].add(run.origins.index_in_line(seq))

    def lines(self) -> Iterator[bytes]:
        """What stays of each file; of a line that holds several events, the others."""
        for origin, line in lines_of_log(self._run):
            kept = self._kept(line, origin)
            if kept is not None:
                yield kept if kept.endswith(b"\n") else kept + b"\n"

    def _kept(self, line: bytes, origin: Origin) -> bytes | None:
        place = origin[:2]
        gone = self._indexes.get(place)
        if gone is None:
            return line
        if origin.nth is not None:  # one of several values of a document that begin on the line
            return None if origin.nth - 1 in gone else line
        if len(gone) == self._several.get(place, 1):
            return self._stands.get(place)
        kept = line_without(line, gone)
        if kept is None:
            raise EventInBatch("{}:{}".format(*place))
        return kept

    def _met(self, wanted: dict[int, str | LeftOut], on_progress: Progress | None) -> dict[int, bytes]:
        """Read the log for the events to leave out; lines for those whose time matters."""
        missing = {seq: one for seq, one in wanted.items() if not isinstance(one, str)}
        clock = _Clock(self._run)
        for seq, event, counts_as in events_of(self._run, on_progress):
            if seq in wanted:
                _check(missing.pop(seq, None), event)
                clock.leave_out(seq, event)
            elif counts_as in (seq, NOTHING) or counts_as in wanted:
                clock.keep(event)
        for planned in missing.values():
            raise EventNotMet(planned.origin, "the log has no event there")
        return clock.standing


class _Clock:
    """What time the log shows, with the events that are left out and without."""

    def __init__(self, run: Run) -> None:
        self.standing: dict[int, bytes] = {}
        self._is_heeded = run.metadata["buffer_seconds"] > 0
        self._sorted_by = None if run.metadata["order"] is None else ORDERS[run.metadata["order"]]
        self._now = LONG_AGO
        self._latest: dict[int, Event] = {}  # left out since the last that stays

    def leave_out(self, seq: int, event: Event) -> None:
        """An event that no line will tell of."""
        if self._is_heeded or self._sorted_by is not None:
            self._latest[seq] = event

    def keep(self, event: Event) -> None:
        """An event that stays; if it does not show the time of those left out before it, that matters."""
        arrival = arrival_of(event)
        for seq, gone in self._latest.items():
            shown = arrival_of(gone) or LONG_AGO
            is_clock = self._is_heeded and shown > max(self._now, arrival or LONG_AGO)
            if is_clock or self._is_followed(gone, event):
                self.standing[seq] = _of_nobody(gone)
            self._now = max(self._now, shown)
        self._latest.clear()
        self._now = max(self._now, arrival or LONG_AGO)

    def _is_followed(self, gone: Event, event: Event) -> bool:
        """Whether sorting put an event where it is for the one before it."""
        time_of = self._sorted_by
        return time_of is not None and time_of(event) is None and time_of(gone) is not None


def _of_nobody(event: Event) -> bytes:
    """A line that tells the times of an event and nothing else; without a distinct_id it is nobody's."""
    found = {key: getattr(event, name) for key, name in TIMES.items()}
    times = {key: time.isoformat() for key, time in found.items() if time is not None}
    return json.dumps({"event": "left out", "distinct_id": None, "properties": {}, **times}).encode()


def _check(planned: LeftOut | None, event: Any) -> None:
    if planned is not None and planned.uuid not in (None, uuid_in_text(event.uuid)):
        raise EventNotMet(planned.origin, f"its uuid is not {planned.uuid}")


def _seq_of(run: Run, named: str | LeftOut) -> int:
    text = named if isinstance(named, str) else str(named.origin)
    seqs = run.origins.seqs_at(text)
    if not seqs:
        raise EventNotMet(text, "the log has no such line")
    if len(seqs) > 1:
        raise AmbiguousEvent(text, [run.origin(seq) for seq in seqs])
    return seqs[0]
