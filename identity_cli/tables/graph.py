"""The merge graph: distinct ids and persons, joined by links; and what writes it in a format."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from identity_cli.outcomes import Outcome

MERGE_GRAPH = "merge_graph"
EDGES = ".edges"
"""What the name of a file ends in, behind that of the graph's, where edges wait for the last node."""
_BUFFER_BYTES = 1 << 20


class PersonNode(msgspec.Struct, gc=False, tag="person", tag_field="kind", omit_defaults=True):
    """A person; label: what to call it. merged_into: the person id of whom it was merged into in the end."""

    id: str
    label: str
    team_id: int
    person_id: str
    is_identified: bool
    id_count: int
    event_count: int
    merged_into: str | None = None


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


class LinkEdge(msgspec.Struct, gc=False, tag="link", tag_field="kind", omit_defaults=True):
    """An event asked to link two distinct ids, with this outcome.

    mark: what is suspicious about it, in a few words.
    """

    source: str
    target: str
    key: int
    event: str
    outcome: str
    file: str
    line: int
    nth: int | None
    mark: str | None = None


class BelongedTo(msgspec.Struct, gc=False, tag="belonged_to", tag_field="kind"):
    """A distinct id was one of a person's that was merged away."""

    source: str
    target: str
    key: int


class MergedInto(msgspec.Struct, gc=False, tag="merged_into", tag_field="kind"):
    """A person was merged into another."""

    source: str
    target: str
    key: int
    event: str
    file: str
    line: int
    nth: int | None


Node = PersonNode | IdNode
Edge = BelongsTo | BelongedTo | MergedInto | LinkEdge


def id_name(team_id: int, distinct_id: str) -> str:
    """What the node of a distinct id goes by."""
    return f"id:{team_id}:{distinct_id}"


def person_name(person_id: str) -> str:
    """What the node of a person goes by."""
    return f"person:{person_id}"


SILENT, FORCED = "silent attach", "identified persons merged"
"""Marks that the journal alone gives: an unknown id joined somebody identified, or one was merged away."""


def mark_of(outcome: str, *, source_identified: bool) -> str | None:
    """What is suspicious about a link, as far as its outcome tells."""
    return (
        {Outcome.ATTACHED.value: SILENT, Outcome.MERGED.value: FORCED}.get(outcome)
        if source_identified
        else None
    )


class GraphWriter(Protocol):
    """Writes a graph; nodes and edges come in any order."""

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Add nodes, all of one class."""

    def add_edges(self, edges: Sequence[Edge]) -> None:
        """Add edges, all of one class."""

    def finish(self) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Let go of the file."""


class GraphFormat(NamedTuple):
    """A format of graphs: its name, which is also the end of its files' names, and what writes it.

    suffixes: other ends that names of such files have. unguarded: see TableFormat.
    """

    name: str
    writer: Callable[[Path], GraphWriter]
    suffixes: tuple[str, ...] = ()
    unguarded: Callable[[Path], GraphWriter] | None = None

    def for_programs(self) -> "GraphFormat":
        """The same without a guard: text as the log has it."""
        return self if self.unguarded is None else self._replace(writer=self.unguarded)

    @property
    def file(self) -> str:
        """What the file of the merge graph is called."""
        return f"{MERGE_GRAPH}.{self.name}"


class GraphFile:
    """A file of nodes and, after them, edges, which come in any order."""

    def __init__(self, path: Path, around: tuple[str, str, str], separator: str = "") -> None:
        """around: what stands before the nodes, between them and the edges, and after the edges."""
        head, self._middle, self._tail = around
        self._nodes = _Parts(path, separator)
        self._edges = _Parts(path.with_suffix(path.suffix + EDGES), separator)
        self._nodes.write(head)
        self.add_to_nodes = self._nodes.add
        self.add_to_edges = self._edges.add

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
        self._file = open(path, "wb", _BUFFER_BYTES)
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
            shutil.copyfileobj(file, self._file, _BUFFER_BYTES)
        other._path.unlink()
