"""A person's properties: what one event's `$set`, `$set_once` and `$unset` make of them.

Dictionaries are changed in place where they may be: a write costs what it writes, never
what the person already has.
"""

from collections.abc import Collection, Iterable, Set
from typing import Any

from identity_cli.events import ABSENT
from identity_cli.rules.base import Profile, RuleSet
from identity_cli.rules.storing import PlatformBroke, stored_text
from identity_cli.rules.writing import Writes, unset_keys
from identity_cli.values import javascript
from identity_cli.values.sameness import same_value

PersonProperties = dict[str, Any]
PropertyWrite = tuple[Any, ...]
"""(operation, key, new value) and, where the key was there before, the value replaced."""

NO_PROPERTIES: PersonProperties = {}
"""Shared by all persons without properties; never written to."""

_NESTED = (list, dict)


def created(writes: Writes) -> tuple[PersonProperties, list[PropertyWrite]]:
    """The first properties of a person: `$set_once` under `$set`; there is nothing to unset yet."""
    if writes.keys_with_nul:
        return _as_stored({}, {**writes.set_once, **writes.set}, writes)
    properties = {**writes.set_once, **writes.set}
    changes = [("set" if key in writes.set else "set_once", key, value) for key, value in properties.items()]
    return properties or NO_PROPERTIES, changes


def written(
    before: PersonProperties, writes: Writes, rules: RuleSet, gained: Set[str] | None = None
) -> tuple[PersonProperties, list[PropertyWrite]]:
    """The properties after an event, and what changed.

    gained: the keys that a merge by this very event has added. PlatformBroke, with nothing changed,
    where the platform's code breaks on `$unset`.
    """
    if writes.unset is not None:
        check_unset(writes, rules, before)
    if writes.keys_with_nul:
        after = dict(before)
        _write(after, writes, rules, gained)
        return _as_stored(before, after, writes)
    properties = before or {}
    return properties, _write(properties, writes, rules, gained)


def check_unset(writes: Writes, rules: RuleSet, *befores: PersonProperties) -> None:
    """PlatformBroke if the platform's code breaks on what the event removes from these properties.

    It may break on the shape of `$unset`, or on an entry that is no text, where such a key is
    there once `$set_once` and `$set` are written.
    """
    unset_keys(writes.unset, rules)
    if rules.unset_numbers_break and isinstance(writes.unset, list):
        for key in (javascript.text(entry) for entry in writes.unset if not isinstance(entry, str)):
            if any(key in keys for keys in (*befores, writes.set_once, writes.set)):
                raise PlatformBroke("an entry of $unset is no text")


def _write(
    properties: PersonProperties, writes: Writes, rules: RuleSet, gained: Set[str] | None = None
) -> list[PropertyWrite]:
    """`$set_once` fills what is absent, `$set` overwrites, `$unset` removes, in this order."""
    changes: list[PropertyWrite] = []
    removals: Collection[str] = () if writes.unset is None else unset_keys(writes.unset, rules)
    if removals and rules.unset_spares_new_keys:
        if gained is None:
            removals = [key for key in removals if key in properties]
        else:  # it writes twice: what came from the source is removed at first, and then new
            changes += _remove(properties, [key for key in removals if key in gained])
            removals = [key for key in removals if key not in gained]
    if not writes.set_once.keys() <= properties.keys():  # null is a value too
        for key, value in writes.set_once.items():
            if key not in properties:
                properties[key] = value
                changes.append(("set_once", key, value))
    for key, value in writes.set.items():
        old = properties.get(key, ABSENT)
        if old is ABSENT:
            changes.append(("set", key, value))
        elif old != value if type(old) is type(value) is str else not same_value(old, value):  # most are text
            changes.append(("set", key, value, old))
        else:
            continue
        properties[key] = value
    if removals:
        changes += _remove(properties, removals)
    return changes


def _remove(properties: PersonProperties, keys: Iterable[str]) -> list[PropertyWrite]:
    return [("unset", key, None, properties.pop(key)) for key in keys if key in properties]


def _as_stored(
    before: PersonProperties, after: PersonProperties, writes: Writes
) -> tuple[PersonProperties, list[PropertyWrite]]:
    """What becomes of properties some of whose keys have a NUL, and what changed.

    They are looked up as sent, so they are always new; then they are stored beside what was there
    under the same name, and the later one stays.
    """
    stored = {stored_text(key): value for key, value in after.items()}
    by_set = set(map(stored_text, writes.set))
    changes: list[PropertyWrite] = []
    for key, value in stored.items():
        if key not in before or not same_value(before[key], value):
            replaced = (before[key],) if key in before else ()
            changes.append(("set" if key in by_set else "set_once", key, value, *replaced))
    changes += [("unset", key, None, value) for key, value in before.items() if key not in stored]
    return stored, changes


def is_noise(event: str, writes: Writes, changes: list[PropertyWrite], rules: RuleSet) -> bool:
    """Only known keys changed, all of them noisy: not worth a write to the platform.

    To the platform a list or an object always differs from the stored one, and a key with a NUL is new.
    """
    if event in rules.always_stores or not (rules.noisy or rules.noisy_prefixes):
        return False
    return _is_all_noise(writes, changes, rules) and all(
        is_noisy(key, rules) for key, value in writes.set.items() if isinstance(value, _NESTED)
    )


def is_noise_of_merge(
    merged: PersonProperties, gained: Set[str], writes: Writes, changes: list[PropertyWrite], rules: RuleSet
) -> bool:
    """The same of the write that a merge makes: all the survivor's values, of which only noisy ones changed.

    gained: the keys that came from the source, those that the event removes again included.
    """
    left = [change for change in changes if change[0] != "unset" or change[1] not in gained]
    if len(changes) - len(left) < len(gained):
        return False
    return _is_all_noise(writes, left, rules) and all(
        is_noisy(key, rules) for key, value in merged.items() if isinstance(value, _NESTED)
    )


def _is_all_noise(writes: Writes, changes: list[PropertyWrite], rules: RuleSet) -> bool:
    """No key is removed or new, and those changed are noisy."""
    noisy, prefixes = rules.noisy, rules.noisy_prefixes  # in line: under today's rules every event comes here
    for operation, key, _, *replaced in changes:
        if operation != "set" or not replaced or not (key in noisy or key.startswith(prefixes)):
            return False
    return not writes.keys_with_nul


def is_noisy(key: str, rules: RuleSet) -> bool:
    """Whether a change of that property alone is not worth a write."""
    return key in rules.noisy or key.startswith(rules.noisy_prefixes)


def undo(properties: PersonProperties, changes: list[PropertyWrite]) -> list[PropertyWrite]:
    """Put back the values that noise has replaced; the changes that stay."""
    left = []
    for change in changes:
        operation, key, _, replaced = change
        if operation == "set":
            properties[key] = replaced
        else:
            left.append(change)
    return left


def united(
    target: PersonProperties, source: PersonProperties, profile: Profile = Profile.BOTH
) -> tuple[PersonProperties, PersonProperties]:
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
