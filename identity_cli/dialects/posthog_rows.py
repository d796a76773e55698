"""PostHog events as stored, one a line, with `properties` as text: ClickHouse's form, warehouse tables."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from identity_cli.dialects import posthog
from identity_cli.dialects.base import POSTHOG, Dialect, Mark, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import team_from
from identity_cli.dialects.nesting import TOO_DEEP, is_text_too_deep
from identity_cli.dialects.record import Id, LineEvent, TeamId, WireEvent, event_type
from identity_cli.values.times import parse_time

GUIDE = """PostHog events as stored, one a line, with `properties` as text: ClickHouse's own form,
warehouse tables.

`created_at` is the arrival time. `$set` and `$set_once` count inside the properties; where they
are not there, the columns `set` and `set_once` of warehouse tables do. `person_id` and
`person_properties` are the platform's own answer: `idcli verify --events` compares them.

What a log cannot tell: stored events were already filtered, transformed and given their
persons; since August 2026 they may lack `$set` and `$set_once`, and then, without the columns,
properties come out empty;
a table has no order of its own: sort by arrival.
"""

_TIMES = (
    ("timestamp", "timestamp"),
    ("created_at", "created_at"),
    ("now", "now"),
    ("inserted_at", "_inserted_at"),
)


_OLDER = msgspec.field(default=None, name="inserted_at")


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one row a line."""
    record = event_type(wanted.copied_names)
    decode_row = msgspec.json.Decoder(_row_type(datetime | None, TeamId | None)).decode
    decode_texts = msgspec.json.Decoder(_row_type(str | None, TeamId | str | None)).decode
    decode_properties = msgspec.json.Decoder(posthog.bare_properties(record)).decode

    def event(line: bytes) -> WireEvent:
        try:
            row = decode_row(line)
        except msgspec.ValidationError:  # times and teams as BigQuery extracts them, most likely
            row = _understood(decode_texts(line))
        if is_text_too_deep(row.properties):
            raise Unusable(TOO_DEEP)
        row.properties = decode_properties(row.properties)
        if row.set_column is not None or row.set_once_column is not None:
            _take_columns(row)
        if row.older_inserted_at is not None:
            row.inserted_at = row.inserted_at or row.older_inserted_at
        # Times may have no zone, which then is UTC.
        if row.timestamp is not None and row.timestamp.tzinfo is None:
            row.timestamp = row.timestamp.replace(tzinfo=UTC)
        if row.created_at is not None and row.created_at.tzinfo is None:
            row.created_at = row.created_at.replace(tzinfo=UTC)
        if row.now is not None and row.now.tzinfo is None:
            row.now = row.now.replace(tzinfo=UTC)
        if row.inserted_at is not None and row.inserted_at.tzinfo is None:
            row.inserted_at = row.inserted_at.replace(tzinfo=UTC)
        return cast(WireEvent, row)

    return event


def _row_type(moment: Any, team_id: Any) -> Any:
    """The type of a row whose times and team are of these types."""
    times = [(name, moment, msgspec.field(default=None, name=column)) for name, column in _TIMES]
    fields: list[Any] = [
        *times,
        ("older_inserted_at", moment, _OLDER),
        ("team_id", team_id, None),
        ("set_column", str | dict[str, Any] | None, msgspec.field(default=None, name="set")),
        ("set_once_column", str | dict[str, Any] | None, msgspec.field(default=None, name="set_once")),
        ("distinct_id", Id, None),
        ("properties", str),
        ("data", None, None),
    ]
    return msgspec.defstruct("Row", fields, bases=(LineEvent,), gc=False, kw_only=True)


def _take_columns(row: Any) -> None:
    """Write what the columns say, where the properties no longer do."""
    properties = row.properties
    if properties.set is None:
        properties.set = posthog.of_column(row.set_column)
    if properties.set_once is None:
        properties.set_once = posthog.of_column(row.set_once_column)


def _understood(row: Any) -> Any:
    """A row of texts with its times and its team; ValueError, for the lenient decoder, where one is none."""
    for name in ("timestamp", "created_at", "now", "inserted_at", "older_inserted_at"):
        text = getattr(row, name)
        if text is not None:
            moment = parse_time(text)
            if moment is None:
                raise ValueError(name)
            setattr(row, name, moment)
    if isinstance(row.team_id, str):
        row.team_id = team_from(row.team_id)
    return row


def _is_row(value: Any) -> bool:
    """Whether a line is a row of events with its properties as text."""
    return (
        isinstance(value, dict)
        and ("event" in value or "eventName" in value)
        and isinstance(value.get("properties"), str)
    )


DIALECT = Dialect(
    name="posthog-rows",
    title="PostHog events as stored, properties as text",
    vendor=POSTHOG,
    is_line_by_line=True,
    guide=GUIDE,
    marks=(Mark(Weight.TELLING, _is_row),),
    decoder=decoder,
    lenient_decoder=posthog.lenient_decoder,
    order_key=posthog.ORDER_KEY,
    form_of=posthog.DIALECT.name,
)
