"""How a vendor's users call what the rules are about: for explanations, which have to be in their terms."""

from collections.abc import Mapping
from typing import NamedTuple

from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY
from identity_cli.outcomes import Outcome

_KINDS = {CREATE_ALIAS: CREATE_ALIAS, MERGE_DANGEROUSLY: MERGE_DANGEROUSLY, "$merge": MERGE_DANGEROUSLY}


def kind_called(event: str) -> str:
    """Which linking event a link is that has this name; ids side by side on an event link as `$identify`."""
    return _KINDS.get(event, IDENTIFY)


class Ask(NamedTuple):
    """How to ask for a link: kind is what it is to the rules, event what it is called.

    phrase: about {own} and {other}. forces: no safeguard minds who is identified. other_begins: what the
    other id has to begin with, for it to be of the sort that can be linked so.
    """

    kind: str
    event: str
    phrase: str
    forces: bool = False
    other_begins: str = ""

    def is_for(self, own: str, other: str) -> bool:
        """Whether these two ids are of the sorts that can be linked so."""
        return not self.other_begins or own.startswith(self.other_begins) < other.startswith(
            self.other_begins
        )

    def of(self, own: str, other: str) -> str:
        """The phrase about two ids."""
        return self.phrase.format(own=repr(own), other=repr(other))


class Words(NamedTuple):
    """What explanations say under one vendor's rules.

    asks: the ways to ask for a link, the mildest first. because: why a link came to its outcome, by outcome
    or by kind and outcome. force: what merges a person although it is identified; unguarded: what to know of
    it. marks: when a person is identified; login: the event of {own} that does it. links: what links ids.
    identified, others: what persons are called that are identified, or are not. never_splits: why ids that
    were merged cannot be split off, where they cannot.
    """

    vendor: str
    asks: tuple[Ask, ...]
    because: Mapping[str | tuple[str, str], str]
    force: str
    unguarded: str
    marks: str
    login: str
    links: str
    identified: str = "identified"
    others: str = "anonymous"
    never_splits: str | None = None

    def rule(self, event: str, outcome: str) -> str:
        """Why a link of that name came to an outcome that joined two ids."""
        return self.because.get((kind_called(event), outcome)) or self.because[outcome]


POSTHOG = Words(
    vendor="PostHog",
    asks=(
        Ask(kind=IDENTIFY, event=IDENTIFY, phrase="a $identify of {own} with $anon_distinct_id {other}"),
        Ask(kind=CREATE_ALIAS, event=CREATE_ALIAS, phrase="a $create_alias of {own} with alias {other}"),
        Ask(
            kind=MERGE_DANGEROUSLY,
            event=MERGE_DANGEROUSLY,
            forces=True,
            phrase="a $merge_dangerously of {own} with alias {other}",
        ),
    ),
    because={
        Outcome.CREATED: "neither id had a person, so one was made with both",
        Outcome.ATTACHED: "one id had no person, so it joined the other's; nothing stands against that",
        Outcome.MERGED: "the source was not identified, so it could be merged away",
        (
            MERGE_DANGEROUSLY,
            Outcome.MERGED,
        ): "$merge_dangerously asks nobody: it merges even identified persons",
    },
    force="$merge_dangerously",
    unguarded="nothing guards a $merge_dangerously: send it only if both are one human, it cannot be undone",
    marks="a link of two different ids that may be anybody's own marks the person that the event is of",
    login="a $identify of {own} with $anon_distinct_id",
    links="$identify, $create_alias or $merge_dangerously",
)

_NEVER_SPLITS = (
    "Mixpanel cannot part ids that it has merged: import the events into a new project, without those above; "
    "these would then be users of their own"
)

SIMPLIFIED = Words(
    vendor="Mixpanel",
    asks=(
        Ask(
            kind=IDENTIFY,
            event="$user_id with $device_id",
            phrase="an event with the $user_id {own} and the $device_id {other}",
            other_begins="$device:",
        ),
    ),
    because={
        Outcome.CREATED: "the first event with both: the device is the user's",
        Outcome.ATTACHED: "the first event with both: the device was nobody's, so it is the user's",
        Outcome.MERGED: "the device was nobody's, so it is the user's, with all it did before",
    },
    force="nothing",
    unguarded="",
    marks="the first event with a user and a device marks the user",
    login="an event with the $user_id {own} and a $device_id",
    links="event with a $user_id and a $device_id",
    identified="linked",
    others="never linked",
    never_splits=_NEVER_SPLITS,
)

ORIGINAL = Words(
    vendor="Mixpanel",
    asks=(
        Ask(
            kind=IDENTIFY,
            event=IDENTIFY,
            phrase="a $identify with the $identified_id {own} and the $anon_id {other}",
        ),
        Ask(
            kind=CREATE_ALIAS,
            event=CREATE_ALIAS,
            forces=True,
            phrase="a $create_alias of {own} with alias {other}",
        ),
        Ask(kind=MERGE_DANGEROUSLY, event="$merge", forces=True, phrase="a $merge of {own} and {other}"),
    ),
    because={
        Outcome.CREATED: "neither id was known, so one user was made with both",
        Outcome.ATTACHED: "one id was not known, so it joined the other's user",
        Outcome.MERGED: "nothing stood against it",
        (
            IDENTIFY,
            Outcome.MERGED,
        ): "the anonymous id has the form of one, and no $identify had joined it before",
        (CREATE_ALIAS, Outcome.MERGED): "the alias was no id's alias before; nothing else stands against it",
        (MERGE_DANGEROUSLY, Outcome.MERGED): "$merge joins any two users, up to 500 ids",
    },
    force="$create_alias or $merge",
    unguarded="nothing guards $create_alias and $merge: send one only for one human, it cannot be undone",
    marks="a link of two different ids marks the user that the event is of",
    login="a $identify with the $identified_id {own} and an $anon_id",
    links="$identify, $create_alias or $merge",
    identified="linked",
    others="never linked",
    never_splits=_NEVER_SPLITS,
)
