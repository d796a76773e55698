"""What an event asks to write on its person: `$set`, `$set_once`, `$unset`."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from identity_cli import javascript
from identity_cli.events import Event
from identity_cli.rules.base import CopiedProperties, RuleSet, Unset
from identity_cli.rules.copying import lent_by


class UnsetNotAList(Exception):
    """The event carries an `$unset` on which the platform's code of that day broke."""

    reason = "$unset is not a list: the platform fails this event"


@dataclass(slots=True)
class Writes:
    """The property operators of one event, ready to apply."""

    set: dict[str, Any]
    set_once: dict[str, Any]
    unset: Any  # as sent; `unset_keys` reads it


NOTHING = Writes({}, {}, None)
"""What most events write; recognised by being this very object."""


def writes_of(event: Event, rules: RuleSet) -> Writes:
    """The event's operators: those beside `properties` win over those inside."""
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
        writes = _with_lent(event, writes, rules.copied)
    if rules.nul_becomes_replacement:
        with suppress(RecursionError):  # nested beyond sense: kept as it is
            return _without_nul(writes)
    return writes


def unset_keys(unset: Any, rules: RuleSet) -> Iterable[str]:
    """The keys that an `$unset` names; UnsetNotAList where the platform's code broke on it."""
    if isinstance(unset, list):
        return _entries(unset, rules)
    if rules.unset is Unset.LIST_OR_KEYS:
        return list(unset) if isinstance(unset, dict) else []
    if rules.unset is Unset.LIST_OR_OBJECT_KEYS:
        return list(javascript.spread(unset))
    if javascript.is_truthy(unset):
        raise UnsetNotAList
    return []


def _entries(unset: list[Any], rules: RuleSet) -> list[str]:
    if rules.unset_numbers:
        return [javascript.text(entry) for entry in unset]
    return [entry for entry in unset if isinstance(entry, str)]


def _with_lent(event: Event, writes: Writes, copied: CopiedProperties) -> Writes:
    latest, initial = lent_by(event, copied)
    if not latest and not initial:
        return writes
    if copied.overrides:
        return Writes({**writes.set, **latest}, {**writes.set_once, **initial}, writes.unset)
    # A text counts for nothing here unless an operator beside `properties` made an object of it.
    set_ = {} if _stays_text(event.properties.set, event.set) else writes.set
    set_once = {} if _stays_text(event.properties.set_once, event.set_once) else writes.set_once
    return Writes({**latest, **set_}, {**initial, **set_once}, writes.unset)


def _stays_text(inside: Any, beside: Any) -> bool:
    return isinstance(inside, str) and not javascript.is_truthy(beside)


def _merged(inside: Any, beside: Any) -> dict[str, Any]:
    if beside is None:
        return javascript.spread(inside)
    if inside is None:
        return javascript.spread(beside)
    return {**javascript.spread(inside), **javascript.spread(beside)}


def _without_nul(writes: Writes) -> Writes:
    return Writes(_replace_nul(writes.set), _replace_nul(writes.set_once), writes.unset)


def _replace_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case list():
            return [_replace_nul(item) for item in value]
        case dict():
            return {_replace_nul(key): _replace_nul(item) for key, item in value.items()}
        case _:
            return value
