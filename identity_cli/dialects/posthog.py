"""PostHog events as SDKs send them and as its pipeline passes them on, one a line.

`distinct_id` stands at the top or in `properties`, `$set` and `$set_once` in either or
both. Only what identity depends on is decoded; the rest of the line is skipped. A line
that the strict decoder does not take (an odd type, NaN, a lone surrogate, a byte-order
mark) is read again with the standard library before it is given up.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec

from identity_cli import javascript
from identity_cli.dialects.base import Unusable
from identity_cli.dialects.times import parse_time
from identity_cli.events import ABSENT

Id = str | int | float | bool | None
LARGEST_TEAM_ID = 2**53

TeamId = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_TEAM_ID)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Time = Annotated[datetime, msgspec.Meta(tz=True)] | None


class WireProperties(msgspec.Struct, gc=False, kw_only=True):
    """The part of `properties` that every rule set may ask for."""

    distinct_id: Id = None
    anon_distinct_id: Any = msgspec.field(default=ABSENT, name="$anon_distinct_id")
    alias: Any = None
    set: Any = msgspec.field(default=None, name="$set")
    set_once: Any = msgspec.field(default=None, name="$set_once")
    unset: Any = msgspec.field(default=None, name="$unset")
    device_id: Any = msgspec.field(default=None, name="$device_id")
    lib: Any = msgspec.field(default=None, name="$lib")
    process_person_profile: Any = msgspec.field(default=ABSENT, name="$process_person_profile")

    @property
    def copied(self) -> Iterable[tuple[str, Any]]:
        """Nothing: rule sets that copy event properties ask for a wider record."""
        return ()


class WireEvent(msgspec.Struct, gc=False, kw_only=True):
    """One event of the wire; `properties` is narrow or wide, as the rules need."""

    event: Name
    uuid: Any = None
    distinct_id: Id = None
    team_id: TeamId | None = None
    set: Any = msgspec.field(default=None, name="$set")
    set_once: Any = msgspec.field(default=None, name="$set_once")
    timestamp: Time = None
    offset: Any = None
    now: Time = None
    received_at: Time = msgspec.field(default=None, name="_received_at")
    created_at: Time = None
    inserted_at: Time = msgspec.field(default=None, name="_inserted_at")
    properties: WireProperties = msgspec.field(default_factory=WireProperties)


def decoder(copied_names: Iterable[str]) -> Callable[[bytes], WireEvent]:
    """The decoder of one line; copied_names: event properties that the rules copy onto persons."""
    names = tuple(copied_names)
    event_type = _wide_event(names) if names else WireEvent
    strict: Callable[[bytes], WireEvent] = msgspec.json.Decoder(event_type).decode
    return strict


def lenient_decoder(copied_names: Iterable[str]) -> Callable[[bytes], WireEvent]:
    """The decoder for lines that the strict one refused; Unusable says why a line is not an event."""
    names = tuple(copied_names)
    event_type = _wide_event(names) if names else WireEvent

    def decode(line: bytes) -> WireEvent:
        fields = _load(line)
        properties = fields.get("properties")
        inside = properties if isinstance(properties, dict) else {}
        return _build(event_type, {**fields, "properties": inside})

    return decode


def _load(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(f"not UTF-8 at byte {error.start}") from None
    try:
        fields = json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        problem = error.msg.lower().removesuffix(" at")
        raise Unusable(f"not JSON: {problem} at column {error.colno}") from None
    except RecursionError:
        raise Unusable("nested too deeply") from None
    except ValueError as error:  # more digits in one number than Python converts
        raise Unusable(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Unusable("not a JSON object")
    return fields


def _build(event_type: type[WireEvent], fields: dict[str, Any]) -> WireEvent:
    inside = fields["properties"]
    event = event_type(
        event=_name(fields.get("event")),
        uuid=_scrubbed(fields.get("uuid")),
        distinct_id=_id(fields.get("distinct_id")),
        team_id=_team(fields.get("team_id")),
        set=_scrubbed(fields.get("$set")),
        set_once=_scrubbed(fields.get("$set_once")),
        timestamp=parse_time(fields.get("timestamp")),
        offset=fields.get("offset"),
        now=parse_time(fields.get("now")),
        received_at=parse_time(fields.get("_received_at")),
        created_at=parse_time(fields.get("created_at")),
        inserted_at=parse_time(fields.get("_inserted_at")),
    )
    properties = event.properties
    for field in msgspec.structs.fields(properties):
        if field.encode_name in inside:
            setattr(properties, field.name, _scrubbed(inside[field.encode_name]))
    properties.distinct_id = _id(inside.get("distinct_id"))
    return event


def _id(value: Any) -> Id:
    """An id as the resolver takes it: a list or an object is the text that JavaScript makes of it."""
    value = _scrubbed(value)
    return javascript.text(value) if isinstance(value, list | dict) else value


def _name(value: Any) -> str:
    if value is None or value == "":
        raise Unusable("no event name")
    return _scrubbed(value) if isinstance(value, str) else json.dumps(value)


def _team(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= len(str(LARGEST_TEAM_ID)):
        value = int(value)
    if value is None or (
        not isinstance(value, bool) and isinstance(value, int) and 0 <= value <= LARGEST_TEAM_ID
    ):
        return value
    raise Unusable("team_id is no team's number")


def _scrubbed(value: Any) -> Any:
    """The value with lone surrogates as U+FFFD, which is what the platform stores."""
    if value is None or isinstance(value, int | float):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return value
    return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _wide_event(names: tuple[str, ...]) -> type[WireEvent]:
    """A WireEvent whose properties also keep the event properties of these names."""
    fields = [
        (f"copied_{index}", Any, msgspec.field(default=ABSENT, name=name)) for index, name in enumerate(names)
    ]
    attributes = [name for name, _, _ in fields]

    def copied(self: Any) -> Iterator[tuple[str, Any]]:
        for name, attribute in zip(names, attributes, strict=True):
            value = getattr(self, attribute)
            if value is not ABSENT:
                yield name, value

    properties_type = msgspec.defstruct(
        "WideProperties",
        fields,
        bases=(WireProperties,),
        namespace={"copied": property(copied)},
        gc=False,
        kw_only=True,
    )
    properties_field = ("properties", properties_type, msgspec.field(default_factory=properties_type))
    wide = msgspec.defstruct("WideEvent", [properties_field], bases=(WireEvent,), gc=False, kw_only=True)
    return cast(type[WireEvent], wide)
