"""Whose rules a log is replayed under where nobody says: its own vendor's, as its first lines show."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from identity_cli.dialects import detected
from identity_cli.dialects.base import Dialect
from identity_cli.dialects.nesting import Nesting
from identity_cli.dialects.recognition import rules_shown
from identity_cli.intake import Log, ReplayOptions, dialect_asked
from identity_cli.reader import BLOCK_BYTES
from identity_cli.rules import DEFAULT
from identity_cli.sources import LineSource, Source

FILES_LOOKED_AT = 100
"""For a first line; they stay open."""


@contextmanager
def with_rules(log: Log, options: ReplayOptions) -> Iterator[tuple[Log, ReplayOptions]]:
    """The log and the options with a rule set: the one asked for, else the one that the log is of.

    To find out, the log's beginning is read, so that it can be read once only from what is given.
    """
    if options.rules is not None:
        yield log, options
        return
    dialect = dialect_asked(options)
    begun: list[_Begun] = []
    try:
        for opener in log.openers[:FILES_LOOKED_AT]:
            begun.append(_Begun(opener()))
            if begun[-1].first_lines:
                break
        openers: list[Callable[[], LineSource]] = [partial(_given, one) for one in begun]
        openers += log.openers[len(begun) :]
        yield replace(log, openers=openers), replace(options, rules=_rules_of(begun, dialect), is_of_log=True)
    finally:
        for one in begun:
            one.close()


def _rules_of(begun: Sequence["_Begun"], asked: Dialect | None) -> str:
    for one in begun:
        if one.first_lines:
            with Nesting():
                dialect = asked or detected(one.path, one.first_lines)
                return rules_shown(dialect, one.first_lines) or DEFAULT
    return DEFAULT


def _given(begun: "_Begun") -> LineSource:
    return begun


class _Begun:
    """A source of which the first lines were read already, and are given first."""

    def __init__(self, source: LineSource) -> None:
        self.path = source.path
        self.first_lines = source.read_lines(BLOCK_BYTES)
        self._source = source
        self._waiting = self.first_lines

    @property
    def bytes_read(self) -> int:
        """Bytes taken from it so far."""
        return self._source.bytes_read

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines; none at the end."""
        lines, self._waiting = self._waiting, []
        return lines or self._source.read_lines(about_bytes)

    def finish(self, source: Source) -> None:
        """Note size and hash of what was read."""
        self._source.finish(source)

    def close(self) -> None:
        """Let go of it."""
        self._source.close()
