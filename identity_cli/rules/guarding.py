"""What keeps two legal, different ids from being joined although an event asks for it."""

import re
from typing import NamedTuple

from identity_cli.outcomes import Outcome
from identity_cli.rules.base import Guard, RuleSet

UUID_4 = r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
WEB_LIBRARY = r"[0-9a-f]{9,}(-[0-9a-f]+){3}-[0-9a-f]{9,}"
"""What the web library made of time, chance, browser and screen while browsers had no UUIDs to give."""


class Wish(NamedTuple):
    """A link that is asked for between two ids that are not one person yet.

    kind: of which linking event. other: the id that the event names beside its own. is_identified: whether
    the other id's person is. was_given: whether an event of this kind has joined the other id before.
    knows_target: whether the event's own id has a person. ids: how many the two would have together.
    """

    kind: str
    other: str
    is_identified: bool
    was_given: bool
    knows_target: bool
    ids: int


def why_refused(wish: Wish, rules: RuleSet) -> Outcome | None:
    """What stands against a link, if anything does."""
    if wish.kind in rules.needs_anonymous_form and not has_anonymous_form(wish.other):
        return Outcome.REFUSED_FORM
    if wish.kind not in rules.unguarded and (refusal := _guarded(wish, rules.guard)):
        return refusal
    if rules.most_ids is not None and wish.ids > rules.most_ids:
        return Outcome.REFUSED_FULL
    return None


def has_anonymous_form(distinct_id: str) -> bool:
    """Whether the id looks like one that a library made up: a UUID of version 4, or the web's own form."""
    return re.fullmatch(f"{UUID_4}|{WEB_LIBRARY}", distinct_id) is not None


def _guarded(wish: Wish, guard: Guard) -> Outcome | None:
    match guard:
        case Guard.IDENTIFIED_PERSON:  # an own id that nobody has yet joins that person: the guard's hole
            return Outcome.REFUSED_IDENTIFIED if wish.is_identified and wish.knows_target else None
        case Guard.IDENTIFIED_ID:
            return Outcome.REFUSED_TAKEN if wish.is_identified else None
        case Guard.GIVEN_ID:
            return Outcome.REFUSED_TAKEN if wish.was_given else None
