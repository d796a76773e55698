"""The merge graph of a run: distinct ids and persons, joined by links.

Only persons that a link ever touched; the others have nothing to show. Written as
node-link JSON, which networkx and D3 read, and as Graphviz DOT.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from identity_cli.store.origins import Origins

GRAPH_FORMAT = 1

# Persons in the end, of every person that stood on either side of a link.
_TOUCHED = """
WITH touched AS (
    SELECT coalesce(p.survivor, p.person) AS person FROM persons p WHERE p.person IN (
        SELECT source_person FROM links UNION SELECT target_person FROM links UNION SELECT person FROM links
    )
)
"""
_PERSONS = (
    _TOUCHED + "SELECT DISTINCT p.person_id, p.team_id, p.identified_seq IS NOT NULL, p.id_count"
    " FROM touched JOIN persons p USING (person) ORDER BY p.person"
)
_IDS = (
    _TOUCHED + "SELECT d.distinct_id, d.team_id, d.event_count, p.person_id"
    " FROM distinct_ids d JOIN persons p USING (person)"
    " WHERE d.person IN (SELECT person FROM touched) ORDER BY d.rowid"
)
_LINKS = (
    "SELECT seq, team_id, source_distinct_id, target_distinct_id, event, outcome FROM links ORDER BY rowid"
)
_SHAPES = {"person": "box", "distinct_id": "ellipse"}
_COLOURS = {
    "merged": "red",
    "attached": "darkgreen",
    "created": "darkgreen",
    "refused_identified": "orange",
    "refused_illegal": "orange",
    "failed": "orange",
}


def write_graph(database: sqlite3.Connection, origins: Origins, folder: Path) -> None:
    """Write merge_graph.json and merge_graph.dot."""
    with open(folder / "merge_graph.json", "w", encoding="utf-8") as out:
        out.write('{"directed":true,"multigraph":true,"graph":{"format":%d},"nodes":[' % GRAPH_FORMAT)
        _write_list(out, _nodes(database))
        out.write('],"edges":[')
        _write_list(out, _edges(database, origins))
        out.write("]}\n")
    with open(folder / "merge_graph.dot", "w", encoding="utf-8") as out:
        out.write("digraph merges {\n  rankdir=LR;\n")
        out.writelines(map(_dot_node, _nodes(database)))
        out.writelines(map(_dot_edge, _edges(database, origins)))
        out.write("}\n")


def _nodes(database: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    for person_id, team_id, identified, ids in database.execute(_PERSONS):
        yield {
            "id": f"person:{person_id}",
            "kind": "person",
            "label": person_id,
            "team_id": team_id,
            "is_identified": bool(identified),
            "id_count": ids,
        }
    known = set()
    for distinct_id, team_id, events, _ in database.execute(_IDS):
        known.add((team_id, distinct_id))
        yield _id_node(team_id, distinct_id, events)
    # Ids that a link names and nobody has: the illegal ones.
    for _, team_id, source, target, _, _ in database.execute(_LINKS):
        for distinct_id in (source, target):
            if (team_id, distinct_id) not in known:
                known.add((team_id, distinct_id))
                yield _id_node(team_id, distinct_id, 0)


def _id_node(team_id: int, distinct_id: str, events: int) -> dict[str, Any]:
    return {
        "id": _id_key(team_id, distinct_id),
        "kind": "distinct_id",
        "label": distinct_id,
        "team_id": team_id,
        "event_count": events,
    }


def _edges(database: sqlite3.Connection, origins: Origins) -> Iterator[dict[str, Any]]:
    key = 0
    for distinct_id, team_id, _, person_id in database.execute(_IDS):
        yield {
            "source": _id_key(team_id, distinct_id),
            "target": f"person:{person_id}",
            "key": key,
            "kind": "belongs_to",
        }
        key += 1
    for seq, team_id, source, target, event, outcome in database.execute(_LINKS):
        origin = origins[seq]
        yield {
            "source": _id_key(team_id, source),
            "target": _id_key(team_id, target),
            "key": key,
            "kind": "link",
            "event": event,
            "outcome": outcome,
            "file": origin.path,
            "line": origin.line,
        }
        key += 1


def _id_key(team_id: int, distinct_id: str) -> str:
    return f"id:{team_id}:{distinct_id}"


def _write_list(out: Any, items: Iterator[dict[str, Any]]) -> None:
    for index, item in enumerate(items):
        out.write(",\n" if index else "\n")
        out.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")))


def _dot_node(node: dict[str, Any]) -> str:
    label, shape = _quoted(node["label"]), _SHAPES[node["kind"]]
    style = " style=bold" if node.get("is_identified") else ""
    return f"  {_quoted(node['id'])} [label={label} shape={shape}{style}];\n"


def _dot_edge(edge: dict[str, Any]) -> str:
    ends = f"  {_quoted(edge['source'])} -> {_quoted(edge['target'])}"
    if edge["kind"] != "link":
        return f"{ends} [style=dotted arrowhead=none];\n"
    label = _quoted(f"{edge['event']} {edge['outcome']} {edge['file']}:{edge['line']}")
    return f"{ends} [label={label} color={_COLOURS.get(edge['outcome'], 'gray')}];\n"


def _quoted(text: str) -> str:
    # A backslash starts an escape in a label and ends a string before a quote; doubled, it is one.
    return '"' + _printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
