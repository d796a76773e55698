"""A finished run: opened read-only, one method per question.

Everything to the right of the store asks here and nowhere else; SQL stays in this folder.
Imports as little as it can: looking up one person should take no longer than starting.
"""

# ruff: noqa: PTH110, PTH113, PTH118  # pathlib alone costs half a start of Python

import json
import os.path
import sqlite3
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from identity_cli.errors import (
    AmbiguousId,
    IdcliError,
    IdOfAnotherTeam,
    IdWithoutPerson,
    NoEvents,
    NoInternalUsers,
    NoRun,
    RunUnreadable,
    UnknownId,
)
from identity_cli.events import Origin
from identity_cli.origins import Origins
from identity_cli.run_mark import APPLICATION_ID, DATABASE
from identity_cli.store import schema
from identity_cli.store.rows import ChangeRow, IdRow, LinkRow, PersonRow, WarningRow

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

StoreError = sqlite3.Error


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

    def __init__(self, folder: "str | Path") -> None:
        """Open the run in that folder; NoRun or RunUnreadable if there is none to read."""
        self.name = str(folder)
        self.shows_internal = "include"  # see show_internal
        self.seconds: float | None = None  # how long its replay took, where that was just now
        self._place = _place_of(self.name)
        path = os.path.join(self._place, DATABASE)
        try:
            self.database = sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True)
            (application,) = self.database.execute("PRAGMA application_id").fetchone()
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise RunUnreadable(path, str(error)) from None
        if application != APPLICATION_ID:
            raise NoRun(self.name)
        if version != schema.SCHEMA_VERSION:
            known = schema.SCHEMA_VERSION
            raise RunUnreadable(path, f"its format is version {version}, this idcli reads {known}")

    def __repr__(self) -> str:
        return (
            f"<Run {self.name}: {self.count('persons')} persons, {self.count('distinct_ids')} distinct ids>"
        )

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()

    @cached_property
    def folder(self) -> "Path":
        """Where the run's files are."""
        from pathlib import Path  # not needed to look up a person

        return Path(self._place)

    # The run as a whole

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What was asked of the replay, and its counts."""
        return {key: json.loads(value) for key, value in self._rows("SELECT key, value FROM run")}

    @cached_property
    def origins(self) -> Origins:
        """From seq to file and line."""
        return Origins(
            self._rows("SELECT path, first_seq FROM sources ORDER BY first_seq, rowid"),
            self._rows("SELECT first_seq, line, events FROM batches ORDER BY first_seq"),
            self._line_order(),
        )

    def _line_order(self) -> "array[int] | None":
        (numbers,) = self.database.execute("SELECT max(numbers) FROM line_order").fetchone()
        if numbers is None:
            return None
        from array import array

        return array("q", numbers)

    def origin(self, seq: int) -> Origin:
        """Where the event of that seq stands."""
        return self.origins[seq]

    def sources(self) -> list[dict[str, Any]]:
        """The log files replayed."""
        columns = ("path", "lines", "size", "hash", "dialect")
        rows = self._rows("SELECT path, lines, size, hash, dialect FROM sources ORDER BY rowid")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def count(self, what: str) -> int:
        """How many of what: persons (that stand), distinct_ids, links, ...; see _COUNTS."""
        return self._one(_COUNTS[what])

    def counts_by(self, table: str, column: str) -> dict[str, int]:
        """Rows of a table per value of a column, the most frequent first."""
        query = f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self._rows(query))

    def files(self) -> list[tuple[str, int]]:
        """The files of the run folder and their sizes."""
        return [(path.name, path.stat().st_size) for path in sorted(self.folder.iterdir())]

    def warning_examples(self) -> dict[str, tuple[int, WarningRow]]:
        """Per type of warning, the most frequent first: how many, and the first."""
        query = "SELECT type, count(*), min(rowid) FROM warnings GROUP BY 1 ORDER BY 2 DESC, 1"
        return {name: (count, self._warning(first)) for name, count, first in list(self._rows(query))}

    def reasons(self, table: str) -> dict[str, tuple[int, int]]:
        """Per reason in the table rejected or dropped, the earliest first: how many, and the first's seq."""
        query = f"SELECT reason, count(*), min(seq) FROM {table} GROUP BY 1 ORDER BY 3"
        return {reason: (count, first) for reason, count, first in self._rows(query)}

    def blank_ids(self) -> tuple[int, int] | None:
        """Events under ids of nothing but blanks, and the first of them; None if there are none."""
        query = "SELECT sum(event_count), min(seq) FROM main.distinct_ids WHERE trim(distinct_id) = ''"
        events, first = self.database.execute(query).fetchone()
        return None if events is None else (events, first)

    def silent_attachments(self) -> Iterator[LinkRow]:
        """Links that put an unknown id on a person already identified, which nothing warns of."""
        where = "outcome = 'attached' AND source_identified"
        return map(_link_row, self._rows(f"{_LINKS} WHERE {where} ORDER BY links.rowid"))

    def forced_merges(self) -> Iterator[LinkRow]:
        """Links that merged away a person already identified, which only `$merge_dangerously` may."""
        where = "outcome = 'merged' AND source_identified"
        return map(_link_row, self._rows(f"{_LINKS} WHERE {where} ORDER BY links.rowid"))

    def first_refusal(self) -> LinkRow | None:
        """The first link refused because its source was identified."""
        where = "outcome = 'refused_identified' ORDER BY links.rowid LIMIT 1"
        return next(map(_link_row, self._rows(f"{_LINKS} WHERE {where}")), None)

    def team_count(self) -> int:
        """How many teams have persons."""
        return self._one("SELECT count(DISTINCT team_id) FROM persons")

    def books(self) -> list[tuple[str, int, dict[str, int]]]:
        """Sums that must balance: what, how many, and the parts they must add up to; of the whole run."""
        about = self.metadata
        personless = self._one(
            "SELECT coalesce(sum(event_count), 0) FROM main.distinct_ids WHERE person IS NULL"
        )
        attributed = self._one(
            "SELECT coalesce(sum(event_count), 0) FROM main.persons WHERE survivor IS NULL"
        )
        dropped = self._one("SELECT count(*) FROM dropped")
        without_person = self._one("SELECT count(*) FROM main.distinct_ids WHERE person IS NULL")
        on_persons = self._one("SELECT coalesce(sum(id_count), 0) FROM main.persons WHERE survivor IS NULL")
        return [
            (
                "lines" if about["seqs"] == about["lines"] else "lines and events in batches",
                about["seqs"],
                {"events": about["events"], "rejected": self.count("rejected"), "blank": about["blank"]},
            ),
            (
                "events",
                about["events"],
                {"attributed": attributed, "without a person": personless, "dropped": dropped},
            ),
            ("links", about["links"], self.counts_by("main.links", "outcome")),
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
        wanted = wanted.encode("utf-8", "replace").decode()  # what a shell passes may not be text
        numbers = self._persons_by_any_id(wanted, team_id)
        if not numbers:
            raise self._nobody(wanted, team_id)
        if len(numbers) > 1:
            raise AmbiguousId(wanted, self._teams_of(numbers))
        return self.person(numbers[0])

    def person(self, number: int) -> PersonRow:
        """The person of that number."""
        row = self.database.execute(
            f"SELECT {_PERSON_COLUMNS} FROM persons WHERE person = ?", (number,)
        ).fetchone()
        return PersonRow(*row)

    def persons(
        self, order: str = "ids", limit: int | None = None, identified: bool | None = None, min_ids: int = 0
    ) -> Iterator[PersonRow]:
        """Persons that stand; order is a key of PERSON_ORDERS."""
        query = f"SELECT {_PERSON_COLUMNS} FROM persons WHERE {_standing(identified, min_ids)}"
        most = "" if limit is None else f" LIMIT {min(int(limit), _MOST)}"
        return map(PersonRow._make, self._rows(f"{query} ORDER BY {PERSON_ORDERS[order]}{most}"))

    def members(self) -> Iterator[tuple[str, int, int, str]]:
        """Each distinct id that has a person: id, team, events, person id; by id, then team."""
        return self._rows(
            "SELECT d.distinct_id, d.team_id, d.event_count, p.person_id FROM distinct_ids d"
            " JOIN persons p USING (person) ORDER BY 1, 2"
        )

    def keys_of(self, distinct_id: str) -> list[tuple[int, str]]:
        """The teams that have a distinct id, each with it."""
        query = "SELECT team_id, distinct_id FROM distinct_ids WHERE distinct_id = ? ORDER BY 1"
        return list(self.database.execute(query, (distinct_id,)))

    def link_pairs(self) -> Iterator[tuple[int, str, str]]:
        """Team, source and target of every link but those of illegal ids, which never join anybody."""
        columns = "team_id, source_distinct_id, target_distinct_id"
        return self._rows(f"SELECT {columns} FROM links WHERE outcome != 'refused_illegal'")

    def link_ends(self, column: str, value: Any) -> list[tuple[int, int, str, str]]:
        """Seq, team, source and target of the links of a seq or of a uuid."""
        wanted = {"seq": "seq", "uuid": "uuid"}[column]
        query = f"SELECT seq, team_id, source_distinct_id, target_distinct_id FROM links WHERE {wanted} = ?"
        return list(self.database.execute(query, (value,)))

    def states(self) -> Iterator[tuple[str, tuple[bool, str]]]:
        """Each person that stands: person id, then whether it is identified, and its properties as JSON."""
        query = "SELECT person_id, identified_seq IS NOT NULL, properties FROM persons WHERE survivor IS NULL"
        return ((person_id, (bool(flag), properties)) for person_id, flag, properties in self._rows(query))

    def count_persons(self, identified: bool | None = None, min_ids: int = 0) -> int:
        """How many persons stand of that kind."""
        return self._one(f"SELECT count(*) FROM persons WHERE {_standing(identified, min_ids)}")

    def ids_of(self, person: int) -> list[IdRow]:
        """The distinct ids of a person, in the order in which they came in."""
        query = (
            "SELECT d.distinct_id, d.event_count, d.seq, d.joined_seq, d.joined_person, p.made_at,"
            " d.first_seen, d.last_seen FROM distinct_ids d JOIN persons p ON p.person = d.joined_person"
            " WHERE d.person = ? ORDER BY d.joined_seq, d.rowid"
        )
        return [IdRow(*row) for row in self.database.execute(query, (person,))]

    def parts_of(self, person: int) -> dict[int, str]:
        """The numbers of a person and of all that were merged into it, with their person ids."""
        query = "SELECT person, person_id FROM persons WHERE person = ?1 OR survivor = ?1 ORDER BY person"
        return dict(self.database.execute(query, (person,)))

    def makers_of(self, parts: Iterable[int]) -> dict[int, tuple[str, int | None]]:
        """Of each of these persons the distinct id it was made with, and the event that identified it."""
        query = "SELECT person, creator_distinct_id, identified_seq FROM persons WHERE person IN {parts}"
        return {person: (creator, seq) for person, creator, seq in self._rows_about(query, parts)}

    def moments(self, seqs: Iterable[int]) -> dict[int, int]:
        """Of these events those that waited in the buffer, and the seq before which each was released."""
        query = "SELECT seq, released_before FROM main.held WHERE seq IN {parts}"
        return dict(self._rows_about(query, seqs))

    def identified_seq(self, person: int) -> int | None:
        """The event that marked a person identified."""
        row = self.database.execute(
            "SELECT identified_seq FROM persons WHERE person = ?", (person,)
        ).fetchone()
        return None if row is None else row[0]

    def links_of(self, parts: Iterable[int]) -> list[LinkRow]:
        """The links that touched any of these persons, in order."""
        query = f"{_LINKS} WHERE links.rowid IN ({_LINKS_OF}) ORDER BY links.rowid"
        return [_link_row(row) for row in self._rows_about(query, parts)]

    def changes_of(self, parts: Iterable[int]) -> list[ChangeRow]:
        """The property changes of any of these persons, in the order in which they happened."""
        query = (
            "SELECT c.seq, coalesce(h.released_before, c.seq), c.person, c.event, c.time, c.changes"
            " FROM property_changes c LEFT JOIN main.held h USING (seq)"
            " WHERE c.person IN {parts} ORDER BY 2, 1, c.rowid"
        )
        rows = self._rows_about(query, parts)
        return [ChangeRow._make((*head, json.loads(changes))) for *head, changes in rows]

    def warnings_of(self, parts: Iterable[int]) -> list[WarningRow]:
        """The warnings about any of these persons, and those about a link that names them, in order."""
        query = f"{_WARNINGS} WHERE rowid IN ({_WARNINGS_OF}) ORDER BY rowid"
        return [_warning_row(row) for row in self._rows_about(query, parts)]

    def nearest_ids(self, wanted: str, limit: int = 3) -> list[str]:
        """Distinct ids that look like one that is not there."""
        stem = wanted.strip().lower()
        if not stem:
            return []
        for condition, argument in (
            ("lower(distinct_id) = ?", stem),
            ("instr(lower(distinct_id), ?)", stem),
            ("instr(lower(distinct_id), ?)", stem[: max(4, len(stem) * 2 // 3)]),
            ("instr(lower(distinct_id), ?)", stem[-max(4, len(stem) // 2) :]),
        ):
            query = f"SELECT DISTINCT distinct_id, length(distinct_id) FROM distinct_ids WHERE {condition}"
            rows = self.database.execute(f"{query} ORDER BY 2, 1 LIMIT 500", (argument,))
            found = [distinct_id for distinct_id, _ in rows]
            if found:
                return _most_alike(stem, found)[:limit]
        return []

    # Warnings

    def warnings(
        self, warning_type: str | None = None, distinct_id: str | None = None
    ) -> Iterator[WarningRow]:
        """Ingestion warnings in order; distinct_id: only those that name it."""
        where, arguments = "", []
        if warning_type is not None:
            where, arguments = " WHERE type = ?", [warning_type]
        for row in self.database.execute(f"{_WARNINGS}{where} ORDER BY rowid", arguments):
            warning = _warning_row(row)
            named = (warning.distinct_id, *warning.details.values())
            if distinct_id is None or distinct_id in named:
                yield warning

    def _warning(self, rowid: int) -> WarningRow:
        return _warning_row(self.database.execute(f"{_WARNINGS} WHERE rowid = ?", (rowid,)).fetchone())

    # Internal users

    @property
    def internal_users(self) -> dict[str, Any] | None:
        """What was said of internal users, as store.internal writes it; None if nothing was."""
        about: dict[str, Any] | None = self.metadata.get("internal_users")
        return about

    def internal_counts(self) -> dict[str, tuple[int, int]]:
        """Persons, events and distinct_ids: all that persons have, and how many are internal ones'."""
        from identity_cli.store import internal  # only runs that tell internal users apart need it

        figures = self.database.execute(internal.COUNTS).fetchone()
        return {"persons": figures[:2], "events": figures[2:4], "distinct_ids": figures[4:]}

    def internal_reasons(self, persons: Iterable[int]) -> dict[int, str]:
        """Why each of these persons is internal; those that are not are missing."""
        query = "SELECT person, reason FROM internal_persons WHERE person IN {parts}"
        return dict(self._rows_about(query, persons))

    def internal_reason(self, person: int) -> str | None:
        """Why that person is internal; None if it is not, or if the run was not told who is."""
        try:
            return self.internal_reasons([person]).get(person)
        except sqlite3.OperationalError:  # no table of them
            return None

    def show_internal(self, which: str) -> None:
        """From now on tell of everybody ("include"), without internal persons ("exclude"), or of them "only".

        Persons, ids, links, warnings, events and what waited are narrowed, the books and what
        nobody owns are not. NoInternalUsers if the run was not told who is internal.
        """
        if which == self.shows_internal:
            return
        if self.internal_users is None:
            raise NoInternalUsers(self.name)
        from identity_cli.store import internal

        internal.widen(self.database)
        if which != "include":
            internal.narrow(self.database, which, with_events=self.has_events())
        self.shows_internal = which

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
                return queries.rejected(self.folder / _REJECTED)
            case _ if not self.has_events():
                raise NoEvents
            case _:
                return queries.events(self.database, self.origins)

    def rejected_lines(self) -> Iterator[str]:
        """The file of lines that could not be used, line by line."""
        path = os.path.join(self._place, _REJECTED)
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="\n") as lines:
                yield from lines

    def _persons_by_any_id(self, wanted: str, team_id: int | None) -> list[int]:
        team = "" if team_id is None else f" AND team_id = {int(team_id)}"
        query = f"SELECT DISTINCT person FROM distinct_ids WHERE distinct_id = ?{team} AND person IS NOT NULL"
        numbers = [number for (number,) in self.database.execute(query, (wanted,))]
        if not numbers:
            query = f"SELECT DISTINCT coalesce(survivor, person) FROM persons WHERE person_id = ?{team}"
            numbers = [number for (number,) in self.database.execute(query, (wanted.lower(),))]
        return numbers

    def _nobody(self, wanted: str, team_id: int | None) -> IdcliError:
        """Why an id has no person."""
        team = "" if team_id is None else f" AND team_id = {int(team_id)}"
        seen = self.database.execute(f"SELECT 1 FROM distinct_ids WHERE distinct_id = ?{team}", (wanted,))
        if seen.fetchone():
            return IdWithoutPerson(wanted)
        elsewhere = [] if team_id is None else self._persons_by_any_id(wanted, None)
        if team_id is not None and elsewhere:
            return IdOfAnotherTeam(wanted, team_id, self._teams_of(elsewhere))
        return UnknownId(wanted, self.nearest_ids(wanted))

    def _teams_of(self, persons: list[int]) -> list[int]:
        return sorted(self.person(number).team_id for number in persons)

    def _rows_about(self, query: str, parts: Iterable[int]) -> Iterator[Any]:
        """Rows of a query that says {parts} where it means these persons."""
        numbers = list(map(int, parts))
        if len(numbers) <= _FEW:  # planned in half the time that a list in a parameter takes
            return self.database.execute(query.format(parts=f"({','.join(map(str, numbers))})"))
        listed = "(SELECT value FROM json_each(:numbers))"
        return self.database.execute(query.format(parts=listed), {"numbers": json.dumps(numbers)})

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
    "held_found": "SELECT count(*) FROM held WHERE person_existed",
    "forced": "SELECT count(*) FROM links WHERE outcome = 'merged' AND source_identified",
    "silent": "SELECT count(*) FROM links WHERE outcome = 'attached' AND source_identified",
    "most_ids": "SELECT coalesce(max(id_count), 0) FROM persons",
    "rejected": "SELECT count(*) FROM rejected",
}


_LINKS = (
    "SELECT links.seq, coalesce(h.released_before, links.seq), uuid, event, time, source_distinct_id,"
    " target_distinct_id, outcome, source_person, target_person, source_identified, person, dropped"
    " FROM links LEFT JOIN main.held h USING (seq)"
)
_FEW = 100
_MOST = 2**62  # more than there will ever be
_LINKS_OF = (
    "SELECT rowid FROM links WHERE source_person IN {parts}"
    " UNION SELECT rowid FROM links WHERE target_person IN {parts}"
    " UNION SELECT rowid FROM links WHERE person IN {parts}"
)
_WARNINGS = "SELECT seq, uuid, team_id, type, distinct_id, details FROM warnings"
# A refusal is noted with the person of its event: the source's is found by way of the link.
_REFUSED = "FROM links WHERE source_person IN {parts} AND outcome GLOB 'refused_*'"
_WARNINGS_OF = (
    "SELECT rowid FROM warnings WHERE person IN {parts}"
    f" UNION SELECT rowid FROM warnings WHERE person IN (SELECT person {_REFUSED})"
    f" AND seq IN (SELECT seq {_REFUSED})"
)
_REJECTED = "rejected.ndjson"


def _link_row(row: tuple[Any, ...]) -> LinkRow:
    *head, identified, person, dropped = row
    lost = None if dropped is None else json.loads(dropped)
    return LinkRow._make((*head, bool(identified), person, lost))


def _warning_row(row: tuple[Any, ...]) -> WarningRow:
    *head, details = row
    return WarningRow._make((*head, json.loads(details)))


def _standing(identified: bool | None, min_ids: int) -> str:
    """The condition for persons that stand, perhaps of one kind."""
    kind = "" if identified is None else f" AND identified_seq IS {'NOT ' if identified else ''}NULL"
    return f"survivor IS NULL AND id_count >= {int(min_ids)}{kind}"


def _place_of(folder: str) -> str:
    """The folder that holds the run of that name."""
    if os.path.isfile(os.path.join(folder, DATABASE)):
        return folder
    from pathlib import Path

    from identity_cli.store.folder import existing_run  # knows where a killed replay may have left it

    return str(existing_run(Path(folder)))


def _quoted(path: str) -> str:
    """The path as it stands in a URI."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _most_alike(wanted: str, found: list[str]) -> list[str]:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=wanted)

    def likeness(candidate: str) -> float:
        matcher.set_seq1(candidate.lower())
        return matcher.ratio()

    return sorted(found, key=lambda candidate: (-likeness(candidate), candidate))
