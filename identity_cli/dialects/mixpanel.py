"""Mixpanel: its raw export, and what its SDKs send to /track, /import and /engage."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, TouchesNobody, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, name_from, read_times, scrubbed, value_of
from identity_cli.dialects.pairs import PairLinks
from identity_cli.dialects.record import Id, Time, WireEvent, event_type, properties_type
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, SET
from identity_cli.values.times import parse_time

GUIDE = """Mixpanel: its raw export, and what its SDKs send to /track, /import and /engage.

The distinct id is `$distinct_id_before_identity` where the export has it, else `distinct_id`.
`$identify` links `$anon_id` to `$identified_id`; `$create_alias` links `alias` to
`distinct_id`; `$merge` joins the first two of `$distinct_ids` as `$merge_dangerously` does:
without a safeguard. The first event with a pair of `$user_id` and `$device_id` links the
device to the user, as a `$identify` before it (the simplified API); `$device:` before an id is
no part of it. A person update has no
event: `$set`, `$set_once` and `$unset` become a `$set` event that writes them; `$add`,
`$append`, `$union`, `$remove` and `$delete` depend on values and are not applied. `time` is
seconds, milliseconds, or ISO without a zone, which then is UTC.

What Mixpanel does differently: the original API merges on `$identify` only when `$anon_id` is a
UUID of version 4 that was never merged before, has no notion of an identified person, and
caps a person at 500 ids; in the simplified API two user ids never become one, and
`$create_alias` does nothing.

What a log cannot tell: an exported `distinct_id` is already merged, in the original API into
one picked at random, so without `$distinct_id_before_identity` an export shows fewer persons
apart than there were; person updates are not part of the event export; the export is not
free of repeats.
"""

DEVICE_PREFIX = "$device:"
_UPDATES = ("$set", "$set_once", "$unset", "$add", "$append", "$union", "$remove", "$delete", "$prepend")


class MixpanelProperties(msgspec.Struct, gc=False, kw_only=True):
    """The part of `properties` that identity depends on."""

    distinct_id: Id = None
    before_identity: Id = msgspec.field(default=None, name="$distinct_id_before_identity")
    user_id: Id = msgspec.field(default=None, name="$user_id")
    device_id: Id = msgspec.field(default=None, name="$device_id")
    identified_id: Id = msgspec.field(default=None, name="$identified_id")
    anon_id: Id = msgspec.field(default=None, name="$anon_id")
    alias: Any = None
    merged: Any = msgspec.field(default=None, name="$distinct_ids")
    insert_id: Any = msgspec.field(default=None, name="$insert_id")
    time: Any = None
    processed_ms: Any = msgspec.field(default=None, name="mp_processing_time_ms")
    lib: Any = msgspec.field(default=None, name="mp_lib")


class MixpanelEvent(msgspec.Struct, gc=False, kw_only=True):
    """One event."""

    event: str
    properties: MixpanelProperties
    recorded_at: Time = msgspec.field(default=None, name="_received_at")


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one event a line, a new pair of ids linked beside it."""
    record = event_type(wanted.copied_names)
    event_of = _Events(record)
    decode = msgspec.json.Decoder(MixpanelEvent).decode

    def events(line: bytes) -> Sequence[WireEvent | TouchesNobody | Unusable]:
        try:
            event = decode(line)
        except ValueError:  # a person update, a list of events, odd types
            return patiently(line)
        return (event_of(event),)

    def patiently(line: bytes) -> Sequence[WireEvent | TouchesNobody | Unusable]:
        value = value_of(line)
        items = value if isinstance(value, list) else [value]
        if not items:
            raise Unusable("no event in the batch")
        found: list[WireEvent | TouchesNobody | Unusable] = []
        for item in items:
            try:
                found.append(one(item))
            except Unusable as reason:
                if len(items) == 1:
                    raise
                found.append(reason)
        return found

    def one(item: Any) -> WireEvent | TouchesNobody:
        if not isinstance(item, dict):
            raise Unusable("not a JSON object")
        if "event" not in item and "$group_key" in item:
            return TouchesNobody("an update of a group, which is no person", "group update")
        if "event" not in item and any(name in item for name in _UPDATES):
            return _update(item, record)
        return event_of(_event(item))

    return events


class _Events:
    """Makes the event of a line; remembers which devices it has linked to which users."""

    def __init__(self, record: type[WireEvent]) -> None:
        self._record = record
        self._new_properties = properties_type(record)
        self._pairs = PairLinks()

    def __call__(self, line: MixpanelEvent) -> WireEvent:
        inside = line.properties
        own = _own_id(inside)
        if not line.event:
            raise Unusable("no event name")
        event = self._new(line.event, own, inside, line.recorded_at)
        if event.event == IDENTIFY and inside.anon_id is not None:
            event.distinct_id = _bare(inside.identified_id or own)
            event.properties.anon_distinct_id = _bare(inside.anon_id)
        elif event.event == CREATE_ALIAS:
            event.properties.alias = _bare(inside.alias)
        elif event.event == "$merge":
            event.event = MERGE_DANGEROUSLY
            event.distinct_id, event.properties.alias = _first_two(inside.merged)
        elif inside.user_id and inside.device_id:
            event.distinct_id = inside.user_id
            self._pairs.link(event, _bare(inside.device_id))
        elif event.event == IDENTIFY and inside.identified_id:
            event.distinct_id = _bare(inside.identified_id)
        return event

    def _new(self, name: str, own: Id, inside: MixpanelProperties, recorded_at: datetime | None) -> WireEvent:
        event = self._record(
            event=name,
            uuid=inside.insert_id,
            distinct_id=own,
            properties=self._new_properties(device_id=_bare(inside.device_id), lib=inside.lib),
        )
        read_times(event, timestamp=inside.time, received_at=inside.processed_ms)
        event.received_at = event.received_at or recorded_at
        return event


def _own_id(inside: MixpanelProperties) -> Id:
    own = inside.distinct_id if inside.before_identity is None else inside.before_identity
    if own is None:
        own = inside.user_id or inside.device_id
    return _bare(own)


def _bare(one: Id) -> Id:
    """An id without the mark of a device's, so that it is one id with and without."""
    return one.removeprefix(DEVICE_PREFIX) if isinstance(one, str) else one


def _event(fields: Mapping[str, Any]) -> MixpanelEvent:
    inside = fields.get("properties")
    properties = MixpanelProperties()
    for field in msgspec.structs.fields(properties):
        if isinstance(inside, dict) and field.encode_name in inside:
            setattr(properties, field.name, scrubbed(inside[field.encode_name]))
    for name in ("distinct_id", "before_identity", "user_id", "device_id", "identified_id", "anon_id"):
        setattr(properties, name, id_from(getattr(properties, name)))
    name = name_from(fields.get("event"))
    return MixpanelEvent(
        event=name, properties=properties, recorded_at=parse_time(fields.get("_received_at"))
    )


def _update(fields: Mapping[str, Any], record: type[WireEvent]) -> WireEvent:
    """A person update as an event that writes."""
    event = record(
        event=SET,
        distinct_id=_bare(id_from(fields.get("$distinct_id"))),
        set=scrubbed(fields.get("$set")),
        set_once=scrubbed(fields.get("$set_once")),
        properties=properties_type(record)(unset=scrubbed(fields.get("$unset"))),
    )
    read_times(event, timestamp=fields.get("$time"), received_at=fields.get("_received_at"))
    return event


def _first_two(ids: Any) -> tuple[Id, Id]:
    if not isinstance(ids, list) or len(ids) < 2:
        raise Unusable("a $merge that names no two ids")
    return _bare(id_from(ids[0])), _bare(id_from(ids[1]))


_ITS_OWN = (
    *("mp_lib", "mp_processing_time_ms", "$distinct_id_before_identity"),
    *("$distinct_ids", "$identified_id"),
)
"""Properties that only its libraries and servers write."""


def _is_named(value: Any) -> bool:
    return not _properties_of(value).keys().isdisjoint(_ITS_OWN)


def _is_likely(value: Any) -> bool:
    """An event with its time among the properties, an alias as its libraries send it, a person update."""
    value, properties = _first(value), _properties_of(value)
    if "event" not in value:
        return "$distinct_id" in value and "$device_id" not in value and not value.keys().isdisjoint(_UPDATES)
    is_alias = value["event"] == CREATE_ALIAS and "alias" in properties and "token" in properties
    return is_alias or "time" in properties


def _first(value: Any) -> Mapping[str, Any]:
    """The line, or the first event of several; empty where it is not as Mixpanel writes any."""
    if isinstance(value, list) and value:
        value = value[0]
    is_shaped = isinstance(value, dict) and "distinct_id" not in value and "api_key" not in value
    return value if is_shaped else {}


def _properties_of(value: Any) -> Mapping[str, Any]:
    """Its properties; none where they are those of a library that is not its own."""
    value = _first(value)
    properties = value.get("properties") if "event" in value else None
    return properties if isinstance(properties, dict) and "$lib" not in properties else {}


DIALECT = Dialect(
    name="mixpanel",
    title="Mixpanel: raw export, or what its SDKs send",
    vendor="Mixpanel",
    guide=GUIDE,
    marks=(Mark(Weight.NAMED, _is_named), Mark(Weight.LIKELY, _is_likely)),
    decoder=decoder,
    several=True,
    order_key="mp_processing_time_ms",
)
