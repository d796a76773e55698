"""The calls that Segment's spec defines, identify, track, alias and their like, which RudderStack took over.

Both dialects read the same record; what each call means to persons, each says for itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from identity_cli.dialects.base import DecodeAll, Mark, TouchesNobody, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, read_times, refuse_nested, scrubbed, value_of
from identity_cli.dialects.record import Id, Time, WireEvent, event_type, properties_type
from identity_cli.events import GROUP_IDENTIFY
from identity_cli.values.times import parse_time

NAMES = {"page": "$pageview", "screen": "$screen", "group": GROUP_IDENTIFY}
"""What calls without a name of their own are called as events."""
CALLS = frozenset({*NAMES, "track", "identify", "alias", "merge"})
OF_NOBODY = {
    "delete": "a request to delete what is known of a user",
    "record": "a record of a warehouse on its way to a destination",
    "audiencelist": "a list of an audience's members",
}
"""Calls that concern no person, and what each is."""
_NO_SENDER = (None, None)
_WHOSE = ("userId", "anonymousId", "mergeProperties", "recordId", "rudderId")
"""One of which stands on every call."""


class Context(msgspec.Struct, gc=False):
    """The parts of `context` that matter: it may hold traits, and names the library that sent the call."""

    traits: Any = None
    library: Any = None

    @property
    def sender(self) -> tuple[Any, Any]:
        """The library and its version."""
        library = self.library
        return (library.get("name"), library.get("version")) if isinstance(library, dict) else (None, None)


class Call(msgspec.Struct, gc=False, kw_only=True, rename="camel"):
    """One call; times are aware or None."""

    type: str
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    event: str | None = None
    traits: Any = None
    context: Context | None = None
    merge_properties: Any = None
    message_id: Any = None
    timestamp: Time = None
    original_timestamp: Time = None
    received_at: Time = None
    recorded_at: Time = msgspec.field(default=None, name="_received_at")

    @property
    def own_id(self) -> Id:
        """Whose call it is: the user's, before anybody is known the anonymous id's."""
        return self.user_id or self.anonymous_id

    @property
    def context_traits(self) -> Any:
        """The traits that libraries repeat on every call, or that stand nowhere else."""
        return None if self.context is None else self.context.traits


Fields = Mapping[str, Any]
Fill = Callable[[Call, WireEvent], None]
"""Gives the event of a call what the call means to persons; Unusable where it means nothing."""


def decoder(wanted: Wanted, fill: Fill) -> Callable[[bytes], WireEvent]:
    """The fast decoder of one call a line."""
    event_of = event_maker(event_type(wanted.copied_names), fill)
    decode = msgspec.json.Decoder(Call).decode
    return lambda line: event_of(decode(line))


def lenient_decoder(wanted: Wanted, fill: Fill) -> DecodeAll:
    """The decoder for what the fast one refused: bodies with a batch, odd types, odd times."""
    event_of = event_maker(event_type(wanted.copied_names), fill)

    def decode(line: bytes) -> Sequence[WireEvent | TouchesNobody | Unusable]:
        value = value_of(line)
        if not isinstance(value, dict):
            raise Unusable("not a JSON object")
        batch = value.get("batch")
        if not isinstance(batch, list):
            return [patient(value)]
        if not batch:
            raise Unusable("no call in the batch")
        around = {key: value[key] for key in ("receivedAt", "_received_at") if key in value}
        return [_or_reason(item, number, len(batch)) for number, item in enumerate(_within(batch, around), 1)]

    def patient(fields: Any) -> WireEvent | TouchesNobody:
        call = _call(fields)
        if call.type in OF_NOBODY:
            arrival = parse_time(fields.get("receivedAt") or fields.get("_received_at"))
            return TouchesNobody(OF_NOBODY[call.type], call.type, call.message_id, arrival)
        event = event_of(call)
        read_times(
            event,
            timestamp=fields.get("timestamp") or fields.get("originalTimestamp"),
            received_at=fields.get("receivedAt") or fields.get("_received_at"),
        )
        return event

    def _or_reason(item: Any, number: int, count: int) -> WireEvent | TouchesNobody | Unusable:
        try:
            refuse_nested(item)
            return patient(item)
        except Unusable as reason:
            return Unusable(f"call {number} of {count}: {reason}")

    return decode


def is_call(value: Any) -> bool:
    """Whether a JSON value is a call of the spec, whoever sent it."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and (value["type"] in CALLS or value["type"] in OF_NOBODY)
        and "distinct_id" not in value
        and not value.keys().isdisjoint(_WHOSE)
    )


def mark(weight: Weight, shows: Callable[[Fields], bool]) -> Mark:
    """A mark of calls: of a line that is one, or of a body by its first, with what stands around it."""

    def shows_of_line(value: Any) -> bool:
        call = _first(value)
        return is_call(call) and shows(call)

    return Mark(weight, shows_of_line)


def _first(value: Any) -> Any:
    batch = value.get("batch") if isinstance(value, dict) else None
    if not isinstance(batch, list) or not batch or not isinstance(batch[0], dict):
        return value
    return {**{key: around for key, around in value.items() if key != "batch"}, **batch[0]}


def library_of(value: Fields) -> str:
    """The name that the sending library gives itself, in small letters."""
    context = value.get("context")
    library = context.get("library") if isinstance(context, dict) else None
    name = library.get("name") if isinstance(library, dict) else None
    return name.lower() if isinstance(name, str) else ""


def _within(batch: list[Any], around: Mapping[str, Any]) -> list[Any]:
    return [{**around, **item} if isinstance(item, dict) else item for item in batch]


def _call(fields: Any) -> Call:
    if not isinstance(fields, dict):
        raise Unusable("not a JSON object")
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise Unusable("no type of call")
    context, name = fields.get("context"), fields.get("event")
    return Call(
        type=scrubbed(kind),
        user_id=id_from(fields.get("userId")),
        anonymous_id=id_from(fields.get("anonymousId")),
        previous_id=id_from(fields.get("previousId")),
        event=scrubbed(name) if isinstance(name, str) else None,
        traits=scrubbed(fields.get("traits")),
        context=Context(*map(scrubbed, map(context.get, Context.__struct_fields__)))
        if isinstance(context, dict)
        else None,
        merge_properties=scrubbed(fields.get("mergeProperties")),
        message_id=scrubbed(fields.get("messageId")),
    )


def event_maker(record: type[WireEvent], fill: Fill) -> Callable[[Call], WireEvent]:
    """What makes the event of a call."""
    new_properties = properties_type(record)

    def event_of(call: Call) -> WireEvent:
        name = call.event if call.type == "track" else NAMES.get(call.type, call.type)
        if not name:
            raise Unusable("no event name")
        lib, lib_version = _NO_SENDER if call.context is None else call.context.sender
        event = record(
            event=name,
            uuid=call.message_id,
            distinct_id=call.own_id,
            timestamp=call.timestamp or call.original_timestamp,
            received_at=call.received_at or call.recorded_at,
            properties=new_properties(lib=lib, lib_version=lib_version),
        )
        if call.type not in CALLS:
            raise Unusable(f"no call of the spec: {call.type[:40]}")
        fill(call, event)
        return event

    return event_of
