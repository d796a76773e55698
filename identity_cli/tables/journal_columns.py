"""What each kind of fact is as rows of a table, in columns: the journal as it is kept, whoever keeps it.

Persons stand by their numbers, events by their seqs.
"""

from collections.abc import Callable, Sequence
from typing import Any

from identity_cli.facts import (
    EventAttributed,
    EventDropped,
    EventHeld,
    EventTouchedNobody,
    IngestionWarning,
    Linked,
    PropertiesChanged,
)
from identity_cli.tables.cells import json_text, json_texts, time_texts, uuid_text
from identity_cli.tables.table import Columns

END_OF_LOG = 2**53
"""released_before of events that waited until the end."""


def _links(linked: Sequence[Linked]) -> Columns:
    seqs, uuids, events, times, *middle, dropped, libs, versions = zip(*linked, strict=True)
    lost = [json_text(values) if values else None for values in dropped]
    senders = map(_texts, (libs, versions))
    return [seqs, _texts(uuids), events, time_texts(times), *middle, lost, *senders]


def _changes(changed: Sequence[PropertiesChanged]) -> Columns:
    seqs, persons, events, times, changes = zip(*changed, strict=True)
    return [seqs, persons, events, time_texts(times), json_texts(changes)]


def _warnings(warnings: Sequence[IngestionWarning]) -> Columns:
    seqs, uuids, *middle, details, times, libs, versions = zip(*warnings, strict=True)
    senders = map(_texts, (libs, versions))
    return [seqs, _texts(uuids), *middle, json_texts(details), time_texts(times), *senders]


def _held(held: Sequence[EventHeld]) -> Columns:
    seqs, teams, ids, arrived, due, before, existed = zip(*held, strict=True)
    ends = [END_OF_LOG if seq is None else seq for seq in before]
    return [seqs, teams, ids, time_texts(arrived), time_texts(due), ends, existed]


def _dropped(dropped: Sequence[EventDropped]) -> Columns:
    return [*zip(*dropped, strict=True)]


def _nobodys(events: Sequence[EventTouchedNobody]) -> Columns:
    return [*zip(*events, strict=True)]


def _events(attributed: Sequence[EventAttributed]) -> Columns:
    seqs, uuids, *others, times, libs, versions = zip(*attributed, strict=True)
    return [seqs, _texts(uuids), *others, time_texts(times), *map(_texts, (libs, versions))]


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    """What was sent as text, mostly, and may be anything."""
    return [*map(uuid_text, values)]


# Creations, attachments and identified marks stand in the tables of persons and distinct ids.
STORED: dict[type, tuple[str, Callable[[Sequence[Any]], Columns]]] = {
    Linked: ("links", _links),
    PropertiesChanged: ("property_changes", _changes),
    IngestionWarning: ("warnings", _warnings),
    EventHeld: ("held", _held),
    EventDropped: ("dropped", _dropped),
    EventTouchedNobody: ("touching_nobody", _nobodys),
    EventAttributed: ("attributed_events", _events),
}
"""The table that keeps facts of a kind, and their columns there."""
