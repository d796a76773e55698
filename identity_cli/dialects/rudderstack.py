"""RudderStack: the calls that its libraries send, and its logs keep, one a line or a body with a batch."""

from collections.abc import Callable
from typing import Any

from identity_cli.dialects import calls
from identity_cli.dialects.base import DecodeAll, Dialect, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from
from identity_cli.dialects.record import WireEvent
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, SET

GUIDE = """RudderStack: the calls that its libraries send, and its logs keep, one a line or a body with
a batch.

The distinct id is `userId`, else `anonymousId`. `identify` with both is a `$identify` that
links the anonymous id, as the call is documented; traits are those of `context.traits`, over
which `traits` wins. `alias` goes the opposite way from Segment's: `userId` joins
`previousId`, whose person stays, as RudderStack's own PostHog destination maps it. `merge`
joins the first two values of `mergeProperties`, without a safeguard. `page`, `screen` and
`group` are `$pageview`, `$screen` and `$groupidentify`.

What RudderStack does differently: that destination, in the version known, sends no
`$anon_distinct_id` with `identify`, so PostHog links nobody there; Profiles joins ids in the
warehouse, by its own rules.

What a log cannot tell: the order in which the calls arrived, unless they carry `receivedAt`;
`timestamp` is the caller's and `originalTimestamp` the library's own clock.
"""


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one call a line."""
    return calls.decoder(wanted, _fill)


def lenient_decoder(wanted: Wanted) -> DecodeAll:
    """The decoder for lines that the fast one refused."""
    return calls.lenient_decoder(wanted, _fill)


def _fill(call: calls.Call, event: WireEvent) -> None:
    properties = event.properties
    if call.type == "identify":
        properties.set = _traits(call)
        event.event = IDENTIFY if call.user_id else SET
        if call.user_id and call.anonymous_id:
            properties.anon_distinct_id = call.anonymous_id
    elif call.type == "alias":
        event.event = CREATE_ALIAS
        event.distinct_id, properties.alias = call.previous_id or call.own_id, call.user_id
    else:
        event.event = MERGE_DANGEROUSLY
        event.distinct_id, properties.alias = _merged(call.merge_properties)


def _traits(call: calls.Call) -> Any:
    around, own = call.context_traits, call.traits
    if isinstance(around, dict) and isinstance(own, dict):
        return {**around, **own}
    return around if own is None else own


def _merged(pairs: Any) -> tuple[Any, Any]:
    """The two ids of a merge."""
    values = (
        [pair.get("value") for pair in pairs if isinstance(pair, dict)] if isinstance(pairs, list) else []
    )
    if len(values) < 2:
        raise Unusable("a merge that names no two ids")
    return id_from(values[0]), id_from(values[1])


DIALECT = Dialect(
    name="rudderstack",
    title="RudderStack calls: identify, track, alias, merge, ...",
    vendor="RudderStack",
    guide=GUIDE,
    marks=(
        calls.mark(Weight.NAMED, lambda call: "rudder" in calls.library_of(call) or "rudderId" in call),
        # Its libraries write both; only its servers write receivedAt.
        calls.mark(
            Weight.LIKELY,
            lambda call: "channel" in call or ("originalTimestamp" in call and "receivedAt" not in call),
        ),
        calls.mark(Weight.SHAPE, lambda call: True),
    ),
    decoder=decoder,
    lenient_decoder=lenient_decoder,
    order_key="receivedAt",
)
