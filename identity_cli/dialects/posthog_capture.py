"""PostHog capture bodies, one a line: what SDKs post, an array of events or an object with a `batch`."""

from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Any

import msgspec

from identity_cli.dialects import posthog
from identity_cli.dialects.base import POSTHOG, DecodeAll, Dialect, Mark, Wanted
from identity_cli.dialects.record import TeamId, Time, WireEvent, event_type

GUIDE = """PostHog capture bodies, one a line: what SDKs post, an array of events or an object with a `batch`.

Each event of a body counts for itself, as a line of the dialect posthog would. What a
recorder noted beside a batch, `now`, `_received_at` or `team_id`, holds for all its events.

What a log cannot tell: capture refuses a whole body for one bad event, on some days, and
drops only that event on others; here the good ones are kept and the bad one is told.
"""


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one body a line."""
    events_type: Any = GenericAlias(list, posthog.bare(event_type(wanted.copied_names)))
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


def _first(body: Any) -> Any:
    """The first event of a body; None where there is none."""
    events = body.get("batch") if isinstance(body, dict) and "event" not in body else body
    return events[0] if isinstance(events, list) and events else None


def _of_first(mark: Mark) -> Mark:
    """The mark of a body whose first event has it."""
    return Mark(mark.weight, lambda body: mark.shows(_first(body)))


DIALECT = Dialect(
    name="posthog-capture",
    title="PostHog capture bodies: a batch or an array of events",
    vendor=POSTHOG,
    is_line_by_line=True,
    guide=GUIDE,
    marks=tuple(map(_of_first, posthog.MARKS)),
    decoder=decoder,
    lenient_decoder=posthog.lenient_decoder,
    several=True,
    order_key=posthog.ORDER_KEY,
    form_of=posthog.DIALECT.name,
)
