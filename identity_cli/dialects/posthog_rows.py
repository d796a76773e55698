"""PostHog events as stored, one a line, with `properties` as text: ClickHouse's own form, warehouse tables.

`created_at` is the arrival time. `$set` and `$set_once` count inside the properties; the
columns `set` and `set_once` of warehouse tables repeat them and are not read. `person_id` and
`person_properties` are the platform's own answer: `idcli verify --events` compares them.

What a log cannot tell: stored events were already filtered, transformed and given their
persons; since August 2026 they may lack `$set` and `$set_once`, so properties come out empty;
a table has no order of its own: sort by arrival.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from identity_cli.dialects import posthog
from identity_cli.dialects.record import Id, Name, TeamId, Time, WireEvent, event_type
from identity_cli.dialects.times import parse_time

lenient_decoder = posthog.lenient_decoder


class Row(msgspec.Struct, gc=False, kw_only=True):
    """The columns that count; times may have no zone, which then is UTC."""

    event: Name
    properties: str
    uuid: str | None = None
    distinct_id: Id = None
    team_id: TeamId | None = None
    timestamp: str | None = None
    created_at: str | None = None
    now: str | None = None
    received_at: Time = msgspec.field(default=None, name="_received_at")
    inserted_at: str | None = msgspec.field(default=None, name="_inserted_at")
    set: None = msgspec.field(default=None, name="$set")
    set_once: None = msgspec.field(default=None, name="$set_once")
    data: None = None


def decoder(copied_names: Iterable[str]) -> Callable[[bytes], WireEvent]:
    """The decoder of one row a line."""
    record = event_type(copied_names)
    decode_row = msgspec.json.Decoder(Row).decode
    decode_properties = msgspec.json.Decoder(posthog.bare_properties(record)).decode

    def event(line: bytes) -> WireEvent:
        row = decode_row(line)
        return record(
            event=row.event,
            uuid=row.uuid or None,
            distinct_id=row.distinct_id,
            team_id=row.team_id,
            timestamp=_time(row.timestamp),
            created_at=_time(row.created_at),
            now=_time(row.now),
            received_at=row.received_at,
            inserted_at=_time(row.inserted_at),
            properties=decode_properties(row.properties),
        )

    return event


def recognises(value: Any) -> bool:
    """Whether a line is a row of events with its properties as text."""
    return isinstance(value, dict) and "event" in value and isinstance(value.get("properties"), str)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
