"""Rows of a log, dealt to parts so that no two parts have ids of one component."""

from collections.abc import Iterator, Mapping
from typing import Any

from identity_cli.pieces.blocks import Rows


class Dealer:
    """Gathers the rows of each part until they are taken."""

    def __init__(self, count: int, known: Mapping[int, int]) -> None:
        """count: of parts. known: the part of each node that goes elsewhere than its own number says."""
        self._count, self._known = count, known
        self._gathered = [no_rows() for _ in range(count)]
        self._last_lines: list[bytes | None] = [None] * count

    def deal(self, rows: Rows[Any]) -> None:
        """Deal the next rows of the log."""
        known, count, gathered = self._known, self._count, self._gathered
        parts = [known.get(node, node) % count for node in rows.nodes]
        for part, seq, clock, node, event in zip(
            parts, rows.seqs, rows.clocks, rows.nodes, rows.events, strict=True
        ):
            of = gathered[part]
            of.seqs.append(seq)
            of.clocks.append(clock)
            of.nodes.append(node)
            of.events.append(event)
        for probe in rows.probes:
            gathered[known.get(probe.node, probe.node) % count].probes.append(probe)
        if rows.kept:
            self._keep(rows, dict(zip(rows.seqs, parts, strict=True)))

    def _keep(self, rows: Rows[Any], part_of: Mapping[int, int]) -> None:
        line: bytes | None = None
        for seq, told in rows.kept.items():
            line = line if told is None else told
            part = part_of[seq]
            self._gathered[part].kept[seq] = None if line is self._last_lines[part] else line
            self._last_lines[part] = line

    def take(self) -> Iterator[tuple[int, Rows[Any]]]:
        """What was dealt since it was taken last, by part."""
        for part, rows in enumerate(self._gathered):
            if rows.seqs or rows.probes:
                yield part, rows
                self._gathered[part] = no_rows()
                self._last_lines[part] = None


def no_rows() -> Rows[Any]:
    """A beginning of some."""
    return Rows([], [], [], [], [], {})
