"""Which events reach persons, and how far."""

from enum import Enum

from identity_cli.events import (
    ABSENT,
    CREATE_ALIAS,
    FEATURE_FLAG_CALLED,
    GROUP_IDENTIFY,
    IDENTIFY,
    MERGE_DANGEROUSLY,
    Event,
)
from identity_cli.rules.base import RuleSet
from identity_cli.values import javascript

NEVER_WITHOUT_PROFILE = frozenset({IDENTIFY, CREATE_ALIAS, MERGE_DANGEROUSLY, GROUP_IDENTIFY})
"""What these are for makes no sense without a person: the platform drops them."""


class Way(Enum):
    """How far an event goes."""

    TO_PERSONS = "it may make and change persons"
    LOOKS_UP = "it belongs to the person of its id, if there is one, and neither makes nor changes any"
    LOOKS_UP_IF_UNKNOWN = "it makes no person, but may change the one of its id"
    IGNORED = "its kind never comes to persons"
    TOO_LONG = "its distinct id is longer than the platform takes"
    SENSELESS = "it asks to be without a person, which is what it is for"


def way_of(event: Event, distinct_id: str, rules: RuleSet) -> Way:
    """How far an event goes, by its id, its kind and its `$process_person_profile`, in this order."""
    limit = rules.longest_distinct_id
    if limit is not None and javascript.utf16_length(distinct_id) > limit:
        return Way.TOO_LONG
    name = event.event
    if name in rules.ignores_event:
        return Way.IGNORED
    if name in rules.looks_up:
        return Way.LOOKS_UP
    if rules.personless and event.properties.process_person_profile is False:
        return Way.SENSELESS if name in NEVER_WITHOUT_PROFILE else Way.LOOKS_UP
    if rules.flag_calls_are_personless and name == FEATURE_FLAG_CALLED and _is_mere_flag_call(event):
        return Way.LOOKS_UP_IF_UNKNOWN
    return Way.LOOKS_UP if name.startswith(rules.looks_up_prefixes) else Way.TO_PERSONS


def _is_mere_flag_call(event: Event) -> bool:
    """A flag was asked for, about nobody's group, and no profile was insisted on."""
    groups = dict(event.properties.copied).get("$groups")
    return event.properties.process_person_profile is not True and not groups


def has_odd_flag(event: Event, rules: RuleSet) -> bool:
    """Whether the platform warns that `$process_person_profile` is neither true nor false.

    It looks at the flag last: events that stop earlier are not warned about, but for a time some were.
    """
    flag = event.properties.process_person_profile
    if not rules.personless or flag is ABSENT or isinstance(flag, bool) or event.event in rules.looks_up:
        return False
    return rules.warns_of_flags_on_ignored or event.event not in rules.ignores_event
