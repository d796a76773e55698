"""The merge graph of a run: distinct ids and persons, joined by links.

Only persons that a link ever touched; the others have nothing to show. The links are told
first, as only they say whom they touched.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, count
from pathlib import Path
from typing import NamedTuple

from identity_cli.facts import Whose
from identity_cli.origins import Places
from identity_cli.outcomes import LOOKS_AT_NOBODY
from identity_cli.tables.graph import (
    BelongsTo,
    Edge,
    GraphFormat,
    IdNode,
    LinkEdge,
    Node,
    PersonNode,
    id_name,
    mark_of,
    person_name,
)
from identity_cli.tables.people import People

TeamAndId = tuple[int, str]
_NOBODYS = Whose(None, is_identified=False, events=0)
"""An id that no event has as its own."""


class Links(NamedTuple):
    """Some consecutive links in columns, as the database has them."""

    seq: Sequence[int]
    uuid: Sequence[str | None]
    event: Sequence[str]
    time: Sequence[str | None]
    team_id: Sequence[int]
    source_distinct_id: Sequence[str]
    target_distinct_id: Sequence[str]
    outcome: Sequence[str]
    source_person: Sequence[int | None]
    target_person: Sequence[int | None]
    source_identified: Sequence[int]
    person: Sequence[int | None]
    dropped: Sequence[str | None]
    lib: Sequence[str | None]
    lib_version: Sequence[str | None]


class MergeGraph:
    """The graph in several formats, told part by part: all links, all people, finish."""

    def __init__(
        self, folder: Path, formats: Iterable[GraphFormat], whose: Callable[[int, str], Whose | None]
    ) -> None:
        """whose: what a team's distinct id has come to."""
        self._whose = whose
        self._writers = [form.writer(folder / form.file) for form in formats]
        self._keys = count()
        self._touched: set[int | None] = set()  # persons, by number
        self._named: set[TeamAndId] = set()  # by links that join nobody

    def add_links(self, links: Links, places: Places) -> None:
        """Add links, and where each stands."""
        # Whoever was merged away was merged into somebody whom that link touched as well.
        self._touched.update(links.source_person, links.target_person, links.person)
        joins_nobody = [outcome in LOOKS_AT_NOBODY for outcome in links.outcome]
        ends = []
        for ids in (links.source_distinct_id, links.target_distinct_id):
            self._named.update(compress(zip(links.team_id, ids, strict=True), joins_nobody))
            ends.append(_names(links.team_id, ids))
        marks = [
            mark_of(outcome, source_identified=bool(identified))
            for outcome, identified in zip(links.outcome, links.source_identified, strict=True)
        ]
        self._add_edges([*map(LinkEdge, *ends, self._keys, links.event, links.outcome, *places, marks)])

    def close_links(self) -> None:
        """Note whose the ids are that links named and joined to nobody; some became a person afterwards."""
        named = [(*name, self._whose(*name) or _NOBODYS) for name in sorted(self._named)]
        nobodys = [name for name in named if name[2].person is None]
        self._touched.update(whose.person for _, _, whose in named)
        self._add_ids(
            [team_id for team_id, _, _ in nobodys],
            [distinct_id for _, distinct_id, _ in nobodys],
            [whose.events for _, _, whose in nobodys],
        )

    def add_people(self, people: People) -> None:
        """Add those of these persons whom a link touched, with their ids."""
        touched = [number in self._touched for number in people.numbers]
        columns = (
            *(people.person_ids, people.called, people.teams, people.identified),
            *(people.id_counts, people.event_counts),
        )
        persons = [
            PersonNode(person_name(person_id), name, team_id, person_id, identified > 0, *counts)
            for person_id, name, team_id, identified, *counts in compress(zip(*columns, strict=True), touched)
        ]
        if not persons:
            return
        self._add_nodes(persons)
        ids = people.ids
        own = people.for_each_id(touched)
        names = self._add_ids(
            [*compress(ids.teams, own)], [*compress(ids.texts, own)], [*compress(ids.counts, own)]
        )
        owners = [person_name(person_id or "") for person_id in compress(ids.person_ids, own)]
        self._add_edges([*map(BelongsTo, names, owners, self._keys)])

    def _add_ids(self, teams: Sequence[int], texts: Sequence[str], counts: Sequence[int]) -> list[str]:
        """Add ids as nodes; the names of these."""
        names = _names(teams, texts)
        self._add_nodes([*map(IdNode, names, texts, teams, counts)])
        return names

    def _add_nodes(self, nodes: Sequence[Node]) -> None:
        for writer in self._writers:
            writer.add_nodes(nodes)

    def _add_edges(self, edges: Sequence[Edge]) -> None:
        for writer in self._writers:
            writer.add_edges(edges)

    def finish(self) -> None:
        """Complete the files."""
        for writer in self._writers:
            writer.finish()

    def close(self) -> None:
        """Let go of the files."""
        for writer in self._writers:
            writer.close()


def _names(teams: Iterable[int], ids: Iterable[str]) -> list[str]:
    """What the ids are called in the graph."""
    return [*map(id_name, teams, ids)]
