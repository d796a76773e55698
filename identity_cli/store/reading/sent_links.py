"""What audits ask of links: those in which something may be wrong, as SQLite can tell, with who sent them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from identity_cli.outcomes import JOINS, Outcome
from identity_cli.store.reading.evidence import KnownId, named
from identity_cli.store.reading.opened import OpenedRun


class SentLink(NamedTuple):
    """A link, with the library that sent it.

    source_person, target_person: numbers just before it. whose: the number of the person, as it ends, that
    its event went to. What has become of its ids, ends_of tells.
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
    lib: str | None
    version: str | None


class Ends(NamedTuple):
    """What has become of the ids of a link: the numbers of their persons, and how many events the target has.

    source, target: None for one that has no person.
    """

    source: int | None
    target: int | None
    target_events: int

    @property
    def persons(self) -> tuple[int, ...]:
        """Those that there are."""
        return tuple(dict.fromkeys(one for one in (self.source, self.target) if one is not None))


def links(
    run: OpenedRun, event: str | None = None, outcomes: Iterable[Outcome] | None = None
) -> Iterator[SentLink]:
    """Links in order: all, or of that event, or with one of these outcomes."""
    wanted = json.dumps(None if outcomes is None else sorted(outcomes))
    where = """(:event ISNULL OR event = :event)
        AND (:outcomes = 'null' OR outcome IN (SELECT value FROM json_each(:outcomes)))"""
    return _links(run, where, {"event": event, "outcomes": wanted})


def logins_of_shared(run: OpenedRun, fewest: float) -> Iterator[SentLink]:
    """The `$identify` whose anonymous id so many different ids were identified with."""
    where = """event = '$identify' AND (l.team_id, source_distinct_id) IN (
        SELECT team_id, source_distinct_id FROM links WHERE event = '$identify'
        GROUP BY 1, 2 HAVING count(DISTINCT target_distinct_id) >= :fewest)"""
    return _links(run, where, {"fewest": fewest})


def logins_repeated(run: OpenedRun, fewest: float) -> Iterator[SentLink]:
    """The `$identify` of ids that were identified so often."""
    where = """event = '$identify' AND (l.team_id, target_distinct_id) IN (
        SELECT team_id, target_distinct_id FROM links WHERE event = '$identify'
        GROUP BY 1, 2 HAVING count(*) >= :fewest)"""
    return _links(run, where, {"fewest": fewest})


def first_logins(run: OpenedRun) -> Iterator[tuple[SentLink, KnownId]]:
    """The first `$identify` of each id that had a person and an event before; where both have a time."""
    where = """l.target_person NOTNULL AND l.time NOTNULL AND l.rowid IN (
        SELECT min(rowid) FROM links WHERE event = '$identify' GROUP BY team_id, target_distinct_id)
        AND EXISTS (SELECT 1 FROM distinct_ids d WHERE d.distinct_id = l.target_distinct_id
            AND d.team_id = l.team_id AND d.seq < l.seq AND d.first_seen NOTNULL)"""
    for link in _links(run, where, {}):
        yield from ((link, one) for one in named(run, link.target) if one.team_id == link.team_id)


def joins_of_attached(run: OpenedRun) -> Iterator[SentLink]:
    """Links that left two ids with one person, of those persons whom one put a new id on while identified."""
    whose = "SELECT coalesce(p.survivor, p.person, 0) FROM links l LEFT JOIN persons p ON p.person = l.person"
    where = f"""outcome IN ({_listed(JOINS | {Outcome.SAME_PERSON})})
        AND coalesce(p.survivor, p.person, 0) IN (
            {whose} WHERE outcome = '{Outcome.ATTACHED}' AND source_identified AND source_person NOTNULL)"""
    return _links(run, where, {})


def joins_of_silent(run: OpenedRun, fewest: float) -> Iterator[SentLink]:
    """Links that left two ids with one person, of an id without events; its person has so many of them."""
    where = f"""outcome IN ({_listed(JOINS)}) AND EXISTS (
        SELECT 1 FROM distinct_ids d WHERE d.distinct_id = l.source_distinct_id AND d.team_id = l.team_id
        AND d.event_count = 0 AND d.person IN (
            SELECT person FROM distinct_ids WHERE event_count = 0 GROUP BY 1 HAVING count(*) >= :fewest))"""
    return _links(run, where, {"fewest": fewest})


def _listed(outcomes: Iterable[Outcome]) -> str:
    return ", ".join(f"'{one}'" for one in sorted(outcomes))


def ends_of(run: OpenedRun, link: SentLink) -> Ends:
    """What has become of its two ids."""
    query = "SELECT person, event_count FROM distinct_ids WHERE distinct_id = ? AND team_id = ?"
    source, target = (
        run.database.execute(query, (own, link.team_id)).fetchone() for own in (link.source, link.target)
    )
    return Ends(source[0] if source else None, *(target or (None, 0)))


def links_naming(run: OpenedRun, distinct_id: str) -> Iterator[SentLink]:
    """Links of that id, in any team."""
    return _links(run, ":id IN (source_distinct_id, target_distinct_id)", {"id": distinct_id})


def links_at(run: OpenedRun, seqs: Iterable[int], event: str | None = None) -> dict[int, SentLink]:
    """Links by their seqs, all or of that event; of several of one seq the last."""
    where = "l.seq IN (SELECT value FROM json_each(:seqs)) AND (:event ISNULL OR event = :event)"
    values = {"seqs": json.dumps(sorted(set(seqs))), "event": event}
    return {link.seq: link for link in _links(run, where, values)}


def _links(run: OpenedRun, where: str, values: Mapping[str, object]) -> Iterator[SentLink]:
    query = f"""
        SELECT l.seq, l.time, l.event, l.team_id, l.source_distinct_id, l.target_distinct_id, l.outcome,
            l.source_person, l.target_person, l.source_identified, coalesce(p.survivor, p.person),
            l.lib, l.lib_version
        FROM links l LEFT JOIN persons p ON p.person = l.person WHERE {where} ORDER BY l.rowid"""
    return map(SentLink._make, run.database.execute(query, dict(values)))
