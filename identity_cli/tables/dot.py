"""The merge graph as Graphviz DOT: refused links dotted, suspicious ones red and heavy, the rest quiet."""

from collections.abc import Sequence
from pathlib import Path

from identity_cli.origins import Origin
from identity_cli.outcomes import Outcome
from identity_cli.tables.escapes import printable
from identity_cli.tables.graph import (
    BelongsTo,
    Edge,
    GraphFile,
    GraphFormat,
    IdNode,
    LinkEdge,
    MergedInto,
    Node,
    PersonNode,
)
from identity_cli.values.shown import shown

_LEGEND = (
    "box: person (dashed: merged away); ellipse: distinct id; plain arrow: linked; "
    "dashed: one person already; dotted with a tee: refused; heavy red with a diamond: suspicious"
)
_HEAD = f"""digraph merges {{
  graph [rankdir=LR nslimit=2 nslimit1=2 mclimit="0.3" labelloc=b fontsize=10 label="{_LEGEND}"];
  node [fontname="monospace" fontsize=11 color="#57606a"];
  edge [fontname="monospace" fontsize=9 color="#57606a"];
"""
LONGEST_LABEL = 120
_MARKED = 'color="#a40e26" fontcolor="#a40e26" penwidth=3 arrowhead=diamond'
_REFUSED = "style=dotted arrowhead=tee"
_BELONGS = 'style=dashed color="#d0d7de" arrowhead=none'
_ALREADY = "style=dashed"
_JOINS: dict[str, str] = {
    Outcome.SAME_PERSON: _ALREADY,
    Outcome.SAME_ID: _ALREADY,
    Outcome.MERGED: 'color="#174a85"',
    Outcome.ATTACHED: 'color="#1a7a59"',
    Outcome.CREATED: 'color="#1a7a59"',
}


class DotWriter(GraphFile):
    """A line for each node and edge; nothing of the log is markup."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, (_HEAD, "", "}\n"))

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Add persons as boxes, ids as they come."""
        ids = [one for one in nodes if isinstance(one, IdNode)]
        names, labels = _quoted([one.id for one in ids]), _labels([one.label for one in ids])
        self.add_to_nodes(map("  {} [label={}];\n".format, names, labels))
        self.add_to_nodes(_person(one) for one in nodes if isinstance(one, PersonNode))

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add links as arrows, and whose an id is as a pale line."""
        sources, targets = _quoted([one.source for one in edges]), _quoted([one.target for one in edges])
        self.add_to_edges(map("  {} -> {} [{}];\n".format, sources, targets, _looks(edges)))


def _person(one: PersonNode) -> str:
    """Its id has nothing to escape, its label may hold anything."""
    counted = f"{one.event_count:,} event{'' if one.event_count == 1 else 's'}"
    (label,) = _labels([f"{one.label}, {'merged away' if one.merged_into else counted}"])
    look = "dashed" if one.merged_into else "bold" if one.is_identified else "solid"
    return f'  "{one.id}" [label={label} shape=box style={look}];\n'


def _looks(edges: Sequence[Edge]) -> list[str]:
    if edges and isinstance(edges[0], BelongsTo):  # all are: there is one for each id
        return [_BELONGS] * len(edges)
    return [_look(one) for one in edges]


def _look(one: Edge) -> str:
    if isinstance(one, MergedInto):
        return "style=dashed penwidth=2 label={}".format(*_labels([f"merged at {_place(one)}"]))
    if not isinstance(one, LinkEdge):
        return _BELONGS
    mark = f" ! {one.mark}" if one.mark else ""
    (label,) = _labels([f"{one.event} {one.outcome} {_place(one)}{mark}"])
    if one.mark:
        return f"label={label} {_MARKED}"
    return f"label={label} {_JOINS.get(one.outcome, '') or _REFUSED}"


def _place(one: LinkEdge | MergedInto) -> str:
    return str(Origin(one.file.rpartition("/")[2], one.line, one.nth))


def _labels(texts: Sequence[str]) -> list[str]:
    """Quoted for people: blanks and what does not print are named."""
    return _quoted([shown(text, LONGEST_LABEL) for text in texts])


def _quoted(texts: Sequence[str]) -> list[str]:
    """As strings of DOT."""
    joined = "".join(texts)
    if joined.isprintable() and '"' not in joined and "\\" not in joined:
        return [f'"{text}"' for text in texts]
    # A backslash starts an escape in a label and ends a string before a quote; doubled, it is one.
    return ['"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]


DOT = GraphFormat("dot", DotWriter, (".gv",))
