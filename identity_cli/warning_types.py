"""The platform's ingestion warnings about persons: what each means and what to do.

Types and their detail keys are the platform's own words. A replay emits the first five;
the others need a server's view of things, and are here for whoever meets them in an export.
"""

from typing import NamedTuple


class WarningType(NamedTuple):
    """One type of warning. blames: the detail keys that name the ids at fault, first choice first."""

    severity: str
    meaning: str
    remedy: str
    blames: tuple[str, ...] = ("distinctId",)


ERROR, WARNING, INFO = "error", "warning", "info"

WARNING_TYPES = {
    "cannot_merge_already_identified": WarningType(
        ERROR,
        "A link asked to merge a person that was already identified into another one. The platform "
        "refuses: both persons stay, and the event counts for the person of its own distinct_id.",
        "Mostly a shared device: call reset() when somebody logs out. If the ids are one human, check the "
        "direction of the alias; $merge_dangerously forces the merge, and cannot be undone.",
        ("sourcePersonDistinctId",),
    ),
    "cannot_merge_with_illegal_distinct_id": WarningType(
        ERROR,
        "A link named an id that cannot be anybody's own, such as undefined, null or a blank. The platform "
        "links nothing: what came before under the other id stays with a person of its own.",
        "Find the code that sends the id before it is known (the release or library of the example "
        "events tells which), and call identify only with a real id.",
        ("illegalDistinctId",),
    ),
    "invalid_event_when_process_person_profile_is_false": WarningType(
        WARNING,
        "An event that needs a person ($identify, $create_alias, $merge_dangerously, $groupidentify) "
        "carries $process_person_profile: false. The platform drops it.",
        "Send these events with person profiles on, or not at all.",
    ),
    "invalid_process_person_profile": WarningType(
        WARNING,
        "$process_person_profile is neither true nor false. The platform takes it for true, so the event "
        "makes a person.",
        "Send a boolean.",
    ),
    "skipping_event_invalid_distinct_id": WarningType(
        ERROR,
        "The distinct_id is longer than the platform stores. The event is dropped.",
        "Send an id of at most 200 characters; a token or a whole URL is not one.",
    ),
    "merge_race_condition": WarningType(
        ERROR,
        "Several merges of the same persons ran at once and kept failing. The merge was given up.",
        "Send the link again; send links of one person from one place.",
        ("sourcePersonDistinctId",),
    ),
    "merge_settled_failure": WarningType(
        ERROR,
        "The platform tried to merge and settled on not doing so.",
        "Send the link again; if that does not help, ask the platform's support.",
        ("sourcePersonDistinctId",),
    ),
    "merge_move_limit_exceeded": WarningType(
        ERROR,
        "The person to be merged away has more distinct ids than the platform moves at once.",
        "Find out why one person has so many ids; often a shared id stands in the middle.",
        ("sourcePersonDistinctId",),
    ),
    "person_properties_size_violation": WarningType(
        ERROR,
        "A person's properties grew beyond what the database holds. The update was not stored.",
        "Keep growing lists out of person properties.",
    ),
    "person_upsert_message_size_too_large": WarningType(
        ERROR,
        "A person is too large to be passed on.",
        "Keep growing lists out of person properties.",
    ),
    "message_size_too_large": WarningType(
        ERROR, "An event or person is too large to be passed on.", "Send smaller properties."
    ),
    "invalid_type_for_object_field": WarningType(
        WARNING,
        "properties, $set or $set_once is not an object. The platform takes it for an empty one.",
        "Send an object.",
    ),
    "set_on_exception": WarningType(
        INFO,
        "An $exception carries person properties. They are ignored.",
        "Set person properties on another event.",
    ),
    "ingestion_capacity_overflow": WarningType(
        WARNING,
        "One distinct_id sends more events than the platform handles in order.",
        "Look for a constant id, such as that of a server or a default.",
        ("overflowDistinctId",),
    ),
    "high_volume_distinct_id": WarningType(
        WARNING,
        "One distinct_id sends so many events that its person is no longer updated.",
        "Look for a constant id, such as that of a server or a default.",
    ),
    "missing_distinct_id": WarningType(
        ERROR, "An event without a distinct_id. It is dropped.", "Send a distinct_id with every event."
    ),
    "distinct_id_too_large": WarningType(
        ERROR, "The distinct_id is too long. The event is dropped.", "Send an id of at most 200 characters."
    ),
    "distinct_id_truncated": WarningType(
        WARNING,
        "The distinct_id was cut to 200 characters: ids that differ only after that become one.",
        "Send an id of at most 200 characters.",
    ),
    "skipping_event_invalid_uuid": WarningType(
        ERROR, "The event's uuid is malformed. The event is dropped.", "Send a UUID, or none.", ("eventUuid",)
    ),
    "pipeline_step_dlq": WarningType(
        ERROR, "Handling the event failed; it was put aside.", "Ask the platform's support."
    ),
    "event_dropped_too_old": WarningType(
        WARNING, "The event is older than the project accepts. It is dropped.", "Check the sender's clock."
    ),
    "event_timestamp_in_future": WarningType(
        INFO, "The event lies in the future. The server's time was taken.", "Check the sender's clock."
    ),
    "ignored_invalid_timestamp": WarningType(
        INFO, "A time cannot be read. The server's time was taken.", "Send ISO 8601.", ("eventUuid",)
    ),
    "errAnonDistinctIdAssignedAlready": WarningType(
        ERROR,
        "Mixpanel: the anonymous id or device was merged with another user before. It stays with that one, "
        "and the event is that of the user it names.",
        "Mostly a shared device: call reset() when somebody logs out, so that the next user has a device id "
        "of its own. What was done on the device after the change stays with the first user.",
        ("sourcePersonDistinctId",),
    ),
    "errAnonDistinctIdNonGUIDForm": WarningType(
        ERROR,
        "Mixpanel: $identify names an anonymous id that is no UUID of version 4. Nothing is merged.",
        "Make anonymous ids as UUIDs of version 4, or send $create_alias or $merge, which have no such rule.",
        ("sourcePersonDistinctId",),
    ),
    "errAliasAlreadyExists": WarningType(
        ERROR,
        "Mixpanel: the alias is that of another id already. An alias points to one id; nothing is merged.",
        "Call alias once, at the sign-up; to join two users that both have events, send $merge.",
        ("sourcePersonDistinctId",),
    ),
    "errManyIDs": WarningType(
        ERROR,
        "Mixpanel: merged, the two would have more than 500 ids. Nothing is merged.",
        "Call reset() only when another user is sure to follow; every call makes a new device id.",
        ("sourcePersonDistinctId",),
    ),
    "errSameIDs": WarningType(
        INFO,
        "Mixpanel: $identify names one id twice. There is nothing to merge.",
        "Look for code that identifies with an id of its own making.",
        ("sourcePersonDistinctId",),
    ),
    "client_ingestion_warning": WarningType(
        INFO, "The sending library itself reports a problem.", "Read the message in the details."
    ),
}

UNKNOWN = WarningType(INFO, "This version of idcli does not know the type.", "Read the details.")


def warning_type(name: str) -> WarningType:
    """What is known of a type of warning."""
    return WARNING_TYPES.get(name, UNKNOWN)
