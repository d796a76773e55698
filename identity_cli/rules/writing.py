"""What an event asks to write on its person: `$set`, `$set_once`, `$unset`."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from identity_cli import javascript
from identity_cli.events import Event
from identity_cli.rules.base import RuleSet, Unset
from identity_cli.rules.copying import lent_by


class UnsetNotAList(Exception):
    """The event carries an `$unset` on which the platform's code of that day broke."""

    reason = "$unset is not a list: the platform fails this event"


class Writes(NamedTuple):
    """The property operators of one event, ready to apply."""

    set: dict[str, Any]
    set_once: dict[str, Any]
    unset: Any  # as sent; `unset_keys` reads it

    def __bool__(self) -> bool:
        return bool(self.set or self.set_once) or self.unset is not None


NOTHING = Writes({}, {}, None)


def writes_of(event: Event, rules: RuleSet) -> Writes:
    """The event's operators: those beside `properties` win over those inside."""
    properties = event.properties
    if event.event in rules.strips_operators:
        writes = NOTHING
    else:
        writes = Writes(
            _merged(properties.set, event.set),
            _merged(properties.set_once, event.set_once),
            properties.unset,  # an `$unset` beside `properties` is ignored by the platform
        )
    if rules.copied is not None:
        latest, initial = lent_by(event, rules.copied)
        if rules.copied.overrides:
            writes = Writes({**writes.set, **latest}, {**writes.set_once, **initial}, writes.unset)
        else:
            writes = Writes({**latest, **writes.set}, {**initial, **writes.set_once}, writes.unset)
    return _without_nul(writes) if rules.nul_becomes_replacement else writes


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


def _merged(inside: Any, beside: Any) -> dict[str, Any]:
    if beside is None:
        return javascript.spread(inside)
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
