"""Any other log of JSON objects, once it is told which of their fields mean what: --map event=name ..."""

from collections.abc import Mapping, Sequence
from typing import Any

from identity_cli.dialects.base import DecodeAll, Dialect, Wanted
from identity_cli.dialects.json_lines import id_from, name_from, object_of, read_times, scrubbed, team_from
from identity_cli.dialects.pairs import PairLinks, add_alias
from identity_cli.dialects.record import WireEvent, event_type, properties_type
from identity_cli.events import CREATE_ALIAS, MERGE_DANGEROUSLY

GUIDE = """Any other log of JSON objects, once it is told which of their fields mean what:
--map event=name ...

Each FIELD=PATH says where a field stands, PATH being names with dots between them:
distinct_id, anonymous_id, event, timestamp, received_at (the arrival time), uuid, team_id, set, set_once,
unset (a list of names) and alias. Only distinct_id or anonymous_id must be given.

The distinct id is `distinct_id`, before anybody is known `anonymous_id`. The first line with a pair
of both links the anonymous id to the distinct id, as a `$identify` before the event. A line
with an `alias` whose event is `$create_alias` or `$merge_dangerously` is that link; one of
another event is a `$create_alias` before it. `set`, `set_once` and `unset` are written by the event
they stand on. An event without a name is called `event`.

What a log cannot tell: whether its system links ids at the same moments, or at all.
"""

FIELDS = (
    "distinct_id",
    "anonymous_id",
    "event",
    "timestamp",
    "received_at",
    "uuid",
    "team_id",
    "set",
    "set_once",
    "unset",
    "alias",
)
NAME = "generic"
UNNAMED = "event"

Mapped = Mapping[str, str]
"""Field to the path where it stands."""


def dialect(mapping: Mapped) -> Dialect:
    """The dialect of logs whose fields stand there."""

    def decoder(wanted: Wanted) -> DecodeAll:
        return _decoder(mapping, wanted)

    return Dialect(
        name=NAME,
        title="Any JSON objects, by --map",
        vendor="the system that wrote the log",
        guide=GUIDE,
        marks=(),
        decoder=decoder,
        several=True,
        order_key="received_at" if "received_at" in mapping else None,
    )


def _decoder(mapping: Mapped, wanted: Wanted) -> DecodeAll:
    record = event_type(wanted.copied_names)
    new_properties = properties_type(record)
    pairs = PairLinks(wanted)
    paths = {field: tuple(path.split(".")) for field, path in mapping.items()}

    def events(line: bytes) -> Sequence[WireEvent]:
        found = object_of(line)
        given = {field: _at(found, path) for field, path in paths.items()}
        anonymous = id_from(given.get("anonymous_id"))
        name = given.get("event")
        event = record(
            event=name_from(UNNAMED if name is None else name),
            uuid=scrubbed(given.get("uuid")),
            distinct_id=id_from(given.get("distinct_id")) or anonymous,
            team_id=team_from(given.get("team_id")),
            set=scrubbed(given.get("set")),
            set_once=scrubbed(given.get("set_once")),
            properties=new_properties(unset=scrubbed(given.get("unset"))),
        )
        read_times(event, timestamp=given.get("timestamp"), received_at=given.get("received_at"))
        alias = id_from(given.get("alias"))
        if event.event in (CREATE_ALIAS, MERGE_DANGEROUSLY):
            event.properties.alias = alias or None
        elif alias:
            add_alias(event, alias)
        pairs.link(event, anonymous)
        return (event,)

    return events


def at_path(value: Any, path: str) -> Any:
    """What stands in a line at the path that --map gives; None where nothing does."""
    return _at(value, path.split("."))


def _at(value: Any, path: Sequence[str]) -> Any:
    """What stands there; None where nothing does. A name may itself contain the dots."""
    if not path:
        return value
    if not isinstance(value, dict):
        return None
    whole = ".".join(path)
    if whole in value:
        return value[whole]
    return _at(value.get(path[0]), path[1:])
