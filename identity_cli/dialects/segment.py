"""Segment: the calls that its libraries send, and its logs keep, one a line or a body with a batch."""

from collections.abc import Callable

from identity_cli.dialects import calls
from identity_cli.dialects.base import DecodeAll, Dialect, Wanted, Weight
from identity_cli.dialects.record import WireEvent
from identity_cli.events import CREATE_ALIAS, IDENTIFY, SET

GUIDE = """Segment: the calls that its libraries send, and its logs keep, one a line or a body with a batch.

The distinct id is `userId`, else `anonymousId`. `identify` with both is a `$identify` that
links the anonymous id; its `traits` are set on the person. `identify` without `userId` sets
traits on the anonymous person and links nobody. `alias` is a `$create_alias`: `previousId`
joins `userId`, whose person stays. `page` is `$pageview`, `screen` `$screen`, `group`
`$groupidentify`. This is how PostHog's own Segment integration maps them; the newer destination
that Segment offers beside it sends no alias and no `$anon_distinct_id` at all, so that nobody is
linked there.

What Segment does differently: Unify also joins profiles by ids of other types, e-mail above
all, by a `track` that carries both ids, and has limits for each id type; none of that is in
the calls. Some browser libraries leave the new id of an alias out: both sides are then the
current user, and nothing is linked. A `delete` concerns no person here.

What a log cannot tell: files in storage promise no order within a day, so sort by arrival,
`receivedAt`; nothing in a call writes a value only once.
"""


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one call a line."""
    return calls.decoder(wanted, fill)


def lenient_decoder(wanted: Wanted) -> DecodeAll:
    """The decoder for lines that the fast one refused."""
    return calls.lenient_decoder(wanted, fill)


def fill(call: calls.Call, event: WireEvent) -> None:
    """What a call means to persons."""
    properties = event.properties
    if call.type == "identify":
        properties.set = call.traits
        event.event = IDENTIFY if call.user_id else SET
        if call.user_id and call.anonymous_id:
            properties.anon_distinct_id = call.anonymous_id
    elif call.type == "alias":
        event.event = CREATE_ALIAS
        properties.alias = call.previous_id


_LIBRARIES = frozenset(
    {
        *("analytics.js", "analytics-ios", "analytics-android", "analytics-swift", "analytics-kotlin"),
        *("analytics-react-native", "analytics-flutter", "analytics.net", "analytics-csharp"),
    }
)
"""What its libraries call themselves, but for names that RudderStack's kept when it took these over."""
_MESSAGE_IDS = ("ajs-", "api-", "node-next-")


def _is_telling(call: calls.Fields) -> bool:
    """What only Segment's own libraries and servers write."""
    library, message_id = calls.library_of(call), call.get("messageId")
    return (
        "projectId" in call
        or "writeKey" in call
        or (call.get("version") == 2 and "receivedAt" in call)
        or "segment" in library
        or library in _LIBRARIES
        or (isinstance(message_id, str) and message_id.startswith(_MESSAGE_IDS))
    )


DIALECT = Dialect(
    name="segment",
    title="Segment calls: identify, track, alias, ...",
    vendor="Segment",
    guide=GUIDE,
    marks=(
        calls.mark(Weight.TELLING, _is_telling),
        # Its libraries leave originalTimestamp to its servers, which also write what tells.
        calls.mark(Weight.FAINT, lambda call: "originalTimestamp" not in call),
        calls.mark(Weight.SHAPE, lambda call: True),
    ),
    decoder=decoder,
    lenient_decoder=lenient_decoder,
    order_key="receivedAt",
)
