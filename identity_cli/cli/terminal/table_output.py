"""Where whole tables go that are written to standard output."""

import sys
from collections.abc import Callable, Iterable
from typing import IO, cast

import click

from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.text import visible_json, visible_lines
from identity_cli.tables.formats import TABLE_FORMATS


def output_for(table_format: str) -> IO[bytes]:
    """Where a table goes; somebody who looks on is shown nothing that does more than be read."""
    if not TABLE_FORMATS[table_format].is_text:
        if is_terminal(sys.stdout):
            raise click.UsageError(f"{table_format} is not to be read: write it into a file with > FILE.")
        return sys.stdout.buffer
    if TABLE_FORMATS[table_format].is_json:
        return cast("IO[bytes]", _Shown(visible_json))
    return cast("IO[bytes]", _Shown(visible_lines if is_terminal(sys.stdout) else str))


class _Shown:
    """Standard output, for pieces of whole characters."""

    def __init__(self, shown: Callable[[str], str]) -> None:
        self._shown = shown

    def write(self, piece: bytes) -> None:
        """Write a piece of text."""
        sys.stdout.write(self._shown(piece.decode()))

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Write several."""
        for piece in pieces:
            self.write(piece)
