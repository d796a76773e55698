"""Mixpanel's rules: its two ways to merge identities, of which a project has one for good.

Taken from the vendor's documentation, in our own words: the pages on identifying users with the
Simplified and with the Original API, on migrating to the Simplified one, and the reference of
`$identify`, `$create_alias` and `$merge` with their table of failure reasons (docs.mixpanel.com, as of
2026; help pages of 2021 and 2023 for what they say more of). Events count in the order of arrival;
nothing waits.
"""

from datetime import date

from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, NO_EFFECT, Pairs
from identity_cli.outcomes import Outcome
from identity_cli.rules import words
from identity_cli.rules.base import Guard, LinkKey, Profile, RuleSet

_LINKS = {
    IDENTIFY: LinkKey.ANON_DISTINCT_ID,
    CREATE_ALIAS: LinkKey.ALIAS,
    MERGE_DANGEROUSLY: LinkKey.ALIAS,  # what these rules call `$merge`
}
_READ = date(2026, 6, 1)
_ALREADY = "errAnonDistinctIdAssignedAlready"

SIMPLIFIED = RuleSet(
    name="mixpanel-simplified",
    stands_for="Mixpanel's Simplified ID Merge: $user_id and $device_id on one event",
    date=_READ,
    words=words.SIMPLIFIED,
    # "The first time a $user_id and a $device_id are on one event, they are merged."
    links={**_LINKS, NO_EFFECT: LinkKey.ANON_DISTINCT_ID},
    # "$identify, $create_alias and $merge are ignored": a line of `$identify` comes as NO_EFFECT.
    without_effect=frozenset({CREATE_ALIAS, MERGE_DANGEROUSLY, NO_EFFECT}),
    pairs=Pairs.ONLY_LINK,
    unguarded=frozenset(),
    # "Two $user_ids cannot be merged"; a device that is somebody's is ignored on the event of another.
    guard=Guard.IDENTIFIED_ID,
    # "The canonical id of a cluster is always the $user_id."
    own_id_makes_person=True,
    # "Profile properties are not preserved when a $device_id is linked to a $user_id."
    merged_profile=Profile.TARGETS,
    lists_illegal_ids=False,
    failure_reasons={(Outcome.REFUSED_TAKEN, IDENTIFY): _ALREADY},
)

ORIGINAL = RuleSet(
    name="mixpanel-original",
    stands_for="Mixpanel's Original ID Merge: $identify, $create_alias and $merge",
    date=_READ,
    words=words.ORIGINAL,
    links=_LINKS,
    pairs=Pairs.NO_LINK,
    # "$merge has no requirements of the payload."
    unguarded=frozenset({MERGE_DANGEROUSLY}),
    # "$identify: only if the $anon_id was not merged to another $identified_id before"; "the same alias
    # cannot point to several ids". Each is overridden by the other events.
    guard=Guard.GIVEN_ID,
    # "$identify only merges an $anon_id in the format of UUID version 4."
    needs_anonymous_form=frozenset({IDENTIFY}),
    # "No merge may lead to a cluster of more than 500 ids."
    most_ids=500,
    # "The profile of the canonical id is chosen, the other hidden; the only one there is is kept." Which id
    # is canonical is Mixpanel's choice: here the event's own.
    merged_profile=Profile.ONE,
    lists_illegal_ids=False,
    failure_reasons={
        (Outcome.SAME_ID, IDENTIFY): "errSameIDs",
        (Outcome.REFUSED_FORM, IDENTIFY): "errAnonDistinctIdNonGUIDForm",
        (Outcome.REFUSED_TAKEN, IDENTIFY): _ALREADY,
        (Outcome.REFUSED_TAKEN, CREATE_ALIAS): "errAliasAlreadyExists",
        **{(Outcome.REFUSED_FULL, kind): "errManyIDs" for kind in _LINKS},
    },
)

RULE_SETS = (SIMPLIFIED, ORIGINAL)
