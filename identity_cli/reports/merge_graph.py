"""The merge graph of some persons, or of a run: who they were, and which links joined or parted them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from identity_cli.store.reading.graph_rows import (
    GraphId,
    GraphPerson,
    graph_ids,
    graph_others,
    graph_persons,
    touched_persons,
)
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run
from identity_cli.tables.graph import (
    BelongedTo,
    BelongsTo,
    Edge,
    GraphWriter,
    IdNode,
    LinkEdge,
    MergedInto,
    Node,
    PersonNode,
    id_name,
    mark_of,
    person_name,
)
from identity_cli.tables.table import batches
from identity_cli.values.shown import called


def write_merge_graph(
    writer: GraphWriter,
    run: Run,
    persons: Sequence[int] | None = None,
    marks: Mapping[int, str] | None = None,
) -> None:
    """Write the graph of these persons, or of all that a link touched.

    marks: by the seq of a link, what findings say of it; else what the journal says.
    """
    numbers = touched_persons(run) if persons is None else persons
    graph = _Graph(run, marks)
    for person_nodes in batches(graph.persons(numbers)):
        writer.add_nodes(person_nodes)
    for id_nodes in batches(graph.ids(numbers)):
        writer.add_nodes(id_nodes)
    links = run.links_of(graph.numbers)
    for other_nodes in batches(graph.others(links)):
        writer.add_nodes(other_nodes)
    for edges in (graph.links(links), graph.belonging(numbers)):
        for batch in batches(edges):
            writer.add_edges(batch)
    writer.finish()


class _Graph:
    """A graph as it grows: persons first, then their ids, then what links name beside them."""

    def __init__(self, run: Run, marks: Mapping[int, str] | None) -> None:
        self._run = run
        self._marks = marks
        self._keys = count()
        self._person_ids: dict[int, str] = {}
        self._teams: dict[int, int] = {}
        self._known: set[str] = set()

    @property
    def numbers(self) -> Iterable[int]:
        """All persons of the graph, those merged away among them."""
        return self._person_ids

    def persons(self, numbers: Sequence[int]) -> Iterator[Node]:
        """Persons, and those that were merged into them."""
        for one in graph_persons(self._run, numbers):
            self._person_ids[one.person] = one.person_id
            self._teams[one.person] = one.team_id
            self._known.add(person_name(one.person_id))
            yield _person_node(one)

    def ids(self, numbers: Sequence[int]) -> Iterator[Node]:
        """Their ids."""
        for one in graph_ids(self._run, numbers):
            self._known.add(id_name(one.team_id, one.distinct_id))
            yield _id_node(one)

    def others(self, links: Iterable[LinkRow]) -> Iterator[Node]:
        """Ids that links name, of other persons or of nobody."""
        named: dict[int, dict[str, None]] = {}
        for link in links:
            for end in (link.source_distinct_id, link.target_distinct_id):
                if id_name(self._team_of(link), end) not in self._known:
                    named.setdefault(self._team_of(link), {})[end] = None
        for team_id, ends in named.items():
            counts = {one.distinct_id: one.event_count for one in graph_others(self._run, team_id, ends)}
            for end in ends:
                yield IdNode(id_name(team_id, end), end, team_id, counts.get(end, 0))

    def links(self, links: Iterable[LinkRow]) -> Iterator[Edge]:
        """A link each, and of a merge also whom it merged."""
        for link in links:
            origin, team_id = self._run.origin(link.seq), self._team_of(link)
            source = id_name(team_id, link.source_distinct_id)
            target = id_name(team_id, link.target_distinct_id)
            told = (link.event, link.outcome, *origin, self._mark_of(link))
            yield LinkEdge(source, target, next(self._keys), *told)
            if link.outcome == "merged" and link.source_person is not None and link.target_person is not None:
                gone, stays = (self._person_ids[one] for one in (link.source_person, link.target_person))
                names = person_name(gone), person_name(stays)
                yield MergedInto(*names, next(self._keys), link.event, origin.path, origin.line, origin.nth)

    def belonging(self, numbers: Sequence[int]) -> Iterator[Edge]:
        """Whose each id is, and whose it was first."""
        for one in graph_ids(self._run, numbers):
            name = id_name(one.team_id, one.distinct_id)
            yield BelongsTo(name, person_name(one.person_id), next(self._keys))
            if one.first_person_id != one.person_id:
                yield BelongedTo(name, person_name(one.first_person_id), next(self._keys))

    def _team_of(self, link: LinkRow) -> int:
        parts = (link.source_person, link.target_person, link.person)
        return next(self._teams[one] for one in parts if one is not None and one in self._teams)

    def _mark_of(self, link: LinkRow) -> str | None:
        if self._marks is not None:
            return self._marks.get(link.seq)
        return mark_of(link.outcome, source_identified=link.source_identified)


def _person_node(one: GraphPerson) -> Node:
    return PersonNode(
        person_name(one.person_id),
        called(one.properties, one.known_as),
        one.team_id,
        one.person_id,
        one.is_identified,
        one.id_count,
        one.event_count,
        one.survivor_id,
    )


def _id_node(one: GraphId) -> Node:
    return IdNode(id_name(one.team_id, one.distinct_id), one.distinct_id, one.team_id, one.event_count)
