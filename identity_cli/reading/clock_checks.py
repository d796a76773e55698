"""Times of events against their arrival: which senders' clocks are wrong."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar, NamedTuple, Self

from identity_cli.dialects.base import UNREADABLE_TIME, Decoded
from identity_cli.events import arrival_told
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run
from identity_cli.tables.cells import uuid_text

AHEAD, ANCIENT = timedelta(minutes=10), timedelta(days=365)
"""How far an event may lie after its arrival, and before; a phone may be offline for weeks."""
MOST_SENDERS = 1_000
Key = tuple[str, str | None, str | None]


class _Wrong(NamedTuple):
    events: int
    seconds: float
    first_seq: int
    time: str | None


class ClockChecks:
    """Counts wrong times by library and version."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_found": dict[Key, _Wrong]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls() if watching.evidence else None

    def __init__(self) -> None:
        self._found: dict[Key, _Wrong] = {}

    def look(self, block: Block) -> list[tuple[Key, _Wrong]] | None:
        """Each that is wrong."""
        found: list[tuple[Key, _Wrong]] = []
        for seq, event in zip(block.seqs, block.events, strict=True):
            if event.notices and any(notice.kind == UNREADABLE_TIME for notice in event.notices):
                found.append(_wrong("unreadable", seq, event, timedelta(0)))
            # As events.arrival_told, in line: this is asked of every event.
            arrived = event.now or event.received_at or event.created_at or event.inserted_at
            if arrived is None or event.timestamp is None:
                continue
            ahead = event.timestamp - arrived
            if ahead > AHEAD:
                found.append(_wrong("ahead", seq, event, ahead))
            elif -ahead > ANCIENT:
                found.append(_wrong("ancient", seq, event, -ahead))
        return found or None

    def take(self, looked: Iterable[tuple[Key, _Wrong]]) -> Iterable[Rows]:
        """Count them."""
        for key, wrong in looked:
            old = self._found.get(key)
            if old is not None:
                seconds = max(old.seconds, wrong.seconds)
                self._found[key] = old._replace(events=old.events + wrong.events, seconds=seconds)
            elif len(self._found) < MOST_SENDERS:
                self._found[key] = wrong
        return ()

    def rows(self) -> Iterable[Rows]:
        """What was wrong, by kind and sender."""
        return (
            (of_run("clocks", [[*key, *wrong] for key, wrong in self._found.items()]),) if self._found else ()
        )


def _wrong(kind: str, seq: int, event: Decoded, by: timedelta) -> tuple[Key, _Wrong]:
    key = kind, uuid_text(event.properties.lib), uuid_text(event.properties.lib_version)
    arrived = arrival_told(event)
    time = None if arrived is None else arrived.isoformat()
    return key, _Wrong(1, by.total_seconds(), seq, time)
