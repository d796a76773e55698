"""What a plan asks for, met while a log is read: events not to count, by their addresses, and blocked ids."""

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.errors import AmbiguousEvent, EventNotMet, IdNotMet
from identity_cli.events import Event
from identity_cli.facts import DistinctIdAttached, DistinctIdSeen, Fact, Linked, PersonCreated
from identity_cli.origins import Origin, Origins, address_in
from identity_cli.reading.reader import Block
from identity_cli.rules.base import RuleSet
from identity_cli.rules.linking import source_id
from identity_cli.rules.own_id import own_id


class LeftOut(NamedTuple):
    """An event by its address, its file as the log's reader spells it, and by its uuid, None if not known."""

    file: str
    line: int
    nth: int | None = None
    uuid: str | None = None

    @property
    def origin(self) -> Origin:
        """Where it stands."""
        return Origin(self.file, self.line, self.nth)


class LeftOutFilter:
    """Tells which events are to be left out; afterwards, whether all of them were met.

    Those named by a text alone may turn out to be lines without an event, such as blank ones, or of a file
    that is there but not read this time: there is nothing to leave out then.
    """

    def __init__(self, named: Iterable["str | LeftOut"]) -> None:
        """EventNotMet for a text that is no FILE:LINE or FILE:LINE#NTH."""
        self._wanted: dict[tuple[str, int], list[LeftOut]] = defaultdict(list)
        self._lines: dict[str, list[int]] = defaultdict(list)
        self._missing: dict[LeftOut, bool] = {}
        for one in named:
            event = _in_text(one) if isinstance(one, str) else one
            self._missing[event] = not isinstance(one, str)
            self._wanted[event.file, event.line].append(event)
            self._lines[event.file].append(event.line)
        for lines in self._lines.values():
            lines.sort()
        self.nothing_at = 0

    def are_out(self, block: Block) -> list[bool]:
        """For each of the next events whether it is left out; AmbiguousEvent, EventNotMet."""
        seqs, origins = block.seqs, block.origins
        if origins.order is None and not self._is_near(origins[seqs[0]], origins[seqs[-1]]):
            return [False] * len(seqs)
        return [self._is_out(event, origins[seq]) for seq, event in zip(seqs, block.events, strict=True)]

    def finish(self, origins: Origins) -> None:
        """The log is at its end; EventNotMet if it does not have one of the events."""
        for event, must_be_event in self._missing.items():
            if must_be_event or not (origins.seqs_at(str(event.origin)) or _is_elsewhere(event, origins)):
                raise EventNotMet(event.origin, "the log has no event there")
        self.nothing_at = len(self._missing)

    def _is_near(self, first: Origin, last: Origin) -> bool:
        lines = self._lines.get(first.path, [])
        return bisect_left(lines, first.line) < bisect_right(lines, last.line)

    def _is_out(self, event: Event, origin: Origin) -> bool:
        for wanted in self._wanted.get(origin[:2], ()):
            if wanted.nth is None and origin.nth is not None:
                raise AmbiguousEvent(str(wanted.origin), [origin._replace(nth=nth) for nth in (1, 2)])
            if wanted.nth in (None, origin.nth or 1):
                if wanted.uuid is not None and wanted.uuid != uuid_in_text(event.uuid):
                    raise EventNotMet(wanted.origin, f"its uuid is not {wanted.uuid}")
                self._missing.pop(wanted, None)
                return True
        return False


class BlockedIds:
    """Tells which of the ids to be blocked no event has or links, be it one that is left out."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.missing = set(ids)

    def see(self, facts: Iterable[Fact]) -> None:
        """Meet the ids that are new, and those that links name."""
        for fact in facts:
            if isinstance(fact, Linked):
                self.missing -= {fact.source_distinct_id, fact.target_distinct_id}
            elif isinstance(fact, PersonCreated | DistinctIdAttached | DistinctIdSeen):
                self.missing.discard(fact.distinct_id)

    def see_left_out(self, event: Event, rules: RuleSet) -> None:
        """Meet the ids of an event that nothing else will tell of."""
        self.missing -= {own_id(event, rules), source_id(event, rules)}

    def finish(self) -> None:
        """The log is at its end; IdNotMet."""
        for one in sorted(self.missing):
            raise IdNotMet(one)


def _is_elsewhere(event: LeftOut, origins: Origins) -> bool:
    return event.file not in origins.paths and Path(event.file).exists()


def uuid_in_text(uuid: Any) -> str | None:
    """An event's uuid as text; one that is no text as JSON, as tables have it."""
    return uuid if uuid is None or isinstance(uuid, str) else json.dumps(uuid, separators=(",", ":"))


def check_address(event: str | LeftOut) -> None:
    """EventNotMet for what is neither FILE:LINE nor FILE:LINE#NTH nor of a plan."""
    if not isinstance(event, LeftOut):
        _in_text(event)


def _in_text(named: str) -> LeftOut:
    address = address_in(named)
    if address is None or not address.path:
        raise EventNotMet(named, "that is no FILE:LINE")
    return LeftOut(*address)
