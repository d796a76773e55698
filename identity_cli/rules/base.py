"""What one dated state of the platform's rules consists of.

A rule set is data. The functions beside this module read it, one rule each; nothing
asks for a rule set by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from identity_cli.events import (
    CREATE_ALIAS,
    GROUP_IDENTIFY,
    IDENTIFY,
    MERGE_DANGEROUSLY,
    SNAPSHOT,
    Pairs,
)
from identity_cli.outcomes import Outcome
from identity_cli.rules.capture import DJANGO_CAPTURE, Door
from identity_cli.rules.words import POSTHOG, Words

Period = tuple[date, date]
"""First and last day."""


class LinkKey(Enum):
    """The property in which a linking event names the other id."""

    ANON_DISTINCT_ID = "$anon_distinct_id"
    ALIAS = "alias"


class Hold(Enum):
    """When the event buffer lets a linking event pass."""

    NEVER = "never held"
    UNLESS_LINK = "passes when it names another id at all"
    UNLESS_OTHER = "passes when it names an id that is not its own"


class OsName(Enum):
    """What the event property `$os_name` is to a person."""

    LISTED = "a listed name like any other"
    FILLS_IN = "if truthy, what `$os` and `$initial_os` get where they are absent or null"
    STANDS_IN = "if present, `$os` for an event that has none"


class Unset(Enum):
    """The shapes of `$unset` that count."""

    LIST = "a list; anything else that is truthy fails the event"
    LIST_OR_KEYS = "a list, or the keys of an object"
    LIST_OR_OBJECT_KEYS = "a list, or what Object.keys finds: in a string, its indexes"


class Guard(Enum):
    """What keeps a linking event from joining the other id to the person of its own."""

    IDENTIFIED_PERSON = "a person once identified is not merged away, but takes in an id nobody has"
    IDENTIFIED_ID = "an id of a person once identified is joined to nobody else"
    GIVEN_ID = "an id that an event of this kind joined to somebody is joined to nobody else by one"


class Profile(Enum):
    """Whose properties a merged person has."""

    BOTH = "those of both, the target's winning"
    ONE = "the target's; the source's where the target has none"
    TARGETS = "the target's alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedProperties:
    """Event properties that the platform copies onto the person by itself.

    latest: names copied to `$set`. initial: names copied to `$set_once`, each with the
    name it gets there. overrides: the copy wins over a value the event gives explicitly.
    text_is_spread: a text as operator counts by its characters even beside what is copied, else for nothing.
    """

    latest: tuple[str, ...]
    initial: Mapping[str, str]
    overrides: bool
    null_is_a_first_value: bool = True
    knows_servers: bool = False  # `$is_server` events lend no `$os`, `$os_version`: not the person's machine
    os_name: OsName = OsName.LISTED
    text_is_spread: bool = True
    latest_names: frozenset[str] = field(init=False)  # to look up

    def __post_init__(self) -> None:
        object.__setattr__(self, "latest_names", frozenset(self.latest))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One dated state of the platform's rules, or a vendor's (sources: the table of each rule set)."""

    name: str
    stands_for: str
    date: date  # from which on, or for which, it is the state of the rules
    words: Words = POSTHOG
    period: Period | None = None  # first and last day of the logs that it is the nearest to

    refuses_empty_id: bool = True  # at the door, before anything else
    door: Door = DJANGO_CAPTURE  # through which come lines as SDKs sent them

    # Linking
    links: Mapping[str, LinkKey] = field(
        default_factory=lambda: {
            IDENTIFY: LinkKey.ANON_DISTINCT_ID,
            CREATE_ALIAS: LinkKey.ALIAS,
            MERGE_DANGEROUSLY: LinkKey.ALIAS,
        }
    )
    unguarded: frozenset[str] = frozenset({MERGE_DANGEROUSLY})
    pairs: Pairs = Pairs.LINK
    guard: Guard = Guard.IDENTIFIED_PERSON
    without_effect: frozenset[str] = frozenset()  # link elsewhere; here they are ordinary events
    needs_anonymous_form: frozenset[str] = frozenset()  # whose other id must look like an SDK's own
    most_ids: int | None = None  # of one person
    own_id_makes_person: bool = False  # even where it could join that of the other id
    merged_profile: Profile = Profile.BOTH
    lists_illegal_ids: bool = True  # the platform's two lists; blank ids are illegal everywhere
    present_anon_id_links: bool = False  # even null or "", which then is an illegal id
    quoted_ids_are_illegal: bool = False
    blocked_ids: frozenset[str] = frozenset()  # as illegal as the platform's own: for what-ifs and repairs
    longest_linkable_id: int | None = None  # code points; a NUL is then illegal too
    longest_stored_id: int | None = None  # code points; the database breaks on more, and on a NUL

    # Event buffer
    buffer_seconds: float = 0
    passes_buffer: Mapping[str, Hold] = field(
        default_factory=lambda: {
            IDENTIFY: Hold.NEVER,
            CREATE_ALIAS: Hold.UNLESS_LINK,
            MERGE_DANGEROUSLY: Hold.UNLESS_LINK,
            GROUP_IDENTIFY: Hold.NEVER,
            SNAPSHOT: Hold.NEVER,
        }
    )
    holds_anonymous_up_to_team: int = -1

    # Properties
    copied: CopiedProperties | None = None
    unset: Unset = Unset.LIST_OR_KEYS
    unset_numbers: bool = True  # an entry 7 removes the key "7"
    unset_numbers_break: bool = False  # an entry 7 fails the event where the key "7" is there
    unset_spares_new_keys: bool = False  # a key absent before the event stays if the event also sets it
    unset_after_linked_creation: bool = True
    nul_becomes_replacement: bool = False  # the database takes no NUL: in ids and in what is written
    dates_surveys: bool = False  # `survey shown` sets `$survey_last_seen_date`

    # Which changes are worth a write: not those of noisy properties alone
    noisy: frozenset[str] = frozenset()
    noisy_prefixes: tuple[str, ...] = ()
    always_stores: frozenset[str] = frozenset()  # events to which the noisy filter does not apply
    filters_merges: bool = False  # else what a merge writes is always stored

    # Which events reach persons
    ignores_event: frozenset[str] = frozenset()
    looks_up: frozenset[str] = frozenset()  # events that find their person, and neither make nor change one
    looks_up_prefixes: tuple[str, ...] = ()  # so do those whose names begin like this
    never_updates: frozenset[str] = frozenset()
    strips_operators: frozenset[str] = frozenset()
    longest_distinct_id: int | None = None  # UTF-16 units; longer drops the event

    # Profiles (2024 on)
    personless: bool = False
    personless_id_swap: bool = False  # a personless other id gives a new person its id
    flag_calls_are_personless: bool = False  # `$feature_flag_called` of chosen teams, from June 2026 on
    warns_of_flags_on_ignored: bool = False  # of odd ones, on events of `ignores_event`

    # Warnings
    failure_reasons: Mapping[tuple[Outcome, str], str] = field(default_factory=dict)
    """What the vendor calls it that a link of a kind came to an outcome."""
    warns_with_uuid: bool = False
    warns_with_person_ids: bool = False

    @property
    def guards_all_links(self) -> bool:
        """Whether links may be refused that join no identified person with another."""
        return bool(
            self.guard is not Guard.IDENTIFIED_PERSON
            or self.needs_anonymous_form
            or self.most_ids is not None
        )

    @property
    def gates_events(self) -> bool:
        """Whether some events go no further than to their id, or not even there."""
        return bool(
            self.personless
            or self.flag_calls_are_personless
            or self.ignores_event
            or self.looks_up
            or self.looks_up_prefixes
            or self.longest_distinct_id is not None
        )

    @property
    def heeds_plain_events(self) -> bool:
        """Whether an event without operators and other id may do more than show its own id."""
        return (
            self.gates_events
            or self.copied is not None
            or self.nul_becomes_replacement
            or self.dates_surveys
            or self.longest_stored_id is not None
        )
