"""Segment: the calls that its libraries send, and its logs keep, one a line or a body with a batch.

The distinct id is `userId`, else `anonymousId`. `identify` with both is a `$identify` that
links the anonymous id; its `traits` are set on the person. `identify` without `userId` sets
traits on the anonymous person and links nobody. `alias` is a `$create_alias`: `previousId`
joins `userId`, whose person stays. `page` is `$pageview`, `screen` `$screen`, `group`
`$groupidentify`. This is how PostHog's own Segment integration maps them.

What Segment does differently: Unify also joins profiles by ids of other types, e-mail above
all, by a `track` that carries both ids, and has limits for each id type; none of that is in
the calls. Some browser libraries leave the new id of an alias out: both sides are then the
current user, and nothing is linked.

What a log cannot tell: files in storage promise no order within a day, so sort by arrival,
`receivedAt`; nothing in a call writes a value only once.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from identity_cli.dialects import calls
from identity_cli.dialects.base import DecodeAll
from identity_cli.dialects.record import WireEvent
from identity_cli.events import CREATE_ALIAS, IDENTIFY, SET

_LIBRARIES = (
    "segment",
    "analytics.js",
    "analytics-python",
    "analytics-ruby",
    "analytics-ios",
    "analytics-android",
)


def decoder(copied_names: Iterable[str]) -> Callable[[bytes], WireEvent]:
    """The decoder of one call a line."""
    return calls.decoder(copied_names, _fill)


def lenient_decoder(copied_names: Iterable[str]) -> DecodeAll:
    """The decoder for lines that the fast one refused."""
    return calls.lenient_decoder(copied_names, _fill)


def recognises(value: Any) -> bool:
    """Whether a line is a call, and does not show that RudderStack sent it."""
    return calls.judged(value, lambda call: not is_of_rudderstack(call))


def is_of_segment(call: Mapping[str, Any]) -> bool:
    """Whether a call shows that Segment's own libraries or servers had it."""
    library = calls.library_of(call)
    named = any(name in library for name in _LIBRARIES) and "rudder" not in library
    return named or "writeKey" in call or (call.get("version") == 2 and "receivedAt" in call)


def is_of_rudderstack(call: Mapping[str, Any]) -> bool:
    """Whether a call shows that RudderStack's libraries or servers had it."""
    return "rudder" in calls.library_of(call) or "channel" in call or "rudderId" in call


def _fill(call: calls.Call, event: WireEvent) -> None:
    properties = event.properties
    if call.type == "identify":
        properties.set = call.traits
        event.event = IDENTIFY if call.user_id else SET
        if call.user_id and call.anonymous_id:
            properties.anon_distinct_id = call.anonymous_id
    elif call.type == "alias":
        event.event = CREATE_ALIAS
        properties.alias = call.previous_id
