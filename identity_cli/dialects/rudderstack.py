"""RudderStack: the calls that its libraries send, and its logs keep, one a line or a body with a batch."""

from collections.abc import Callable
from datetime import date
from typing import Any

from identity_cli.dialects import calls
from identity_cli.dialects.base import DecodeAll, Dialect, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from
from identity_cli.dialects.record import WireEvent
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY

GUIDE = """RudderStack: the calls that its libraries send, and its logs keep, one a line or a body with
a batch.

This is how RudderStack's own PostHog destination maps them, as of the date of the rule set.
The distinct id is `userId`, else `anonymousId`. `identify` is a `$identify` that links the
anonymous id (the destination has sent it as `$anon_distinct_id` on every call since 2020) and
sets `traits`, or else those of `context.traits`. Since 15 December 2022 every other call with
`context.traits` sets them too. `alias` joined `userId` to `previousId`, whose person stayed,
the opposite way from Segment's, until 30 September 2024; since then `previousId` joins
`userId`. `page`, `screen` and `group` are `$pageview`, `$screen` and `$groupidentify`.

What RudderStack does differently: that destination refuses `merge`, which here joins the first
two values of `mergeProperties`, without a safeguard, as the call is documented; Profiles joins
ids in the warehouse, by its own rules. Deletions, records of a warehouse and lists of audiences
concern no person here.

What a log cannot tell: the order in which the calls arrived, unless they carry `receivedAt`;
`timestamp` is the caller's and `originalTimestamp` the library's own clock; which version of
the destination a workspace ran at the time.
"""

TRAITS_ON_EVERY_CALL = date(2022, 12, 15)
ALIAS_TURNED_ROUND = date(2024, 9, 30)
"""When the destination changed, by the history of its public code."""


def decoder(wanted: Wanted) -> Callable[[bytes], WireEvent]:
    """The decoder of one call a line."""
    return calls.decoder(wanted, filling(wanted.as_of))


def lenient_decoder(wanted: Wanted) -> DecodeAll:
    """The decoder for lines that the fast one refused."""
    return calls.lenient_decoder(wanted, filling(wanted.as_of))


def filling(as_of: date) -> calls.Fill:
    """What calls mean to persons, as the destination of that day had it."""
    every_call_sets = as_of >= TRAITS_ON_EVERY_CALL
    alias_names_the_old_id = as_of >= ALIAS_TURNED_ROUND

    def fill(call: calls.Call, event: WireEvent) -> None:
        properties = event.properties
        if call.type == "identify":
            event.event = IDENTIFY
            properties.set = call.context_traits if call.traits is None else call.traits
        elif call.type == "merge":
            event.event = MERGE_DANGEROUSLY
            event.distinct_id, properties.alias = _merged(call.merge_properties)
        else:
            if every_call_sets:
                properties.set = call.context_traits
            if call.type == "alias":
                event.event = CREATE_ALIAS
                kept, joining = call.own_id, call.previous_id
                if not alias_names_the_old_id:
                    kept, joining = joining or kept, kept
                event.distinct_id, properties.alias = kept, joining
        if event.event == IDENTIFY and call.anonymous_id:  # elsewhere it links nobody
            properties.anon_distinct_id = call.anonymous_id

    return fill


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
