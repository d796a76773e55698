"""What decides about the persons of one component: its links, and what else made or identified a person."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from identity_cli.store.reading.opened import OpenedRun

Key = tuple[int, str]
"""Team and distinct id."""
_LOOK_AT_NOBODY = "'same_id', 'refused_illegal', 'refused_no_effect', 'failed'"
"""Outcomes that are the same in any order."""
_LINKS = f"""SELECT l.seq, l.time, l.event, l.team_id, l.source_distinct_id, l.target_distinct_id, l.outcome,
    l.source_person, l.target_person, l.person FROM links l WHERE l.outcome NOT IN ({_LOOK_AT_NOBODY})"""


class LinkMoment(NamedTuple):
    """A link that looked at persons; source_person, target_person: just before it, person: just after."""

    seq: int
    time: str | None
    event: str
    team_id: int
    source: str
    target: str
    outcome: str
    source_person: int | None
    target_person: int | None
    person: int | None

    @property
    def persons(self) -> set[int]:
        """All that it looked at, or made."""
        return {one for one in self[-3:] if one is not None}

    @property
    def asked(self) -> tuple[str, int, str, str]:
        """What it asked for."""
        return self.event, self.team_id, self.source, self.target


class Step(NamedTuple):
    """An event of the component; event: None for any that asks for nothing. moment: see schema.

    own: its distinct id. other: that which it links, None if it does not; outcome: what that came to.
    """

    moment: int
    seq: int
    event: str | None
    team_id: int
    own: str
    other: str | None = None
    outcome: str | None = None


class ComponentJournal(NamedTuple):
    """All that decides about some persons, in order; ids: to the persons that have them in the end."""

    steps: list[Step]
    ids: dict[Key, int]


def link_moments(run: OpenedRun) -> Iterator[LinkMoment]:
    """Every link whose outcome may depend on what came before, in order."""
    return map(LinkMoment._make, run.database.execute(f"{_LINKS} ORDER BY l.rowid"))


def component_journal(run: OpenedRun, persons: Iterable[int], most_links: int) -> ComponentJournal | None:
    """Of these persons and of all whom links ever let meet them; None if more links than that do."""
    links: dict[int, LinkMoment] = {}
    known: set[int] = set()
    waiting = {*persons}
    while waiting:
        known |= waiting
        met = _links_of(run, waiting, most_links)
        links |= met
        if len(links) > most_links:
            return None
        waiting = {one for link in met.values() for one in link.persons} - known
    return _journal(run, [links[row] for row in sorted(links)], known)


def _links_of(run: OpenedRun, persons: Iterable[int], most: int) -> dict[int, LinkMoment]:
    """Links by their rows."""
    found: dict[int, LinkMoment] = {}
    wanted = json.dumps(sorted(persons))
    for column in ("source_person", "target_person", "person"):
        query = _LINKS.replace("SELECT", "SELECT l.rowid,", 1)
        query += f" AND l.{column} IN (SELECT value FROM json_each(?)) LIMIT {most + 1}"
        found |= {row: LinkMoment._make(link) for row, *link in run.database.execute(query, (wanted,))}
    return found


def _journal(run: OpenedRun, links: list[LinkMoment], persons: set[int]) -> ComponentJournal:
    wanted = json.dumps(sorted(persons))
    steps = [
        Step(one.seq, one.seq, one.event, one.team_id, one.target, one.source, one.outcome) for one in links
    ]
    linked = {link.seq for link in links}
    found = run.database.execute(
        """SELECT d.team_id, d.distinct_id, d.person, d.joined_seq, p.creator_distinct_id = d.distinct_id,
            p.identified_seq FROM distinct_ids d JOIN persons p ON p.person = d.joined_person
        WHERE d.person IN (SELECT value FROM json_each(?))""",
        (wanted,),
    )
    ids = {}
    for team_id, own, person, joined_seq, is_creator, identified_seq in found:
        ids[team_id, own] = person
        if is_creator and joined_seq not in linked:
            steps.append(Step(_moment(run, joined_seq), joined_seq, None, team_id, own))
        if is_creator and identified_seq is not None and identified_seq not in linked:
            steps.append(Step(identified_seq, identified_seq, "$identify", team_id, own))
    return ComponentJournal(sorted(steps, key=lambda step: step[:2]), ids)


def _moment(run: OpenedRun, seq: int) -> int:
    """Before which event what an event did was done."""
    held = run.database.execute("SELECT released_before FROM held WHERE seq = ?", (seq,)).fetchone()
    return seq if held is None else int(held[0])
