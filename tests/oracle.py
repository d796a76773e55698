"""A slow and obvious statement of how the platform turns events into persons.

Nothing here is meant to be fast: persons are records in a list, finding one is a linear search, merging
copies. The resolver of the project is checked against this file on random logs, so the two share no code.

The rules are those of six states of the platform: `guide` (the published guide of March 2023), `2022-12`,
`2023-09`, `2024-10` and `2025-10` (the code of those months) and `current` (mid 2026). Each field of them can
also be tried alone.
"""

from __future__ import annotations

import copy
import json
import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

JsonObject = dict[str, Any]

PERSON_ID_NAMESPACE = uuid.UUID("932979b4-65c3-4424-8467-0b66ec27bc22")

LINK_PROPERTIES = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}
MOBILE_LIBRARIES = ["posthog-ios", "posthog-android", "posthog-react-native", "posthog-flutter"]


def words(text: str) -> list[str]:
    """A list written as its words."""
    return text.split()


ILLEGAL_WHATEVER_THE_CASE = words(
    "anonymous guest distinctid distinct_id id not_authenticated email undefined true false"
)
ILLEGAL_EXACTLY = ["[object Object]", "NaN", "None", "none", "null", "0"]
LONGEST_SENT_ID = 200

# What trim() of JavaScript strips; strip() of Python differs in U+FEFF, U+0085 and U+001C to U+001F.
JS_WHITE_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
JS_WHITE_SPACE += "".join(chr(code) for code in range(0x2000, 0x200B))

CAMPAIGN_2022 = words("utm_source utm_medium utm_campaign utm_content utm_name utm_term gclid fbclid")
FIRST_SEEN_2022 = words(
    "$browser $browser_version $device_type $current_url $pathname $os $referring_domain $referrer"
)
ADDED_2023 = words("$app_build $app_name $app_namespace $app_version msclkid")
COPIED_2022 = CAMPAIGN_2022 + FIRST_SEEN_2022
COPIED_2023 = COPIED_2022 + ADDED_2023
COPIED_2024 = COPIED_2023 + words(
    "$os_version $os_name gad_source gclsrc dclid gbraid wbraid twclid li_fat_id mc_cid igshid ttclid rdt_cid"
)
COPIED_2025 = COPIED_2024 + words(
    """
    $screen_height $screen_width $viewport_height $viewport_width $raw_user_agent
    irclid _kx epik qclid sccid
    """
)
NEVER_LENDING_EVENTS = ["$snapshot", "$performance_event"]
NOISY_PROPERTIES = words(
    """
    $current_url $pathname $referring_domain $referrer $screen_height $screen_width $viewport_height
    $viewport_width $browser $browser_version $device_type $raw_user_agent $os $os_name $os_version
    $geoip_postal_code $geoip_time_zone $geoip_latitude $geoip_longitude $geoip_accuracy_radius
    $geoip_subdivision_1_code $geoip_subdivision_1_name $geoip_subdivision_2_code $geoip_subdivision_2_name
    $geoip_subdivision_3_code $geoip_subdivision_3_name $geoip_city_confidence $geoip_country_confidence
    $geoip_postal_code_confidence $geoip_subdivision_1_confidence $geoip_subdivision_2_confidence
    """
)
FORCED_EVENTS = frozenset({"$identify", "$create_alias", "$merge_dangerously", "$set"})
NEVER_PERSONLESS_EVENTS = {"$identify", "$create_alias", "$merge_dangerously", "$groupidentify"}
SAFE_LINKS = frozenset({"$identify", "$create_alias"})
ALL_LINKS = SAFE_LINKS | {"$merge_dangerously"}


@dataclass(frozen=True)
class Copied:
    """Which event properties end up on the person, and how."""

    latest: list[str]
    first: list[str]
    overrides: bool = False
    """The copy wins over what the event sets explicitly."""
    null_is_a_first_value: bool = True
    knows_servers: bool = False
    """A server's operating system is not the person's."""
    os_name: str = "listed"
    """"listed" like any other, "fills in" or "stands in" for `$os`."""
    text_is_spread: bool = True
    """A text given as `$set` counts by its characters, even beside what is copied."""


@dataclass(frozen=True)
class Rules:
    """What distinguishes one state of the platform from another. The defaults are the guide's."""

    # How events come in
    refuses_empty_id: bool = True
    capture: str = "django"
    """What makes the text of an odd id on lines as sent: "django", "rust", or that of "2026", which warns.
    To the first `properties.distinct_id` counts before the one at the top."""
    nul_becomes_replacement: bool = False
    longest_distinct_id: int | None = None
    """UTF-16 units: an event of a longer id is dropped, with a warning."""
    longest_stored_id: int | None = None
    """Code points: the database breaks on a longer id, and on a NUL, which loses the link or the event."""
    ignores_event: frozenset[str] = frozenset()
    warns_of_flags_on_ignored: bool = False
    looks_up: frozenset[str] = frozenset()
    """Events that only look up their person."""
    looks_up_prefixes: tuple[str, ...] = ()
    personless: bool = False
    flag_calls_are_personless: bool = False

    # How they wait
    buffer_seconds: float = 60
    buffer_rule: str = "guide"
    holds_anonymous_up_to_team: int = -1

    # How they link
    links: frozenset[str] = ALL_LINKS
    unguarded: frozenset[str] = frozenset({"$merge_dangerously"})
    present_anon_id_links: bool = False
    """`$identify` asks for a link whenever `$anon_distinct_id` is there, whatever its value."""
    quoted_ids_are_illegal: bool = False
    longest_linkable_id: int | None = None
    """Code points: a longer id is illegal, and one with a NUL."""
    blocked_ids: frozenset[str] = frozenset()
    personless_id_swap: bool = False

    # How they write
    copied: Copied | None = None
    unset: str = "LIST_OR_KEYS"
    """Of what shape: "LIST" (a truthy other thing makes the event fail), "LIST_OR_KEYS" (those of an object)
    or "LIST_OR_OBJECT_KEYS" (a string counts as the object of its characters, so "ab" names "0" and "1")."""
    unset_numbers: bool = True
    unset_numbers_break: bool = False
    """An entry of `$unset` that is no text makes the event fail where it would remove something."""
    unset_spares_new_keys: bool = False
    """A key that was absent before the event is not removed by it."""
    unset_after_linked_creation: bool = True
    never_updates: frozenset[str] = frozenset()
    strips_operators: frozenset[str] = frozenset()
    dates_surveys: bool = False
    noisy: frozenset[str] = frozenset()
    noisy_prefixes: tuple[str, ...] = ()
    always_stores: frozenset[str] = frozenset()
    filters_merges: bool = False

    # What is warned about
    warns_with_uuid: bool = True
    warns_with_person_ids: bool = False


RULE_SETS = {
    "guide": Rules(),
    "2022-12": Rules(
        buffer_rule="2022-12",
        links=SAFE_LINKS,
        unguarded=frozenset(),
        copied=Copied(latest=CAMPAIGN_2022, first=COPIED_2022, overrides=True),
        unset="LIST",
        warns_with_uuid=False,
        ignores_event=frozenset({"$snapshot", "$performance_event"}),
    ),
    "2023-09": Rules(
        buffer_seconds=0,
        present_anon_id_links=True,
        quoted_ids_are_illegal=True,
        copied=Copied(latest=COPIED_2023, first=COPIED_2023, overrides=True),
        unset="LIST_OR_OBJECT_KEYS",
    ),
    "2024-10": Rules(
        capture="rust",
        nul_becomes_replacement=True,
        longest_stored_id=400,
        ignores_event=frozenset({"$$heatmap", "$$client_ingestion_warning"}),
        warns_of_flags_on_ignored=True,
        personless=True,
        buffer_seconds=0,
        present_anon_id_links=True,
        quoted_ids_are_illegal=True,
        personless_id_swap=True,
        copied=Copied(latest=COPIED_2024, first=COPIED_2024, os_name="fills in"),
        unset="LIST_OR_OBJECT_KEYS",
        unset_numbers_break=True,
        never_updates=frozenset({"$exception"}),
        strips_operators=frozenset({"$groupidentify"}),
        noisy=frozenset(COPIED_2024),
        noisy_prefixes=("$geoip_",),
        always_stores=FORCED_EVENTS,
    ),
    "2025-10": Rules(
        capture="rust",
        nul_becomes_replacement=True,
        longest_stored_id=400,
        ignores_event=frozenset({"$$heatmap", "$$client_ingestion_warning"}),
        warns_of_flags_on_ignored=True,
        personless=True,
        buffer_seconds=0,
        present_anon_id_links=True,
        quoted_ids_are_illegal=True,
        personless_id_swap=True,
        copied=Copied(latest=COPIED_2025, first=COPIED_2025, os_name="fills in"),
        unset="LIST_OR_OBJECT_KEYS",
        unset_numbers=False,
        unset_spares_new_keys=True,
        never_updates=frozenset({"$exception"}),
        strips_operators=frozenset({"$groupidentify"}),
        noisy=frozenset(COPIED_2025),
        noisy_prefixes=("$geoip_",),
        filters_merges=True,
    ),
    "current": Rules(
        capture="2026",
        nul_becomes_replacement=True,
        longest_distinct_id=400,
        ignores_event=frozenset({"$$heatmap", "$$client_ingestion_warning"}),
        looks_up=frozenset({"$exception"}),
        looks_up_prefixes=("$ai_",),
        personless=True,
        buffer_seconds=0,
        present_anon_id_links=True,
        quoted_ids_are_illegal=True,
        longest_linkable_id=400,
        copied=Copied(
            latest=COPIED_2025,
            first=COPIED_2025,
            null_is_a_first_value=False,
            knows_servers=True,
            os_name="stands in",
            text_is_spread=False,
        ),
        unset="LIST_OR_OBJECT_KEYS",
        unset_numbers=False,
        unset_spares_new_keys=True,
        unset_after_linked_creation=False,
        strips_operators=frozenset({"$groupidentify"}),
        dates_surveys=True,
        noisy=frozenset(NOISY_PROPERTIES),
        always_stores=FORCED_EVENTS,
        filters_merges=True,
        warns_with_person_ids=True,
    ),
}


@dataclass
class Person:
    """One person as it stands while the log is replayed."""

    team_id: int
    creator_distinct_id: str
    distinct_ids: list[str]
    properties: JsonObject
    created_at: datetime | None
    is_identified: bool


@dataclass(frozen=True)
class Event:
    """One event that came through the door, with the id as text."""

    index: int
    name: str
    team_id: int
    distinct_id: str
    properties: JsonObject
    wire: JsonObject
    timestamp: datetime | None
    """When it happened by its own account; when it arrived if it does not say; None if nothing tells."""


@dataclass(frozen=True)
class Operators:
    """What one event asks for: properties to set, to set unless there are any, and to remove."""

    set: JsonObject
    set_once: JsonObject
    unset: Any


@dataclass(frozen=True)
class HeldEvent:
    """An event in the buffer and when it arrived."""

    event: Event
    arrived_at: datetime


@dataclass
class Outcome:
    """What the platform made of a whole log."""

    persons: list[JsonObject] = field(default_factory=list)
    warnings: list[JsonObject] = field(default_factory=list)
    links: list[JsonObject] = field(default_factory=list)
    event_person_at_ingestion: list[str | None] = field(default_factory=list)
    event_person: list[int | None] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    without_profile: list[int] = field(default_factory=list)
    processed_order: list[int] = field(default_factory=list)


class EventFailedError(Exception):
    """The platform's own code broke on this event, which went to the dead letter queue."""


def resolve(
    events: Iterable[JsonObject],
    rules: str | Rules = "guide",
    *,
    buffer_seconds: float | None = None,
    team_id: int = 1,
    accept_empty_distinct_id: bool = False,
) -> Outcome:
    """Replay a log, given in order of arrival, under one rule set. team_id: of events that name none."""
    rule_set = RULE_SETS[rules] if isinstance(rules, str) else rules
    if buffer_seconds is not None:
        rule_set = replace(rule_set, buffer_seconds=buffer_seconds)
    if accept_empty_distinct_id:
        rule_set = replace(rule_set, refuses_empty_id=False)
    return Replay(rule_set, team_id).run(events)


class Replay:
    """The state of the platform while it works through one log."""

    def __init__(self, rules: Rules, team_id: int) -> None:
        self.rules = rules
        self.team_id = team_id
        self.persons: list[Person] = []
        self.used_personless: list[tuple[int, str]] = []
        self.buffer: list[HeldEvent] = []
        self.clock: datetime | None = None
        self.accepted: list[Event] = []
        self.out = Outcome()

    # Arrival

    def run(self, wire_events: Iterable[JsonObject]) -> Outcome:
        """Take every event as it arrives, then let go of what still waits at the end of the log."""
        for index, wire in enumerate(wire_events):
            self.out.event_person_at_ingestion.append(None)
            self.out.event_person.append(None)
            self.arrive(index, wire)
        for held in self.buffer:
            self.process(held.event)
        self.report_persons()
        self.report_event_persons()
        return self.out

    def arrive(self, index: int, wire: JsonObject) -> None:
        """Release what is due, then refuse the event at the door, hold it or process it."""
        self.advance_clock(wire)
        self.release_due_events()
        reason = reason_to_refuse(wire, self.rules)
        if reason is not None:
            self.out.failed.append((index, reason))
            return
        event = self.read(index, wire)
        if self.is_lost_at_capture(event):
            return
        if self.must_wait(event):
            assert self.clock is not None
            self.out.held.append(index)
            self.buffer.append(HeldEvent(event, self.clock))
        else:
            self.process(event)

    def advance_clock(self, wire: JsonObject) -> None:
        """The clock is the latest arrival time seen (`now`, else `timestamp`); it never goes back."""
        arrival = parse_time(wire.get("now")) or parse_time(wire.get("timestamp"))
        if arrival is not None and (self.clock is None or arrival > self.clock):
            self.clock = arrival

    def release_due_events(self) -> None:
        """Process what has waited long enough, oldest first; exactly long enough counts."""
        delay = timedelta(seconds=self.rules.buffer_seconds)
        while self.buffer and self.clock is not None and self.clock - self.buffer[0].arrived_at >= delay:
            self.process(self.buffer.pop(0).event)

    def read(self, index: int, wire: JsonObject) -> Event:
        """Read the fields that matter. An event without a usable timestamp happened when it arrived."""
        properties = wire.get("properties")
        team_id = wire.get("team_id")
        distinct_id = own_text(wire, self.rules)[: LONGEST_SENT_ID if was_sent(wire) else None]
        return Event(
            index=index,
            name=js_text(wire.get("event")),
            team_id=self.team_id if team_id is None else team_id,
            distinct_id=without_nul(distinct_id) if self.rules.nul_becomes_replacement else distinct_id,
            properties=properties if isinstance(properties, dict) else {},
            wire=wire,
            timestamp=parse_time(wire.get("timestamp")) or parse_time(wire.get("now")),
        )

    def is_lost_at_capture(self, event: Event) -> bool:
        """Warn of an id as sent that capture finds too long; its endpoint v1 then drops the event."""
        length = len(own_text(event.wire, self.rules))
        if self.rules.capture != "2026" or not was_sent(event.wire) or length <= LONGEST_SENT_ID:
            return False
        is_v1 = "options" in event.wire
        if is_v1:
            self.out.processed_order.append(event.index)
            self.out.dropped.append(event.index)
        details = {
            "distinctId": event.distinct_id,
            "distinctIdLength": length,
            "maxLength": LONGEST_SENT_ID,
        }
        self.warn(event, "distinct_id_too_large" if is_v1 else "distinct_id_truncated", details)
        return is_v1

    # The buffer

    def must_wait(self, event: Event) -> bool:
        """An event of an id that has no person waits for the link that may explain the id.

        Not so linking events, events of the anonymous id of a device, and those of mobile libraries.
        Without any arrival time there is no clock to wait by.
        """
        if self.rules.buffer_seconds <= 0 or self.clock is None:
            return False
        if self.find_person(event.team_id, event.distinct_id) is not None:
            return False
        if event.name == "$snapshot" or self.never_waits(event):
            return False
        if event.team_id <= self.rules.holds_anonymous_up_to_team:  # chosen teams of late 2022
            return True
        is_anonymous = event.distinct_id != "" and event.properties.get("$device_id") == event.distinct_id
        return not is_anonymous and event.properties.get("$lib") not in MOBILE_LIBRARIES

    def never_waits(self, event: Event) -> bool:
        """Which linking events the buffer lets pass, by its variants.

        * `guide`: any `$identify`, and the two alias events when they name an alias.
        * `2022-12`: `$identify` and `$create_alias` with a truthy other id, even an illegal or the same one.
        * `nov-2022`: the two when the other id is truthy and is not the event's own, compared unconverted.
        """
        rule = self.rules.buffer_rule
        if event.name == "$groupidentify" or (rule == "2022-12" and event.name == "$performance_event"):
            return True
        if event.name not in self.rules.links:
            return rule == "guide" and event.name == "$identify"
        truthy = js_truthy(other_id(event))
        if rule == "guide":
            return event.name == "$identify" or truthy
        if event.name not in SAFE_LINKS:
            return False
        return truthy and (rule == "2022-12" or other_id(event) != event.distinct_id)

    # Processing

    def process(self, event: Event) -> None:
        """Hand one event to person processing and note which person it was processed for."""
        self.out.processed_order.append(event.index)
        try:
            if self.is_dropped(event):
                self.out.dropped.append(event.index)
                return
            if self.only_looks_up(event):
                self.look_up(event)
            else:
                person = self.process_persons(event)
                self.out.event_person_at_ingestion[event.index] = person.creator_distinct_id
        except EventFailedError as error:
            self.out.failed.append((event.index, str(error)))
            return
        self.accepted.append(event)

    def is_dropped(self, event: Event) -> bool:
        """Drop over-long ids, kinds never processed, linking events without profile; report odd flags."""
        rules, length = self.rules, utf16_length(event.distinct_id)
        if rules.longest_distinct_id is not None and length > rules.longest_distinct_id:
            shown = utf16_prefix(event.distinct_id, 100)
            limit = rules.longest_distinct_id
            details = {"distinctId": shown, "distinctIdLength": length, "maxLength": limit}
            self.warn(event, "skipping_event_invalid_distinct_id", details)
            return True
        about = {"eventUuid": event.wire.get("uuid"), "event": event.name, "distinctId": event.distinct_id}
        flag = event.properties.get("$process_person_profile", True)
        is_ignored = event.name in rules.ignores_event
        looks_at_flag = rules.personless and event.name not in rules.looks_up
        if is_ignored and not rules.warns_of_flags_on_ignored:
            looks_at_flag = False
        if looks_at_flag and not isinstance(flag, bool):
            message = "Only a boolean value is valid for the $process_person_profile property"
            details = {**about, "$process_person_profile": flag, "message": message}
            self.warn(event, "invalid_process_person_profile", details)
        if is_ignored:
            if event.name == "$$client_ingestion_warning":
                message_name = "$$client_ingestion_warning_message"
                if message_name in event.properties:
                    about["message"] = event.properties[message_name]
                self.warn(event, "client_ingestion_warning", about)
            return True
        if looks_at_flag and flag is False and event.name in NEVER_PERSONLESS_EVENTS:
            self.warn(event, "invalid_event_when_process_person_profile_is_false", about)
            return True
        return False

    def only_looks_up(self, event: Event) -> bool:
        """Such an event belongs to the person of its id, if any, but neither makes nor changes one."""
        rules, flag = self.rules, event.properties.get("$process_person_profile")
        if event.name in rules.looks_up or event.name.startswith(rules.looks_up_prefixes):
            return True
        if rules.personless and flag is False:
            return True
        return (
            rules.flag_calls_are_personless
            and event.name == "$feature_flag_called"
            and flag is not True
            and not event.properties.get("$groups")
            and self.find_person(event.team_id, event.distinct_id) is None
        )

    def look_up(self, event: Event) -> None:
        """Find the person, or name the one that the id would have."""
        self.store_id(event.distinct_id)
        self.out.without_profile.append(event.index)
        person = self.find_person(event.team_id, event.distinct_id)
        if person is None:
            self.used_personless.append((event.team_id, event.distinct_id))
        creator = event.distinct_id if person is None else person.creator_distinct_id
        self.out.event_person_at_ingestion[event.index] = creator

    def store_id(self, distinct_id: str) -> None:
        """What the database says to a distinct id."""
        limit = self.rules.longest_stored_id
        if limit is not None and (len(distinct_id) > limit or "\0" in distinct_id):
            raise EventFailedError("the database takes no such id")

    def process_persons(self, event: Event) -> Person:
        """Link first, then make the person of the event's own id, or update it."""
        operators = self.operators(event)
        outcome = self.link(event, operators)
        identifies = outcome not in (None, "same_id", "refused_illegal")
        person = self.find_person(event.team_id, event.distinct_id)
        if person is None:
            return self.create_person(event, [event.distinct_id], operators, is_identified=identifies)
        if outcome == "created":
            if self.rules.unset_after_linked_creation and operators.unset is not None:
                only_unset = Operators({}, {}, operators.unset)
                after = self.updated_properties(person.properties, event, only_unset)
                person.properties = as_stored(after, self.rules)
            return person
        if outcome != "merged" and event.name not in self.rules.never_updates:
            self.update_person(person, event, operators, is_forced=identifies and not person.is_identified)
        person.is_identified = person.is_identified or identifies
        return person

    def find_person(self, team_id: int, distinct_id: str) -> Person | None:
        """A distinct id belongs to at most one person of its team."""
        for person in self.persons:
            if person.team_id == team_id and distinct_id in person.distinct_ids:
                return person
        return None

    def create_person(
        self, event: Event, distinct_ids: list[str], operators: Operators, *, is_identified: bool
    ) -> Person:
        """A new person is as old as its event and has `$set_once` overlaid by `$set`; `$unset` is ignored."""
        for distinct_id in distinct_ids:
            self.store_id(distinct_id)
        person = Person(
            team_id=event.team_id,
            creator_distinct_id=distinct_ids[0],
            distinct_ids=distinct_ids,
            properties=as_stored({**operators.set_once, **operators.set}, self.rules),
            created_at=event.timestamp,
            is_identified=is_identified,
        )
        self.persons.append(person)
        return person

    def update_person(self, person: Person, event: Event, operators: Operators, *, is_forced: bool) -> None:
        """Apply the operators of an event to a person that was there before, if it is worth it."""
        before = person.properties
        after = self.updated_properties(before, event, operators)
        changed = [key for key in after if key not in before or differs(before[key], after[key])]
        changed += [key for key in operators.set if isinstance(operators.set[key], list | dict)]
        changed += [key for key in before if key not in after]
        given = [
            *operators.set_once,
            *operators.set,
        ]  # new even if its $unset removes it
        is_new = any(key not in before for key in given) or any(key not in after for key in before)
        is_noise = bool(self.rules.noisy or self.rules.noisy_prefixes) and not is_new
        is_noise = is_noise and all(self.is_noisy(key) for key in changed)
        if is_forced or event.name in self.rules.always_stores or not is_noise:
            person.properties = as_stored(after, self.rules)

    def is_noisy(self, key: str) -> bool:
        """Properties that change with every other event."""
        return key in self.rules.noisy or key.startswith(self.rules.noisy_prefixes)

    # Linking

    def link(self, event: Event, operators: Operators) -> str | None:
        """Join the event's own id and the other id it names, if it names one, and note what came of it."""
        if event.name not in self.rules.links or not self.asks_for_link(event):
            return None
        source, target = js_text(other_id(event)), event.distinct_id
        record = {"event": event.index, "source_distinct_id": source, "target_distinct_id": target}
        persons_before = copy.deepcopy(self.persons)
        try:
            outcome = self.join(event, source, target, operators)
        except EventFailedError:  # undone, and the event goes on
            self.persons = persons_before
            outcome = "failed"
        self.out.links.append({**record, "outcome": outcome})
        return outcome

    def asks_for_link(self, event: Event) -> bool:
        """A falsy alias is none. So was a falsy `$anon_distinct_id` until September 2023; now it counts."""
        if event.name == "$identify" and self.rules.present_anon_id_links:
            return names_other_id(event)
        return js_truthy(other_id(event))

    def join(  # noqa: PLR0911 - one answer an outcome
        self, event: Event, source: str, target: str, operators: Operators
    ) -> str:
        """Equal ids are let be, illegal ones refused; then it depends on which of the two have persons."""
        if source == target:
            return "same_id"
        for candidate, other in ((target, source), (source, target)):
            if self.is_illegal(candidate):
                self.warn_illegal(event, candidate, other)
                return "refused_illegal"
        self.store_id(source)
        self.store_id(target)
        source_person = self.find_person(event.team_id, source)
        target_person = self.find_person(event.team_id, target)
        if source_person is None and target_person is None:
            self.create_linked_person(event, source, target, operators)
            return "created"
        if source_person is None or target_person is None:
            self.attach(source, target, source_person, target_person)
            return "attached"
        if source_person is target_person:
            return "same_person"
        if source_person.is_identified and event.name not in self.rules.unguarded:
            self.warn_identified(event, source, source_person, target_person)
            return "refused_identified"
        self.merge(source_person, target_person, event, operators)
        return "merged"

    def is_illegal(self, distinct_id: str) -> bool:
        """Ids that stem from mistakes link nobody: blank ones, and the usual spellings of "no id"."""
        if distinct_id.strip(JS_WHITE_SPACE) == "" or is_listed_as_illegal(distinct_id):
            return True
        if distinct_id in self.rules.blocked_ids:
            return True
        in_quotes = self.rules.quoted_ids_are_illegal and is_quoted(distinct_id)
        if in_quotes and is_listed_as_illegal(distinct_id[1:-1]):
            return True
        limit = self.rules.longest_linkable_id
        return limit is not None and ("\0" in distinct_id or len(distinct_id) > limit)

    def create_linked_person(self, event: Event, source: str, target: str, operators: Operators) -> None:
        """When neither id has a person both get a new one, named after the event's own id.

        For some time it was named after the other id if that one alone had been used without a person.
        """
        distinct_ids = [target, source]
        source_used = (event.team_id, source) in self.used_personless
        target_used = (event.team_id, target) in self.used_personless
        if self.rules.personless_id_swap and source_used and not target_used:
            distinct_ids = [source, target]
        self.create_person(event, distinct_ids, operators, is_identified=True)

    def attach(
        self, source: str, target: str, source_person: Person | None, target_person: Person | None
    ) -> None:
        """When one id has a person the other id joins it, identified or not."""
        if source_person is not None:
            source_person.distinct_ids.append(target)
        if target_person is not None:
            target_person.distinct_ids.append(source)

    def merge(self, source: Person, target: Person, event: Event, operators: Operators) -> None:
        """The target stays, with all ids, its own properties over those of the source, and the older age.

        It writes twice: the union with what the event changes of it, where nothing of the target's own is
        removed yet, and then the event's own update, which may find absent what the first has removed of
        the source. Nothing of that may be stored but the ids, if all is noise.
        """
        united = {**source.properties, **target.properties}
        once = {**target.properties, **self.updated_properties(united, event, operators)}
        after = self.updated_properties(once, event, operators)
        age = older(source.created_at, target.created_at)
        may_be_noise = self.rules.filters_merges and target.is_identified and age == target.created_at
        if not may_be_noise or self.is_worth_a_write(target.properties, once, after):
            target.properties = as_stored(after, self.rules)
        target.created_at = age
        target.is_identified = True
        target.distinct_ids = target.distinct_ids + source.distinct_ids
        self.persons = [person for person in self.persons if person is not source]

    def is_worth_a_write(self, before: JsonObject, once: JsonObject, after: JsonObject) -> bool:
        """Whether a merge changed a key of the target that counts; a list or an object always changes."""
        changed = [key for key in after if key not in before or differs(before[key], after[key])]
        changed += [key for key in after if isinstance(after[key], list | dict)]
        lost = [key for key in once if key not in after]
        return any(key not in before or not self.is_noisy(key) for key in changed) or bool(lost)

    # Properties

    def operators(self, event: Event) -> Operators:
        """`$set` and `$set_once`, with those beside the properties laid over those inside, and `$unset`."""
        if event.name in self.rules.strips_operators:
            return Operators({}, {}, None)
        inside = dict(event.properties)
        for key in ("$set", "$set_once"):
            if js_truthy(event.wire.get(key)):
                inside[key] = {**js_spread(inside.get(key)), **js_spread(event.wire[key])}
        setting, setting_once = js_spread(inside.get("$set")), js_spread(inside.get("$set_once"))
        if self.rules.copied is not None and event.name not in NEVER_LENDING_EVENTS:
            copied = self.rules.copied
            setting, setting_once = with_event_properties(
                event.properties, inside.get("$set"), inside.get("$set_once"), copied
            )
        if self.rules.dates_surveys and event.name == "survey shown" and event.timestamp is not None:
            setting = {"$survey_last_seen_date": time_text(event.timestamp), **setting}
        if self.rules.nul_becomes_replacement:  # keys of the operators themselves are replaced when stored
            setting = {key: value_without_nul(value) for key, value in setting.items()}
            setting_once = {key: value_without_nul(value) for key, value in setting_once.items()}
        return Operators(setting, setting_once, inside.get("$unset"))

    def updated_properties(self, before: JsonObject, event: Event, operators: Operators) -> JsonObject:
        """The properties of a person after an event, as the platform has them before it stores them."""
        missing = {key: value for key, value in operators.set_once.items() if key not in before}
        after = {**before, **missing, **operators.set}
        self.check_unset(after, operators.unset)
        keys = self.unset_keys(operators.unset)
        if self.rules.unset_spares_new_keys:
            keys = [key for key in keys if key in before]
        return without_keys(after, keys)

    def check_unset(self, properties: JsonObject, unset: Any) -> None:
        """The code of 2024 broke on an entry that was no text, once it had found the key."""
        if self.rules.unset_numbers_break and isinstance(unset, list):
            for entry in unset:
                if not isinstance(entry, str) and js_text(entry) in properties:
                    raise EventFailedError("an entry of $unset is no text")

    def unset_keys(self, unset: Any) -> list[str]:
        """Which properties `$unset` names: the entries of a list, or the keys of an object."""
        if not js_truthy(unset):
            return []
        if isinstance(unset, list):
            texts = [entry for entry in unset if isinstance(entry, str)]
            return [js_text(entry) for entry in unset] if self.rules.unset_numbers else texts
        if self.rules.unset == "LIST":
            raise EventFailedError("$unset is not a list")
        if self.rules.unset == "LIST_OR_KEYS":
            return list(unset) if isinstance(unset, dict) else []
        return list(js_spread(unset))

    # Warnings

    def warn(self, event: Event, kind: str, details: JsonObject) -> None:
        """Log an ingestion warning."""
        self.out.warnings.append({"event": event.index, "type": kind, "details": details})

    def warn_merge(self, event: Event, kind: str, details: JsonObject) -> None:
        """Warnings about merges name the event since 2023, and its own id today."""
        if self.rules.warns_with_uuid:
            details["eventUuid"] = event.wire.get("uuid")
        if self.rules.warns_with_person_ids:
            details["distinctId"] = event.distinct_id
        self.warn(event, kind, details)

    def warn_illegal(self, event: Event, illegal: str, other: str) -> None:
        """One of the two ids to be linked is illegal; only the first such is reported."""
        details = {"illegalDistinctId": illegal, "otherDistinctId": other}
        self.warn_merge(event, "cannot_merge_with_illegal_distinct_id", details)

    def warn_identified(self, event: Event, source: str, source_person: Person, target: Person) -> None:
        """A person once identified is not merged into another, unless dangerously."""
        details = {"sourcePersonDistinctId": source, "targetPersonDistinctId": event.distinct_id}
        if self.rules.warns_with_person_ids:
            details["personId"] = person_id(target)
            details["otherPersonId"] = person_id(source_person)
        self.warn_merge(event, "cannot_merge_already_identified", details)

    # The report

    def report_persons(self) -> None:
        """Tell the persons that are left, in the order in which they were made."""
        for person in self.persons:
            self.out.persons.append(
                {
                    "team_id": person.team_id,
                    "person_id": person_id(person),
                    "creator_distinct_id": person.creator_distinct_id,
                    "distinct_ids": sorted(person.distinct_ids),
                    "is_identified": person.is_identified,
                    "properties": person.properties,
                    "created_at": time_text(person.created_at),
                }
            )

    def report_event_persons(self) -> None:
        """In the end an event belongs to whichever person has its own id, merges and later links included."""
        for event in self.accepted:
            person = self.find_person(event.team_id, event.distinct_id)
            if person is not None:
                positions = [index for index, other in enumerate(self.persons) if other is person]
                self.out.event_person[event.index] = positions[0]


# Small rules that need no state


def was_sent(wire: JsonObject) -> bool:
    """Whether a line is as an SDK sent it: nothing of what capture and ingestion add is there."""
    return all(wire.get(key) is None for key in ("team_id", "now", "created_at", "_inserted_at"))


def own_id(wire: JsonObject, rules: Rules) -> Any:
    """The id at the top; or the one among the properties, where that is missing or capture took it first."""
    properties = wire.get("properties")
    outer = wire.get("distinct_id")
    inner = properties.get("distinct_id") if isinstance(properties, dict) else None
    if inner is not None and (outer is None or (rules.capture == "django" and was_sent(wire))):
        return inner
    return outer


def own_text(wire: JsonObject, rules: Rules) -> str:
    """What became the text of an event's own id, before it was cut: of capture's making, if it came there."""
    value = own_id(wire, rules)
    if isinstance(value, str) or not was_sent(wire):
        return js_text(value)
    if rules.capture == "django":
        return str(value)
    if isinstance(value, float) or (isinstance(value, int) and value >= 2**64):
        return repr(float(value)).replace("e+", "e").replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def reason_to_refuse(wire: JsonObject, rules: Rules) -> str | None:
    """The door takes no event without a distinct id; white space is one."""
    distinct_id = own_id(wire, rules)
    if distinct_id is None:
        return "no distinct_id"
    if was_sent(wire) and rules.capture == "django" and not distinct_id and distinct_id != "":
        return "false distinct_id"
    if js_text(distinct_id) == "" and rules.refuses_empty_id:
        return "empty distinct_id"
    return None


def names_other_id(event: Event) -> bool:
    """Whether the property that names the other id of a link is there at all."""
    return LINK_PROPERTIES[event.name] in event.properties


def other_id(event: Event) -> Any:
    """The other id of a link as it stands on the wire; None if there is none."""
    return event.properties.get(LINK_PROPERTIES[event.name])


def is_listed_as_illegal(distinct_id: str) -> bool:
    """Untrimmed: " null " is a legal id."""
    return distinct_id.lower() in ILLEGAL_WHATEVER_THE_CASE or distinct_id in ILLEGAL_EXACTLY


def is_quoted(distinct_id: str) -> bool:
    """Inside one matching pair of quotes."""
    return len(distinct_id) >= 2 and distinct_id[0] in "\"'" and distinct_id[0] == distinct_id[-1]


def person_id(person: Person) -> str:
    """The platform derives a person's id from the team and the distinct id the person was made with."""
    name = f"{person.team_id}:{person.creator_distinct_id}"
    return str(uuid.uuid5(PERSON_ID_NAMESPACE, "".join(well_formed(character) for character in name)))


def picked(properties: JsonObject, keys: list[str]) -> JsonObject:
    """The named properties that are there, nulls included."""
    return {key: properties[key] for key in keys if key in properties}


def initial(properties: JsonObject) -> JsonObject:
    """The same values under the names of first values: `$initial_os` for `$os`."""
    return {"$initial_" + key.removeprefix("$"): value for key, value in properties.items()}


def with_event_properties(
    properties: JsonObject, setting: Any, setting_once: Any, copied: Copied
) -> tuple[JsonObject, JsonObject]:
    """Some properties of the event are copied onto the person, as latest and as `$initial_` value."""
    on_server = copied.knows_servers and properties.get("$is_server") is True
    if on_server:
        properties = without_keys(properties, ["$os", "$os_version"])
    elif copied.os_name == "stands in" and "$os_name" in properties:
        properties = {"$os": properties["$os_name"], **properties}
    latest, first = picked(properties, copied.latest), picked(properties, copied.first)
    if not copied.null_is_a_first_value:
        first = {key: value for key, value in first.items() if value is not None}
    given, given_once = js_spread(setting), js_spread(setting_once)
    if not latest and not first:
        return given, given_once
    if not copied.text_is_spread and not copied.overrides:
        given = {} if isinstance(setting, str) else given
        given_once = {} if isinstance(setting_once, str) else given_once
    if copied.overrides:
        given, given_once = {**given, **latest}, {**given_once, **initial(first)}
    else:
        given, given_once = {**latest, **given}, {**initial(first), **given_once}
    os_name = properties.get("$os_name")
    if copied.os_name == "fills in" and js_truthy(os_name):
        if given.get("$os") is None:
            given["$os"] = os_name
        if given_once.get("$initial_os") is None:
            given_once["$initial_os"] = os_name
        return without_keys(given, ["$os_name"]), without_keys(given_once, ["$initial_os_name"])
    if copied.os_name == "stands in" and "$os_name" in properties and not on_server:
        if "$initial_os" not in given_once and os_name is not None:
            given_once["$initial_os"] = os_name
        return without_keys(given, ["$os_name"]), without_keys(given_once, ["$initial_os_name"])
    return given, given_once


def as_stored(properties: JsonObject, rules: Rules) -> JsonObject:
    """The database takes no NUL, and of two keys that come out the same it keeps the last."""
    if not rules.nul_becomes_replacement:
        return properties
    return {without_nul(key): value for key, value in properties.items()}


def without_keys(properties: JsonObject, keys: list[str]) -> JsonObject:
    """A copy that lacks the keys."""
    return {key: value for key, value in properties.items() if key not in keys}


# Time


def parse_time(value: Any) -> datetime | None:
    """An ISO 8601 instant, in whole milliseconds as the platform counts them; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def older(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two instants; an unknown one is ignored."""
    known = [time for time in (one, other) if time is not None]
    return min(known) if known else None


def time_text(time: datetime | None) -> str | None:
    """As in 2022-11-09T02:50:15.997Z."""
    return None if time is None else time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


# JavaScript, the language of the platform


def js_truthy(value: Any) -> bool:
    """Empty lists and objects are truthy, unlike in Python."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return isinstance(value, list | dict) or bool(value)


def js_text(value: Any) -> str:
    """String(value)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return js_number_text(value)
    if isinstance(value, list):
        return ",".join("" if entry is None else js_text(entry) for entry in value)
    if isinstance(value, dict):
        return "[object Object]"
    return str(value)


def js_number_text(number: int | float) -> str:
    """Every number is a double, in its shortest form; exponents only from 1e21 up and below 1e-6."""
    try:
        double = float(number)
    except OverflowError:
        double = math.inf if number > 0 else -math.inf
    if math.isnan(double):
        return "NaN"
    if math.isinf(double):
        return "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    sign = "-" if double < 0 else ""
    return sign + js_positive_number_text(abs(double))


def js_positive_number_text(double: float) -> str:
    """The shortest digits that read back as this number, with the point where JavaScript puts it."""
    mantissa, _, exponent_text = repr(double).partition("e")
    whole, _, fraction = mantissa.partition(".")
    all_digits = (whole + fraction).lstrip("0")
    digits = all_digits.rstrip("0")
    point = len(all_digits) - len(fraction) + int(exponent_text or 0)
    if 0 < point <= 21:
        padded = digits.ljust(point, "0")
        return padded[:point] + ("." + padded[point:] if padded[point:] else "")
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    shown = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{shown}e{point - 1:+d}"


def js_spread(value: Any) -> JsonObject:
    """{...value}: lists and strings have their positions as keys; all else but objects is empty."""
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return {str(position): entry for position, entry in enumerate(value)}
    if isinstance(value, str):
        return {str(position): well_formed(unit) for position, unit in enumerate(utf16_units(value))}
    return {}


def differs(one: Any, other: Any) -> bool:
    """one !== other, of values that are no lists or objects, which are told apart by themselves."""
    return isinstance(one, bool) != isinstance(other, bool) or bool(one != other)


def utf16_units(text: str) -> list[str]:
    """A character beyond U+FFFF counts as two."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [chr(encoded[at] + 256 * encoded[at + 1]) for at in range(0, len(encoded), 2)]


def utf16_length(text: str) -> int:
    """What JavaScript takes for the length of a text."""
    return len(utf16_units(text))


def utf16_prefix(text: str, length: int) -> str:
    """The first so many units, joined to characters again where they are pairs."""
    encoded = text.encode("utf-16-le", "surrogatepass")[: 2 * length]
    return encoded.decode("utf-16-le", "surrogatepass")


def well_formed(character: str) -> str:
    """Half a surrogate pair cannot be written in UTF-8; U+FFFD stands for it."""
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character


def without_nul(text: str) -> str:
    """The database takes no NUL; U+FFFD is stored in its place."""
    return text.replace("\0", "\ufffd")


def value_without_nul(value: Any) -> Any:
    """The same for every text in a value, keys included."""
    if isinstance(value, str):
        return without_nul(value)
    if isinstance(value, list):
        return [value_without_nul(entry) for entry in value]
    if isinstance(value, dict):
        return {without_nul(key): value_without_nul(entry) for key, entry in value.items()}
    return value
