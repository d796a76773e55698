"""The merge graph as Graphviz DOT: what is refused orange, what merges red."""

import re
from collections.abc import Sequence
from pathlib import Path

from identity_cli.events import Origin
from identity_cli.outcomes import Outcome
from identity_cli.tables.graph import Edge, GraphFile, GraphFormat, IdNode, LinkEdge, Node, PersonNode

_COLOURS: dict[str, str] = {
    Outcome.MERGED: "red",
    Outcome.ATTACHED: "darkgreen",
    Outcome.CREATED: "darkgreen",
    Outcome.REFUSED_IDENTIFIED: "orange",
    Outcome.REFUSED_ILLEGAL: "orange",
    Outcome.REFUSED_TAKEN: "orange",
    Outcome.REFUSED_FORM: "orange",
    Outcome.REFUSED_FULL: "orange",
    Outcome.REFUSED_NO_EFFECT: "orange",
    Outcome.FAILED: "orange",
}


class DotWriter(GraphFile):
    """A line for each node and edge; nothing of the log is markup."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ("digraph merges {\n  rankdir=LR;\n", "", "}\n"))

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Add persons as boxes, ids as they come."""
        ids = [one for one in nodes if isinstance(one, IdNode)]
        names, labels = _quoted([one.id for one in ids]), _quoted([one.label for one in ids])
        self.add_to_nodes(map("  {} [label={}];\n".format, names, labels))
        self.add_to_nodes(_person(one) for one in nodes if isinstance(one, PersonNode))

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add links as arrows, and whose an id is as a dotted line."""
        sources, targets = _quoted([one.source for one in edges]), _quoted([one.target for one in edges])
        links = [one for one in edges if isinstance(one, LinkEdge)]
        looks = _looks(links) if links else [_BELONGS] * len(edges)
        self.add_to_edges(map("  {} -> {} [{}];\n".format, sources, targets, looks))


_BELONGS = "style=dotted arrowhead=none"


def _person(one: PersonNode) -> str:
    """Its id and label are a UUID, in which there is nothing to escape."""
    return f'  "{one.id}" [label="{one.label}" shape=box{" style=bold" if one.is_identified else ""}];\n'


def _looks(links: Sequence[LinkEdge]) -> list[str]:
    labels = _quoted([f"{one.event} {one.outcome} {Origin(one.file, one.line, one.nth)}" for one in links])
    colours = [_COLOURS.get(one.outcome, "gray") for one in links]
    return [f"label={label} color={colour}" for label, colour in zip(labels, colours, strict=True)]


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


DOT = GraphFormat("dot", DotWriter)
