"""What audits ask of a run: ids with their persons, and what these have in common, in one pass each."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli.store.reading.opened import OpenedRun
from identity_cli.tables.id_columns import IndexPart, hash_of
from identity_cli.values.times import EPOCH

_ODD = "*[^!#-&(-~]*"
"""Of ids with a blank, a quotation mark, or anything beyond ASCII."""
MANY = 500  # parameters of a query
NEAR = timedelta(hours=1)
_MADE_UP = "-".join("?" * digits for digits in (8, 4, 4, 4, 12))
"""A UUID, as far as GLOB can tell."""


class KnownId(NamedTuple):
    """A distinct id; person: its number in the end."""

    team_id: int
    distinct_id: str
    person: int | None
    events: int
    seq: int
    first_seen: str | None
    last_seen: str | None


def login_ids(run: OpenedRun, patterns: Iterable[re.Pattern[str]] = ()) -> set[tuple[int, str]]:
    """The ids that somebody logged in with: those that an `$identify` names as its own, with their teams.

    patterns: of ids that are known to be such, wherever they stand.
    """
    query = "SELECT DISTINCT team_id, target_distinct_id FROM links WHERE event = '$identify'"
    found = set(run.database.execute(query))
    wanted = [*patterns]
    if wanted:
        every = run.database.execute("SELECT team_id, distinct_id FROM distinct_ids")
        found.update(one for one in every if any(pattern.search(one[1]) for pattern in wanted))
    return found


def ids(run: OpenedRun, at_least: int = 0) -> Iterator[KnownId]:
    """Distinct ids in the order in which they are stored; at_least: of so many events."""
    return _ids(run, "d.event_count >= ? ORDER BY d.rowid", at_least)


def ids_in_company(run: OpenedRun) -> Iterator[KnownId]:
    """Those whose person has others too."""
    return _ids(run, "d.person IN (SELECT person FROM persons WHERE id_count > 1) ORDER BY d.rowid")


def ids_of_identified(run: OpenedRun) -> Iterator[KnownId]:
    """Those with events whose person is identified."""
    persons = "SELECT person FROM persons WHERE survivor IS NULL AND identified_seq NOTNULL"
    return _ids(run, f"d.event_count > 0 AND d.person IN ({persons}) ORDER BY d.rowid")


def ids_that_may_be(run: OpenedRun, words: Iterable[str]) -> Iterator[KnownId]:
    """Those with events that are one of some words but for case, or 0 and - alone; and all odd ones."""
    among = "lower(d.distinct_id) IN (SELECT value FROM json_each(?)) OR d.distinct_id NOT GLOB '*[^01-]*'"
    where = f"d.event_count > 0 AND ({among} OR d.distinct_id GLOB '{_ODD}') ORDER BY d.rowid"
    return _ids(run, where, json.dumps([*words]))


def ids_not_plain(run: OpenedRun) -> Iterator[KnownId]:
    """Those with a blank, a capital or anything beyond ASCII in them."""
    return _ids(run, "d.distinct_id GLOB '*[^!-@[-~]*' ORDER BY d.rowid")


def ids_of_person(run: OpenedRun, person: int) -> Iterator[KnownId]:
    """The ids of a person, by its number, the last that was seen first."""
    return _ids(run, "d.person = ? ORDER BY d.seq DESC", person)


def _ids(run: OpenedRun, where: str, *values: int | str) -> Iterator[KnownId]:
    query = f"""SELECT d.team_id, d.distinct_id, d.person, d.event_count, d.seq, d.first_seen, d.last_seen
        FROM distinct_ids d WHERE {where}"""
    return map(KnownId._make, run.database.execute(query, values))


def named(run: OpenedRun, distinct_id: str) -> Iterator[KnownId]:
    """That id, in any team."""
    query = """SELECT team_id, distinct_id, person, event_count, seq, first_seen, last_seen
        FROM distinct_ids WHERE distinct_id = ?"""
    return map(KnownId._make, run.database.execute(query, (distinct_id,)))


def persons_larger_than(run: OpenedRun, id_count: int) -> Iterator[tuple[int, int, int]]:
    """Persons of more ids than that: number, how many ids, how many events; the largest first."""
    query = """SELECT person, id_count, event_count FROM persons
        WHERE survivor IS NULL AND id_count > ? ORDER BY id_count DESC, person"""
    return iter(run.database.execute(query, (id_count,)))


class PersonValue(NamedTuple):
    """A property of somebody who stands, as text; events: all that the person has."""

    person: int
    events: int
    name: str
    value: str


def values_of(
    run: OpenedRun, names: Iterable[str], persons: Iterable[int] | None = None
) -> Iterator[PersonValue]:
    """Those of these names that are text or whole numbers, of everybody or of these persons, in order."""
    wanted = [*names]
    said = " OR ".join("instr(properties, ?)" for _ in wanted) or "0"
    chosen = "" if persons is None else "AND person IN (SELECT value FROM json_each(?))"
    query = f"""SELECT person, event_count, one.key, CAST(one.value AS TEXT)
        FROM persons, json_each(properties) one
        WHERE survivor IS NULL {chosen} AND ({said})
            AND one.key IN (SELECT value FROM json_each(?)) AND one.type IN ('text', 'integer')
        ORDER BY person"""
    numbers = [] if persons is None else [json.dumps([*persons])]
    texts = [json.dumps(name, ensure_ascii=False) for name in wanted]
    return map(PersonValue._make, run.database.execute(query, (*numbers, *texts, json.dumps(wanted))))


def properties_of(run: OpenedRun, persons: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The properties of these persons, of those that stand."""
    query = """SELECT person, properties FROM persons
        WHERE survivor IS NULL AND person IN (SELECT value FROM json_each(?))"""
    rows = run.database.execute(query, (json.dumps(sorted(set(persons))),))
    return {person: json.loads(text) for person, text in rows}


class Shared(NamedTuple):
    """A device or session that several ids used, or an id that used several devices: kind, see schema.

    partners: in the order in which they were seen, each with the first event of both but for the first.
    """

    kind: str
    team_id: int
    value: str
    partners: list[tuple[str, int | None]]


def shared(run: OpenedRun, kind: str) -> Iterator[Shared]:
    """What was shared, of one kind."""
    query = """SELECT team_id, value, partner, min(seq) FROM shared_values WHERE kind = ?
        GROUP BY team_id, value, partner ORDER BY team_id, value, min(rowid)"""
    rows = run.database.execute(query, (kind,))
    for (team_id, value), group in groupby(rows, itemgetter(0, 1)):
        yield Shared(kind, team_id, value, [(partner, seq) for _, _, partner, seq in group])


class LoginWindow(NamedTuple):
    """A login with an anonymous id that another had logged in with, and the events just before it."""

    team_id: int
    anonymous_id: str
    before: str
    after: str
    seq: int
    first_seq: int
    events: int


def login_windows(run: OpenedRun) -> Iterator[LoginWindow]:
    """All of them, in order."""
    return map(LoginWindow._make, run.database.execute("SELECT * FROM login_windows ORDER BY rowid"))


def seqs_of(run: OpenedRun, distinct_id: str) -> list[int]:
    """The seqs of an id's events, in order, by their short hashes; none where the run has no index."""
    found, wanted = [], hash_of(distinct_id)
    for part in map(IndexPart.of_row, run.id_index()):
        found += [part.first_seq + at for at, one in enumerate(part.own) if one == wanted]
    return found


def creators(run: OpenedRun, persons: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Of these persons the person id, and the distinct id that each was made with."""
    found: dict[int, tuple[str, str]] = {}
    wanted = list(dict.fromkeys(persons))
    for start in range(0, len(wanted), MANY):
        part = wanted[start : start + MANY]
        marks = ",".join("?" * len(part))
        query = f"SELECT person, person_id, creator_distinct_id FROM persons WHERE person IN ({marks})"
        found |= {number: (person_id, own) for number, person_id, own in run.database.execute(query, part)}
    return found


def chief_ids(run: OpenedRun, persons: Sequence[int]) -> list[KnownId]:
    """Of each of these persons the id with the most events, in the order in which the ids came.

    One that a library made up only where there is no other: who is called how, it does not tell.
    """
    found = []
    where = f"d.person = ? ORDER BY d.distinct_id GLOB '{_MADE_UP}', d.event_count DESC, d.seq"
    for person in persons:
        found += [*islice(_ids(run, where, person), 1)]
    return sorted(found, key=lambda one: one.seq)


def senders_of(run: OpenedRun, seqs: Iterable[int]) -> dict[int, tuple[str | None, str | None]]:
    """Library and version of links, and of events that were warned of, of these seqs; one pass for all."""
    wanted = json.dumps(sorted(set(seqs)))
    found: dict[int, tuple[str | None, str | None]] = {}
    for table in ("links", "warnings"):
        query = f"SELECT seq, lib, lib_version FROM {table} WHERE seq IN (SELECT value FROM json_each(?))"
        for seq, lib, version in run.database.execute(query, (wanted,)):
            found.setdefault(seq, (lib, version))
    return found


_TIMES = {"links": "time", "warnings": "time", "property_changes": "time", "distinct_ids": "first_seen"}
"""Tables that tell when events happened, and their columns for it."""


def times_of(run: OpenedRun, seqs: Iterable[int]) -> dict[int, str]:
    """When these events happened, as far as the journal tells: one pass over each of its tables for all."""
    wanted = json.dumps(sorted(set(seqs)))
    found: dict[int, str] = {}
    for table, column in _TIMES.items():
        query = f"SELECT seq, {column} FROM {table} WHERE seq IN (SELECT value FROM json_each(?))"
        for seq, time in run.database.execute(query, (wanted,)):
            if time is not None:
                found.setdefault(seq, str(time))
    return found | _times_near(run, {*json.loads(wanted)} - found.keys())


def _times_near(run: OpenedRun, seqs: Iterable[int]) -> dict[int, str]:
    """Of events that changed nothing: the time of the last one before that did, if one after came soon."""
    missing = sorted(seqs)
    if not missing:
        return {}
    found: dict[int, str] = {}
    last: str | None = None
    at = 0
    query = """SELECT seq, time FROM links WHERE time NOTNULL
        UNION ALL SELECT seq, time FROM property_changes WHERE time NOTNULL ORDER BY seq"""
    for seq, time in run.database.execute(query):
        while at < len(missing) and missing[at] < seq:
            if last is not None and abs(_moment(time) - _moment(last)) <= NEAR:
                found[missing[at]] = last
            at += 1
        last = time
    return found


def _moment(time: str) -> timedelta:
    return datetime.fromisoformat(time) - EPOCH
