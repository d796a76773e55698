"""Google Analytics 4: rows of its BigQuery export, one JSON object a line."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, TouchesNobody, Wanted, Weight
from identity_cli.dialects.devices import DeviceLinks, LatestUsers, Sighting
from identity_cli.dialects.json_lines import id_from, name_from, object_of, read_times, scrubbed
from identity_cli.dialects.record import WireEvent, event_type, properties_type
from identity_cli.values.times import parse_time

GUIDE = """Google Analytics 4: rows of its BigQuery export, one JSON object a line.

The distinct id is `user_id`, else `user_pseudo_id`, the device. Two users on one device stay
two: the device, with what it did while nobody was logged in, goes to the user who was on it
last (by `event_timestamp`), as a `$identify` on the first row that has both. `user_properties`
are set on the person. A row without either id is an event that touches nobody.

What Google does differently: its reports count users by a reporting identity (user id, then
device, then modelled), which no table has, and give a session to one user alone.

What a log cannot tell: who consented to nothing, as such rows have no id; the order of events
of one microsecond. Daily tables are still amended for three days. From a pipe, which is read
once, a device is its first user's.
"""

NO_CONSENT = "a row without an id, as of a visitor who did not consent"
_VALUES = ("string_value", "int_value", "float_value", "double_value")


class Ga4Row(msgspec.Struct, gc=False, kw_only=True):
    """What identity depends on; numbers may be text, as BigQuery writes those of 64 bits."""

    event_name: Any = None
    event_timestamp: Any = None
    user_id: Any = None
    user_pseudo_id: Any = None
    user_properties: Any = None


_row = msgspec.json.Decoder(Ga4Row).decode


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one row a line."""
    record, devices = event_type(wanted.copied_names), DeviceLinks(wanted, _sighting)
    new_properties = properties_type(record)

    def events(line: bytes) -> Sequence[WireEvent | TouchesNobody]:
        row = _row_of(line)
        user, device = id_from(row.user_id), id_from(row.user_pseudo_id)
        name = name_from(row.event_name)
        if not user and not device:
            return (TouchesNobody(NO_CONSENT, name, None, parse_time(row.event_timestamp)),)
        properties = dict(_set(row.user_properties))
        about = new_properties(device_id=device)
        event = record(event=name, distinct_id=user or device, set=properties or None, properties=about)
        read_times(event, timestamp=row.event_timestamp)
        devices.link(event, user, device)
        return (event,)

    return events


def _row_of(line: bytes) -> Ga4Row:
    try:
        return _row(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = object_of(line)
        return Ga4Row(**{name: fields.get(name) for name in Ga4Row.__struct_fields__})


def _sighting(line: bytes) -> Sighting:
    row = _row_of(line)
    return Sighting(id_from(row.user_id), id_from(row.user_pseudo_id), parse_time(row.event_timestamp))


def _set(properties: Any) -> Iterator[tuple[str, Any]]:
    """Keys and values of a list of them, as BigQuery keeps a map."""
    for item in properties if isinstance(properties, list) else ():
        key, value = (item.get("key"), item.get("value")) if isinstance(item, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(value, dict):
            continue
        given = [(kind, value[kind]) for kind in _VALUES if value.get(kind) is not None]
        for kind, one in given[:1]:
            yield str(scrubbed(key)), _number(one) if kind == "int_value" else scrubbed(one)


def _number(value: Any) -> Any:
    is_number = isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 20
    return int(value) if is_number else scrubbed(value)


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and {"event_name", "event_timestamp", "user_pseudo_id"} <= value.keys()


DIALECT = Dialect(
    name="ga4",
    title="Google Analytics 4: rows of its BigQuery export",
    vendor="Google Analytics",
    guide=GUIDE,
    marks=(
        Mark(Weight.NAMED, lambda value: _is_row(value) and "event_params" in value),
        Mark(Weight.TELLING, _is_row),
    ),
    decoder=decoder,
    several=True,
    foresight=lambda: LatestUsers(_sighting),
    order_key="event_timestamp",
)
