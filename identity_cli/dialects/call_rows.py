"""Rows of the warehouse tables that Segment and RudderStack fill: identifies, tracks, aliases, ..."""

from collections.abc import Mapping, Sequence
from typing import Any

from identity_cli.dialects import calls, rudderstack, segment
from identity_cli.dialects.base import DecodeAll, Dialect, Mark, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, lowered, object_of, read_times, scrubbed
from identity_cli.dialects.record import WireEvent, event_type

GUIDE = """Rows of the warehouse tables that Segment and RudderStack fill, one JSON object a line:
`identifies`, `tracks`, `pages`, `groups`, `aliases`.

Each row is the call that it was made of, mapped as the dialects segment and rudderstack say:
with `previous_id` an alias, with `event` a track, with `group_id` a group, with `path` or `url`
a page; any other is an identify, whose columns that are not the vendor's own are its traits. The
vendor is RudderStack where `channel` or the library's name shows it, else Segment.

What a log cannot tell: a row of `screens` from one of `identifies`, so leave that table out;
the order between tables, so sort by arrival, `received_at`. The table `users` keeps one row a
user as it is now, of which nothing can be replayed.
"""

_OF_THE_VENDOR = frozenset(
    {
        *("id", "anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp"),
        *("uuid", "uuid_ts", "loaded_at", "channel", "row_id", "event", "event_text"),
    }
)
_VENDOR_S_OWN = ("context_", "__", "_sdc_", "_fivetran")

Fields = Mapping[str, Any]


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one row a line."""
    record = event_type(wanted.copied_names)
    of_segment = calls.event_maker(record, segment.fill)
    of_rudderstack = calls.event_maker(record, rudderstack.filling(wanted.as_of))

    def events(line: bytes) -> Sequence[WireEvent]:
        row = lowered(object_of(line))
        event = (of_rudderstack if _is_of_rudderstack(row) else of_segment)(_call(row))
        read_times(
            event,
            timestamp=row.get("timestamp") or row.get("original_timestamp"),
            received_at=row.get("received_at"),
        )
        return (event,)

    return events


def _call(row: Fields) -> calls.Call:
    kind = _kind(row)
    name = row.get("event_text") or row.get("event")
    return calls.Call(
        type=kind,
        user_id=id_from(row.get("user_id")),
        anonymous_id=id_from(row.get("anonymous_id")),
        previous_id=id_from(row.get("previous_id")),
        event=scrubbed(name) if isinstance(name, str) else None,
        traits=_traits(row) if kind == "identify" else None,
        message_id=scrubbed(row.get("id")),
        context=calls.Context(library=_library(row)),
    )


def _library(row: Fields) -> Fields:
    return {name: scrubbed(row.get(f"context_library_{name}")) for name in ("name", "version")}


def _kind(row: Fields) -> str:
    """The call that a row was made of, by the columns that only its table has."""
    for column, kind in (("previous_id", "alias"), ("event", "track"), ("group_id", "group")):
        if column in row:
            return kind
    return "page" if "path" in row or "url" in row else "identify"


def _traits(row: Fields) -> dict[str, Any]:
    return {
        str(scrubbed(column)): scrubbed(value)
        for column, value in row.items()
        if value is not None and column not in _OF_THE_VENDOR and not column.startswith(_VENDOR_S_OWN)
    }


def _is_of_rudderstack(row: Fields) -> bool:
    return "channel" in row or "rudder" in str(row.get("context_library_name")).lower()


def _is_row(value: Any) -> bool:
    if not isinstance(value, dict) or "distinct_id" in value:
        return False
    row = lowered(value)
    return "received_at" in row and ({"user_id", "anonymous_id"} <= row.keys() or "previous_id" in row)


DIALECT = Dialect(
    name="call-rows",
    title="Segment's and RudderStack's tables: identifies, tracks, ...",
    vendor="Segment",
    guide=GUIDE,
    marks=(
        Mark(Weight.TELLING, lambda value: _is_row(value) and "sent_at" in lowered(value)),
        Mark(Weight.LIKELY, _is_row),
    ),
    decoder=decoder,
    several=True,
    order_key="received_at",
)
