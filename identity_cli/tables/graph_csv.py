"""The edges of the merge graph as CSV, with the headers that Gephi looks for."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from identity_cli.tables.cells import csv_text
from identity_cli.tables.graph import Edge, GraphFile, GraphFormat, LinkEdge, MergedInto, Node

_HEAD = "Source,Target,Type,Id,Label,kind,event,outcome,mark,file,line,nth\n"


class EdgeListWriter(GraphFile):
    """A line for each edge; every distinct id is in one."""

    def __init__(self, path: Path, *, guarded: bool = True) -> None:
        super().__init__(path, (_HEAD, "", ""))
        self._text = partial(csv_text, guarded=guarded)

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Nodes have no lines of their own."""

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add edges."""
        self.add_to_edges(",".join(map(self._text, _cells(one))) + "\n" for one in edges)


def _cells(one: Edge) -> list[str | None]:
    kind = str(one.__struct_config__.tag)
    ends = [one.source, one.target, "Directed", str(one.key)]
    if isinstance(one, LinkEdge):
        told = [one.outcome, kind, one.event, one.outcome, one.mark]
    elif isinstance(one, MergedInto):
        told = [kind, kind, one.event, None, None]
    else:
        return [*ends, kind, kind, *[None] * 6]
    return [*ends, *told, one.file, str(one.line), None if one.nth is None else str(one.nth)]


EDGE_LIST = GraphFormat("csv", EdgeListWriter, unguarded=partial(EdgeListWriter, guarded=False))
