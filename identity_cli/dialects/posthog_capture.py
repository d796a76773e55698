"""PostHog capture bodies, one a line: what SDKs post, an array of events or an object with a `batch`.

Each event of a body counts for itself, as a line of the dialect posthog would. What a
recorder noted beside a batch, `now`, `_received_at` or `team_id`, holds for all its events.

What a log cannot tell: capture refuses a whole body for one bad event, on some days, and
drops only that event on others; here the good ones are kept and the bad one is told.
"""

from collections.abc import Callable, Iterable, Sequence
from types import GenericAlias
from typing import Any

import msgspec

from identity_cli.dialects import posthog
from identity_cli.dialects.base import DecodeAll
from identity_cli.dialects.record import TeamId, Time, WireEvent, event_type

lenient_decoder = posthog.lenient_decoder


def decoder(copied_names: Iterable[str]) -> DecodeAll:
    """The decoder of one body a line."""
    events_type: Any = GenericAlias(list, posthog.bare(event_type(copied_names)))
    body = msgspec.defstruct(
        "Body",
        [
            ("batch", events_type),
            ("now", Time, None),
            ("received_at", Time, msgspec.field(default=None, name="_received_at")),
            ("team_id", TeamId | None, None),
        ],
        gc=False,
    )
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(body | events_type).decode

    def events(line: bytes) -> Sequence[WireEvent]:
        value = decode(line)
        items: list[WireEvent] = value if isinstance(value, list) else value.batch
        if not items:
            raise ValueError("left to the lenient decoder, which has the words")
        if items is not value:
            for item in items:
                item.now = item.now or value.now
                item.received_at = item.received_at or value.received_at
                item.team_id = value.team_id if item.team_id is None else item.team_id
        return items

    return events


def recognises(value: Any) -> bool:
    """Whether a line is a body whose first event is PostHog's."""
    if isinstance(value, dict) and "event" not in value:
        value = value.get("batch")
    return isinstance(value, list) and bool(value) and posthog.recognises(value[0])
