"""A finished run: opened read-only, one method per question.

Everything to the right of the store asks here and nowhere else; SQL stays in this folder.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.errors import AmbiguousId, NoEvents, NoRun, RunUnreadable, UnknownId
from identity_cli.events import Origin
from identity_cli.store import schema
from identity_cli.store.folder import DATABASE, existing_run
from identity_cli.store.origins import Origins


class PersonRow(NamedTuple):
    """One person that stands; properties is a JSON object as text."""

    person: int
    team_id: int
    person_id: str
    creator_distinct_id: str
    is_identified: bool
    created_at: str | None
    properties: str
    id_count: int
    event_count: int
    first_seen: str | None
    last_seen: str | None


class IdRow(NamedTuple):
    """One distinct id of a person: how it came in, and to which person at first."""

    distinct_id: str
    event_count: int
    seq: int
    joined_seq: int
    joined_person: int
    first_seen: str | None
    last_seen: str | None


class LinkRow(NamedTuple):
    """One link; persons are numbers as of just before it."""

    seq: int
    uuid: str | None
    event: str
    time: str | None
    source_distinct_id: str
    target_distinct_id: str
    outcome: str
    source_person: int | None
    target_person: int | None
    source_identified: bool
    person: int | None
    dropped: dict[str, Any] | None


class ChangeRow(NamedTuple):
    """What one event changed in a person's properties; changes as in facts.PropertiesChanged."""

    seq: int
    moment: int
    person: int
    event: str
    time: str | None
    changes: list[list[Any]]


class WarningRow(NamedTuple):
    """One ingestion warning."""

    seq: int
    uuid: str | None
    team_id: int
    type: str
    distinct_id: str
    details: dict[str, Any]


_PERSON_COLUMNS = (
    "person, team_id, person_id, creator_distinct_id, identified_seq IS NOT NULL, created_at,"
    " properties, id_count, event_count, first_seen, last_seen"
)
PERSON_ORDERS = {
    "ids": "id_count DESC, person",
    "events": "event_count DESC, person",
    "created_at": "created_at IS NULL, created_at, person",
    "first_seen": "first_seen IS NULL, first_seen, person",
    "last_seen": "last_seen DESC, person",
}


class Run:
    """The result of one replay."""

    def __init__(self, folder: str | Path) -> None:
        """Open the run in that folder; NoRun or RunUnreadable if there is none to read."""
        self.folder = existing_run(Path(folder))
        self.name = str(folder)
        self.seconds: float | None = None  # how long its replay took, where that was just now
        path = (self.folder / DATABASE).absolute()
        try:
            self.database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
            (application,) = self.database.execute("PRAGMA application_id").fetchone()
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise RunUnreadable(str(path), str(error)) from None
        if application != schema.APPLICATION_ID:
            raise NoRun(str(folder))
        if version != schema.SCHEMA_VERSION:
            known = schema.SCHEMA_VERSION
            raise RunUnreadable(str(path), f"its format is version {version}, this idcli reads {known}")

    def __repr__(self) -> str:
        return (
            f"<Run {self.name}: {self.count('persons')} persons, {self.count('distinct_ids')} distinct ids>"
        )

    # The run as a whole

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What was asked of the replay, and its counts."""
        return {key: json.loads(value) for key, value in self._rows("SELECT key, value FROM run")}

    @cached_property
    def origins(self) -> Origins:
        """From seq to file and line."""
        return Origins(list(self._rows("SELECT path, first_seq FROM sources ORDER BY first_seq, rowid")))

    def origin(self, seq: int) -> Origin:
        """Where the event of that seq stands."""
        return self.origins[seq]

    def sources(self) -> list[dict[str, Any]]:
        """The log files replayed."""
        columns = ("path", "lines", "size", "hash")
        rows = self._rows("SELECT path, lines, size, hash FROM sources ORDER BY rowid")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def count(self, what: str) -> int:
        """How many persons (that stand), identified persons, distinct_ids, links, warnings, held or merges."""
        (number,) = self.database.execute(_COUNTS[what]).fetchone()
        return int(number)

    def counts_by(self, table: str, column: str) -> dict[str, int]:
        """Rows of a table per value of a column, the most frequent first."""
        query = f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self._rows(query))

    def books(self) -> list[tuple[str, int, dict[str, int]]]:
        """Sums that must balance: what, how many, and the parts they must add up to."""
        about = self.metadata
        (outcomes,) = self.database.execute("SELECT count(*) FROM links").fetchone()
        personless = self._one("SELECT coalesce(sum(event_count), 0) FROM distinct_ids WHERE person IS NULL")
        attributed = self._one("SELECT coalesce(sum(event_count), 0) FROM persons WHERE survivor IS NULL")
        dropped = self._one("SELECT count(*) FROM dropped")
        without_person = self._one("SELECT count(*) FROM distinct_ids WHERE person IS NULL")
        on_persons = self._one("SELECT coalesce(sum(id_count), 0) FROM persons WHERE survivor IS NULL")
        return [
            (
                "lines",
                about["lines"],
                {"events": about["events"], "rejected": self.count("rejected"), "blank": about["blank"]},
            ),
            (
                "events",
                about["events"],
                {"attributed": attributed, "without a person": personless, "dropped": dropped},
            ),
            ("links", about["links"], self.counts_by("links", "outcome")),
            (
                "distinct ids",
                about["distinct_ids"],
                {"on persons": on_persons, "without a person": without_person},
            ),
        ]

    # Persons

    def find_person(self, wanted: str, team_id: int | None = None) -> PersonRow:
        """The person of a distinct id or person id, today's if it was merged away.

        UnknownId with the nearest ids, AmbiguousId when several teams have it.
        """
        numbers = self._persons_by_any_id(wanted, team_id)
        if not numbers:
            raise UnknownId(wanted, self.nearest_ids(wanted))
        if len(numbers) > 1:
            teams = [self._one(f"SELECT team_id FROM persons WHERE person = {number}") for number in numbers]
            raise AmbiguousId(wanted, sorted(teams))
        return self.person(numbers[0])

    def person(self, number: int) -> PersonRow:
        """The person of that number."""
        row = self.database.execute(
            f"SELECT {_PERSON_COLUMNS} FROM persons WHERE person = ?", (number,)
        ).fetchone()
        return PersonRow(*row)

    def persons(
        self, order: str = "ids", identified: bool | None = None, min_ids: int = 0
    ) -> Iterator[PersonRow]:
        """Persons that stand; order is a key of PERSON_ORDERS."""
        conditions = ["survivor IS NULL", f"id_count >= {int(min_ids)}"]
        if identified is not None:
            conditions.append(f"identified_seq IS {'NOT ' if identified else ''}NULL")
        query = f"SELECT {_PERSON_COLUMNS} FROM persons WHERE {' AND '.join(conditions)}"
        return map(PersonRow._make, self._rows(f"{query} ORDER BY {PERSON_ORDERS[order]}"))

    def ids_of(self, person: int) -> list[IdRow]:
        """The distinct ids of a person, in the order in which they came in."""
        query = (
            "SELECT distinct_id, event_count, seq, joined_seq, joined_person, first_seen, last_seen"
            " FROM distinct_ids WHERE person = ? ORDER BY joined_seq, rowid"
        )
        return [IdRow(*row) for row in self.database.execute(query, (person,))]

    def parts_of(self, person: int) -> dict[int, str]:
        """The numbers of a person and of all that were merged into it, with their person ids."""
        query = "SELECT person, person_id FROM persons WHERE person = ?1 OR survivor = ?1 ORDER BY person"
        return dict(self.database.execute(query, (person,)))

    def identified_seq(self, person: int) -> int | None:
        """The event that marked a person identified."""
        row = self.database.execute(
            "SELECT identified_seq FROM persons WHERE person = ?", (person,)
        ).fetchone()
        return None if row is None else row[0]

    def links_of(self, parts: Iterable[int]) -> list[LinkRow]:
        """The links that touched any of these persons, in order."""
        seen: dict[int, LinkRow] = {}
        for part in parts:
            query = (
                "SELECT rowid, seq, uuid, event, time, source_distinct_id, target_distinct_id, outcome,"
                " source_person, target_person, source_identified, person, dropped FROM links"
                " WHERE source_person = ?1 OR target_person = ?1 OR person = ?1"
            )
            for rowid, *row in self.database.execute(query, (part,)):
                row[9] = bool(row[9])
                row[11] = None if row[11] is None else json.loads(row[11])
                seen[rowid] = LinkRow(*row)
        return [seen[rowid] for rowid in sorted(seen)]

    def changes_of(self, parts: Iterable[int]) -> list[ChangeRow]:
        """The property changes of any of these persons, in the order in which they happened."""
        changes = []
        for part in parts:
            query = (
                "SELECT c.seq, coalesce(h.released_before, c.seq), c.person, c.event, c.time, c.changes"
                " FROM property_changes c LEFT JOIN held h USING (seq) WHERE c.person = ?"
            )
            for *head, text in self.database.execute(query, (part,)):
                changes.append(ChangeRow(*head, json.loads(text)))
        return sorted(changes, key=lambda change: (change.moment, change.seq))

    def warnings_of(self, parts: Iterable[int]) -> list[WarningRow]:
        """The warnings about any of these persons, in order."""
        found = []
        for part in parts:
            query = (
                "SELECT rowid, seq, uuid, team_id, type, distinct_id, details FROM warnings WHERE person = ?"
            )
            found += list(self.database.execute(query, (part,)))
        return [_warning_row(row[1:]) for row in sorted(found)]

    def nearest_ids(self, wanted: str, limit: int = 3) -> list[str]:
        """Distinct ids that look like one that is not there."""
        stem = wanted.strip().lower()
        for query, argument in (
            ("lower(distinct_id) = ?", stem),
            ("instr(lower(distinct_id), ?)", stem),
            ("instr(lower(distinct_id), ?)", stem[: max(4, len(stem) * 2 // 3)]),
            ("instr(lower(distinct_id), ?)", stem[-max(4, len(stem) // 2) :]),
        ):
            rows = self.database.execute(
                f"SELECT distinct_id FROM distinct_ids WHERE {query} ORDER BY length(distinct_id), 1 LIMIT ?",
                (argument, limit),
            ).fetchall()
            if rows and stem:
                return [distinct_id for (distinct_id,) in rows]
        return []

    # Warnings

    def warnings(
        self, warning_type: str | None = None, distinct_id: str | None = None
    ) -> Iterator[WarningRow]:
        """Ingestion warnings in order; distinct_id: only those that name it."""
        query = "SELECT seq, uuid, team_id, type, distinct_id, details FROM warnings"
        conditions, arguments = [], []
        if warning_type is not None:
            conditions.append("type = ?")
            arguments.append(warning_type)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        for row in self.database.execute(f"{query}{where} ORDER BY rowid", arguments):
            warning = _warning_row(row)
            if distinct_id is None or distinct_id in (
                warning.distinct_id,
                *map(str, warning.details.values()),
            ):
                yield warning

    # Whole tables

    def has_events(self) -> bool:
        """Whether the run kept its events (replay --events)."""
        return self._one("SELECT count(*) FROM sqlite_master WHERE name = 'events'") > 0

    def records(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The records of a table, as store.tables describes them."""
        from identity_cli.store import queries  # only exports need it

        match table:
            case "persons":
                return queries.persons(self.database)
            case "distinct_ids":
                return queries.distinct_ids(self.database, self.origins)
            case "links":
                return queries.links(self.database, self.origins)
            case "warnings":
                return queries.warnings(self.database, self.origins)
            case "rejected":
                return queries.rejected(self.folder / "rejected.ndjson")
            case _ if not self.has_events():
                raise NoEvents
            case _:
                return queries.events(self.database, self.origins)

    def _persons_by_any_id(self, wanted: str, team_id: int | None) -> list[int]:
        team = "" if team_id is None else f" AND team_id = {int(team_id)}"
        query = f"SELECT DISTINCT person FROM distinct_ids WHERE distinct_id = ?{team} AND person IS NOT NULL"
        numbers = [number for (number,) in self.database.execute(query, (wanted,))]
        if not numbers:
            query = f"SELECT DISTINCT coalesce(survivor, person) FROM persons WHERE person_id = ?{team}"
            numbers = [number for (number,) in self.database.execute(query, (wanted.lower(),))]
        return numbers

    def _rows(self, query: str) -> Iterator[Any]:
        return iter(self.database.execute(query))

    def _one(self, query: str) -> int:
        (value,) = self.database.execute(query).fetchone()
        return int(value)


_COUNTS = {
    "persons": "SELECT count(*) FROM persons WHERE survivor IS NULL",
    "identified": "SELECT count(*) FROM persons WHERE survivor IS NULL AND identified_seq IS NOT NULL",
    "distinct_ids": "SELECT count(*) FROM distinct_ids",
    "links": "SELECT count(*) FROM links",
    "merges": "SELECT count(*) FROM links WHERE outcome = 'merged'",
    "warnings": "SELECT count(*) FROM warnings",
    "held": "SELECT count(*) FROM held",
    "rejected": "SELECT count(*) FROM rejected",
}


def _warning_row(row: tuple[Any, ...]) -> WarningRow:
    *head, details = row
    return WarningRow(*head, json.loads(details))
