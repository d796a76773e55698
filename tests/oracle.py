"""A slow and obvious statement of how the platform turns events into persons.

Nothing here is meant to be fast: persons are records in a list, finding one is a linear search, merging
copies. The resolver of the project is checked against this file on random logs, so the two share no code.

The rules are those of four states of the platform: `guide` (the published guide of March 2023), `2022-12` and
`2023-09` (the code of those months) and `current` (2026).
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
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
LONGEST_DISTINCT_ID = 400

# What trim() of JavaScript strips; strip() of Python differs in U+FEFF, U+0085 and U+001C to U+001F.
JS_WHITE_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
JS_WHITE_SPACE += "".join(chr(code) for code in range(0x2000, 0x200B))

CAMPAIGN_2022 = words("utm_source utm_medium utm_campaign utm_content utm_name utm_term gclid fbclid")
FIRST_SEEN_2022 = words(
    "$browser $browser_version $device_type $current_url $pathname $os $referring_domain $referrer"
)
ADDED_2023 = words("$app_build $app_name $app_namespace $app_version msclkid")
COPIED_CURRENT = words(
    """
    $app_build $app_name $app_namespace $app_version $browser $browser_version $device_type $current_url
    $pathname $os $os_name $os_version $referring_domain $referrer $screen_height $screen_width
    $viewport_height $viewport_width $raw_user_agent
    utm_source utm_medium utm_campaign utm_content utm_name utm_term gclid gad_source gclsrc dclid gbraid
    wbraid fbclid msclkid twclid li_fat_id mc_cid igshid ttclid rdt_cid irclid _kx epik qclid sccid
    """
)
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
ALWAYS_STORED_EVENTS = {"$identify", "$create_alias", "$merge_dangerously", "$set"}
NEVER_UPDATING_EVENTS = {"$exception", "$$heatmap"}
NEVER_PERSONLESS_EVENTS = {"$identify", "$create_alias", "$merge_dangerously", "$groupidentify"}


@dataclass(frozen=True)
class Rules:
    """What distinguishes one state of the platform from another."""

    buffer_seconds: float
    buffer_rule: str
    linking_events: frozenset[str]
    falsy_anonymous_id_links: bool
    """`$identify` asks for a link whenever `$anon_distinct_id` is there, whatever its value."""
    quoted_ids_are_illegal: bool
    copied_event_properties: str
    """Which event properties end up on the person: "none", "2022", "2023" or "current"."""
    unset_must_be_list: bool
    """A truthy `$unset` of another type makes the event fail."""
    unset_strings_by_index: bool
    """A string counts as the object of its characters, so "ab" unsets the properties "0" and "1"."""
    warnings_name_event: bool
    modern: bool
    """Everything that came after 2023: personless events, noisy properties, unstorable ids, and so on."""
    capture: str = "django"
    """What makes the text of an odd id on lines as sent: "django", "rust", or that of "2026", which warns."""


SAFE_LINKS = frozenset({"$identify", "$create_alias"})
ALL_LINKS = SAFE_LINKS | {"$merge_dangerously"}

RULE_SETS = {
    "guide": Rules(
        buffer_seconds=60,
        buffer_rule="guide",
        linking_events=ALL_LINKS,
        falsy_anonymous_id_links=False,
        quoted_ids_are_illegal=False,
        copied_event_properties="none",
        unset_must_be_list=False,
        unset_strings_by_index=False,
        warnings_name_event=True,
        modern=False,
    ),
    "2022-12": Rules(
        buffer_seconds=60,
        buffer_rule="2022-12",
        linking_events=SAFE_LINKS,
        falsy_anonymous_id_links=False,
        quoted_ids_are_illegal=False,
        copied_event_properties="2022",
        unset_must_be_list=True,
        unset_strings_by_index=False,
        warnings_name_event=False,
        modern=False,
    ),
    "2023-09": Rules(
        buffer_seconds=0,
        buffer_rule="guide",
        linking_events=ALL_LINKS,
        falsy_anonymous_id_links=True,
        quoted_ids_are_illegal=True,
        copied_event_properties="2023",
        unset_must_be_list=False,
        unset_strings_by_index=True,
        warnings_name_event=True,
        modern=False,
    ),
    "current": Rules(
        buffer_seconds=0,
        buffer_rule="guide",
        linking_events=ALL_LINKS,
        falsy_anonymous_id_links=True,
        quoted_ids_are_illegal=True,
        copied_event_properties="current",
        unset_must_be_list=False,
        unset_strings_by_index=True,
        warnings_name_event=True,
        modern=True,
        capture="2026",
    ),
}


@dataclass(frozen=True)
class Options:
    """What the caller may choose; None leaves the choice to the rule set."""

    team_id: int
    buffer_seconds: float
    buffer_rule: str
    buffer_anonymous_max_team_id: int | None
    personless_uuid_swap: bool
    accept_empty_distinct_id: bool
    copied_event_properties: str


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
    processed_order: list[int] = field(default_factory=list)


class EventFailedError(Exception):
    """The platform's own code broke on this event, which went to the dead letter queue."""


def resolve(
    events: Iterable[JsonObject],
    rules: str = "guide",
    *,
    buffer_seconds: float | None = None,
    team_id: int = 1,
    buffer_rule: str | None = None,
    buffer_anonymous_max_team_id: int | None = None,
    personless_uuid_swap: bool = False,
    accept_empty_distinct_id: bool = False,
    event_to_person_properties: bool | None = None,
) -> Outcome:
    """Replay a log, given in order of arrival, under one rule set."""
    rule_set = RULE_SETS[rules]
    options = Options(
        team_id=team_id,
        buffer_seconds=rule_set.buffer_seconds if buffer_seconds is None else buffer_seconds,
        buffer_rule=buffer_rule or rule_set.buffer_rule,
        buffer_anonymous_max_team_id=buffer_anonymous_max_team_id,
        personless_uuid_swap=personless_uuid_swap,
        accept_empty_distinct_id=accept_empty_distinct_id,
        copied_event_properties=(
            "none" if event_to_person_properties is False else rule_set.copied_event_properties
        ),
    )
    return Replay(rule_set, options).run(events)


class Replay:
    """The state of the platform while it works through one log."""

    def __init__(self, rules: Rules, options: Options) -> None:
        self.rules = rules
        self.options = options
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
        reason = reason_to_refuse(wire, self.options, self.rules)
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
        delay = timedelta(seconds=self.options.buffer_seconds)
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
            team_id=self.options.team_id if team_id is None else team_id,
            distinct_id=without_nul(distinct_id) if self.rules.modern else distinct_id,
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
        if self.options.buffer_seconds <= 0 or self.clock is None:
            return False
        if self.find_person(event.team_id, event.distinct_id) is not None:
            return False
        if event.name == "$snapshot" or self.never_waits(event):
            return False
        if self.team_delays_everything(event.team_id):
            return True
        is_anonymous = event.distinct_id != "" and event.properties.get("$device_id") == event.distinct_id
        return not is_anonymous and event.properties.get("$lib") not in MOBILE_LIBRARIES

    def team_delays_everything(self, team_id: int) -> bool:
        """For chosen teams of late 2022 anonymous and mobile events waited as well."""
        limit = self.options.buffer_anonymous_max_team_id
        return limit is not None and team_id <= limit

    def never_waits(self, event: Event) -> bool:  # noqa: PLR0911 - one answer a rule
        """Which linking events the buffer lets pass, by its variants.

        * `guide`: any `$identify`, and the two alias events when they name an alias.
        * `published` (27 October to 17 November 2022): any `$identify` or `$create_alias`.
        * `2022-12`: `$identify` and `$create_alias` with a truthy other id, even an illegal or the same one.
        * `nov-2022`: the two when the other id is there and is not the event's own, compared unconverted.
        * `jul-2022`: any `$identify`, no alias and no `$groupidentify`.
        """
        rule = self.options.buffer_rule
        if rule == "jul-2022":
            return event.name == "$identify"
        if event.name == "$groupidentify":
            return True
        if rule == "guide":
            return event.name == "$identify" or (event.name in ALL_LINKS and js_truthy(other_id(event)))
        if event.name not in SAFE_LINKS:
            return False
        if rule == "published":
            return True
        if rule == "2022-12":
            return js_truthy(other_id(event))
        if rule == "nov-2022":
            return names_other_id(event) and other_id(event) != event.distinct_id
        raise ValueError(f"unknown buffer rule {rule!r}")

    # Processing

    def process(self, event: Event) -> None:
        """Hand one event to person processing and note which person it was processed for."""
        self.out.processed_order.append(event.index)
        if self.rules.modern and not self.passes_modern_checks(event):
            return
        try:
            person = self.process_persons(event)
        except EventFailedError as error:
            self.out.failed.append((event.index, str(error)))
            return
        self.accepted.append(event)
        if person is not None:
            self.out.event_person_at_ingestion[event.index] = person.creator_distinct_id

    def passes_modern_checks(self, event: Event) -> bool:
        """Drop over-long ids, heatmaps, and linking events that ask for no person; report odd flags."""
        length = utf16_length(event.distinct_id)
        if length > LONGEST_DISTINCT_ID:
            shown = utf16_prefix(event.distinct_id, 100)
            details = {"distinctId": shown, "distinctIdLength": length, "maxLength": LONGEST_DISTINCT_ID}
            self.warn(event, "skipping_event_invalid_distinct_id", details)
            return False
        if event.name == "$$heatmap":
            return False
        about = {"eventUuid": event.wire.get("uuid"), "event": event.name, "distinctId": event.distinct_id}
        if is_personless(event) and event.name in NEVER_PERSONLESS_EVENTS:
            self.warn(event, "invalid_event_when_process_person_profile_is_false", about)
            return False
        if not isinstance(event.properties.get("$process_person_profile", True), bool):
            about["$process_person_profile"] = event.properties["$process_person_profile"]
            about["message"] = "Only a boolean value is valid for the $process_person_profile property"
            self.warn(event, "invalid_process_person_profile", about)
        return True

    def process_persons(self, event: Event) -> Person | None:
        """Link first, then make the person of the event's own id, or update it."""
        if self.rules.modern and is_personless(event):
            return self.process_personless(event)
        operators = self.operators(event)
        outcome = self.link(event, operators)
        person = self.find_person(event.team_id, event.distinct_id)
        if person is None:
            return self.create_person(event, [event.distinct_id], operators, is_identified=False)
        if outcome == "created" and self.rules.modern:
            return person
        self.update_person(person, event, operators)
        if outcome in ("created", "attached", "merged", "same_person", "refused_identified"):
            person.is_identified = True
        return person

    def process_personless(self, event: Event) -> Person | None:
        """Such an event belongs to the person of its id, if any, but neither makes nor changes one."""
        person = self.find_person(event.team_id, event.distinct_id)
        if person is None:
            self.used_personless.append((event.team_id, event.distinct_id))
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
        person = Person(
            team_id=event.team_id,
            creator_distinct_id=distinct_ids[0],
            distinct_ids=distinct_ids,
            properties={**operators.set_once, **operators.set},
            created_at=event.timestamp,
            is_identified=is_identified,
        )
        self.persons.append(person)
        return person

    def update_person(self, person: Person, event: Event, operators: Operators) -> None:
        """Apply the operators of an event to a person that was there before."""
        person.properties = self.updated_properties(person.properties, event, operators)

    # Linking

    def link(self, event: Event, operators: Operators) -> str | None:
        """Join the event's own id and the other id it names, if it names one, and note what came of it."""
        if event.name not in self.rules.linking_events or not self.asks_for_link(event):
            return None
        source, target = js_text(other_id(event)), event.distinct_id
        record = {"event": event.index, "source_distinct_id": source, "target_distinct_id": target}
        try:
            outcome = self.join(event, source, target, operators)
        except EventFailedError:
            self.out.links.append({**record, "outcome": "failed"})
            raise
        self.out.links.append({**record, "outcome": outcome})
        return outcome

    def asks_for_link(self, event: Event) -> bool:
        """A falsy alias is none. So was a falsy `$anon_distinct_id` until September 2023; now it counts."""
        if event.name == "$identify" and self.rules.falsy_anonymous_id_links:
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
        if source_person.is_identified and event.name != "$merge_dangerously":
            self.warn_identified(event, source, source_person, target_person)
            return "refused_identified"
        self.merge(source_person, target_person, event, operators)
        return "merged"

    def is_illegal(self, distinct_id: str) -> bool:
        """Ids that stem from mistakes link nobody: blank ones, and the usual spellings of "no id"."""
        if distinct_id.strip(JS_WHITE_SPACE) == "" or is_listed_as_illegal(distinct_id):
            return True
        in_quotes = self.rules.quoted_ids_are_illegal and is_quoted(distinct_id)
        if in_quotes and is_listed_as_illegal(distinct_id[1:-1]):
            return True
        return self.rules.modern and ("\0" in distinct_id or len(distinct_id) > LONGEST_DISTINCT_ID)

    def create_linked_person(self, event: Event, source: str, target: str, operators: Operators) -> None:
        """When neither id has a person both get a new one, named after the event's own id.

        For some time it was named after the other id if that one alone had been used without a person.
        """
        distinct_ids = [target, source]
        source_used = (event.team_id, source) in self.used_personless
        target_used = (event.team_id, target) in self.used_personless
        if self.options.personless_uuid_swap and source_used and not target_used:
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

        Today a merge never removes a property of the target: that is left to the update that follows, which
        finds a property removed from the source alone absent, and sets it if the event sets it too.
        """
        united = {**source.properties, **target.properties}
        merged = self.updated_properties(united, event, operators)
        target.properties = {**target.properties, **merged} if self.rules.modern else merged
        target.created_at = older(source.created_at, target.created_at)
        target.is_identified = True
        target.distinct_ids = target.distinct_ids + source.distinct_ids
        self.persons = [person for person in self.persons if person is not source]

    # Properties

    def operators(self, event: Event) -> Operators:
        """`$set` and `$set_once`, with those beside the properties laid over those inside, and `$unset`."""
        if self.rules.modern and event.name == "$groupidentify":
            return Operators({}, {}, None)
        inside = dict(event.properties)
        for key in ("$set", "$set_once"):
            if js_truthy(event.wire.get(key)):
                inside[key] = {**js_spread(inside.get(key)), **js_spread(event.wire[key])}
        setting, setting_once = self.with_event_properties(event, inside.get("$set"), inside.get("$set_once"))
        if self.rules.modern:
            setting, setting_once = value_without_nul(setting), value_without_nul(setting_once)
        return Operators(setting, setting_once, inside.get("$unset"))

    def with_event_properties(
        self, event: Event, setting: Any, setting_once: Any
    ) -> tuple[JsonObject, JsonObject]:
        """Some properties of the event are copied onto the person, as latest and as `$initial_` value."""
        given, given_once = js_spread(setting), js_spread(setting_once)
        copied = self.options.copied_event_properties
        if copied == "2022":
            latest = picked(event.properties, CAMPAIGN_2022)
            first = initial(picked(event.properties, CAMPAIGN_2022 + FIRST_SEEN_2022))
            return {**given, **latest}, {**given_once, **first}
        if copied == "2023":
            latest = picked(event.properties, CAMPAIGN_2022 + FIRST_SEEN_2022 + ADDED_2023)
            return {**given, **latest}, {**given_once, **initial(latest)}
        if copied == "current":
            return with_event_properties_today(event.properties, setting, setting_once)
        return given, given_once

    def updated_properties(self, before: JsonObject, event: Event, operators: Operators) -> JsonObject:
        """The properties of a person after an event."""
        if self.rules.modern:
            return updated_properties_today(before, event, operators)
        missing = {key: value for key, value in operators.set_once.items() if key not in before}
        after = {**before, **missing, **operators.set}
        return without_keys(after, self.unset_keys(operators.unset))

    def unset_keys(self, unset: Any) -> list[str]:
        """Which properties `$unset` names: the entries of a list, or the keys of an object."""
        if not js_truthy(unset):
            return []
        if isinstance(unset, list):
            return [js_text(entry) for entry in unset]
        if self.rules.unset_must_be_list:
            raise EventFailedError("$unset is not a list")
        if isinstance(unset, str) and not self.rules.unset_strings_by_index:
            return []
        return list(js_spread(unset))

    # Warnings

    def warn(self, event: Event, kind: str, details: JsonObject) -> None:
        """Log an ingestion warning."""
        self.out.warnings.append({"event": event.index, "type": kind, "details": details})

    def warn_merge(self, event: Event, kind: str, details: JsonObject) -> None:
        """Warnings about merges name the event since 2023, and its own id today."""
        if self.rules.warnings_name_event:
            details["eventUuid"] = event.wire.get("uuid")
        if self.rules.modern:
            details["distinctId"] = event.distinct_id
        self.warn(event, kind, details)

    def warn_illegal(self, event: Event, illegal: str, other: str) -> None:
        """One of the two ids to be linked is illegal; only the first such is reported."""
        details = {"illegalDistinctId": illegal, "otherDistinctId": other}
        self.warn_merge(event, "cannot_merge_with_illegal_distinct_id", details)

    def warn_identified(self, event: Event, source: str, source_person: Person, target: Person) -> None:
        """A person once identified is not merged into another, unless dangerously."""
        details = {"sourcePersonDistinctId": source, "targetPersonDistinctId": event.distinct_id}
        if self.rules.modern:
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


def own_text(wire: JsonObject, rules: Rules) -> str:
    """What became the text of an event's own id, before it was cut: of capture's making, if it came there."""
    value = wire["distinct_id"]
    if isinstance(value, str) or not was_sent(wire):
        return js_text(value)
    if rules.capture == "django":
        return str(value)
    if isinstance(value, float) or (isinstance(value, int) and value >= 2**64):
        return repr(float(value)).replace("e+", "e").replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def reason_to_refuse(wire: JsonObject, options: Options, rules: Rules) -> str | None:
    """The door takes no event without a distinct id; white space is one."""
    if "distinct_id" not in wire:
        return "missing distinct_id"
    if wire["distinct_id"] is None:
        return "null distinct_id"
    if was_sent(wire) and rules.capture == "django" and not wire["distinct_id"] and wire["distinct_id"] != "":
        return "false distinct_id"
    if js_text(wire["distinct_id"]) == "" and not options.accept_empty_distinct_id:
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


def is_personless(event: Event) -> bool:
    """Only an exact false asks for no person."""
    return event.properties.get("$process_person_profile") is False


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


def with_event_properties_today(
    properties: JsonObject, setting: Any, setting_once: Any
) -> tuple[JsonObject, JsonObject]:
    """Today what the event sets explicitly wins over what is copied, and nulls make no first values.

    `$os_name` stands in for `$os`; servers lend neither, as they run on another machine than the person.
    An event that lends something has a `$set` that is no object or list replaced.
    """
    copied = picked(properties, COPIED_CURRENT)
    on_server = properties.get("$is_server") is True
    if on_server:
        copied = without_keys(copied, ["$os", "$os_version"])
    if not copied:
        return js_spread(setting), js_spread(setting_once)
    given = js_spread(setting) if isinstance(setting, dict | list) else {}
    given_once = js_spread(setting_once) if isinstance(setting_once, dict | list) else {}
    if "$os_name" in copied and not on_server:
        copied = {"$os": copied["$os_name"], **copied}
        copied, given = without_keys(copied, ["$os_name"]), without_keys(given, ["$os_name"])
        given_once = without_keys(given_once, ["$initial_os_name"])
    first = initial({key: value for key, value in copied.items() if value is not None})
    return {**copied, **given}, {**first, **given_once}


def updated_properties_today(before: JsonObject, event: Event, operators: Operators) -> JsonObject:
    """Today changes are worked out against the properties before the event, then applied, if worth it.

    So a property both set and unset is removed if it was there and stays if it was not.
    """
    if event.name in NEVER_UPDATING_EVENTS:
        return before
    missing = {key: value for key, value in operators.set_once.items() if key not in before}
    changed = {
        key: value
        for key, value in operators.set.items()
        if key not in before or not js_strictly_equal(before[key], value)
    }
    to_set = {**missing, **changed}
    to_unset = [key for key in unset_keys_today(operators.unset) if key in before]
    only_noise = all(key in before and key in NOISY_PROPERTIES for key in to_set) and not to_unset
    if only_noise and event.name not in ALWAYS_STORED_EVENTS:
        return before
    return without_keys({**before, **to_set}, to_unset)


def unset_keys_today(unset: Any) -> list[str]:
    """Text entries of a list, or the keys of an object."""
    if isinstance(unset, list):
        return [entry for entry in unset if isinstance(entry, str)]
    return list(js_spread(unset))


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


def js_strictly_equal(one: Any, other: Any) -> bool:
    """one === other; two lists or objects from different events are never the same one."""
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return False
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


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
