"""How the resolver words what happened: links and warnings as facts.

The keys in a warning's details are the platform's own, camelCase, as of its rule set.
"""

from typing import Any

from identity_cli.events import CLIENT_WARNING_MESSAGE, LONGEST_SENT_ID, Event, SentId, time_of
from identity_cli.facts import IngestionWarning, Linked
from identity_cli.outcomes import Outcome
from identity_cli.resolver.id_owners import IdTable
from identity_cli.resolver.person_state import DistinctId, Person
from identity_cli.rules.base import RuleSet
from identity_cli.rules.capture import sent_text
from identity_cli.values import javascript

TRUNCATED, TOO_LARGE = "distinct_id_truncated", "distinct_id_too_large"


class Processed:
    """One event being processed, with what its handling keeps asking for."""

    __slots__ = ("distinct_id", "event", "ids", "kind", "known", "seq", "team_id", "time")

    def __init__(
        self,
        seq: int,
        event: Event,
        team_id: int,
        ids: IdTable,
        distinct_id: str,
        known: DistinctId | None = None,
    ) -> None:
        """known: its id, where that had a person when it came."""
        self.seq = seq
        self.event = event
        self.kind = event.links_as or event.event  # as kind_of, in line
        self.team_id = team_id
        self.ids = ids  # of its team
        self.distinct_id = distinct_id
        self.known = known
        self.time = event.timestamp or time_of(event)


def linked(
    step: Processed,
    source_id: str,
    outcome: Outcome,
    source: Person | None,
    target: Person | None,
    person: Person | None = None,
    dropped: dict[str, Any] | None = None,
) -> Linked:
    """A link and its outcome; person is whom the event went to, where not the target."""
    owner = person or target
    return Linked(
        step.seq,
        step.event.uuid,
        step.event.event,
        step.time,
        step.team_id,
        source_id,
        step.distinct_id,
        outcome,
        source.number if source else None,
        target.number if target else None,
        source is not None and source.identified_seq is not None,
        owner.number if owner else None,
        dropped,
        step.event.properties.lib,
        step.event.properties.lib_version,
    )


def illegal_id(
    step: Processed, illegal: str, counterpart: str, target: Person | None, rules: RuleSet
) -> IngestionWarning:
    """One of the two ids is unfit for linking."""
    details: dict[str, Any] = {"illegalDistinctId": illegal, "otherDistinctId": counterpart}
    if rules.warns_with_person_ids:
        details["distinctId"] = step.distinct_id
    return _warning(step, "cannot_merge_with_illegal_distinct_id", details, target, rules)


def already_identified(
    step: Processed, source_id: str, source: Person, target: Person, rules: RuleSet
) -> IngestionWarning:
    """The source person was identified before: its ids stay where they are."""
    details: dict[str, Any] = {
        "sourcePersonDistinctId": source_id,
        "targetPersonDistinctId": step.distinct_id,
    }
    if rules.warns_with_person_ids:
        details |= {"distinctId": step.distinct_id, "personId": target.uuid, "otherPersonId": source.uuid}
    return _warning(step, "cannot_merge_already_identified", details, target, rules)


def failed_link(
    step: Processed, source_id: str, reason: str, target: Person | None, rules: RuleSet
) -> IngestionWarning:
    """A link failed for a reason that its vendor has a name for."""
    details = {"sourcePersonDistinctId": source_id, "targetPersonDistinctId": step.distinct_id}
    return _warning(step, reason, details, target, rules)


def profile_warning(step: Processed, warning_type: str) -> IngestionWarning:
    """Something is wrong with `$process_person_profile`."""
    details: dict[str, Any] = {
        "eventUuid": step.event.uuid,
        "event": step.event.event,
        "distinctId": step.distinct_id,
    }
    if warning_type == "invalid_process_person_profile":
        details["$process_person_profile"] = step.event.properties.process_person_profile
        details["message"] = "Only a boolean value is valid for the $process_person_profile property"
    return _told(step, warning_type, details)


def long_at_door(step: Processed, sent: SentId, rules: RuleSet) -> IngestionWarning | None:
    """Capture found the distinct id too long: it cut it, or, at its newer endpoint, refused the event."""
    length = len(sent_text(sent, rules.door) or "")
    if length <= LONGEST_SENT_ID or not rules.door.warns_of_long_ids:
        return None
    kind = TOO_LARGE if sent.by_v1 else TRUNCATED
    details = {"distinctId": step.distinct_id, "distinctIdLength": length, "maxLength": LONGEST_SENT_ID}
    return _told(step, kind, details)


def client_warning(step: Processed) -> IngestionWarning:
    """A message of the SDK, sent as an event."""
    details = {
        "eventUuid": step.event.uuid,
        "event": step.event.event,
        "distinctId": step.distinct_id,
    }
    for name, value in step.event.properties.copied:
        if name == CLIENT_WARNING_MESSAGE:
            details["message"] = value
    return _told(step, "client_ingestion_warning", details)


def too_long(step: Processed, rules: RuleSet) -> IngestionWarning:
    """The distinct id is longer than the platform stores."""
    details = {
        "distinctId": javascript.first_units(step.distinct_id, 100),
        "distinctIdLength": javascript.utf16_length(step.distinct_id),
        "maxLength": rules.longest_distinct_id,
    }
    return _told(step, "skipping_event_invalid_distinct_id", details)


def _warning(
    step: Processed, warning_type: str, details: dict[str, Any], person: Person | None, rules: RuleSet
) -> IngestionWarning:
    if rules.warns_with_uuid:
        details["eventUuid"] = step.event.uuid
    return _told(step, warning_type, details, person)


def _told(
    step: Processed, warning_type: str, details: dict[str, Any], person: Person | None = None
) -> IngestionWarning:
    event, number = step.event, person.number if person else None
    return IngestionWarning(
        *(step.seq, event.uuid, step.team_id, warning_type, step.distinct_id, number, details),
        *(step.time, event.properties.lib, event.properties.lib_version),
    )
