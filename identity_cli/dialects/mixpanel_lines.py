"""A Mixpanel line as it stands: the parts of an event that identity depends on."""

from collections.abc import Mapping
from typing import Any

import msgspec

from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import id_from, name_from, read_times, scrubbed
from identity_cli.dialects.record import Id, Time, WireEvent, properties_type
from identity_cli.values import javascript
from identity_cli.values.times import parse_time

DEVICE_MARK = "$device:"
"""What stands before an id that is a device's, never a user's."""
MERGE = "$merge"


class MixpanelProperties(msgspec.Struct, gc=False, kw_only=True):
    """The part of `properties` that identity depends on."""

    distinct_id: Id = None
    before_identity: Id = msgspec.field(default=None, name="$distinct_id_before_identity")
    user_id: Id = msgspec.field(default=None, name="$user_id")
    device_id: Id = msgspec.field(default=None, name="$device_id")
    identified_id: Id = msgspec.field(default=None, name="$identified_id")
    anon_id: Id = msgspec.field(default=None, name="$anon_id")
    anon_distinct_id: Id = msgspec.field(default=None, name="$anon_distinct_id")
    alias: Any = None
    merged: Any = msgspec.field(default=None, name="$distinct_ids")
    insert_id: Any = msgspec.field(default=None, name="$insert_id")
    time: Any = None
    processed_ms: Any = msgspec.field(default=None, name="mp_processing_time_ms")
    lib: Any = msgspec.field(default=None, name="mp_lib")
    lib_version: Any = msgspec.field(default=None, name="$lib_version")

    @property
    def anonymous_id(self) -> Id:
        """What an `$identify` links: `$anon_id` in the reference, `$anon_distinct_id` from the libraries."""
        return self.anon_distinct_id if self.anon_id is None else self.anon_id


class MixpanelEvent(msgspec.Struct, gc=False, kw_only=True):
    """One event."""

    event: str
    properties: MixpanelProperties
    recorded_at: Time = msgspec.field(default=None, name="_received_at")


def new_event(record: type[WireEvent], line: MixpanelEvent, own: Id, device_id: Id) -> WireEvent:
    """The event of a line, of that distinct id and device; Unusable if it has no name."""
    if not line.event:
        raise Unusable("no event name")
    inside = line.properties
    event = record(
        event=line.event,
        uuid=inside.insert_id,
        distinct_id=own,
        properties=properties_type(record)(
            device_id=device_id, lib=inside.lib, lib_version=inside.lib_version
        ),
    )
    read_times(event, timestamp=inside.time, received_at=inside.processed_ms)
    event.received_at = event.received_at or line.recorded_at
    return event


def two_merged(inside: MixpanelProperties) -> tuple[Id, Id]:
    """The ids of a `$merge`; Unusable if it does not name two."""
    ids = inside.merged
    if not isinstance(ids, list) or len(ids) < 2:
        raise Unusable("a $merge that names no two ids")
    return id_from(ids[0]), id_from(ids[1])


def event_from(fields: Mapping[str, Any]) -> MixpanelEvent:
    """The event of a line that has odd types."""
    inside = fields.get("properties")
    properties = MixpanelProperties()
    for field in msgspec.structs.fields(properties):
        if isinstance(inside, dict) and field.encode_name in inside:
            setattr(properties, field.name, scrubbed(inside[field.encode_name]))
    for name in (
        "distinct_id",
        "before_identity",
        "user_id",
        "device_id",
        "identified_id",
        "anon_id",
        "anon_distinct_id",
    ):
        setattr(properties, name, id_from(getattr(properties, name)))
    name = name_from(fields.get("event"))
    return MixpanelEvent(
        event=name, properties=properties, recorded_at=parse_time(fields.get("_received_at"))
    )


def bare(one: Id) -> Id:
    """An id without the mark of a device's, so that it is one id with and without."""
    return one.removeprefix(DEVICE_MARK) if isinstance(one, str) else one


def marked(one: Id) -> Id:
    """An id as a device's."""
    if one is None or (isinstance(one, str) and (not one or one.startswith(DEVICE_MARK))):
        return one
    return DEVICE_MARK + javascript.text(one)
