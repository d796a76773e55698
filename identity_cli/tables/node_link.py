"""The merge graph as node-link JSON, which networkx and D3 read."""

from collections.abc import Sequence
from pathlib import Path

from identity_cli.tables.cells import json_texts
from identity_cli.tables.graph import Edge, GraphFile, GraphFormat, Node

FORMAT = 1
_HEAD = f'{{"directed":true,"multigraph":true,"graph":{{"format":{FORMAT}}},"nodes":[\n'


class NodeLinkWriter(GraphFile):
    """Nodes and edges as they are."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, (_HEAD, '\n],"edges":[\n', "\n]}\n"), ",\n")

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Add nodes."""
        self.add_to_nodes(json_texts(nodes))

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add edges."""
        self.add_to_edges(json_texts(edges))


NODE_LINK = GraphFormat("json", NodeLinkWriter)
