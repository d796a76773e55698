"""Amplitude: its event export, the merged-ids file beside it, and what is sent to its HTTP API."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from identity_cli.dialects.base import (
    Dangling,
    DecodeAll,
    Dialect,
    Mark,
    TouchesNobody,
    Unusable,
    Wanted,
    Weight,
)
from identity_cli.dialects.json_lines import id_from, object_of, read_times, refuse_nested, scrubbed
from identity_cli.dialects.pairs import PairLinks
from identity_cli.dialects.record import Id, WireEvent, event_type, properties_type
from identity_cli.events import GROUP_IDENTIFY, IDENTIFY, MERGE_DANGEROUSLY, SET
from identity_cli.values.times import parse_time

GUIDE = """Amplitude: its event export, the merged-ids file beside it, and what is sent to its HTTP
API, one event a line or a body with `events`.

The distinct id is `user_id`, else `device_id`. The first line with a pair of both links the
device to the user, as a `$identify` before it. `user_properties` are the user's state as it
was stored with the event: `initial_*` are written once, the others set, whenever they differ
from those of the id's line before. A line of the merged-ids file joins the ids that its two
`amplitude_id` were seen with on event lines, as `$merge_dangerously` does.

Of what is sent, `user_properties` are written as they stand, or by the operators `$set`,
`$setOnce` and `$unset`; an event `$identify` only writes, and `$groupidentify` touches nobody.
`time` counts milliseconds.

What Amplitude does differently: it resolves users by its own `amplitude_id` when events come
in, drops ids of fewer than five characters there, and never joins two user ids.

What a log cannot tell: identify operations are not in the export, only the state after them;
a merged-ids line names no event and none of the ids that a user has, so the file has to come
after the events; which side it keeps is not documented beyond doubt: here the person of
`merged_amplitude_id` stays. Times have no zone and are UTC. What the operators `$add`, `$append`
and their like come to is not computed.
"""

FIRST = "initial_"
_OPERATORS = frozenset(
    {
        *("$set", "$setOnce", "$unset", "$add", "$append", "$prepend", "$preInsert", "$postInsert"),
        *("$remove", "$clearAll"),
    }
)
EMPTY = "EMPTY"
"""What the export writes for an initial value that there was not."""


class AmplitudeLine(msgspec.Struct, gc=False, kw_only=True):
    """An event, or a line of the merged-ids file, which has no event_type."""

    event_type: str | None = None
    user_id: Id = None
    device_id: Id = None
    amplitude_id: int | None = None
    merged_amplitude_id: int | None = None
    merge_server_time: Any = None
    uuid: Any = None
    insert_id: Any = msgspec.field(default=None, name="$insert_id")
    event_time: Any = None
    client_event_time: Any = None
    server_upload_time: Any = None
    server_received_time: Any = None
    user_properties: Any = None
    time: Any = None
    sent_insert_id: Any = msgspec.field(default=None, name="insert_id")
    events: Any = None
    library: Any = None

    @property
    def own_uuid(self) -> Any:
        """By which its repeats are known."""
        given = self.insert_id if self.sent_insert_id is None else self.sent_insert_id
        return given if self.uuid is None else self.uuid


Found = WireEvent | TouchesNobody | Unusable


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one event a line, a new pair of ids linked beside it."""
    event_of = _Events(wanted)
    decode = msgspec.json.Decoder(AmplitudeLine).decode

    def events(line: bytes) -> Sequence[Found]:
        try:
            fields = decode(line)
        except ValueError:  # odd types
            fields = _line(object_of(line))
        if isinstance(fields.events, list):
            return [one(item, number, len(fields.events)) for number, item in enumerate(fields.events, 1)]
        return (event_of(fields),)

    def one(item: Any, number: int, count: int) -> Found:
        try:
            refuse_nested(item)
            if not isinstance(item, dict):
                raise Unusable("not a JSON object")
            return event_of(_line(item))
        except Unusable as reason:
            return Unusable(f"event {number} of {count}: {reason}", reason.moment)

    return events


class _Events:
    """Makes the event of a line; remembers the ids of each amplitude_id, pairs and states."""

    remembers: ClassVar[Mapping[str, Any]] = {"_id_of": dict[int | bool, Id], "_states": dict[Id, Any]}

    def __init__(self, wanted: Wanted) -> None:
        wanted.note(self)
        self._record = event_type(wanted.copied_names)
        self._new_properties = properties_type(self._record)
        self._pairs = PairLinks(wanted)
        self._id_of: dict[int, Id] = {}
        self._states: dict[Id, Any] = {}

    def __call__(self, line: AmplitudeLine) -> WireEvent | TouchesNobody:
        if line.merged_amplitude_id is not None:
            return self._merge(line)
        if not line.event_type:
            raise Unusable("no event_type")
        if line.event_type == GROUP_IDENTIFY:
            return TouchesNobody("an update of a group, which is no person", line.event_type, line.own_uuid)
        own = line.user_id or line.device_id
        event = self._new(SET if line.event_type == IDENTIFY else line.event_type, own, line)
        state = line.user_properties
        if isinstance(state, dict) and not _OPERATORS.isdisjoint(state):
            _operate(event, state)
        elif isinstance(state, dict) and state and self._states.get(own) != state:
            self._states[own] = state
            event.set, event.set_once = _writes(state)
        known = line.amplitude_id in self._id_of
        if line.amplitude_id is not None and own is not None and (line.user_id or not known):
            self._id_of[line.amplitude_id] = own
        self._pairs.link(event, line.device_id)
        return event

    def _merge(self, line: AmplitudeLine) -> WireEvent:
        moment = parse_time(line.merge_server_time)
        names = [self._id_of.get(number or 0) for number in (line.merged_amplitude_id, line.amplitude_id)]
        for number, name in zip((line.merged_amplitude_id, line.amplitude_id), names, strict=True):
            if name is None:
                raise Dangling(f"no event above has the amplitude_id {number}", moment)
        return self._record(
            event=MERGE_DANGEROUSLY,
            distinct_id=names[0],
            timestamp=moment,
            received_at=moment,
            properties=self._new_properties(alias=names[1]),
        )

    def _new(self, name: str, own: Id, line: AmplitudeLine) -> WireEvent:
        lib, _, version = line.library.partition("/") if isinstance(line.library, str) else ("", "", "")
        event = self._record(
            event=name,
            uuid=next(
                (one for one in (line.uuid, line.insert_id, line.sent_insert_id) if one is not None), None
            ),
            distinct_id=own,
            properties=self._new_properties(
                device_id=line.device_id, lib=lib or None, lib_version=version or None
            ),
        )
        read_times(
            event,
            timestamp=line.event_time or line.client_event_time or line.time,
            received_at=line.server_upload_time or line.server_received_time,
        )
        return event


def _operate(event: WireEvent, operators: Mapping[str, Any]) -> None:
    """Write what the operators say; `$unset` names properties by its keys."""
    event.set, event.set_once = (
        given if isinstance(given, dict) else None
        for given in (operators.get("$set"), operators.get("$setOnce"))
    )
    unset = operators.get("$unset")
    event.properties.unset = [*unset] if isinstance(unset, dict) else unset


def _writes(state: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a user's state sets, and what it sets once."""
    later = {key: value for key, value in state.items() if not key.startswith(FIRST)}
    first = {key: value for key, value in state.items() if key.startswith(FIRST) and value != EMPTY}
    return later, first


def _line(fields: Mapping[str, Any]) -> AmplitudeLine:
    line = AmplitudeLine()
    for field in msgspec.structs.fields(line):
        if field.encode_name in fields:
            setattr(line, field.name, scrubbed(fields[field.encode_name]))
    line.user_id, line.device_id = id_from(line.user_id), id_from(line.device_id)
    if line.event_type is not None and not isinstance(line.event_type, str):
        raise Unusable("event_type is no text")
    for number in (line.amplitude_id, line.merged_amplitude_id):
        if number is not None and not isinstance(number, int):
            raise Unusable("amplitude_id is no number")
    return line


def _is_named(value: Any) -> bool:
    """An exported event, or a line of the merged-ids file."""
    return (
        isinstance(value, dict)
        and "amplitude_id" in value
        and ("merged_amplitude_id" in value or "event_type" in value)
    )


def _is_sent(value: Any) -> bool:
    """An event as it is sent to the HTTP API."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("event_type"), str)
        and "distinct_id" not in value
        and ("user_id" in value or "device_id" in value)
    )


def _is_body(value: Any) -> bool:
    """A body of such events."""
    events = value.get("events") if isinstance(value, dict) else None
    return isinstance(events, list) and bool(events) and _is_sent(events[0])


DIALECT = Dialect(
    name="amplitude",
    title="Amplitude: event export, merged ids, or HTTP API events",
    vendor="Amplitude",
    guide=GUIDE,
    marks=(
        Mark(Weight.NAMED, _is_named),
        Mark(Weight.TELLING, _is_body),
        Mark(Weight.LIKELY, _is_sent),
    ),
    decoder=decoder,
    several=True,
    order_key="server_upload_time",
)
