"""What audits ask of a run beside links and ids: what events wrote, and what sessions and addresses share."""

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import compress, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli.store.reading.evidence import KnownId, ids_not_plain, named
from identity_cli.store.reading.opened import OpenedRun

ROWS_AT_ONCE = 500
"""Of what events wrote, in which a text is looked for."""


class Write(NamedTuple):
    """What an event set on a person; person: its number in the end."""

    seq: int
    person: int
    event: str
    key: str
    value: Any


def property_writes(run: OpenedRun, keys: Iterable[str], *, again: bool = False) -> Iterator[Write]:
    """Writes of properties of these names, in order; what was removed is left out.

    again: only of persons on whom several events wrote them.
    """
    wanted = frozenset(keys)
    return _writes(run, [json.dumps(key) for key in sorted(wanted)], wanted.__contains__, again=again)


def writes_about(run: OpenedRun, words: Iterable[str], *, again: bool = False) -> Iterator[Write]:
    """The same, of properties in whose names one of these words stands, in small letters."""
    known = [*words]
    is_wanted = cache(lambda key: any(word in key for word in known))  # names are few
    return _writes(run, known, is_wanted, again=again)


def _writes(
    run: OpenedRun, texts: Sequence[str], is_wanted: Callable[[str], bool], *, again: bool
) -> Iterator[Write]:
    """Of the changes in which one of the texts stands."""
    query = """SELECT c.seq, coalesce(p.survivor, p.person), c.event, c.changes
        FROM property_changes c JOIN persons p ON p.person = c.person WHERE c.rowid = ?"""
    for row in _rows_again(run, texts) if again else [row for row, _ in _rows_saying(run, texts)]:
        for seq, person, event, changes in run.database.execute(query, (row,)):
            for operation, key, value, *_ in json.loads(changes):
                if is_wanted(key) and operation != "unset":
                    yield Write(seq, person, event, key, value)


def _rows_again(run: OpenedRun, texts: Sequence[str]) -> Iterator[int]:
    """Those of a person, as it ends, that has several."""
    rows, persons = array("q"), array("q")
    for row, person in _rows_saying(run, texts):
        rows.append(row)
        persons.append(person)
    merged = dict(run.database.execute("SELECT person, survivor FROM persons WHERE survivor NOTNULL"))
    ends = array("q", (merged.get(person, person) for person in persons))
    times = Counter(ends)
    return compress(rows, (times[person] > 1 for person in ends))


def _rows_saying(run: OpenedRun, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Rows of property_changes in which one of the texts stands, and their persons; some rows at a time."""
    rows = run.database.execute("SELECT rowid, person, changes FROM property_changes ORDER BY rowid")
    while some := rows.fetchmany(ROWS_AT_ONCE):
        every = "\n".join([changes for *_, changes in some])
        said = [text for text in texts if text in every]  # mostly few of them, or none
        for row, person, changes in some if said else ():
            if any(text in changes for text in said):
                yield row, person


class SetBack(NamedTuple):
    """A property that the event of seq wrote over what that of later_seq had written; person: as Write's."""

    seq: int
    later_seq: int
    person: int
    key: str
    value: Any
    replaced: Any


def set_back(run: OpenedRun) -> Iterator[SetBack]:
    """What events that had waited in the buffer set back; by person, in the order of what was written."""
    query = """SELECT c.person, c.seq, coalesce(p.survivor, p.person), c.changes
        FROM property_changes c JOIN persons p ON p.person = c.person
        WHERE c.person IN (SELECT w.person FROM held h JOIN property_changes w ON w.seq = h.seq)
        ORDER BY c.person, c.rowid"""
    for _, written in groupby(run.database.execute(query), itemgetter(0)):
        writers: dict[str, int] = {}
        for _, seq, person, changes in written:
            for operation, key, value, *replaced in json.loads(changes):
                last = writers.get(key, seq)
                if last > seq and operation == "set" and replaced and replaced[0] != value:
                    yield SetBack(seq, last, person, key, value, replaced[0])
                writers[key] = seq


def dropped_values(run: OpenedRun) -> dict[int, dict[str, Any]]:
    """By the seq of a merge, the source's values that it lost; of merges that lost any."""
    query = "SELECT seq, dropped FROM links WHERE dropped NOTNULL AND dropped != '{}'"
    return {seq: json.loads(text) for seq, text in run.database.execute(query)}


def identified_persons(run: OpenedRun) -> set[int]:
    """The numbers of those who stand and are identified."""
    query = "SELECT person FROM persons WHERE survivor IS NULL AND identified_seq NOTNULL"
    return {person for (person,) in run.database.execute(query)}


def alike(run: OpenedRun, plain: Callable[[str], str]) -> Iterator[list[KnownId]]:
    """Ids of a team that come to the same, in the order in which they came; only those that have company.

    plain: what spellings have in common; of an id in small ASCII letters without blanks it is the id.
    """
    found: dict[tuple[int, str], list[KnownId]] = {}
    for one in ids_not_plain(run):
        found.setdefault((one.team_id, plain(one.distinct_id)), []).append(one)
    for (team_id, spelling), spelled in found.items():
        same = [one for one in named(run, spelling) if one.team_id == team_id and one not in spelled]
        if len(spelled) + len(same) > 1:
            yield sorted([*spelled, *same], key=lambda one: one.seq)


class TornSession(NamedTuple):
    """A session whose ids are of several persons; before, after: the first id, and the first of another.

    was_identified: whether the first id's person is. seq: the first event as another. events: of before.
    """

    team_id: int
    before: str
    after: str
    was_identified: bool
    persons: tuple[int, ...]
    seq: int
    events: int


def torn_sessions(run: OpenedRun) -> Iterator[TornSession]:
    """All of them, in order of their names."""
    query = """SELECT s.team_id, s.value, s.partner, min(s.seq), d.person, d.event_count,
            p.identified_seq NOTNULL
        FROM shared_values s
        JOIN distinct_ids d ON d.distinct_id = s.partner AND d.team_id = s.team_id
        JOIN persons p ON p.person = d.person
        WHERE s.kind = 'session' GROUP BY s.team_id, s.value, s.partner
        ORDER BY s.team_id, s.value, min(s.rowid)"""
    for (team_id, _), group in groupby(run.database.execute(query), itemgetter(0, 1)):
        (_, _, before, _, first, events, is_identified), *rest = group
        other = next((row for row in rest if row[4] != first and row[3] is not None), None)
        if other is not None:
            persons = first, other[4]
            yield TornSession(team_id, before, other[2], bool(is_identified), persons, other[3], events)


class Address(NamedTuple):
    """An address, and the ids that sent from it: how many, those with one event, some of these."""

    team_id: int
    address: str
    ids: int
    single: int
    examples: tuple[str, ...]
    seq: int
    last_seq: int


def addresses(run: OpenedRun, fewest: int) -> Iterator[Address]:
    """Those from which so many ids sent."""
    query = """SELECT s.team_id, s.value, d.distinct_id, d.event_count, min(s.seq)
        FROM shared_values s
        JOIN distinct_ids d ON d.distinct_id = s.partner AND d.team_id = s.team_id
        WHERE s.kind = 'address' AND (s.team_id, s.value) IN (
            SELECT team_id, value FROM shared_values WHERE kind = 'address'
            GROUP BY 1, 2 HAVING count(*) >= ?)
        GROUP BY s.team_id, s.value, s.partner ORDER BY s.team_id, s.value, min(s.rowid)"""
    for (team_id, address), group in groupby(run.database.execute(query, (fewest,)), itemgetter(0, 1)):
        rows = list(group)
        single = [own for _, _, own, events, _ in rows if events == 1]
        seqs = [seq for *_, seq in rows if seq is not None]
        if len(rows) >= fewest:
            yield Address(team_id, address, len(rows), len(single), tuple(single[:20]), seqs[0], seqs[-1])


class GroupId(NamedTuple):
    """An id all of whose events are `$groupidentify`, and who sent the first."""

    known: KnownId
    lib: str | None
    version: str | None


def groups_only(run: OpenedRun) -> Iterator[GroupId]:
    """Those whose person has no other id."""
    query = """SELECT d.team_id, d.distinct_id, d.person, d.event_count, d.seq, d.first_seen, d.last_seen,
            g.lib, g.lib_version
        FROM group_events g JOIN distinct_ids d ON d.distinct_id = g.distinct_id AND d.team_id = g.team_id
        JOIN persons p ON p.person = d.person
        WHERE d.event_count = g.events AND p.id_count = 1 ORDER BY d.seq"""
    for *known, lib, version in run.database.execute(query):
        yield GroupId(KnownId._make(known), lib, version)


class Repeats(NamedTuple):
    """Of consecutive events, how many repeat earlier ones, the first of these, its arrival and sender."""

    first_seq: int
    events: int
    repeats: int
    time: str | None
    lib: str | None
    version: str | None


def repeats(run: OpenedRun) -> list[Repeats]:
    """Where many repeats stand together."""
    return [Repeats(*row) for row in run.metadata.get("repeat_bursts", ())]


class Clock(NamedTuple):
    """Events of one sender with a wrong time; seconds: how wrong at most. time: when the first arrived."""

    kind: str
    lib: str | None
    version: str | None
    events: int
    seconds: float
    first_seq: int
    time: str | None


def sites(run: OpenedRun) -> list[str]:
    """Hosts of pages, of some events; none of a run without evidence."""
    return [*run.metadata.get("sites", ())]


def clocks(run: OpenedRun) -> list[Clock]:
    """By sender and kind, in order of their first events."""
    return [Clock(*row) for row in run.metadata.get("clocks", ())]


class MisplacedKey(NamedTuple):
    """A link's key where nobody looks for it, see reading/misplaced_keys.py; other: the id it was to link."""

    seq: int
    team_id: int
    event: str
    distinct_id: str
    key: str
    place: str
    other: str
    lib: str | None
    version: str | None


def misplaced_keys(run: OpenedRun) -> Iterator[MisplacedKey]:
    """What was seen while the log was read, in order."""
    rows = run.database.execute("SELECT * FROM misplaced_keys ORDER BY seq")
    return map(MisplacedKey._make, rows)


class OrderTrial(NamedTuple):
    """Two links whose other order joins or parts others, see replaying/at_end/order_trials.py."""

    seq: int
    later_seq: int
    seconds: float
    outcomes: list[str]
    persons: int
    persons_swapped: int


class OrderTrials(NamedTuple):
    """Of a run; tried: how many pairs of links were. left_out: how many more there are."""

    found: list[OrderTrial]
    tried: int
    left_out: int


def order_trials(run: OpenedRun) -> OrderTrials:
    """What a replay tried."""
    found, tried, left_out = run.metadata.get("order_trials", ((), 0, 0))
    return OrderTrials([OrderTrial(*one) for one in found], tried, left_out)
