"""The tables of a run: which there are, and their columns."""

from identity_cli.tables.table import ColumnKind, Table

SENDER = (("lib", ColumnKind.TEXT), ("lib_version", ColumnKind.TEXT))
"""The library that sent an event, as its line names it."""

PERSONS = Table(
    "persons",
    (
        ("team_id", ColumnKind.NUMBER),
        ("person_id", ColumnKind.WORD),
        ("creator_distinct_id", ColumnKind.TEXT),
        ("distinct_ids", ColumnKind.LIST),
        ("id_count", ColumnKind.NUMBER),
        ("is_identified", ColumnKind.BOOL),
        ("created_at", ColumnKind.TIME),
        ("properties", ColumnKind.JSON),
        ("event_count", ColumnKind.NUMBER),
        ("first_seen", ColumnKind.TIME),
        ("last_seen", ColumnKind.TIME),
    ),
)
DISTINCT_IDS = Table(
    "distinct_ids",
    (
        ("team_id", ColumnKind.NUMBER),
        ("distinct_id", ColumnKind.TEXT),
        ("person_id", ColumnKind.WORD),
        ("event_count", ColumnKind.NUMBER),
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("nth", ColumnKind.NTH),
    ),
)
LINKS = Table(
    "links",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("event_uuid", ColumnKind.TEXT),
        ("event", ColumnKind.TEXT),
        ("time", ColumnKind.TIME),
        ("team_id", ColumnKind.NUMBER),
        ("source_distinct_id", ColumnKind.TEXT),
        ("target_distinct_id", ColumnKind.TEXT),
        ("outcome", ColumnKind.WORD),
        ("source_person_id", ColumnKind.WORD),
        ("target_person_id", ColumnKind.WORD),
        ("source_identified", ColumnKind.BOOL),
        ("person_id", ColumnKind.WORD),
        ("dropped", ColumnKind.JSON),
        ("nth", ColumnKind.NTH),
        *SENDER,
    ),
)
WARNINGS = Table(
    "warnings",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("event_uuid", ColumnKind.TEXT),
        ("team_id", ColumnKind.NUMBER),
        ("type", ColumnKind.WORD),
        ("distinct_id", ColumnKind.TEXT),
        ("person_id", ColumnKind.WORD),
        ("details", ColumnKind.JSON),
        ("nth", ColumnKind.NTH),
        ("time", ColumnKind.TIME),
        *SENDER,
    ),
)
EVENTS = Table(
    "events",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("uuid", ColumnKind.TEXT),
        ("event", ColumnKind.TEXT),
        ("team_id", ColumnKind.NUMBER),
        ("distinct_id", ColumnKind.TEXT),
        ("person_id_at_ingestion", ColumnKind.WORD),
        ("person_id", ColumnKind.WORD),
        ("note", ColumnKind.WORD),
        ("nth", ColumnKind.NTH),
        ("time", ColumnKind.TIME),
        *SENDER,
    ),
)
REJECTED = Table(
    "rejected",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("reason", ColumnKind.TEXT),
        ("raw", ColumnKind.TEXT),
        ("nth", ColumnKind.NTH),
    ),
    is_in_folder=False,  # but, verbatim, what is in every format alike
)

HELD = Table(
    "held",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("team_id", ColumnKind.NUMBER),
        ("distinct_id", ColumnKind.TEXT),
        ("arrived", ColumnKind.TIME),
        ("due", ColumnKind.TIME),
        ("released_before", ColumnKind.TEXT),
        ("person_existed", ColumnKind.BOOL),
        ("nth", ColumnKind.NTH),
    ),
    is_in_folder=False,
)
"""Events that waited; released_before: the event whose arrival let each go, none where the log had ended."""
DROPPED = Table(
    "dropped",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("team_id", ColumnKind.NUMBER),
        ("distinct_id", ColumnKind.TEXT),
        ("reason", ColumnKind.WORD),
        ("nth", ColumnKind.NTH),
    ),
    is_in_folder=False,
)
PROPERTY_CHANGES = Table(
    "property_changes",
    (
        ("file", ColumnKind.TEXT),
        ("line", ColumnKind.NUMBER),
        ("person_id", ColumnKind.WORD),
        ("event", ColumnKind.TEXT),
        ("time", ColumnKind.TIME),
        ("changes", ColumnKind.JSON),
        ("nth", ColumnKind.NTH),
    ),
    is_in_folder=False,
)
"""What an event changed on a person: [[operation, key, value, replaced value unless the key is new], ...]."""

TABLES = {
    table.name: table
    for table in (
        *(PERSONS, DISTINCT_IDS, LINKS, WARNINGS, EVENTS, REJECTED),
        *(HELD, DROPPED, PROPERTY_CHANGES),
    )
}
