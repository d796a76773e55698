"""The records of each table, read from a run's database in their order."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from identity_cli.origins import Origins
from identity_cli.person_ids import person_uuid
from identity_cli.store.reading.person_lists import PERSON_COLUMNS
from identity_cli.store.reading.rows import PersonRow
from identity_cli.tables.cells import json_text, json_texts
from identity_cli.tables.journal_columns import END_OF_LOG
from identity_cli.tables.table import Record, batches

PERSONS = f"SELECT {PERSON_COLUMNS} FROM persons WHERE survivor IS NULL ORDER BY person"


def persons(run: "Readable") -> Iterator[Record]:
    """Every person that stands, in order of creation."""
    return person_records(run, map(PersonRow._make, run.database.execute(PERSONS)))


def person_records(run: "Readable", found: Iterable[PersonRow]) -> Iterator[Record]:
    """Some persons as the table has them; who has one id was made with it."""
    for batch in batches(found):
        several = run.ids_of_several(batch)
        made_with = json_texts([one.creator_distinct_id for one in batch])
        for one, (number, *head, identified, created, properties, count, events, first, last) in zip(
            made_with, batch, strict=True
        ):
            own = json_text(several[number]) if number in several else f"[{one}]"
            yield (*head, own, count, bool(identified), created, properties, events, first, last)


def distinct_ids(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every distinct id seen, person by person; last those without one."""
    for team, distinct_id, person_id, count, seq in database.execute(
        "SELECT d.team_id, d.distinct_id, p.person_id, d.event_count, d.seq "
        "FROM distinct_ids d LEFT JOIN main.persons p USING (person) ORDER BY d.rowid"
    ):
        yield (team, distinct_id, person_id, count, *origins[seq])


def links(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every link, in the order in which they were processed."""
    for seq, *link, lib, lib_version in database.execute(
        "SELECT l.seq, l.uuid, l.event, l.time, l.team_id, l.source_distinct_id, l.target_distinct_id,"
        " l.outcome, s.person_id, t.person_id, l.source_identified, p.person_id, l.dropped,"
        " l.lib, l.lib_version FROM links l"
        " LEFT JOIN main.persons s ON s.person = l.source_person"
        " LEFT JOIN main.persons t ON t.person = l.target_person"
        " LEFT JOIN main.persons p ON p.person = l.person ORDER BY l.rowid"
    ):
        link[9] = bool(link[9])
        path, line, nth = origins[seq]
        yield (path, line, *link, nth, lib, lib_version)


def warnings(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every ingestion warning, in the order in which they arose."""
    for seq, *warning, time, lib, lib_version in database.execute(
        "SELECT w.seq, w.uuid, w.team_id, w.type, w.distinct_id, p.person_id, w.details,"
        " w.time, w.lib, w.lib_version"
        " FROM warnings w LEFT JOIN main.persons p USING (person) ORDER BY w.rowid"
    ):
        path, line, nth = origins[seq]
        yield (path, line, *warning, nth, time, lib, lib_version)


def events(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every event, in the order of the log, with its person then and in the end."""
    for seq, uuid, event, team, distinct_id, then, in_the_end, note, *sent in database.execute(
        "SELECT e.seq, e.uuid, e.event, e.team_id, e.distinct_id, a.person_id, p.person_id, e.note, e.time,"
        " e.lib, e.lib_version"
        " FROM attributed_events e LEFT JOIN main.persons a ON a.person = e.person_at_ingestion"
        " LEFT JOIN main.distinct_ids d ON d.distinct_id = e.distinct_id AND d.team_id = e.team_id"
        " LEFT JOIN main.persons p ON p.person = d.person ORDER BY e.seq"
    ):
        is_nobodys = note is not None and note != "personless"
        path, line, nth = origins[seq]
        yield (
            *(path, line, uuid, event, team, distinct_id),
            # What the platform writes on an event without a person: the id that one would have.
            person_uuid(team, distinct_id) if note == "personless" and then is None else then,
            None if is_nobodys else in_the_end,
            *(note, nth, *sent),
        )


def rejected(kept: Iterable[str]) -> Iterator[Record]:
    """Every line that could not be used, from the lines of the file that keeps them."""
    for line in kept:
        record = json.loads(line)
        raw = record.get("raw")
        if "raw_base64" in record:
            raw = base64.b64decode(record["raw_base64"]).decode("utf-8", "backslashreplace")
        yield (record["file"], record["line"], record["reason"], raw, record.get("nth"))


def held(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every event that waited, in the order of the log, which is that in which they were let go."""
    for seq, *event, before, existed in database.execute(
        "SELECT seq, team_id, distinct_id, arrived, due, released_before, person_existed"
        " FROM held ORDER BY seq"
    ):
        path, line, nth = origins[seq]
        released = None if before == END_OF_LOG else str(origins[before])
        yield (path, line, *event, released, bool(existed), nth)


def dropped(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """Every event that counts for nobody by rule, in the order in which they were processed."""
    for seq, *event in database.execute(
        "SELECT seq, team_id, distinct_id, reason FROM dropped ORDER BY rowid"
    ):
        path, line, nth = origins[seq]
        yield (path, line, *event, nth)


def property_changes(database: sqlite3.Connection, origins: Origins) -> Iterator[Record]:
    """What each event changed on a person, who may be merged away since, in the order of processing."""
    for seq, *change in database.execute(
        "SELECT c.seq, p.person_id, c.event, c.time, c.changes"
        " FROM property_changes c JOIN main.persons p USING (person) ORDER BY c.rowid"
    ):
        path, line, nth = origins[seq]
        yield (path, line, *change, nth)


class Readable(Protocol):
    """A run, as far as its tables go."""

    database: sqlite3.Connection

    @property
    def origins(self) -> Origins:
        """From seq to file and line."""

    def ids_of_several(self, persons: Iterable[PersonRow]) -> dict[int, list[str]]:
        """The distinct ids of those of these persons that have several."""

    def rejected_lines(self) -> Iterator[str]:
        """The file of lines that could not be used."""


RECORDS: dict[str, Callable[[Readable], Iterator[Record]]] = {
    "persons": persons,
    "distinct_ids": lambda run: distinct_ids(run.database, run.origins),
    "links": lambda run: links(run.database, run.origins),
    "warnings": lambda run: warnings(run.database, run.origins),
    "events": lambda run: events(run.database, run.origins),
    "rejected": lambda run: rejected(run.rejected_lines()),
    "held": lambda run: held(run.database, run.origins),
    "dropped": lambda run: dropped(run.database, run.origins),
    "property_changes": lambda run: property_changes(run.database, run.origins),
}
"""What reads each table; held against tables.run_tables.TABLES by a test."""
