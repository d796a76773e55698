"""OpenPanel: rows of its events, or what its SDKs send, one JSON object a line."""

from collections.abc import Mapping, Sequence
from typing import Any

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, TouchesNobody, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, name_from, object_of, read_times, scrubbed
from identity_cli.dialects.record import WireEvent, event_type, properties_type
from identity_cli.events import CREATE_ALIAS, SET

GUIDE = """OpenPanel: rows of its events, or what its SDKs send, one JSON object a line.

The distinct id is `profile_id`, else `device_id`. What is sent is `track`, whose id is
`profileId`, `identify`, which sets names, e-mail and `properties` on the profile, and `alias`,
a `$create_alias`: `alias` joins `profileId`. No device is ever linked to a profile: OpenPanel
itself leaves what a visitor did before a login with the device, whose id it makes anew each day.

What OpenPanel does differently: `increment` and `decrement` count on the profile; here they are
events of it that write nothing.

What a log cannot tell: which device sent an event without a profile, where the log is of what was
sent; such events touch nobody.
"""

_SENT = frozenset({"track", "identify", "alias", "increment", "decrement"})
_NAMES = ("firstName", "lastName", "email", "avatar")

Fields = Mapping[str, Any]


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one row or one sent object a line."""
    record = event_type(wanted.copied_names)
    new_properties = properties_type(record)

    def events(line: bytes) -> Sequence[WireEvent | TouchesNobody]:
        fields = object_of(line)
        payload = fields.get("payload")
        if isinstance(payload, dict):
            return (sent(str(scrubbed(fields.get("type"))), payload, fields.get("_received_at")),)
        event = record(
            event=name_from(fields.get("name")),
            uuid=scrubbed(fields.get("id")),
            distinct_id=_either(fields, "profile_id", "profileId")
            or _either(fields, "device_id", "deviceId"),
        )
        read_times(event, timestamp=fields.get("created_at", fields.get("createdAt")))
        return (event,)

    def sent(kind: str, payload: Fields, received_at: Any) -> WireEvent | TouchesNobody:
        if kind not in _SENT:
            raise Unusable(f"nothing that is sent: {kind[:40]}")
        own, properties = id_from(payload.get("profileId")), payload.get("properties")
        name = name_from(payload.get("name")) if kind == "track" else kind
        if not own:
            return TouchesNobody("an event of a device that its line does not name", name)
        event = record(event=name, distinct_id=own, properties=new_properties())
        inside = properties if isinstance(properties, dict) else {}
        read_times(event, timestamp=inside.get("__timestamp"), received_at=received_at)
        if kind == "identify":
            event.event, event.set = SET, _profile(payload, inside)
        elif kind == "alias":
            event.event, event.properties.alias = CREATE_ALIAS, id_from(payload.get("alias"))
        return event

    return events


def _either(fields: Fields, name: str, other: str) -> Any:
    return id_from(fields.get(name, fields.get(other)))


def _profile(payload: Fields, properties: Fields) -> Any:
    return scrubbed({**properties, **{name: payload[name] for name in _NAMES if payload.get(name)}})


def _is_row(value: Any) -> bool:
    if not isinstance(value, dict) or "name" not in value:
        return False
    return {"profile_id", "device_id", "created_at"} <= value.keys() or (
        {"profileId", "deviceId", "createdAt"} <= value.keys()
    )


def _is_sent(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and value["type"] in _SENT
        and isinstance(value.get("payload"), dict)
    )


DIALECT = Dialect(
    name="openpanel",
    title="OpenPanel: rows of its events, or what its SDKs send",
    vendor="OpenPanel",
    guide=GUIDE,
    marks=(Mark(Weight.TELLING, _is_row), Mark(Weight.TELLING, _is_sent)),
    decoder=decoder,
    several=True,
    order_key="created_at",
)
