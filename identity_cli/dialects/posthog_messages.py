"""PostHog ingestion messages, one a line: what capture hands on, the event as text in `data`."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from identity_cli.dialects import posthog
from identity_cli.dialects.base import POSTHOG, Dialect, Mark, Unusable, Wanted, Weight
from identity_cli.dialects.nesting import TOO_DEEP, is_text_too_deep
from identity_cli.dialects.record import Id, TeamId, Time, WireEvent, event_type

GUIDE = """PostHog ingestion messages, one a line: what capture hands on, the event as text in `data`.

The outer fields, `distinct_id`, `uuid`, `now` and `team_id` among them, win over those of the
event inside, as they do in ingestion. `now` is the arrival time.

What a log cannot tell: the queue keeps the order for each distinct id, not between an
anonymous id and the user it becomes; so sort by arrival.
"""


class Message(msgspec.Struct, gc=False, kw_only=True):
    """The outer part, whose fields win."""

    data: str
    distinct_id: Id = None
    uuid: str | None = None
    team_id: TeamId | None = None
    timestamp: Time = None
    now: Time = None
    received_at: Time = msgspec.field(default=None, name="_received_at")
    properties: None = None  # a message has none; what has some is something else


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one message a line."""
    decode_message = msgspec.json.Decoder(Message).decode
    decode_event = cast(
        Callable[[str], WireEvent], msgspec.json.Decoder(posthog.bare(event_type(wanted.copied_names))).decode
    )

    def event(line: bytes) -> WireEvent:
        message = decode_message(line)
        if is_text_too_deep(message.data):
            raise Unusable(TOO_DEEP)
        inner = decode_event(message.data)
        # One by one: in a loop over their names, this would take longer than decoding does.
        if message.distinct_id is not None:
            inner.distinct_id = message.distinct_id
        if message.uuid is not None:
            inner.uuid = message.uuid
        if message.team_id is not None:
            inner.team_id = message.team_id
        inner.timestamp = message.timestamp or inner.timestamp
        inner.now = message.now or inner.now
        inner.received_at = message.received_at or inner.received_at
        return inner

    return event


def _is_message(value: Any) -> bool:
    """Whether a line has an event inside, as text."""
    return isinstance(value, dict) and isinstance(value.get("data"), str) and "properties" not in value


DIALECT = Dialect(
    name="posthog-messages",
    title="PostHog ingestion messages, the event as text in data",
    vendor=POSTHOG,
    is_line_by_line=True,
    guide=GUIDE,
    marks=(Mark(Weight.TELLING, _is_message),),
    decoder=decoder,
    lenient_decoder=posthog.lenient_decoder,
    order_key=posthog.ORDER_KEY,
    form_of=posthog.DIALECT.name,
)
