"""A line as JSON, read with patience: what the fast decoder does not take, the standard library may."""

import json
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from identity_cli.dialects.base import UNREADABLE_TIME, Notice, Unusable
from identity_cli.dialects.nesting import TOO_DEEP, is_too_deep, room_for_nesting
from identity_cli.dialects.record import LARGEST_TEAM_ID, Id, WireEvent
from identity_cli.values import javascript
from identity_cli.values.times import names_no_time, parse_time

SHOWN_OF_A_TIME = 60
"""Characters, of what is none."""


def value_of(line: bytes) -> Any:
    """The JSON value of a line; NaN is null. Unusable where it is none."""
    if is_too_deep(line):
        raise Unusable(TOO_DEEP)
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _value_by_the_standard_library(line)


class Content(msgspec.Struct):
    """What two sendings of one event have in common, as it stands there."""

    properties: msgspec.Raw
    set: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="$set")
    set_once: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="$set_once")
    data: None = None  # of a message, whose event is inside
    batch: None = None


_content = msgspec.json.Decoder(Content).decode
_OF_ONE_SENDING = {
    *("now", "_received_at", "received_at", "receivedAt", "created_at", "_inserted_at", "inserted_at"),
    *("sent_at", "sentAt", "offset"),
}


def contents_of(line: bytes) -> list[bytes]:
    """What each event of a line says beside its name, id and time, the same each time it is sent.

    Of a line that is no event of ours the line itself, once.
    """
    try:
        content = _content(line)
        return [b" ".join(map(bytes, (content.properties, content.set, content.set_once)))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        items = items_of(value_of(line))
    except Unusable:
        return [line]
    return [_said(item, line) for item in items]


def items_of(value: Any) -> list[Any]:
    """The events of a line's value: the items of an array or of a body, else the value itself."""
    if isinstance(value, dict) and "event" not in value:
        if isinstance(value.get("batch"), list):
            return list(value["batch"])
        events = value.get("events")  # as Amplitude is sent them
        if isinstance(events, list) and any(isinstance(one, dict) and "event_type" in one for one in events):
            return events
    return value if isinstance(value, list) else [value]


def refuse_nested(item: Any) -> None:
    """Unusable for an item of a batch that is no event but a batch itself."""
    if isinstance(item, dict) and item.keys().isdisjoint(("event", "type", "event_type")):
        item = item.get("batch", item.get("events"))
    if isinstance(item, list):
        raise Unusable("a batch within a batch")


def line_without(line: bytes, indexes: Collection[int]) -> bytes | None:
    """A line that holds several events without some of them, from 0; None where they cannot be told apart."""
    try:
        value = _decode_outer(line)
        items = value if isinstance(value, list) else _decode_items(value["batch"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError):
        return None
    kept = [item for index, item in enumerate(items) if index not in indexes]
    return msgspec.json.encode(kept if isinstance(value, list) else {**value, "batch": kept})


_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_outer: Callable[[bytes], list[msgspec.Raw] | dict[str, msgspec.Raw]]
_decode_outer = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw]).decode


def _said(item: Any, line: bytes) -> bytes:
    try:
        if isinstance(item.get("data"), str) and "properties" not in item:
            item = value_of(item["data"].encode("utf-8", "surrogatepass"))
        kept = {key: value for key, value in item.items() if key not in _OF_ONE_SENDING}
        return json.dumps(kept).encode()
    except (Unusable, AttributeError, RecursionError):
        return line


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; Unusable where it is none."""
    value = value_of(line)
    if not isinstance(value, dict):
        raise Unusable("not a JSON object")
    return value


def _value_by_the_standard_library(line: bytes) -> Any:
    line = line.rstrip(b" \t\r\n")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # in the middle of a character
            raise _cut_off(line[: error.start].decode("utf-8-sig")) from None
        raise Unusable(f"not UTF-8 at byte {error.start}") from None
    try:
        with room_for_nesting():
            return json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        if text and _is_cut_off(text):
            raise _cut_off(text) from None
        problem = error.msg.lower().removesuffix(" at")
        raise Unusable(f"not JSON: {problem} at column {error.colno}") from None
    except ValueError as error:  # more digits in one number than Python converts
        raise Unusable(f"not JSON: {error}") from None


def _is_cut_off(text: str) -> bool:
    """Whether a text that is no JSON is the beginning of one; the standard library does not tell."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return str(error) == "Input data was truncated"
    return False


def _cut_off(text: str) -> Unusable:
    return Unusable(f"not JSON: cut off before its end at column {len(text)}")


def name_from(value: Any) -> str:
    """An event's name as text; Unusable without one."""
    if value is None or value == "":
        raise Unusable("no event name")
    return scrubbed(value) if isinstance(value, str) else json.dumps(value)


def id_from(value: Any) -> Id:
    """An id as the resolver takes it: a list or an object is the text that JavaScript makes of it."""
    value = scrubbed(value)
    return javascript.text(value) if isinstance(value, list | dict) else value


def team_from(value: Any) -> int | None:
    """A team's number; Unusable for what is none."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= len(str(LARGEST_TEAM_ID)):
        value = int(value)
    if value is None or (
        not isinstance(value, bool) and isinstance(value, int) and 0 <= value <= LARGEST_TEAM_ID
    ):
        return value
    raise Unusable("team_id is no team's number")


def lowered(fields: dict[str, Any]) -> dict[str, Any]:
    """A row by the names of its columns; some warehouses write them in capitals."""
    return {key.lower(): value for key, value in fields.items()}


def read_times(event: WireEvent, **given: Any) -> None:
    """Give an event its times, by the names of its fields; what is there but is no time is noted."""
    for name, value in given.items():
        moment = parse_time(value)
        setattr(event, name, moment)
        if moment is None and not names_no_time(value):
            event.notices = (*event.notices, Notice(UNREADABLE_TIME, as_shown(value)))


def as_shown(value: Any) -> str:
    """The beginning of a value, as a text to be shown."""
    text = value if isinstance(value, str) else json.dumps(value)
    return str(scrubbed(text[:SHOWN_OF_A_TIME]))


def scrubbed(value: Any) -> Any:
    """The value with lone surrogates as U+FFFD, which is what the platform stores."""
    if value is None or isinstance(value, int | float) or (isinstance(value, str) and value.isascii()):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return value
    return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
