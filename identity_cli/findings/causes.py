"""Which audit's suspicion explains which others: what has one cause becomes one finding.

EXPLAINS is read from the top, the deeper cause first. What is explained is no finding of its own: it is told
as evidence of its cause, which is as bad as the worst that it explains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from identity_cli.audits.audit import Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.findings.matches import (
    Match,
    by_events,
    by_ids,
    by_late_links,
    by_link,
    by_links,
    by_persons,
    by_persons_of_late,
    by_release,
    by_source,
    by_their_ids,
)

Place = tuple[str, int]
"""A suspicion: the code of its audit, and its number among those of that audit."""


class Explains(NamedTuple):
    """An audit whose suspicions explain those of others, and by what both name one sees it.

    is_harm: whether the effects are the harm that the cause does; else they are mistaken, now that one knows
    it, and do no harm of their own.
    """

    cause: str
    match: Match
    effects: tuple[str, ...]
    is_harm: bool = True


EXPLAINS = (
    # A link that another overtook is refused, and would not have been.
    Explains("order_sensitive", by_late_links, ("refused_merge",)),
    Explains("order_sensitive", by_late_links, ("reversed_alias",), is_harm=False),
    Explains("order_sensitive", by_persons_of_late, ("duplicate_person",)),
    # A constant that everybody sends: whatever is linked with it becomes one person.
    Explains("cookieless_sentinel", by_links, ("silent_attach", "refused_merge", "property_conflict")),
    Explains("cookieless_sentinel", by_link, ("contaminated_window",)),
    Explains("cookieless_sentinel", by_ids, ("several_login_ids", "shared_device", "missing_reset")),
    Explains("cookieless_sentinel", by_ids, ("session_on_two_persons", "generic_id", "hot_id")),
    Explains("cookieless_sentinel", by_persons, ("mega_person", "property_flips_back")),
    # A word of a program collects strangers, with all that strangers on one person look like.
    Explains("placeholder_person", by_ids, ("generic_id", "hot_id", "id_variants")),
    Explains("placeholder_person", by_source, ("missing_reset", "silent_attach", "contaminated_window")),
    Explains("placeholder_person", by_persons, ("mega_person", "property_flips_back")),
    Explains("generic_id", by_source, ("missing_reset", "silent_attach", "contaminated_window")),
    Explains("generic_id", by_ids, ("hot_id",)),
    Explains("generic_id", by_persons, ("mega_person",)),
    # One human whose id is spelt in two ways has one e-mail and one device.
    Explains("id_variants", by_ids, ("duplicate_person", "two_id_schemes", "session_on_two_persons")),
    Explains("id_variants", by_ids, ("shared_device", "missing_reset"), is_harm=False),
    # A link that was not made leaves a session on two persons.
    Explains("misplaced_key", by_ids, ("session_on_two_persons",)),
    Explains("id_per_load", by_release, ("session_on_two_persons",)),
    # A robot has a new id for every page, and no release is to blame.
    Explains("bot_persons", by_events, ("id_per_load",), is_harm=False),
    # Two logins with one anonymous id: the second is refused, or put on the person of the first.
    Explains("missing_reset", by_links, ("silent_attach", "refused_merge", "property_conflict")),
    Explains("missing_reset", by_link, ("contaminated_window",)),
    Explains("missing_reset", by_ids, ("several_login_ids", "shared_device")),
    Explains("missing_reset", by_their_ids, ("mega_person",)),
    Explains("missing_reset", by_persons, ("property_flips_back",)),
    # Merges that nobody asked the safeguard about.
    Explains("merge_dangerously", by_links, ("property_conflict",)),
    Explains("merge_dangerously", by_ids, ("several_login_ids",)),
    Explains("merge_dangerously", by_their_ids, ("mega_person",)),
    Explains("merge_dangerously", by_persons, ("property_flips_back",)),
    # An alias the wrong way round is refused, and so is every link after it.
    Explains("reversed_alias", by_ids, ("refused_merge",)),
    # Ids made up for a link, one each time.
    Explains("ids_without_events", by_persons, ("identify_storm",)),
    Explains("ids_without_events", by_their_ids, ("mega_person",)),
    # Strangers on one person, of whose cause the log shows no more.
    Explains("silent_attach", by_link, ("contaminated_window",)),
    Explains("silent_attach", by_ids, ("several_login_ids", "shared_device")),
    Explains("silent_attach", by_their_ids, ("mega_person",)),
    Explains("silent_attach", by_persons, ("property_flips_back",)),
    Explains("refused_merge", by_link, ("contaminated_window",)),
    Explains("shared_device", by_ids, ("several_login_ids",)),
    Explains("several_login_ids", by_persons, ("property_conflict", "property_flips_back")),
    Explains("property_conflict", by_persons, ("property_flips_back",)),
    Explains("duplicate_person", by_ids, ("shared_device",)),
)


def gathered(found: Mapping[str, Sequence[Suspicion]]) -> dict[str, list[Suspicion]]:
    """The suspicions that no other explains, each with those that it explains; by code, in their order."""
    causes = _causes(found)
    also: dict[Place, list[tuple[str, Suspicion]]] = {}
    for code, number in causes:
        root, is_harm = _root((code, number), causes)
        one = found[code][number]
        also.setdefault(root, []).append((code, one if is_harm else _mistaken(one)))
    return {
        code: [
            replace(one, also=tuple(also[code, number])) if (code, number) in also else one
            for number, one in enumerate(suspicions)
            if (code, number) not in causes
        ]
        for code, suspicions in found.items()
    }


def _causes(found: Mapping[str, Sequence[Suspicion]]) -> dict[Place, tuple[Place, bool]]:
    """What is explained, by what, and whether as harm; the first that explains it counts."""
    causes: dict[Place, tuple[Place, bool]] = {}
    for one in EXPLAINS:
        left = [
            (code, number)
            for code in one.effects
            for number in range(len(found.get(code, ())))
            if (code, number) not in causes
        ]
        if not left or not found.get(one.cause):
            continue
        explaining = one.match(found[one.cause])
        for code, number in left:
            by = explaining(found[code][number])
            if by is not None:
                causes[code, number] = (one.cause, by), one.is_harm
    return causes


def _root(place: Place, causes: Mapping[Place, tuple[Place, bool]]) -> tuple[Place, bool]:
    """The deepest cause of it, and whether all in between is harm."""
    is_harm = True
    while place in causes:
        place, does_harm = causes[place]
        is_harm = is_harm and does_harm
    return place, is_harm


def _mistaken(one: Suspicion) -> Suspicion:
    return replace(one, severity=Severity.INFO, events=0, unique_users=0)
