"""The persons of a run, their ids, and what the journal tells of them: one method per question."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from identity_cli.errors import IdcliError
from identity_cli.origins import as_stored
from identity_cli.store.reading.person_lists import PERSON_COLUMNS, PersonLists
from identity_cli.store.reading.rows import ChangeRow, IdRow, LinkRow, PersonRow, WarningRow

LONGEST_TYPED = 500  # characters of an id that somebody may have meant
LINKS = (
    "SELECT seq, uuid, event, time, source_distinct_id, target_distinct_id, outcome, source_person,"
    " target_person, source_identified, person, dropped FROM links"
)
_LINKS_OF = (
    "SELECT rowid FROM links WHERE source_person IN {parts}"
    " UNION SELECT rowid FROM links WHERE target_person IN {parts}"
    " UNION SELECT rowid FROM links WHERE person IN {parts}"
)
_IDS_OF = (
    "SELECT d.distinct_id, d.event_count, d.seq, d.joined_seq, d.joined_person, p.made_at,"
    " d.first_seen, d.last_seen FROM distinct_ids d JOIN persons p ON p.person = d.joined_person"
    " WHERE d.person = ?"
)
_MAY_JOIN = "outcome NOT IN ('refused_illegal', 'refused_no_effect')"
WARNINGS = "SELECT seq, uuid, team_id, type, distinct_id, details FROM warnings"
# A refusal is noted with the person of its event: the source's is found by way of the link.
_REFUSED = "FROM links WHERE source_person IN {parts} AND outcome GLOB 'refused_*'"
_WARNINGS_OF = (
    "SELECT rowid FROM warnings WHERE person IN {parts}"
    f" UNION SELECT rowid FROM warnings WHERE person IN (SELECT person {_REFUSED})"
    f" AND seq IN (SELECT seq {_REFUSED})"
)


class RunPersons(PersonLists):
    """Who is who in a run."""

    def find_person(self, wanted: str, team_id: int | None = None) -> PersonRow:
        """The person of a distinct id or person id, today's if it was merged away.

        team_id: whose the id is; needed where several teams have it. UnknownId with the nearest ids,
        IdWithoutPerson, AmbiguousId where several teams have it, IdOfAnotherTeam.
        """
        wanted = as_stored(wanted)
        numbers = self._persons_by_any_id(wanted, team_id)
        if not numbers:
            raise self._nobody(wanted, team_id)
        if len(numbers) > 1:
            from identity_cli.errors import AmbiguousId

            raise AmbiguousId(wanted, self._teams_of(numbers))
        return self.person(numbers[0])

    def person(self, number: int) -> PersonRow:
        """The person of that number."""
        row = self.database.execute(
            f"SELECT {PERSON_COLUMNS} FROM persons WHERE person = ?", (number,)
        ).fetchone()
        return PersonRow(*row)

    def values_ever(self, keys: Iterable[str]) -> Iterator[tuple[int, str, Any]]:
        """Each value that these properties were given, in order: the person of today, the name, the value."""
        wanted = set(map(as_stored, keys))
        query = (
            "SELECT coalesce(p.survivor, p.person), changes FROM property_changes c"
            " JOIN main.persons p USING (person) ORDER BY c.seq, c.rowid"
        )
        for person, changes in self._rows(query):
            for operation, key, value, *_ in json.loads(changes):
                if key in wanted and operation != "unset":
                    yield person, key, value

    def members(self) -> Iterator[tuple[str, int, int, str]]:
        """Each distinct id that has a person: id, team, events, person id; by id, then team."""
        return self._rows(
            "SELECT d.distinct_id, d.team_id, d.event_count, p.person_id FROM distinct_ids d"
            " JOIN persons p USING (person) ORDER BY 1, 2"
        )

    def keys_of(self, distinct_id: str) -> list[tuple[int, str]]:
        """The teams that have a distinct id, each with it."""
        query = "SELECT team_id, distinct_id FROM distinct_ids WHERE distinct_id = ? ORDER BY 1"
        return list(self.database.execute(query, (as_stored(distinct_id),)))

    def owner_of(self, team_id: int, distinct_id: str) -> int | None:
        """The number of a distinct id's person; None where it has none."""
        query = "SELECT person FROM distinct_ids WHERE distinct_id = ? AND team_id = ?"
        row = self.database.execute(query, (distinct_id, team_id)).fetchone()
        return None if row is None else row[0]

    def link_pairs(self) -> Iterator[tuple[int, str, str]]:
        """Team, source and target of every link but those that, by what they are, never join anybody."""
        columns = "team_id, source_distinct_id, target_distinct_id"
        return self._rows(f"SELECT {columns} FROM links WHERE {_MAY_JOIN}")

    def illegal_pairs(self, distinct_id: str) -> list[tuple[int, str, str]]:
        """Team, source and target of the links that were refused for illegal ids and name that id."""
        columns = "team_id, source_distinct_id, target_distinct_id"
        query = (
            f"SELECT {columns} FROM links WHERE outcome = 'refused_illegal'"
            " AND :wanted IN (source_distinct_id, target_distinct_id)"
        )
        return list(self.database.execute(query, {"wanted": as_stored(distinct_id)}))

    def link_ends(self, column: str, value: Any) -> list[tuple[int, str | None, int, str, str]]:
        """Seq, uuid, team, source and target of the links of a seq or of a uuid."""
        wanted = {"seq": "seq", "uuid": "uuid"}[column]
        columns = "seq, uuid, team_id, source_distinct_id, target_distinct_id"
        query = f"SELECT {columns} FROM links WHERE {wanted} = ?"
        return list(self.database.execute(query, (as_stored(value) if column == "uuid" else value,)))

    def states(self) -> Iterator[tuple[str, tuple[bool, str]]]:
        """Each person that stands: person id, then whether it is identified, and its properties as JSON."""
        query = "SELECT person_id, identified_seq IS NOT NULL, properties FROM persons WHERE survivor IS NULL"
        return ((person_id, (bool(flag), properties)) for person_id, flag, properties in self._rows(query))

    def ids_of(self, person: int) -> list[IdRow]:
        """The distinct ids of a person, in the order in which they came in."""
        query = f"{_IDS_OF} ORDER BY d.joined_seq, d.rowid"
        return [IdRow(*row) for row in self.database.execute(query, (person,))]

    def distinct_ids_of(self, person: int) -> list[str]:
        """The same, alone and sorted."""
        query = "SELECT distinct_id FROM distinct_ids WHERE person = ?"
        return sorted(one for (one,) in self.database.execute(query, (person,)))

    def ids_named(self, person: int, distinct_ids: Iterable[str]) -> list[IdRow]:
        """Those of these distinct ids that are a person's, in the same order."""
        query = (
            f"{_IDS_OF} AND d.distinct_id IN (SELECT value FROM json_each(?)) ORDER BY d.joined_seq, d.rowid"
        )
        named = json.dumps([*distinct_ids])
        return [IdRow(*row) for row in self.database.execute(query, (person, named))]

    def parts_of(self, person: int) -> dict[int, str]:
        """The numbers of a person and of all that were merged into it, with their person ids."""
        query = "SELECT person, person_id FROM persons WHERE person = ? OR survivor = ? ORDER BY person"
        return dict(self.database.execute(query, (person, person)))

    def makers_of(self, parts: Iterable[int]) -> dict[int, tuple[str, int | None]]:
        """Of each of these persons the distinct id it was made with, and the event that identified it."""
        query = "SELECT person, creator_distinct_id, identified_seq FROM persons WHERE person IN {parts}"
        return {person: (creator, seq) for person, creator, seq in self.rows_about(query, parts)}

    def login_of(self, person: int) -> str | None:
        """The first id by which somebody logged in as that person; None where nobody did."""
        query = (
            "SELECT target_distinct_id FROM links WHERE person = ? AND event = '$identify'"
            " AND outcome IN ('created', 'attached', 'merged', 'same_person') ORDER BY rowid LIMIT 1"
        )
        row = self.database.execute(query, (person,)).fetchone()
        return None if row is None else row[0]

    def logins_of(self, parts: Iterable[int]) -> set[str]:
        """The ids by which somebody logged in as one of these persons."""
        query = (
            "SELECT target_distinct_id FROM links WHERE person IN {parts} AND event = '$identify'"
            " AND outcome IN ('created', 'attached', 'merged', 'same_person')"
        )
        return {one for (one,) in self.rows_about(query, parts)}

    def events_kept(self, team_id: int, distinct_ids: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """The events of these ids that a run kept: seq, uuid, event, id, person then, time, lib, version."""
        query = (
            "SELECT seq, uuid, event, distinct_id, person_at_ingestion, time, lib, lib_version"
            " FROM main.attributed_events"
            " WHERE team_id = ? AND distinct_id IN (SELECT value FROM json_each(?)) ORDER BY seq"
        )
        return iter(self.database.execute(query, (team_id, json.dumps([*distinct_ids]))))

    def moments(self, seqs: Iterable[int]) -> dict[int, int]:
        """Of these events those that waited in the buffer, and the seq before which each was released."""
        query = "SELECT seq, released_before FROM main.held WHERE seq IN {parts}"
        return dict(self.rows_about(query, seqs))

    def waiting_after(self, last: int, team_id: int, distinct_ids: Iterable[str]) -> list[int]:
        """Of these ids the events that after that seq waited in the buffer, by seq."""
        query = (
            "SELECT seq FROM main.held WHERE seq <= :last AND released_before > :last AND team_id = :team"
            " AND distinct_id IN (SELECT value FROM json_each(:ids)) ORDER BY seq"
        )
        named = {"last": last, "team": team_id, "ids": json.dumps([*distinct_ids])}
        return [seq for (seq,) in self.database.execute(query, named)]

    def identified_seq(self, person: int) -> int | None:
        """The event that marked a person identified."""
        row = self.database.execute(
            "SELECT identified_seq FROM persons WHERE person = ?", (person,)
        ).fetchone()
        return None if row is None else row[0]

    def links_of(self, parts: Iterable[int]) -> list[LinkRow]:
        """The links that touched any of these persons, in order."""
        query = f"{LINKS} WHERE links.rowid IN ({_LINKS_OF}) ORDER BY links.rowid"
        return [link_row(row) for row in self.rows_about(query, parts)]

    def uuids_of(self, seqs: Iterable[int], links: Iterable[LinkRow]) -> dict[int, str]:
        """The uuids of events, where known: of these links, and of all in a run that kept its events."""
        found = {link.seq: link.uuid for link in links if link.uuid is not None}
        if self.has_events():
            query = "SELECT seq, uuid FROM main.attributed_events WHERE seq IN {parts} AND uuid IS NOT NULL"
            found.update(self.rows_about(query, seqs))
        return found

    def has_events(self) -> bool:
        """Whether the run kept its events (replay --events)."""
        return self._one("SELECT count(*) FROM sqlite_master WHERE name = 'attributed_events'") > 0

    def changes_of(self, parts: Iterable[int]) -> list[ChangeRow]:
        """The property changes of any of these persons, in the order in which they happened."""
        query = (
            "SELECT c.seq, coalesce(h.released_before, c.seq), c.person, c.event, c.time, c.changes"
            " FROM property_changes c LEFT JOIN main.held h USING (seq)"
            " WHERE c.person IN {parts} ORDER BY 2, 1, c.rowid"
        )
        rows = self.rows_about(query, parts)
        return [ChangeRow._make((*head, json.loads(changes))) for *head, changes in rows]

    def warnings_of(self, parts: Iterable[int]) -> list[WarningRow]:
        """The warnings about any of these persons, and those about a link that names them, in order."""
        query = f"{WARNINGS} WHERE rowid IN ({_WARNINGS_OF}) ORDER BY rowid"
        return [warning_row(row) for row in self.rows_about(query, parts)]

    def nearest_ids(self, wanted: str, limit: int = 3) -> list[str]:
        """Distinct ids that look like one that is not there, and can be typed.

        Never one with other digits: user_17 is another customer than user_71.
        """
        stem = as_stored(wanted).strip().lower()
        if not stem:
            return []
        for condition, argument in (
            ("lower(distinct_id) = ?", stem),
            ("instr(lower(distinct_id), ?)", stem),
            ("instr(lower(distinct_id), ?)", stem[: max(4, len(stem) * 2 // 3)]),
            ("instr(lower(distinct_id), ?)", stem[-max(4, len(stem) // 2) :]),
        ):
            query = (
                "SELECT DISTINCT distinct_id, length(distinct_id) AS length FROM distinct_ids"
                f" WHERE {condition} AND length < {LONGEST_TYPED}"
            )
            rows = self.database.execute(f"{query} ORDER BY 2, 1 LIMIT 500", (argument,))
            found = [one for one, _ in rows if _digits(one) == _digits(stem)]
            if found:
                return _most_alike(stem, found)[:limit]
        return []

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
        from identity_cli.errors import IdOfAnotherTeam, IdWithoutPerson, UnknownId

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


def link_row(row: tuple[Any, ...]) -> LinkRow:
    """A row of LINKS, decoded."""
    *head, identified, person, dropped = row
    lost = None if dropped is None else json.loads(dropped)
    return LinkRow._make((*head, bool(identified), person, lost))


def warning_row(row: tuple[Any, ...]) -> WarningRow:
    """A row of WARNINGS, decoded."""
    *head, details = row
    return WarningRow._make((*head, json.loads(details)))


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _most_alike(wanted: str, found: list[str]) -> list[str]:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=wanted)

    def likeness(candidate: str) -> float:
        matcher.set_seq1(candidate.lower())
        return matcher.ratio()

    return sorted(found, key=lambda candidate: (-likeness(candidate), candidate))
