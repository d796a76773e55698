"""What an event asks to write on its person: `$set`, `$set_once`, `$unset`."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity_cli.events import SURVEY_SHOWN, Event
from identity_cli.rules.base import RuleSet, Unset
from identity_cli.rules.copying import with_lent
from identity_cli.rules.storing import PlatformBroke, stored_text
from identity_cli.values import javascript


@dataclass(slots=True)
class Writes:
    """The property operators of one event, ready to apply.

    keys_with_nul: whether `set` or `set_once` have any, see `properties.written`.
    """

    set: dict[str, Any]
    set_once: dict[str, Any]
    unset: Any  # as sent; `unset_keys` reads it
    keys_with_nul: bool = False


_NESTED = frozenset({list, dict})
NOTHING = Writes({}, {}, None)
"""What most events write; recognised by being this very object."""


def writes_of(event: Event, time: datetime | None, rules: RuleSet) -> Writes:
    """The event's operators: those beside `properties` win over those inside. time: when it happened."""
    if event.event in rules.strips_operators:
        return NOTHING
    properties = event.properties
    set_, set_once, unset = properties.set, properties.set_once, properties.unset
    if event.set is not None or event.set_once is not None:
        writes = Writes(_merged(set_, event.set), _merged(set_once, event.set_once), unset)
    elif set_ is None and set_once is None and unset is None:
        writes = NOTHING
    else:  # an `$unset` beside `properties` is ignored by the platform
        writes = Writes(javascript.spread(set_), javascript.spread(set_once), unset)
    if rules.copied is not None:
        set_, set_once = with_lent(event, writes.set, writes.set_once, rules.copied)
        if set_ is not writes.set or set_once is not writes.set_once:
            writes = Writes(set_, set_once, writes.unset)
    if rules.dates_surveys and event.event == SURVEY_SHOWN and time is not None:
        writes = _with_survey_date(time, writes)
    if rules.nul_becomes_replacement and writes is not NOTHING:
        with suppress(RecursionError):  # nested beyond sense: kept as it is
            return _without_nul(writes)
    return writes


def unset_keys(unset: Any, rules: RuleSet) -> Collection[str]:
    """The keys that an `$unset` names; PlatformBroke where the platform's code broke on its shape."""
    if isinstance(unset, list):
        if rules.unset_numbers:
            return [javascript.text(entry) for entry in unset]
        return [entry for entry in unset if isinstance(entry, str)]
    if rules.unset is Unset.LIST_OR_KEYS:
        return list(unset) if isinstance(unset, dict) else []
    if rules.unset is Unset.LIST_OR_OBJECT_KEYS:
        return list(javascript.spread(unset))
    if javascript.is_truthy(unset):
        raise PlatformBroke("$unset is not a list")
    return []


def _with_survey_date(time: datetime, writes: Writes) -> Writes:
    """Seeing a survey is remembered, with the event's own time, unless the event sets that itself."""
    date = {"$survey_last_seen_date": javascript.date_text(time)}
    return Writes({**date, **writes.set}, writes.set_once, writes.unset)


def _merged(inside: Any, beside: Any) -> dict[str, Any]:
    if beside is None:
        return javascript.spread(inside)
    if inside is None:
        return javascript.spread(beside)
    return {**javascript.spread(inside), **javascript.spread(beside)}


def _without_nul(writes: Writes) -> Writes:
    """Values with U+FFFD in the place of a NUL; the operators' own keys are looked up as they were sent."""
    if not (_may_have_nul(writes.set) or _may_have_nul(writes.set_once)):
        return writes
    return Writes(
        _replace_nul_inside(writes.set),
        _replace_nul_inside(writes.set_once),
        writes.unset,
        any("\0" in key for keys in (writes.set, writes.set_once) for key in keys),
    )


def _may_have_nul(operator: dict[str, Any]) -> bool:
    """Whether to look closer; asked of every event under today's rules."""
    values = operator.values()
    if not _NESTED.isdisjoint(map(type, values)):
        return True
    return "\0" in "".join([*operator, *[value for value in values if type(value) is str]])


def _replace_nul_inside(operator: dict[str, Any]) -> dict[str, Any]:
    return {key: _replace_nul(value) for key, value in operator.items()}


def _replace_nul(value: Any) -> Any:
    match value:
        case str():
            return stored_text(value)
        case list():
            return [_replace_nul(item) for item in value]
        case dict():
            return {stored_text(key): _replace_nul(item) for key, item in value.items()}
        case _:
            return value
