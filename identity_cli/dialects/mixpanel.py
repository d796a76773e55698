"""Mixpanel: its raw export, and what its SDKs send to /track, /import and /engage."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from identity_cli.dialects.base import DecodeAll, Dialect, Mark, TouchesNobody, Unusable, Wanted, Weight
from identity_cli.dialects.json_lines import id_from, read_times, scrubbed, value_of
from identity_cli.dialects.mixpanel_lines import (
    DEVICE_MARK,
    MERGE,
    MixpanelEvent,
    MixpanelProperties,
    bare,
    event_from,
    new_event,
    two_merged,
)
from identity_cli.dialects.mixpanel_simplified import SimplifiedEvents
from identity_cli.dialects.pairs import PairLinks
from identity_cli.dialects.record import Id, WireEvent, event_type, properties_type
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, SET, Pairs

GUIDE = """Mixpanel: its raw export, and what its SDKs send to /track, /import and /engage.

A log is replayed under Mixpanel's own rules unless --rules names others; which of its two sets
a project has, the first lines show, and where they do not, it is that of new projects.

mixpanel-simplified: ids begin with `$device:`, or `$user_id` and `$device_id` stand side by side
and no distinct id, or that of the user. The distinct id is `$user_id`, else `$device_id` marked
with `$device:`. The first event with both merges the device into the user, for good: on events of
a further user it counts for nothing (errAnonDistinctIdAssignedAlready). Two user ids never
become one; `$identify`, `$create_alias` and `$merge` do nothing; what was set on a device is
lost when it is merged.

mixpanel-original: events merge, or the distinct id of a device is its `$device_id`. The distinct
id is `$distinct_id_before_identity` where the export has it, else `distinct_id`. `$identify`
merges `$anon_id` (from an SDK, `$anon_distinct_id`) into `$identified_id` if it is a UUID of
version 4, or of the form that the web SDK made before, and no other `$identify` has taken it;
`$create_alias` merges an `alias` that is no other id's; `$merge` the first two of
`$distinct_ids`; none of them if more than 500 ids would be one user. Of two profiles that of the
event's own id is kept: which one Mixpanel keeps is its own choice.

Under PostHog's rules (--rules guide, ...) `$identify`, `$create_alias` and `$merge` link as
`$identify`, `$create_alias` and `$merge_dangerously` do, and the first event with a pair of
`$user_id` and `$device_id` as a `$identify` beside it; `$device:` is no part of an id.

A person update has no event: `$set`, `$set_once` and `$unset` become a `$set` event that writes
them; `$add`, `$append`, `$union`, `$remove` and `$delete` depend on values and are not applied.
`time` is seconds, milliseconds, or ISO without a zone, which then is UTC.

What a log cannot tell: an exported `distinct_id` is already merged, in the original API into one
picked at random, so without `$distinct_id_before_identity` an export shows fewer persons apart
than there were; person updates are not part of the event export; the export is not free of
repeats; merges made before its first day are missing.
"""

_UPDATES = ("$set", "$set_once", "$unset", "$add", "$append", "$union", "$remove", "$delete", "$prepend")


def decoder(wanted: Wanted) -> DecodeAll:
    """The decoder of one event a line, a new pair of ids linked beside it."""
    record = event_type(wanted.copied_names)
    event_of, own_id_of = _meaning(wanted)
    decode = msgspec.json.Decoder(MixpanelEvent).decode

    def events(line: bytes) -> Sequence[WireEvent | TouchesNobody | Unusable]:
        try:
            event = decode(line)
        except ValueError:  # a person update, a list of events, odd types
            return patiently(line)
        return (event_of(event),)

    def patiently(line: bytes) -> Sequence[WireEvent | TouchesNobody | Unusable]:
        value = value_of(line)
        items = value if isinstance(value, list) else [value]
        if not items:
            raise Unusable("no event in the batch")
        found: list[WireEvent | TouchesNobody | Unusable] = []
        for item in items:
            try:
                found.append(one(item))
            except Unusable as reason:
                if len(items) == 1:
                    raise
                found.append(reason)
        return found

    def one(item: Any) -> WireEvent | TouchesNobody:
        if not isinstance(item, dict):
            raise Unusable("not a JSON object")
        if "event" not in item and "$group_key" in item:
            return TouchesNobody("an update of a group, which is no person", "group update")
        if "event" not in item and any(name in item for name in _UPDATES):
            return _update(item, record, own_id_of)
        return event_of(event_from(item))

    return events


def _meaning(wanted: Wanted) -> tuple[Callable[[MixpanelEvent], WireEvent], Callable[[Id], Id]]:
    """What makes the event of a line, and the distinct id of the one that a person update names."""
    if wanted.pairs is Pairs.ONLY_LINK:
        return SimplifiedEvents(wanted), lambda one: one
    return _Events(wanted), bare


class _Events:
    """Makes the event of a line whose ids are linked by events for it, and side by side where wanted."""

    def __init__(self, wanted: Wanted) -> None:
        self._record = event_type(wanted.copied_names)
        self._pairs = PairLinks(wanted) if wanted.pairs is Pairs.LINK else None

    def __call__(self, line: MixpanelEvent) -> WireEvent:
        inside = line.properties
        own = _own_id(inside)
        event = new_event(self._record, line, own, bare(inside.device_id))
        if event.event == IDENTIFY and inside.anonymous_id is not None:
            event.distinct_id = bare(inside.identified_id or own)
            event.properties.anon_distinct_id = bare(inside.anonymous_id)
        elif event.event == CREATE_ALIAS:
            event.properties.alias = bare(inside.alias)
        elif event.event == MERGE:
            event.links_as = MERGE_DANGEROUSLY
            event.distinct_id, event.properties.alias = map(bare, two_merged(inside))
        elif self._pairs is not None and inside.user_id and inside.device_id:
            event.distinct_id = inside.user_id
            self._pairs.link(event, bare(inside.device_id))
        elif event.event == IDENTIFY and inside.identified_id:
            event.distinct_id = bare(inside.identified_id)
        return event


def _own_id(inside: MixpanelProperties) -> Id:
    own = inside.distinct_id if inside.before_identity is None else inside.before_identity
    if own is None:
        own = inside.user_id or inside.device_id
    return bare(own)


def _update(fields: Mapping[str, Any], record: type[WireEvent], own_id_of: Callable[[Id], Id]) -> WireEvent:
    """A person update as an event that writes."""
    event = record(
        event=SET,
        distinct_id=own_id_of(id_from(fields.get("$distinct_id"))),
        set=scrubbed(fields.get("$set")),
        set_once=scrubbed(fields.get("$set_once")),
        properties=properties_type(record)(unset=scrubbed(fields.get("$unset"))),
    )
    read_times(event, timestamp=fields.get("$time"), received_at=fields.get("_received_at"))
    return event


_ITS_OWN = (
    *("mp_lib", "mp_processing_time_ms", "$distinct_id_before_identity"),
    *("$distinct_ids", "$identified_id"),
)
"""Properties that only its libraries and servers write."""


def _is_named(value: Any) -> bool:
    return not _properties_of(value).keys().isdisjoint(_ITS_OWN)


def _is_likely(value: Any) -> bool:
    """An event with its time among the properties, an alias as its libraries send it, an update."""
    value, properties = _first(value), _properties_of(value)
    if "event" not in value:
        is_persons = "$distinct_id" in value and "$device_id" not in value
        return (is_persons or "$group_key" in value) and not value.keys().isdisjoint(_UPDATES)
    is_alias = value["event"] == CREATE_ALIAS and "alias" in properties and "token" in properties
    return is_alias or "time" in properties


def _first(value: Any) -> Mapping[str, Any]:
    """The line, or the first event of several; empty where it is not as Mixpanel writes any."""
    if isinstance(value, list) and value:
        value = value[0]
    is_shaped = isinstance(value, dict) and "distinct_id" not in value and "api_key" not in value
    return value if is_shaped else {}


def _properties_of(value: Any) -> Mapping[str, Any]:
    """Its properties; none where they are those of a library that is not its own."""
    value = _first(value)
    properties = value.get("properties") if "event" in value else None
    return properties if isinstance(properties, dict) and "$lib" not in properties else {}


# Which of its two ways to merge identities a project has, its lines show


def _is_simplified(value: Any) -> bool:
    """A device's id that is marked as one, or an event that leaves it to Mixpanel who it is of."""
    inside = _properties_of(value)
    ids = (inside.get("distinct_id"), inside.get("$distinct_id_before_identity"))
    if "$identity_failure_reason" in inside or any(_is_marked(one) for one in ids):
        return True
    return ids == (None, None) and ("$user_id" in inside or "$device_id" in inside)


def _may_be_simplified(value: Any) -> bool:
    inside = _properties_of(value)
    return "$user_id" in inside and inside.get("distinct_id") == inside["$user_id"]


def _is_original(value: Any) -> bool:
    """An event that merges, why it did not, or a device's id that is an id as any other."""
    inside, name = _properties_of(value), _first(value).get("event")
    if name == MERGE or "$failure_reason" in inside:
        return True
    if name == IDENTIFY and "$identified_id" in inside:
        return not _is_marked(inside.get("$anon_id"))
    return bool(inside.get("$device_id")) and inside.get("distinct_id") == inside["$device_id"]


def _may_be_original(value: Any) -> bool:
    return _first(value).get("event") == CREATE_ALIAS


def _is_marked(one: Any) -> bool:
    return isinstance(one, str) and one.startswith(DEVICE_MARK)


DIALECT = Dialect(
    name="mixpanel",
    title="Mixpanel: raw export, or what its SDKs send",
    vendor="Mixpanel",
    guide=GUIDE,
    marks=(Mark(Weight.NAMED, _is_named), Mark(Weight.LIKELY, _is_likely)),
    decoder=decoder,
    several=True,
    order_key="mp_processing_time_ms",
    own_rules={
        "mixpanel-simplified": (Mark(Weight.TELLING, _is_simplified), Mark(Weight.FAINT, _may_be_simplified)),
        "mixpanel-original": (Mark(Weight.TELLING, _is_original), Mark(Weight.LIKELY, _may_be_original)),
    },
)
