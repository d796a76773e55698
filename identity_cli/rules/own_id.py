"""Which distinct id is the event's own, and which events have none that the platform could use."""

from collections.abc import Sequence
from typing import Any

from identity_cli.events import LONGEST_SENT_ID, Event, SentId
from identity_cli.rules.base import RuleSet, Unset
from identity_cli.rules.capture import sent_text
from identity_cli.values import javascript

REPLACEMENT = "\ufffd"
"""What newer rules make of a NUL in an id."""


def own_id(event: Event, rules: RuleSet) -> str | None:
    """The event's distinct id as text; None where it has none that could be used."""
    counted = counted_id(event, rules)
    if isinstance(counted, str):
        return counted
    if isinstance(counted, SentId):
        text = sent_text(counted, rules.door)
        return None if text is None else text[:LONGEST_SENT_ID]
    return None if counted is None else javascript.text(counted)


def stored_id(event: Event, rules: RuleSet) -> str | None:
    """The same as persons have it: under newer rules a NUL in it is another character."""
    own = own_id(event, rules)
    return own.replace("\0", REPLACEMENT) if own is not None and rules.nul_becomes_replacement else own


def stored_ids(events: Sequence[Event], rules: RuleSet) -> Sequence[str]:
    """The same of many, "" where there is none: by columns where all are plain, as nearly always."""
    outer = [event.distinct_id for event in events]
    inner = [event.properties.distinct_id for event in events]
    are_plain = set(map(type, outer)) == {str} and (inner == outer or set(map(type, inner)) == {type(None)})
    if are_plain and not (rules.nul_becomes_replacement and any("\0" in own for own in outer)):
        return outer
    return [
        given
        if type(given) is str and inside in (None, given) and "\0" not in given
        else stored_id(event, rules) or ""
        for event, given, inside in zip(events, outer, inner, strict=True)
    ]


def counted_id(event: Event, rules: RuleSet) -> Any:
    """The event's distinct id, as it came.

    Where it has two, which one counted was a matter of capture, and of its date. An event
    past capture, which shows by what capture and ingestion add, has its id at the top.
    """
    given, inner = event.distinct_id, event.properties.distinct_id
    if given is None or (inner is not None and rules.door.takes_inner_id_first and _is_as_sent(event)):
        return given if inner is None else inner
    return given


def may_be_rejected(events: Sequence[Event], rules: RuleSet) -> list[int]:
    """The indexes of the events that the resolver may find unusable; few others are among them."""
    unset_may_fail = rules.unset is Unset.LIST or rules.unset_numbers_break
    longest = rules.longest_stored_id
    outer = [event.distinct_id for event in events]
    inner = [event.properties.distinct_id for event in events]
    if not unset_may_fail and longest is None and all(outer) and (all(inner) or "" not in inner):
        return []  # of nearly every block
    return [
        index
        for index, event in enumerate(events)
        if not event.distinct_id
        or event.properties.distinct_id == ""
        or (unset_may_fail and event.properties.unset is not None)
        or (longest is not None and not _is_short(event, longest))
    ]


def _is_short(event: Event, longest: int) -> bool:
    """Whether the database certainly takes the event's own id."""
    return all(
        one is None or (isinstance(one, str) and len(one) <= longest and "\0" not in one)
        for one in (event.distinct_id, event.properties.distinct_id)
    )


def _is_as_sent(event: Event) -> bool:
    return event.team_id is None and not (event.now or event.created_at or event.inserted_at)
