"""Which events link two ids, and which ids are unfit for it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from identity_cli.events import ABSENT, Event
from identity_cli.outcomes import Outcome
from identity_cli.rules.base import LinkKey, RuleSet
from identity_cli.rules.own_id import REPLACEMENT
from identity_cli.values import javascript

# Unfit in any mix of upper and lower case.
ILLEGAL_WHATEVER_THE_CASE = frozenset(
    {
        *("anonymous", "guest", "distinctid", "distinct_id", "id"),
        *("not_authenticated", "email", "undefined", "true", "false"),
    }
)
# Unfit as spelled here.
ILLEGAL_AS_SPELLED = frozenset({"[object Object]", "NaN", "None", "none", "null", "0"})


class Link(NamedTuple):
    """What an event asks: to link a source, an id as text, to its own.

    outcome: what it comes to by the ids alone, whosever they are; None where that hangs on their persons.
    illegal: the id by which it is refused, if it is one's fault.
    """

    source: str
    outcome: Outcome | None = None
    illegal: str | None = None


def link_of(event: Event, own: str, rules: RuleSet) -> Link | None:
    """What the event asks, whose own id persons have as that text; None when it asks for no link."""
    source = source_id(event, rules)
    if source is None:
        return None
    if kind_of(event) in rules.without_effect:
        return Link(source, Outcome.REFUSED_NO_EFFECT)
    if source == own:
        return Link(source, Outcome.SAME_ID)
    for one in (own, source):
        if is_illegal(one, rules):
            return Link(source, Outcome.REFUSED_ILLEGAL, one)
    return Link(source)


def source_id(event: Event, rules: RuleSet) -> str | None:
    """The id that the event asks to link to its own, as text; None when it asks for no link."""
    other = other_id(event, rules)
    return None if other is ABSENT else javascript.text(other)


def kind_of(event: Event) -> str:
    """Which linking event it is, or stands for."""
    return event.links_as or event.event


def other_id(event: Event, rules: RuleSet) -> Any:
    """The id that the event asks to link to its own, as sent; ABSENT when it asks for no link."""
    if rules.present_anon_id_links and rules.links.get(kind_of(event)) is LinkKey.ANON_DISTINCT_ID:
        return event.properties.anon_distinct_id
    return named_id(event, rules)


def named_id(event: Event, rules: RuleSet) -> Any:
    """The other id of a linking event, as sent; ABSENT when missing or what JavaScript takes for false."""
    key = rules.links.get(event.links_as or event.event)  # as kind_of, in line
    if key is None:
        return ABSENT
    properties = event.properties
    other = properties.alias if key is LinkKey.ALIAS else properties.anon_distinct_id
    return other if other is not ABSENT and javascript.is_truthy(other) else ABSENT


def linked_ids(event: Event, rules: RuleSet) -> Iterator[str]:
    """The ids that an event and links beside it ask to link; a NUL in one also as newer rules have it."""
    properties = event.properties
    if properties.alias is None and properties.anon_distinct_id is ABSENT and not event.links:
        return
    for link in (*event.links, event):
        text = source_id(link, rules)
        if text is not None:
            yield text
            if "\0" in text:
                yield text.replace("\0", REPLACEMENT)


def is_illegal(distinct_id: str, rules: RuleSet) -> bool:
    """Whether the id is so common a slip that linking it would join strangers."""
    if javascript.is_blank(distinct_id) or distinct_id in rules.blocked_ids:
        return True
    limit = rules.longest_linkable_id
    if limit is not None and ("\0" in distinct_id or len(distinct_id) > limit):
        return True
    if not rules.lists_illegal_ids:
        return False
    return _is_listed(distinct_id) or (rules.quoted_ids_are_illegal and _is_listed(_unquoted(distinct_id)))


def _is_listed(distinct_id: str) -> bool:
    return distinct_id in ILLEGAL_AS_SPELLED or distinct_id.lower() in ILLEGAL_WHATEVER_THE_CASE


def _unquoted(distinct_id: str) -> str:
    """The inside of one matching pair of quotes, else the id itself."""
    if len(distinct_id) > 2 and distinct_id[0] == distinct_id[-1] and distinct_id[0] in "\"'":
        return distinct_id[1:-1]
    return distinct_id
