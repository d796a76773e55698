"""A person's properties: what one event's `$set`, `$set_once` and `$unset` make of them.

Dictionaries are changed in place where they may be: a write costs what it writes, never
what the person already has.
"""

from collections.abc import Iterable, Set
from typing import Any

from identity_cli.events import ABSENT
from identity_cli.rules.base import Profile, RuleSet
from identity_cli.rules.writing import Writes, unset_keys

Properties = dict[str, Any]
Change = tuple[Any, ...]
"""(operation, key, new value) and, where the key was there before, the value replaced."""

NO_PROPERTIES: Properties = {}
"""Shared by all persons without properties; never written to."""


def created(writes: Writes) -> tuple[Properties, list[Change]]:
    """The first properties of a person: `$set_once` under `$set`; there is nothing to unset yet."""
    properties = {**writes.set_once, **writes.set}
    changes = [("set" if key in writes.set else "set_once", key, value) for key, value in properties.items()]
    return properties or NO_PROPERTIES, changes


def written(
    before: Properties, writes: Writes, rules: RuleSet, gained: Set[str] | None
) -> tuple[Properties, list[Change]]:
    """The properties after an event, and what changed.

    `$set_once` fills what is absent, `$set` overwrites, `$unset` removes, in this order.
    gained: the keys that a merge by this very event has added.
    """
    properties = before or {}
    changes: list[Change] = []
    removals = () if writes.unset is None else unset_keys(writes.unset, rules)
    if removals and rules.unset_spares_new_keys:
        if gained is None:
            removals = [key for key in removals if key in properties]
        else:  # it writes twice: what came from the source is removed at first, and then new
            changes += _remove(properties, [key for key in removals if key in gained])
            removals = [key for key in removals if key not in gained]
    for key, value in writes.set_once.items():
        if key not in properties:  # null is a value too
            properties[key] = value
            changes.append(("set_once", key, value))
    for key, value in writes.set.items():
        old = properties.get(key, ABSENT)
        if old is ABSENT:
            changes.append(("set", key, value))
        elif not same_value(old, value):
            changes.append(("set", key, value, old))
        else:
            continue
        properties[key] = value
    if removals:
        changes += _remove(properties, removals)
    return properties, changes


def _remove(properties: Properties, keys: Iterable[str]) -> list[Change]:
    return [("unset", key, None, properties.pop(key)) for key in keys if key in properties]


def is_noise(event: str, writes: Writes, changes: list[Change], rules: RuleSet) -> bool:
    """Only known keys changed, all of them noisy: not worth a write to the platform.

    To the platform a list or an object always differs from the stored one.
    """
    if event in rules.always_stores:
        return False
    if any(operation != "set" or not replaced for operation, _, _, *replaced in changes):
        return False  # a key removed, or a new one
    changed = {key for _, key, *_ in changes}
    changed.update(key for key, value in writes.set.items() if isinstance(value, list | dict))
    return changed <= rules.noisy


def undo(properties: Properties, changes: list[Change]) -> None:
    """Put back the values that noise has replaced."""
    for _, key, _, replaced in changes:
        properties[key] = replaced


def united(
    target: Properties, source: Properties, profile: Profile = Profile.BOTH
) -> tuple[Properties, Properties]:
    """The properties of two persons merged, and the source's that lost; profile: whose they are."""
    if profile is Profile.TARGETS or (profile is Profile.ONE and target):
        return target, source
    smaller, larger = (target, source) if len(target) < len(source) else (source, target)
    dropped = {
        key: source[key] for key in smaller if key in larger and not same_value(target[key], source[key])
    }
    if smaller is target:
        source.update(target)
        return source, dropped
    for key, value in source.items():
        target.setdefault(key, value)
    return target, dropped


_NUMBERS = {int, float}


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1.0 is 1, but true is not; the keys of objects have no order."""
    if one is other:
        return True
    try:
        if type(one) is not type(other):
            return {type(one), type(other)} == _NUMBERS and bool(one == other)
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same_value, one, other))
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
        return bool(one == other)
    except RecursionError:  # nested beyond sense
        return False
