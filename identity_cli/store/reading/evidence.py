"""What audits ask of a run: links with their senders, ids with their persons, in one pass each."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from identity_cli.outcomes import Outcome
from identity_cli.store.reading.opened import OpenedRun
from identity_cli.tables.id_columns import IndexPart, hash_of
from identity_cli.values.times import EPOCH

_ODD = "*[^!#-&(-~]*"
"""Of ids with a blank, a quotation mark, or anything beyond ASCII."""
MOST_REMEMBERED = 1 << 17
"""Links, some 600 bytes each."""
MANY = 500  # parameters of a query
NEAR = timedelta(hours=1)
_MADE_UP = "-".join("?" * digits for digits in (8, 4, 4, 4, 12))
"""A UUID, as far as GLOB can tell."""


class SentLink(NamedTuple):
    """A link, with the library that sent it.

    source_person, target_person: numbers just before it. whose: the number of the person, as it ends, that
    its event went to; source_now, target_now: those that have the two ids in the end.
    target_events: how many the target's id has.
    """

    seq: int
    time: str | None
    event: str
    team_id: int
    source: str
    target: str
    outcome: str
    source_person: int | None
    target_person: int | None
    source_identified: bool
    whose: int | None
    source_now: int | None
    target_now: int | None
    target_events: int
    lib: str | None
    version: str | None

    @property
    def persons_now(self) -> tuple[int, ...]:
        """Those that have the two ids in the end."""
        return tuple(dict.fromkeys(one for one in (self.source_now, self.target_now) if one is not None))


class KnownId(NamedTuple):
    """A distinct id; person: its number in the end."""

    team_id: int
    distinct_id: str
    person: int | None
    events: int
    seq: int
    first_seen: str | None
    last_seen: str | None


def links(
    run: OpenedRun, event: str | None = None, outcomes: Iterable[Outcome] | None = None
) -> Iterator[SentLink]:
    """Links in order: all, or of that event, or with one of these outcomes.

    Most audits ask for some: where there are few enough, they are looked up once for all.
    """
    asked = None if outcomes is None else frozenset(outcomes)
    every = _remembered(run)
    if every is not None:
        chosen = every if event is None else (link for link in every if link.event == event)
        return iter(chosen) if asked is None else (link for link in chosen if link.outcome in asked)
    wanted = json.dumps(None if asked is None else sorted(asked))
    where = """(:event ISNULL OR event = :event)
        AND (:outcomes = 'null' OR outcome IN (SELECT value FROM json_each(:outcomes)))"""
    return _links(run, where, {"event": event, "outcomes": wanted})


_LINKS: WeakKeyDictionary[OpenedRun, list[SentLink]] = WeakKeyDictionary()


def _remembered(run: OpenedRun) -> list[SentLink] | None:
    """All links of a run, None if they are too many."""
    if run not in _LINKS:
        (count,) = run.database.execute("SELECT count(*) FROM links").fetchone()
        if count > MOST_REMEMBERED:
            return None
        _LINKS[run] = [*_links(run, "1", {})]
    return _LINKS[run]


def links_naming(run: OpenedRun, distinct_id: str) -> Iterator[SentLink]:
    """Links of that id, in any team."""
    return _links(run, ":id IN (source_distinct_id, target_distinct_id)", {"id": distinct_id})


def links_at(run: OpenedRun, seqs: Iterable[int]) -> dict[int, SentLink]:
    """Links by their seqs; of several of one event the last."""
    where = "l.seq IN (SELECT value FROM json_each(:seqs))"
    return {link.seq: link for link in _links(run, where, {"seqs": json.dumps(sorted(set(seqs)))})}


def _links(run: OpenedRun, where: str, values: Mapping[str, object]) -> Iterator[SentLink]:
    now = "SELECT d.{0} FROM distinct_ids d WHERE d.distinct_id = l.{1} AND d.team_id = l.team_id"
    query = f"""
        SELECT l.seq, l.time, l.event, l.team_id, l.source_distinct_id, l.target_distinct_id, l.outcome,
            l.source_person, l.target_person, l.source_identified, coalesce(p.survivor, p.person),
            ({now.format("person", "source_distinct_id")}), ({now.format("person", "target_distinct_id")}),
            coalesce(({now.format("event_count", "target_distinct_id")}), 0), l.lib, l.lib_version
        FROM links l LEFT JOIN persons p ON p.person = l.person WHERE {where} ORDER BY l.rowid"""
    return map(SentLink._make, run.database.execute(query, dict(values)))


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


def ids_without_events(run: OpenedRun) -> Iterator[KnownId]:
    """Those that only links name, as far as they have a person."""
    return _ids(run, "d.event_count = 0 AND d.person NOTNULL ORDER BY d.rowid")


def ids_in_company(run: OpenedRun) -> Iterator[KnownId]:
    """Those whose person has others too."""
    return _ids(run, "d.person IN (SELECT person FROM persons WHERE id_count > 1) ORDER BY d.rowid")


def ids_logged_in(run: OpenedRun) -> Iterator[KnownId]:
    """Those that an `$identify` names as its own."""
    targets = "SELECT target_distinct_id, team_id FROM links WHERE event = '$identify'"
    return _ids(run, f"(d.distinct_id, d.team_id) IN ({targets}) ORDER BY d.rowid")


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


def values_of(run: OpenedRun, name: str) -> Iterator[tuple[int, int, str]]:
    """Of everybody who stands and has that property, as text or a whole number: number, events, value."""
    query = """SELECT person, event_count, CAST(one.value AS TEXT) FROM persons, json_each(properties) one
        WHERE survivor IS NULL AND instr(properties, ?) AND one.key = ? AND one.type IN ('text', 'integer')
        ORDER BY person"""
    return iter(run.database.execute(query, (json.dumps(name, ensure_ascii=False), name)))


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
