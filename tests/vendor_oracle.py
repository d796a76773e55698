"""A slow and obvious statement of other vendors' rules, to check the resolver's by; shares no code with it.

What Mixpanel merges, written down from its documentation: a project has either the Simplified or the Original
API. Persons, ids, properties and the order of events are as in `oracle`; only what joins ids is told here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

import oracle
from oracle import Event, JsonObject, Operators, Person, js_text, js_truthy

UUID_4 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
OF_WEB_LIBRARY = re.compile("[0-9a-f]{9,}-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]{9,}")
MOST_IDS = 500
OTHER_ID_OF = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}
JOINS = ("created", "attached", "merged", "same_person")

RULES_OF_PERSONS = oracle.Rules(warns_with_uuid=False)


def resolve(
    events: Iterable[JsonObject], rules: str, *, buffer_seconds: float | None = None, team_id: int = 1
) -> oracle.Outcome:
    """Replay a log, given in order of arrival, under a vendor's rules."""
    its_rules = replace(RULES_OF_PERSONS, buffer_seconds=buffer_seconds or 0)
    return RULES[rules](its_rules, team_id).run(events)


class VendorReplay(oracle.Replay):
    """A replay whose links are a vendor's."""

    other_id_of: ClassVar[dict[str, str]] = OTHER_ID_OF

    def process_persons(self, event: Event) -> Person:
        """Link first, then write, as everywhere; whoever asked for a link that counts is identified."""
        operators = self.operators(event)
        outcome = self.link(event, operators)
        person = self.find_person(event.team_id, event.distinct_id)
        if person is None:
            person = self.create_person(event, [event.distinct_id], operators, is_identified=False)
        else:
            self.update_person(person, event, operators, is_forced=False)
        if outcome in (*JOINS, "refused_taken", "refused_form", "refused_full"):
            person.is_identified = True
        return person

    def link(self, event: Event, operators: Operators) -> str | None:
        """Join what is to be joined, and note what came of it."""
        kind = event.wire.get("_links_as") or event.name
        other = event.properties.get(self.other_id_of.get(kind, ""))
        if not js_truthy(other):
            return None
        source = js_text(other)
        outcome = self.join_as(kind, event, source)
        record = {"event": event.index, "source_distinct_id": source, "target_distinct_id": event.distinct_id}
        self.out.links.append({**record, "outcome": outcome})
        return outcome

    def join_as(self, kind: str, event: Event, source: str) -> str:
        """What a link of that kind comes to."""
        raise NotImplementedError

    def never_waits(self, event: Event) -> bool:
        """As the linking event does for which it stands."""
        return super().never_waits(replace(event, name=event.wire.get("_links_as") or event.name))

    def unite(self, event: Event, source: str, *, by_the_own_id: bool) -> str:
        """Make the two ids one person: told by which of them had one."""
        mine = self.find_person(event.team_id, event.distinct_id)
        theirs = self.find_person(event.team_id, source)
        nobody = Operators({}, {}, None)
        if mine is None and theirs is None:
            self.create_person(event, [event.distinct_id, source], nobody, is_identified=True)
            return "created"
        if theirs is None:
            assert mine is not None
            mine.distinct_ids.append(source)
            return "attached"
        if mine is None:
            if not by_the_own_id:
                theirs.distinct_ids.append(event.distinct_id)
                return "attached"
            mine = self.create_person(event, [event.distinct_id], nobody, is_identified=False)
        if mine is theirs:
            return "same_person"
        mine.properties = self.profile_of_both(mine, theirs)
        mine.created_at = oracle.older(theirs.created_at, mine.created_at)
        mine.distinct_ids = mine.distinct_ids + theirs.distinct_ids
        self.persons = [person for person in self.persons if person is not theirs]
        return "merged"

    def profile_of_both(self, mine: Person, theirs: Person) -> JsonObject:
        """The properties that a merged person is left with."""
        raise NotImplementedError

    def warn_failed(self, event: Event, source: str, reason: str) -> None:
        """The vendor puts its reason on the event."""
        details = {"sourcePersonDistinctId": source, "targetPersonDistinctId": event.distinct_id}
        self.warn(event, reason, details)


class Simplified(VendorReplay):
    """A device is the first user's, for good. Nothing else joins ids."""

    other_id_of: ClassVar[dict[str, str]] = {**OTHER_ID_OF, "a link without effect": "$anon_distinct_id"}

    def join_as(self, kind: str, event: Event, source: str) -> str:
        """Only ids side by side on an event count (which come as `$identify`)."""
        if kind != "$identify":
            return "refused_no_effect"
        if source == event.distinct_id:
            return "same_id"
        if source.strip(oracle.JS_WHITE_SPACE) == "" or event.distinct_id.strip(oracle.JS_WHITE_SPACE) == "":
            self.warn_illegal_blank(event, source)
            return "refused_illegal"
        theirs = self.find_person(event.team_id, source)
        is_somebodys = theirs is not None and theirs.is_identified
        if is_somebodys and event.distinct_id not in theirs.distinct_ids:  # type: ignore[union-attr]
            self.warn_failed(event, source, "errAnonDistinctIdAssignedAlready")
            return "refused_taken"
        return self.unite(event, source, by_the_own_id=True)

    def warn_illegal_blank(self, event: Event, source: str) -> None:
        """Blank ids are nobody's, whoever's rules."""
        own_is_blank = event.distinct_id.strip(oracle.JS_WHITE_SPACE) == ""
        illegal, other = (event.distinct_id, source) if own_is_blank else (source, event.distinct_id)
        self.warn_illegal(event, illegal, other)

    def profile_of_both(self, mine: Person, theirs: Person) -> JsonObject:
        """What was set on a device is lost once it is a user's."""
        return mine.properties


class Original(Simplified):
    """Three events join ids, each with its own safeguards; none of them knows identified persons."""

    other_id_of: ClassVar[dict[str, str]] = OTHER_ID_OF

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.identified_once: list[tuple[int, str]] = []
        self.aliased_once: list[tuple[int, str]] = []

    def join_as(self, kind: str, event: Event, source: str) -> str:
        """`$identify` takes fresh UUIDs, `$create_alias` fresh aliases, `$merge` all; 500 ids at most."""
        if source == event.distinct_id:
            if kind == "$identify":
                self.warn_failed(event, source, "errSameIDs")
            return "same_id"
        if source.strip(oracle.JS_WHITE_SPACE) == "" or event.distinct_id.strip(oracle.JS_WHITE_SPACE) == "":
            self.warn_illegal_blank(event, source)
            return "refused_illegal"
        mine = self.find_person(event.team_id, event.distinct_id)
        theirs = self.find_person(event.team_id, source)
        are_one = mine is not None and mine is theirs
        once = {"$identify": self.identified_once, "$create_alias": self.aliased_once}.get(kind, [])
        if not are_one:
            is_fresh = (event.team_id, source) not in once
            if kind == "$identify" and not (
                UUID_4.fullmatch(source.lower()) or OF_WEB_LIBRARY.fullmatch(source)
            ):
                self.warn_failed(event, source, "errAnonDistinctIdNonGUIDForm")
                return "refused_form"
            if not is_fresh:
                name = "errAnonDistinctIdAssignedAlready" if kind == "$identify" else "errAliasAlreadyExists"
                self.warn_failed(event, source, name)
                return "refused_taken"
            if sum(len(person.distinct_ids) if person else 1 for person in (mine, theirs)) > MOST_IDS:
                self.warn_failed(event, source, "errManyIDs")
                return "refused_full"
        once.append((event.team_id, source))
        return self.unite(event, source, by_the_own_id=False)

    def profile_of_both(self, mine: Person, theirs: Person) -> JsonObject:
        """One of the two profiles, whole: that of the event's own id unless it has none."""
        return mine.properties or theirs.properties


RULES: dict[str, type[VendorReplay]] = {"mixpanel-simplified": Simplified, "mixpanel-original": Original}
