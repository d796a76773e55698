"""The merge graph of a run: distinct ids and persons, joined by links.

Only persons that a link ever touched; the others have nothing to show. Written as
node-link JSON, which networkx and D3 read, and as Graphviz DOT.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import IO

import msgspec

from identity_cli.origins import Origins
from identity_cli.store.cells import json_texts
from identity_cli.store.tables import BUFFER_BYTES, batches

GRAPH_FORMAT = 1

# Persons in the end, of every person that stood on either side of a link.
_TOUCHED = """
CREATE TEMP TABLE touched (person INTEGER PRIMARY KEY);
INSERT INTO touched SELECT DISTINCT coalesce(p.survivor, p.person) FROM persons p WHERE p.person IN (
    SELECT source_person FROM links UNION SELECT target_person FROM links UNION SELECT person FROM links
    UNION SELECT d.person FROM links l JOIN distinct_ids d
    ON d.distinct_id = l.source_distinct_id AND d.team_id = l.team_id
    WHERE l.outcome IN ('refused_illegal', 'same_id')  -- an id that became a person afterwards
)
"""
_PERSONS = (
    "SELECT p.person_id, p.team_id, p.identified_seq IS NOT NULL, p.id_count"
    " FROM touched JOIN persons p USING (person) ORDER BY p.person"
)
_IDS = (
    "SELECT d.distinct_id, d.team_id, d.event_count, p.person_id"
    " FROM distinct_ids d JOIN touched USING (person) JOIN persons p USING (person) ORDER BY d.rowid"
)
_LINKS = (
    "SELECT seq, team_id, source_distinct_id, target_distinct_id, event, outcome FROM links ORDER BY rowid"
)
# Ids that a link names and nobody has: the illegal ones.
_NOBODYS = """
WITH named AS (
    SELECT team_id, source_distinct_id AS distinct_id FROM links
    WHERE outcome IN ('refused_illegal', 'same_id')
    UNION
    SELECT team_id, target_distinct_id FROM links WHERE outcome IN ('refused_illegal', 'same_id')
)
SELECT team_id, distinct_id FROM named n WHERE NOT EXISTS (
    SELECT 1 FROM distinct_ids d WHERE d.distinct_id = n.distinct_id AND d.team_id = n.team_id
    AND d.person IN (SELECT person FROM touched)
) ORDER BY team_id, distinct_id
"""
_COLOURS = {
    "merged": "red",
    "attached": "darkgreen",
    "created": "darkgreen",
    "refused_identified": "orange",
    "refused_illegal": "orange",
    "failed": "orange",
}


class PersonNode(msgspec.Struct, gc=False, tag="person", tag_field="kind"):
    """A person, by its person id."""

    id: str
    label: str
    team_id: int
    is_identified: bool
    id_count: int

    def dot(self) -> str:
        """As a DOT statement."""
        style = " style=bold" if self.is_identified else ""
        return f'  "{self.id}" [label="{self.label}" shape=box{style}];\n'


class IdNode(msgspec.Struct, gc=False, tag="distinct_id", tag_field="kind"):
    """A distinct id."""

    id: str
    label: str
    team_id: int
    event_count: int

    def dot(self) -> str:
        """As a DOT statement."""
        return f"  {_quoted(self.id)} [label={_quoted(self.label)}];\n"


class BelongsTo(msgspec.Struct, gc=False, tag="belongs_to", tag_field="kind"):
    """A distinct id is one of a person's in the end."""

    source: str
    target: str
    key: int

    def dot(self) -> str:
        """As a DOT statement."""
        return f'  {_quoted(self.source)} -> "{self.target}" [style=dotted arrowhead=none];\n'


class LinkEdge(msgspec.Struct, gc=False, tag="link", tag_field="kind"):
    """An event asked to link two distinct ids, with this outcome."""

    source: str
    target: str
    key: int
    event: str
    outcome: str
    file: str
    line: int

    def dot(self) -> str:
        """As a DOT statement."""
        label = _quoted(f"{self.event} {self.outcome} {self.file}:{self.line}")
        colour = _COLOURS.get(self.outcome, "gray")
        return f"  {_quoted(self.source)} -> {_quoted(self.target)} [label={label} color={colour}];\n"


Part = PersonNode | IdNode | BelongsTo | LinkEdge


def write_graph(database: sqlite3.Connection, origins: Origins, folder: Path) -> None:
    """Write merge_graph.json and merge_graph.dot."""
    database.executescript(_TOUCHED)
    with (
        open(folder / "merge_graph.json", "w", BUFFER_BYTES, encoding="utf-8", newline="") as json_file,
        open(folder / "merge_graph.dot", "w", BUFFER_BYTES, encoding="utf-8", newline="") as dot_file,
    ):
        dot_file.write("digraph merges {\n  rankdir=LR;\n")
        json_file.write(
            f'{{"directed":true,"multigraph":true,"graph":{{"format":{GRAPH_FORMAT}}},"nodes":[\n'
        )
        _write_parts(_nodes(database), json_file, dot_file)
        json_file.write('\n],"edges":[\n')
        _write_parts(_edges(database, origins), json_file, dot_file)
        json_file.write("\n]}\n")
        dot_file.write("}\n")


def _write_parts(parts: Iterable[Part], json_file: IO[str], dot_file: IO[str]) -> None:
    separator = ""
    for batch in batches(parts):
        json_file.write(separator + ",\n".join(json_texts(batch)))
        dot_file.writelines([part.dot() for part in batch])
        separator = ",\n"


def _nodes(database: sqlite3.Connection) -> Iterator[Part]:
    for person_id, team_id, identified, ids in database.execute(_PERSONS):
        yield PersonNode(f"person:{person_id}", person_id, team_id, bool(identified), ids)
    for distinct_id, team_id, events, _ in database.execute(_IDS):
        yield IdNode(f"id:{team_id}:{distinct_id}", distinct_id, team_id, events)
    for team_id, distinct_id in database.execute(_NOBODYS):
        yield IdNode(f"id:{team_id}:{distinct_id}", distinct_id, team_id, 0)


def _edges(database: sqlite3.Connection, origins: Origins) -> Iterator[Part]:
    key = count()
    for distinct_id, team_id, _, person_id in database.execute(_IDS):
        yield BelongsTo(f"id:{team_id}:{distinct_id}", f"person:{person_id}", next(key))
    for seq, team_id, source, target, event, outcome in database.execute(_LINKS):
        ends = f"id:{team_id}:{source}", f"id:{team_id}:{target}"
        yield LinkEdge(*ends, next(key), event, outcome, *origins[seq])


def _quoted(text: str) -> str:
    # A backslash starts an escape in a label and ends a string before a quote; doubled, it is one.
    if not text.isprintable():
        text = "".join(_escaped(text))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: Iterable[str]) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else f"\\u{ord(character):04x}"
