"""The merge graph as a Mermaid flowchart, for a page that renders Markdown.

Mermaid draws at most 500 edges and 50,000 characters, and an error box beyond: here the links come first,
then whose the ids are, and what finds no room is counted in the picture.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from identity_cli.outcomes import is_refused
from identity_cli.tables.graph import (
    Edge,
    GraphFormat,
    LinkEdge,
    Node,
    PersonNode,
)
from identity_cli.values.shown import shown

MOST_EDGES = 480
MOST_CHARACTERS = 48_000
LONGEST_LABEL = 40
_CLASSES = """  classDef person stroke:#174a85,stroke-width:2px
  classDef gone stroke:#57606a,stroke-dasharray:4 3
"""
_MARKUP = frozenset('"#<>&`[](){}|\\')


class MermaidWriter:
    """Nodes that an edge needs, and the edges, as long as there is room."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb")
        self._nodes: dict[str, Node] = {}
        self._edges: list[Edge] = []
        self._left_out = 0
        self.close = self._file.close

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Remember nodes."""
        self._nodes.update((one.id, one) for one in nodes)

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Remember as many edges as can be drawn; those of links first."""
        self._edges += edges
        if len(self._edges) > 2 * MOST_EDGES:
            self._cut()

    def _cut(self) -> None:
        self._edges.sort(key=_rank)
        self._left_out += max(0, len(self._edges) - MOST_EDGES)
        del self._edges[MOST_EDGES:]

    def finish(self) -> None:
        """Write the chart."""
        self._cut()
        self._file.write("".join(self._chart()).encode())
        self._file.close()

    def _chart(self) -> Iterator[str]:
        yield f"flowchart LR\n{_CLASSES}"
        names: dict[str, str] = {}
        room = MOST_CHARACTERS
        marked: list[int] = []
        for index, edge in enumerate(self._edges):
            lines = [*self._new_nodes(edge, names), _line(edge, names)]
            room -= sum(map(len, lines))
            if room < 0:
                self._left_out += len(self._edges) - index
                break
            yield from lines
            if isinstance(edge, LinkEdge) and edge.mark:
                marked.append(index)
        if marked:
            yield f"  linkStyle {','.join(map(str, marked))} stroke:#a40e26,stroke-width:3px\n"
        if self._left_out:
            yield f'  more["and {self._left_out:,} more, for which there is no room"]\n'

    def _new_nodes(self, edge: Edge, names: dict[str, str]) -> Iterator[str]:
        for end in (edge.source, edge.target):
            if end not in names:
                names[end] = f"n{len(names) + 1}"
                yield _node(names[end], self._nodes[end])


def _rank(edge: Edge) -> tuple[bool, bool]:
    is_link = isinstance(edge, LinkEdge)
    return not is_link, not (isinstance(edge, LinkEdge) and edge.mark)


def _node(name: str, node: Node) -> str:
    if isinstance(node, PersonNode):
        kind, what = (
            ("gone", "merged away") if node.merged_into else ("person", f"{node.event_count:,} events")
        )
        return f'  {name}["{_text(node.label)}, {what}"]:::{kind}\n'
    return f'  {name}(["{_text(node.label)}"])\n'


def _line(edge: Edge, names: dict[str, str]) -> str:
    if not isinstance(edge, LinkEdge):
        return f"  {names[edge.source]} -.- {names[edge.target]}\n"
    mark = f" ! {edge.mark}" if edge.mark else ""
    label = _text(f"{edge.event} {edge.outcome} :{edge.line}{mark}", LONGEST_LABEL * 2)
    arrow = "-.->" if is_refused(edge.outcome) else "==>" if edge.mark else "-->"
    return f'  {names[edge.source]} {arrow}|"{label}"| {names[edge.target]}\n'


def _text(text: str, room: int = LONGEST_LABEL) -> str:
    """Fit to stand in quotes: what could be taken for markup as a character reference of Mermaid's own."""
    return "".join(f"#{ord(char)};" if char in _MARKUP else char for char in shown(text, room))


MERMAID = GraphFormat("mermaid", MermaidWriter, (".mmd",))
