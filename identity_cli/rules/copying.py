"""Event properties that the platform copies onto the person by itself.

The latest value goes to the person under its own name, the first one as `$initial_<name>`.
"""

from typing import Any

from identity_cli.events import (
    CLIENT_INGESTION_WARNING,
    CLIENT_WARNING_MESSAGE,
    PERFORMANCE_EVENT,
    SNAPSHOT,
    Event,
)
from identity_cli.rules.base import CopiedProperties, OsName, RuleSet
from identity_cli.values import javascript

LEND_NOTHING = frozenset({SNAPSHOT, PERFORMANCE_EVENT})
"""At every date (`normalizeEvent`)."""
Values = dict[str, Any]
Both = tuple[Values, Values]


def names_to_read(rules: RuleSet) -> tuple[str, ...]:
    """The event properties that a reader must keep for these rules."""
    names: tuple[str, ...] = ()
    if rules.copied is not None:
        names = (*rules.copied.latest, *rules.copied.initial, "$is_server")
    if CLIENT_INGESTION_WARNING in rules.ignores_event:
        names = (*names, CLIENT_WARNING_MESSAGE)
    if rules.flag_calls_are_personless:
        names = (*names, "$groups")
    return tuple(dict.fromkeys(names))


def with_lent(
    event: Event, set_: Values, set_once: Values, copied: CopiedProperties
) -> tuple[Values, Values]:
    """An event's `$set` and `$set_once`, with what it lends its person."""
    found = _found_on(event, copied)
    latest = {name: value for name, value in found.items() if name in copied.latest_names}
    initial = {
        copied.initial[name]: value
        for name, value in found.items()
        if name in copied.initial and (value is not None or copied.null_is_a_first_value)
    }
    if not latest and not initial:
        return set_, set_once
    if copied.overrides:
        set_, set_once = {**set_, **latest}, {**set_once, **initial}
    else:
        properties = event.properties
        set_ = {**latest, **_explicit(set_, properties.set, event.set, copied)}
        set_once = {**initial, **_explicit(set_once, properties.set_once, event.set_once, copied)}
    if "$os_name" in found:
        _apply_os_name(found, set_, set_once, copied)
    return set_, set_once


def _found_on(event: Event, copied: CopiedProperties) -> Values:
    """The event properties that may be lent; a server's operating system is not the person's."""
    if event.event in LEND_NOTHING:
        return {}
    found = dict(event.properties.copied)
    if _is_server(found, copied):
        return {name: value for name, value in found.items() if name not in ("$os", "$os_version")}
    if copied.os_name is OsName.STANDS_IN and "$os_name" in found:
        found.setdefault("$os", found["$os_name"])
    return found


def _is_server(found: Values, copied: CopiedProperties) -> bool:
    return copied.knows_servers and found.get("$is_server") is True


def _explicit(spread: Values, inside: Any, beside: Any, copied: CopiedProperties) -> Values:
    """What the event sets by itself: a text may count for nothing beside what is copied.

    Not so where an operator beside `properties` made an object of it.
    """
    stays_text = isinstance(inside, str) and not javascript.is_truthy(beside)
    return {} if stays_text and not copied.text_is_spread else spread


def _apply_os_name(found: Values, set_: Values, set_once: Values, copied: CopiedProperties) -> None:
    """`$os_name` is another name of `$os`; where it counts as such it is not stored as `$os_name`."""
    name = found["$os_name"]
    match copied.os_name:
        case OsName.FILLS_IN if javascript.is_truthy(name):
            for values, key in ((set_, "$os"), (set_once, "$initial_os")):
                if values.get(key) is None:
                    values[key] = name
        case OsName.STANDS_IN if not _is_server(found, copied):
            if name is not None:
                set_once.setdefault("$initial_os", name)
        case _:
            return
    set_.pop("$os_name", None)
    set_once.pop("$initial_os_name", None)
