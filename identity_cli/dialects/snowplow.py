"""Snowplow: enriched events, one a line, as tab-separated values or as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, TouchesNobody, Unusable, Wanted, Weight
from identity_cli.dialects.devices import DeviceLinks, LatestUsers, Sighting
from identity_cli.dialects.json_lines import id_from, lowered, name_from, object_of, read_times, scrubbed
from identity_cli.dialects.record import Id, WireEvent, event_type, properties_type
from identity_cli.values.times import parse_time

GUIDE = """Snowplow: enriched events, one a line, as tab-separated values (131 columns without a header),
as the Analytics SDKs' JSON, or as rows of its table `events`.

The distinct id is `user_id`, else the device: `domain_userid`, on mobile the `userId` of the
session entity, else `network_userid`. Two users on one device stay two: the device, with what
it did while nobody was logged in, goes to the user who was on it last (by `derived_tstamp`),
as a `$identify` on the first event that has both; so Snowplow's own web models stitch it.
Nothing is set on persons.

What Snowplow does differently: nothing is joined when events come in; a model decides, and
each may be another.

What a log cannot tell: properties of users, which stand in entities of one's own making;
whether two `domain_userid` are one browser. From a pipe, which is read once, a device is its
first user's.
"""

COLUMNS = 131
_COLUMN_OF = {
    **{"app_id": 0, "collector_tstamp": 3, "dvce_created_tstamp": 4, "event": 5, "event_id": 6},
    **{"user_id": 12, "domain_userid": 15, "network_userid": 17, "contexts": 52},
    **{"derived_tstamp": 124, "event_name": 126},
    **{"v_tracker": 9},
}
"""Those that are read, from 0 (the canonical event model)."""
_LIBRARY = "snowplow"
_SESSION = "contexts_com_snowplowanalytics_snowplow_client_session_1"
_SESSION_SCHEMA = "com.snowplowanalytics.snowplow/client_session/"

Fields = Mapping[str, Any]


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one event a line."""
    record, devices = event_type(wanted.copied_names), DeviceLinks(wanted, _sighting)
    new_properties = properties_type(record)

    def events(line: bytes) -> Sequence[WireEvent | TouchesNobody]:
        fields = _fields(line)
        tracker = scrubbed(fields.get("v_tracker"))
        user, device = id_from(fields.get("user_id")), _device(fields)
        name = name_from(fields.get("event_name") or fields.get("event"))
        event = record(
            event=name,
            uuid=scrubbed(fields.get("event_id")),
            distinct_id=user or device,
            properties=new_properties(device_id=device, lib=tracker and _LIBRARY, lib_version=tracker),
        )
        read_times(event, timestamp=_time(fields), received_at=fields.get("collector_tstamp"))
        if not user and not device:
            return (TouchesNobody("an event without an id", name, event.uuid, event.received_at),)
        devices.link(event, user, device)
        return (event,)

    return events


def is_tab_separated(line: object) -> bool:
    """Whether a line that is no JSON has the columns of an enriched event."""
    return isinstance(line, bytes) and line.count(b"\t") == COLUMNS - 1


def _fields(line: bytes) -> Fields:
    if not is_tab_separated(line):
        return lowered(object_of(line))
    try:
        cells = line.decode("utf-8").rstrip("\r\n").split("\t")
    except UnicodeDecodeError as error:
        raise Unusable(f"not UTF-8 at byte {error.start}") from None
    return {name: cells[column] or None for name, column in _COLUMN_OF.items()}


def _time(fields: Fields) -> Any:
    return fields.get("derived_tstamp") or fields.get("dvce_created_tstamp") or fields.get("collector_tstamp")


def _device(fields: Fields) -> Id:
    return (
        id_from(fields.get("domain_userid"))
        or id_from(_session_user(fields))
        or id_from(fields.get("network_userid"))
    )


def _session_user(fields: Fields) -> Any:
    """The device of the mobile session entity, in the SDKs' form or in that of the columns."""
    for entity in _entities(fields):
        user = entity.get("userId", entity.get("user_id"))
        if user:
            return user
    return None


def _entities(fields: Fields) -> list[dict[str, Any]]:
    given = _parsed(fields.get(_SESSION))
    if given is None:
        around = _parsed(fields.get("contexts"))
        data = around.get("data") if isinstance(around, dict) else None
        given = [
            entity.get("data")
            for entity in (data if isinstance(data, list) else ())
            if isinstance(entity, dict) and _SESSION_SCHEMA in str(entity.get("schema"))
        ]
    return [one for one in (given if isinstance(given, list) else ()) if isinstance(one, dict)]


def _parsed(value: Any) -> Any:
    """What stands there, parsed where it is JSON as text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _sighting(line: bytes) -> Sighting:
    fields = _fields(line)
    return Sighting(id_from(fields.get("user_id")), _device(fields), parse_time(_time(fields)))


def _is_event(value: Any) -> bool:
    return isinstance(value, dict) and {"collector_tstamp", "event_id"} <= lowered(value).keys()


DIALECT = Dialect(
    name="snowplow",
    title="Snowplow: enriched events, tab-separated or as JSON",
    vendor="Snowplow",
    guide=GUIDE,
    marks=(Mark(Weight.NAMED, is_tab_separated), Mark(Weight.NAMED, _is_event)),
    decoder=decoder,
    several=True,
    foresight=lambda: LatestUsers(_sighting),
    order_key="collector_tstamp",
)
