"""PostHog events, one a line: as SDKs send them, as capture passes them on, as exports keep them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import msgspec

from identity_cli.dialects.base import (
    POSTHOG,
    DecodeAll,
    Dialect,
    Mark,
    TouchesNobody,
    Unusable,
    Wanted,
    Weight,
)
from identity_cli.dialects.json_lines import (
    name_from,
    read_times,
    refuse_nested,
    scrubbed,
    team_from,
    value_of,
)
from identity_cli.dialects.posthog_cookieless import MODE, Visitors
from identity_cli.dialects.posthog_sent import make_ids
from identity_cli.dialects.record import (
    LineEvent,
    PlainId,
    WireEvent,
    WireProperties,
    event_type,
    properties_type,
)
from identity_cli.events import IDENTIFY

GUIDE = """PostHog events, one a line: as SDKs send them, as capture passes them on, as exports keep them.

The distinct id stands at the top or in `properties`, `$set` and `$set_once` in either or
both. What `$identify`, `$create_alias` and `$merge_dangerously` do, the rule set says: this
is the form in which the rules are written. An object without an event but with
`$distinct_id`, as old browser SDKs post to `/engage/`, is a `$identify` that links nobody.
Capture bodies, ingestion messages and rows with `properties` as text may stand among the
lines; a file of nothing else is read faster as the dialect of that name.

Where `$cookieless_mode` is true, the id that all such visitors send, `$posthog_cookieless`, is
nobody's: they are told apart by address, browser, host and day, and from their login on; who
cannot be told apart is held as an event that touches nobody. Without it that id is like any other.

What a log cannot tell: the ids that the platform makes for cookieless visitors, and whether a
project drops their logins; an event exported from the platform has the id it was stored with;
since August 2026 stored events may lack `$set` and `$set_once`; `_inserted_at` of a backfill
is the event's own time; `now` in a historical export is the time of the export, so it is
no arrival time and is not used as one.
"""

ORDER_KEY = "now, _received_at, created_at or _inserted_at"

Fields = Mapping[str, Any]
Found = WireEvent | TouchesNobody | Unusable


class NoOptions(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The `options` of capture v1 where they say nothing."""


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one line."""
    strict: Callable[[bytes], WireEvent] = msgspec.json.Decoder(bare(event_type(wanted.copied_names))).decode
    return strict


def lenient_decoder(wanted: Wanted) -> DecodeAll:
    """The decoder for lines that the strict one refused; takes every form that PostHog has."""
    record, visitors = event_type(wanted.copied_names), Visitors(wanted)

    def decode(line: bytes) -> Sequence[Found]:
        return [*events_in(value_of(line), record, visitors)]

    return decode


def events_in(value: Any, record: type[WireEvent], visitors: Visitors) -> Iterable[Found]:
    """The events of a line: one, or those of a capture body; Unusable where there is none."""
    if isinstance(value, list):
        return _each(value, record, visitors)
    if not isinstance(value, dict):
        raise Unusable("not a JSON object")
    if isinstance(value.get("batch"), list) and "event" not in value:
        return _each(value["batch"], record, visitors, arrived=_arrival_of_body(value))
    return [event_of(unwrapped(value), record, visitors)]


def unwrapped(fields: dict[str, Any]) -> dict[str, Any]:
    """The event of an ingestion message, whose outer fields win over those inside; else as it is."""
    if not isinstance(fields.get("data"), str) or "properties" in fields:
        return fields
    inner = value_of(fields["data"].encode("utf-8", "surrogatepass"))
    if not isinstance(inner, dict):
        raise Unusable("its data is no JSON object")
    outer = {key: value for key, value in fields.items() if key != "data" and value is not None}
    return {**inner, **outer}


def event_of(
    fields: dict[str, Any], record: type[WireEvent], visitors: Visitors
) -> WireEvent | TouchesNobody:
    """One event of any form; Unusable where it has no name."""
    inside = _properties_of(fields)
    imported = "$$is_historical_export_event" in inside
    given = fields.get("distinct_id")
    event = record(
        event=name_from(_name_in(fields)),
        uuid=scrubbed(fields.get("uuid") or None),
        distinct_id=fields.get("$distinct_id") if given is None else given,
        team_id=team_from(fields.get("team_id")),
        set=scrubbed(fields.get("$set")),
        set_once=scrubbed(fields.get("$set_once")),
        offset=fields.get("offset"),
    )
    read_times(
        event,
        timestamp=fields.get("timestamp"),
        now=None if imported else fields.get("now"),
        received_at=fields.get("_received_at"),
        created_at=fields.get("created_at"),
        inserted_at=fields.get("_inserted_at", fields.get("inserted_at")),
    )
    properties = event.properties
    for field in msgspec.structs.fields(properties_type(record)):
        if field.encode_name in inside:
            setattr(properties, field.name, scrubbed(inside[field.encode_name]))
    # What stands at the top as `$distinct_id` came before any other for those who took the inner id first.
    inner = fields.get("$distinct_id")
    properties.distinct_id = inside.get("distinct_id") if inner is None else inner
    if isinstance(fields.get("properties"), str):  # a row of a table
        properties.set = of_column(fields.get("set")) if properties.set is None else properties.set
        once = of_column(fields.get("set_once")) if properties.set_once is None else properties.set_once
        properties.set_once = once
    make_ids(event, fields)
    if inside.get(MODE) is True:
        return visitors.told_apart(event, {"$ip": fields.get("ip"), **inside})
    return event


def of_column(value: Any) -> Any:
    """What a column `set` or `set_once` writes, an object or its text; None where it is none."""
    if isinstance(value, str) and value:
        with suppress(Unusable):
            value = value_of(value.encode("utf-8", "surrogatepass"))
    return scrubbed(value) if isinstance(value, dict) else None


@cache
def bare(record: type[WireEvent]) -> type[WireEvent]:
    """The record, but refusing lines whose meaning stands in fields that it does not have."""
    properties = bare_properties(record)
    elsewhere = [
        ("distinct_id", PlainId, None),
        ("dollar_distinct_id", None, msgspec.field(default=None, name="$distinct_id")),
        ("data", None, None),
        ("older_inserted_at", None, msgspec.field(default=None, name="inserted_at")),
        ("options", NoOptions | None, None),
        ("properties", properties, msgspec.field(default_factory=properties)),
    ]
    strict = msgspec.defstruct("BareEvent", elsewhere, bases=(LineEvent,), gc=False, kw_only=True)
    return cast(type[WireEvent], strict)


@cache
def bare_properties(record: type[WireEvent]) -> type[WireProperties]:
    """The record's properties, but refusing those by which other fields of the event mean another thing."""
    marker = ("historical", None, msgspec.field(default=None, name="$$is_historical_export_event"))
    cookieless = ("cookieless", None, msgspec.field(default=None, name=MODE))
    strict = msgspec.defstruct(
        "BareProperties",
        [("distinct_id", PlainId, None), marker, cookieless],
        bases=(properties_type(record),),
        gc=False,
        kw_only=True,
    )
    return cast(type[WireProperties], strict)


def _each(
    items: list[Any],
    record: type[WireEvent],
    visitors: Visitors,
    arrived: Fields = MappingProxyType({}),
) -> Iterable[Found]:
    if not items:
        raise Unusable("no event in the batch")
    for number, item in enumerate(items, 1):
        try:
            refuse_nested(item)
            if not isinstance(item, dict):
                raise Unusable("not a JSON object")
            yield event_of({**arrived, **unwrapped(item)}, record, visitors)
        except Unusable as reason:
            yield Unusable(f"event {number} of {len(items)}: {reason}")


def _arrival_of_body(body: Fields) -> Fields:
    """What a recorder noted beside the batch holds for each of its events."""
    return {key: body[key] for key in ("now", "_received_at", "team_id") if key in body}


def _name_in(fields: Fields) -> Any:
    if "event" not in fields and "$distinct_id" in fields and ("$set" in fields or "$set_once" in fields):
        return IDENTIFY
    return fields.get("event", fields.get("eventName"))  # the latter in rows of the BigQuery plugin


def _properties_of(fields: Fields) -> dict[str, Any]:
    properties = fields.get("properties")
    if isinstance(properties, str):
        properties = value_of(properties.encode("utf-8", "surrogatepass")) if properties else None
    properties = dict(properties) if isinstance(properties, dict) else {}
    options = fields.get("options")
    if isinstance(options, dict):
        for option in ("process_person_profile", "cookieless_mode"):
            if option in options:
                properties.setdefault(f"${option}", options[option])
    return properties


KEY = "phc_"
"""How a project's key begins."""


def is_named(value: Any) -> bool:
    """Whether an event has the key of a PostHog project."""
    if not isinstance(value, dict):
        return False
    properties = value.get("properties")
    keys = [value.get("api_key"), value.get("token"), value.get("$token")]
    keys.append(properties.get("token") if isinstance(properties, dict) else None)
    return is_bare(value) and any(isinstance(key, str) and key.startswith(KEY) for key in keys)


def is_telling(value: Any) -> bool:
    """Whether it is one bare event with its id at the top or the library's name inside, or an update."""
    if not is_bare(value):
        return False
    properties = value.get("properties")
    return "distinct_id" in value or "event" not in value or "$lib" in properties


def is_bare(value: Any) -> bool:
    """Whether a line could be one bare event, or something that `/engage/` takes."""
    if not isinstance(value, dict) or isinstance(value.get("data"), str) or "batch" in value:
        return False
    if "$distinct_id" in value and "event" not in value:
        return "$token" in value and ("$set" in value or "$set_once" in value) and "$device_id" in value
    properties = value.get("properties")
    if isinstance(properties, str) or "event" not in value:
        return False
    return "distinct_id" in value or (isinstance(properties, dict) and "distinct_id" in properties)


MARKS = (Mark(Weight.NAMED, is_named), Mark(Weight.TELLING, is_telling), Mark(Weight.SHAPE, is_bare))
DIALECT = Dialect(
    name="posthog",
    title="PostHog events: from an SDK, from capture, from an export",
    vendor=POSTHOG,
    is_line_by_line=True,
    guide=GUIDE,
    marks=MARKS,
    decoder=decoder,
    lenient_decoder=lenient_decoder,
    order_key=ORDER_KEY,
)
