"""The merge graph of a run: distinct ids and persons, joined by links.

Only persons that a link ever touched; the others have nothing to show. Written as
node-link JSON, which networkx and D3 read, and as Graphviz DOT. The links are told first,
as only they say whom they touched; edges wait in a file beside until all nodes are in.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, count
from pathlib import Path
from typing import NamedTuple

import msgspec

from identity_cli.events import Origin
from identity_cli.origins import Places
from identity_cli.resolver.person_state import DistinctId, survivor_of
from identity_cli.store.writing.people import People
from identity_cli.tables.cells import json_texts
from identity_cli.tables.table import BUFFER_BYTES

GRAPH_FORMAT = 1
TeamAndId = tuple[int, str]
_JOINS_NOBODY = frozenset({"refused_illegal", "refused_no_effect", "same_id"})
_COLOURS = {
    "merged": "red",
    "attached": "darkgreen",
    "created": "darkgreen",
    "refused_identified": "orange",
    "refused_illegal": "orange",
    "refused_taken": "orange",
    "refused_form": "orange",
    "refused_full": "orange",
    "refused_no_effect": "orange",
    "failed": "orange",
}


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


class PersonNode(msgspec.Struct, gc=False, tag="person", tag_field="kind"):
    """A person, by its person id."""

    id: str
    label: str
    team_id: int
    is_identified: bool
    id_count: int


class IdNode(msgspec.Struct, gc=False, tag="distinct_id", tag_field="kind"):
    """A distinct id."""

    id: str
    label: str
    team_id: int
    event_count: int


class BelongsTo(msgspec.Struct, gc=False, tag="belongs_to", tag_field="kind"):
    """A distinct id is one of a person's in the end."""

    source: str
    target: str
    key: int


class LinkEdge(msgspec.Struct, gc=False, tag="link", tag_field="kind"):
    """An event asked to link two distinct ids, with this outcome."""

    source: str
    target: str
    key: int
    event: str
    outcome: str
    file: str
    line: int
    nth: int | None


class MergeGraph:
    """merge_graph.json and merge_graph.dot, told part by part: all links, all people, finish."""

    def __init__(self, folder: Path, find: Callable[[int, str], DistinctId | None]) -> None:
        """find: what a team's distinct id has come to."""
        self._find = find
        head = f'{{"directed":true,"multigraph":true,"graph":{{"format":{GRAPH_FORMAT}}},"nodes":[\n'
        self._json = _GraphFile(folder / "merge_graph.json", (head, '\n],"edges":[\n', "\n]}\n"), ",\n")
        self._dot = _GraphFile(folder / "merge_graph.dot", ("digraph merges {\n  rankdir=LR;\n", "", "}\n"))
        self._keys = count()
        self._touched: set[int | None] = set()  # persons, by number
        self._named: set[TeamAndId] = set()  # by links that join nobody

    def add_links(self, links: Links, places: Places) -> None:
        """Add links, and where each stands."""
        # Whoever was merged away was merged into somebody whom that link touched as well.
        self._touched.update(links.source_person, links.target_person, links.person)
        joins_nobody = [outcome in _JOINS_NOBODY for outcome in links.outcome]
        ends = []
        for ids in (links.source_distinct_id, links.target_distinct_id):
            self._named.update(compress(zip(links.team_id, ids, strict=True), joins_nobody))
            ends.append(_names(links.team_id, ids))
        edges = [*map(LinkEdge, *ends, self._keys, links.event, links.outcome, *places)]
        labels = [f"{edge.event} {edge.outcome} {Origin(edge.file, edge.line, edge.nth)}" for edge in edges]
        colours = [_COLOURS.get(outcome, "gray") for outcome in links.outcome]
        self._json.add_edges(json_texts(edges))
        self._dot.add_edges(
            f"  {source} -> {target} [label={label} color={colour}];\n"
            for source, target, label, colour in zip(*map(_quoted, (*ends, labels)), colours, strict=True)
        )

    def close_links(self) -> None:
        """Note whose the ids are that links named and joined to nobody; some became a person afterwards."""
        named = [(*name, self._find(*name)) for name in sorted(self._named)]
        nobodys = [name for name in named if name[2] is None or name[2].person is None]
        self._touched.update(survivor_of(seen.person).number for _, _, seen in named if seen and seen.person)
        self._add_ids(
            [team_id for team_id, _, _ in nobodys],
            [distinct_id for _, distinct_id, _ in nobodys],
            [seen.count if seen else 0 for _, _, seen in nobodys],
        )

    def add_people(self, people: People) -> None:
        """Add those of these persons whom a link touched, with their ids."""
        touched = [number in self._touched for number in people.numbers]
        columns = (people.person_ids, people.teams, people.identified, people.id_counts)
        persons = [*zip(*(compress(column, touched) for column in columns), strict=True)]
        if not persons:
            return
        self._json.add_nodes(
            json_texts(
                [
                    PersonNode(f"person:{person_id}", person_id, team_id, identified > 0, id_count)
                    for person_id, team_id, identified, id_count in persons
                ]
            )
        )
        self._dot.add_nodes(
            f'  "person:{person_id}" [label="{person_id}" shape=box{" style=bold" if identified else ""}];\n'
            for person_id, _, identified, _ in persons
        )
        ids = people.ids
        own = people.for_each_id(touched)
        names = self._add_ids(
            [*compress(ids.teams, own)], [*compress(ids.texts, own)], [*compress(ids.counts, own)]
        )
        owners = [f"person:{person_id}" for person_id in compress(ids.person_ids, own)]
        self._json.add_edges(json_texts([*map(BelongsTo, names, owners, self._keys)]))
        self._dot.add_edges(
            f'  {name} -> "{owner}" [style=dotted arrowhead=none];\n'
            for name, owner in zip(_quoted(names), owners, strict=True)
        )

    def _add_ids(self, teams: Sequence[int], texts: Sequence[str], counts: Sequence[int]) -> list[str]:
        """Add ids as nodes; the names of these."""
        names = _names(teams, texts)
        self._json.add_nodes(json_texts([*map(IdNode, names, texts, teams, counts)]))
        self._dot.add_nodes(
            f"  {name} [label={label}];\n" for name, label in zip(_quoted(names), _quoted(texts), strict=True)
        )
        return names

    def finish(self) -> None:
        """Complete the files."""
        self._json.finish()
        self._dot.finish()

    def close(self) -> None:
        """Let go of the files."""
        self._json.close()
        self._dot.close()


class _GraphFile:
    """A file of nodes and, after them, edges, which come in any order."""

    def __init__(self, path: Path, around: tuple[str, str, str], separator: str = "") -> None:
        """around: what stands before the nodes, between them and the edges, and after the edges."""
        head, self._middle, self._tail = around
        self._nodes = _Parts(path, separator)
        self._edges = _Parts(path.with_suffix(path.suffix + ".edges"), separator)
        self._nodes.write(head)
        self.add_nodes = self._nodes.add
        self.add_edges = self._edges.add

    def finish(self) -> None:
        """Put the edges behind the nodes."""
        self._edges.close()
        self._nodes.write(self._middle)
        self._nodes.take_over(self._edges)
        self._nodes.write(self._tail)
        self._nodes.close()

    def close(self) -> None:
        """Let go of the files."""
        self._nodes.close()
        self._edges.close()


class _Parts:
    """A file that is written part by part, with a separator between them."""

    def __init__(self, path: Path, separator: str) -> None:
        self._path = path
        self._file = open(path, "wb", BUFFER_BYTES)
        self._separator = separator
        self._is_empty = True
        self.close = self._file.close

    def write(self, text: str) -> None:
        """Write something that is no part."""
        self._file.write(text.encode())

    def add(self, parts: Iterable[str]) -> None:
        """Write parts."""
        text = self._separator.join(parts)
        if text:
            self.write(text if self._is_empty else self._separator + text)
            self._is_empty = False

    def take_over(self, other: "_Parts") -> None:
        """Write what another, closed, has; it is gone then."""
        with open(other._path, "rb") as file:
            shutil.copyfileobj(file, self._file, BUFFER_BYTES)
        other._path.unlink()


def _names(teams: Iterable[int], ids: Iterable[str]) -> list[str]:
    """What the ids are called in the graph."""
    return [f"id:{team_id}:{distinct_id}" for team_id, distinct_id in zip(teams, ids, strict=True)]


def _quoted(texts: Sequence[str]) -> list[str]:
    """As strings of DOT."""
    joined = "".join(texts)
    if joined.isprintable() and '"' not in joined and "\\" not in joined:
        return [f'"{text}"' for text in texts]
    # A backslash starts an escape in a label and ends a string before a quote; doubled, it is one.
    return ['"' + _printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]


def _printable(text: str) -> str:
    r"""What does not print as \u0001; where that could be taken for the text, its backslashes twice."""
    if text.isprintable() and not _LIKE_AN_ESCAPE.search(text):
        return text
    return "".join(map(_escaped, text))


_LIKE_AN_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8})")


def _escaped(char: str) -> str:
    if char.isprintable():
        return char if char != "\\" else "\\\\"
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"
