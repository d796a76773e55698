"""Amplitude: its event export, and the merged-ids file beside it, one JSON object a line."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, object_of, read_times, scrubbed
from identity_cli.dialects.pairs import PairLinks
from identity_cli.dialects.record import Id, WireEvent, event_type, properties_type
from identity_cli.events import MERGE_DANGEROUSLY
from identity_cli.values.times import parse_time

GUIDE = """Amplitude: its event export, and the merged-ids file beside it, one JSON object a line.

The distinct id is `user_id`, else `device_id`. The first line with a pair of both links the
device to the user, as a `$identify` before it. `user_properties` are the user's state as it
was stored with the event: `initial_*` are written once, the others set, whenever they differ
from those of the id's line before. A line of the merged-ids file joins the ids that its two
`amplitude_id` were seen with on event lines, as `$merge_dangerously` does.

What Amplitude does differently: it resolves users by its own `amplitude_id` when events come
in, drops ids of fewer than five characters there, and never joins two user ids.

What a log cannot tell: identify operations are not in the export, only the state after them;
a merged-ids line names no event and none of the ids that a user has, so the file has to come
after the events; which side it keeps is not documented beyond doubt: here the person of
`merged_amplitude_id` stays. Times have no zone and are UTC.
"""

FIRST = "initial_"
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


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one event a line, a new pair of ids linked beside it."""
    event_of = _Events(wanted)
    decode = msgspec.json.Decoder(AmplitudeLine).decode

    def events(line: bytes) -> Sequence[WireEvent]:
        try:
            fields = decode(line)
        except ValueError:  # odd types
            fields = _line(object_of(line))
        return (event_of(fields),)

    return events


class _Events:
    """Makes the event of a line; remembers the ids of each amplitude_id, pairs and states."""

    def __init__(self, wanted: Wanted) -> None:
        self._record = event_type(wanted.copied_names)
        self._new_properties = properties_type(self._record)
        self._pairs = PairLinks(wanted)
        self._id_of: dict[int, Id] = {}
        self._states: dict[Id, Any] = {}

    def __call__(self, line: AmplitudeLine) -> WireEvent:
        if line.merged_amplitude_id is not None:
            return self._merge(line)
        if not line.event_type:
            raise Unusable("no event_type")
        own = line.user_id or line.device_id
        event = self._new(line.event_type, own, line)
        state = line.user_properties
        if isinstance(state, dict) and state and self._states.get(own) != state:
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
                raise Unusable(f"no event above has the amplitude_id {number}", moment)
        return self._record(
            event=MERGE_DANGEROUSLY,
            distinct_id=names[0],
            timestamp=moment,
            received_at=moment,
            properties=self._new_properties(alias=names[1]),
        )

    def _new(self, name: str, own: Id, line: AmplitudeLine) -> WireEvent:
        event = self._record(
            event=name,
            uuid=line.insert_id if line.uuid is None else line.uuid,
            distinct_id=own,
            properties=self._new_properties(device_id=line.device_id),
        )
        read_times(
            event,
            timestamp=line.event_time or line.client_event_time,
            received_at=line.server_upload_time or line.server_received_time,
        )
        return event


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


DIALECT = Dialect(
    name="amplitude",
    title="Amplitude: event export and merged ids",
    vendor="Amplitude",
    guide=GUIDE,
    marks=(Mark(Weight.NAMED, _is_named),),
    decoder=decoder,
    several=True,
    order_key="server_upload_time",
)
