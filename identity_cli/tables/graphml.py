"""The merge graph as GraphML, which NetworkX, Gephi and yEd read, with the attributes of the node-link JSON.

XML holds no control characters, not even escaped: in it they are written out, as in DOT.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from identity_cli.tables.escapes import printable
from identity_cli.tables.graph import (
    BelongedTo,
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

_NAMES = frozenset({"id", "source", "target"})
_TYPES = {int: "long", bool: "boolean", int | None: "long"}


class GraphMlWriter(GraphFile):
    """An element for each node and edge."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, (_head(), "", "  </graph>\n</graphml>\n"))

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Add nodes."""
        self.add_to_nodes(f'    <node id="{_text(one.id)}">{_data("n", one)}</node>\n' for one in nodes)

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add edges, each with an id of its own: several may join the same nodes."""
        self.add_to_edges(
            f'    <edge id="e{one.key}" source="{_text(one.source)}" target="{_text(one.target)}">'
            f"{_data('e', one)}</edge>\n"
            for one in edges
        )


def _head() -> str:
    keys = [*_keys("n", "node", (PersonNode, IdNode))]
    keys += _keys("e", "edge", (LinkEdge, BelongsTo, BelongedTo, MergedInto))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        f'{"".join(keys)}  <graph id="merges" edgedefault="directed">\n'
    )


def _keys(prefix: str, domain: str, kinds: Sequence[type[msgspec.Struct]]) -> list[str]:
    """The declarations of all attributes of these kinds."""
    types = {"kind": "string"}
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            types[field.name] = _TYPES.get(field.type, "string")
    return [
        f'  <key id="{prefix}_{name}" for="{domain}" attr.name="{name}" attr.type="{type_}"/>\n'
        for name, type_ in types.items()
        if name not in _NAMES
    ]


def _data(prefix: str, one: Node | Edge) -> str:
    values: dict[str, Any] = {"kind": one.__struct_config__.tag, **msgspec.structs.asdict(one)}
    return "".join(
        f'<data key="{prefix}_{name}">{_text(value)}</data>'
        for name, value in values.items()
        if name not in _NAMES and value is not None
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(printable(value)) if isinstance(value, str) else str(value)


GRAPHML = GraphFormat("graphml", GraphMlWriter)
