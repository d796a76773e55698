"""Whose rules a log is replayed under where nobody says: its own vendor's, as its first lines show.

As of when, its first lines show as well, by their dates, if asked. No more is read for that,
so a log from standard input can be dated too; how far the whole log goes beyond, its summary tells.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import chain
from typing import NamedTuple, TypeGuard

from identity_cli.dialects import detected, is_known
from identity_cli.dialects.base import Decoded, Dialect, Item, TouchesNobody, Unusable, Wanted
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.dialects.recognition import rules_shown
from identity_cli.events import arrival_of
from identity_cli.files.raw_file import is_regular
from identity_cli.files.sources import LineSource, Opened, PassedOver, Source
from identity_cli.reading.decoding import Reading, decoded_or_reason
from identity_cli.reading.intake import Log, dialect_asked
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.source_choice import BLOCK_BYTES
from identity_cli.rules import AUTO, DEFAULT
from identity_cli.rules.dating import nearest

FILES_LOOKED_AT = 100
"""For a first line."""


@contextmanager
def with_rules(
    log: Log, options: ReplayOptions, *, heeds_vendor: bool
) -> Iterator[tuple[Log, ReplayOptions]]:
    """The log and the options with a rule set: the one asked for, else the one that the log is of.

    heeds_vendor: whether that may be another vendor's than PostHog's.
    To find out, the log's beginning is read, so that it can be read once only from what is given.
    """
    if options.rules not in (None, AUTO):
        yield log, options
        return
    if not heeds_vendor and options.rules != AUTO:
        yield log, replace(options, rules=DEFAULT)
        return
    asked = _Asked(dialect_asked(options), options.rules == AUTO, heeds_vendor)
    rules: _Found | None = None
    openers = list(log.openers)
    with ExitStack() as begun:
        for index, opener in enumerate(openers[:FILES_LOOKED_AT]):
            opened = opener(options.longest_line)
            if index < len(log.paths) and is_regular(log.paths[index]):
                rules = _rules_of_first(opened, asked)
            else:  # it comes once
                first = _Begun(opened)
                begun.callback(first.close)
                openers[index] = first.opened
                rules = first.rules(asked)
            if rules is not None:
                break
        found = rules or _Found(DEFAULT)
        chosen = replace(options, rules=found.name, is_of_log=not found.by_dates, by_dates=found.by_dates)
        yield replace(log, openers=openers), chosen


class _Asked(NamedTuple):
    """The dialect insisted on, and whether the rules go by the dates of the log, and by its vendor."""

    dialect: Dialect | None
    by_dates: bool
    by_vendor: bool


class _Found(NamedTuple):
    """A rule set, and whether dates called for it."""

    name: str
    by_dates: bool = False


def _rules_of_first(opened: Opened, asked: _Asked) -> _Found | None:
    """The rules that the first source with lines shows, if it is surely a log; None where none does."""
    for source in opened:
        if not isinstance(source, PassedOver):
            with closing(source):
                rules = _rules_of(source, source.read_lines(BLOCK_BYTES), asked)
            if rules is not None:
                return rules
    return None


def _rules_of(source: LineSource, lines: list[bytes], asked: _Asked) -> _Found | None:
    with room_for_nesting():
        if not lines or (source.is_found and asked.dialect is None and not is_known(lines)):
            return None
        dialect = asked.dialect or detected(source.path, lines)
        vendors = rules_shown(dialect, lines) if asked.by_vendor else None
        if vendors is None and asked.by_dates:
            return _rules_by_dates(dialect, lines)
        return _Found(vendors or DEFAULT)


def _rules_by_dates(dialect: Dialect, lines: list[bytes]) -> _Found:
    """The rules of the day of the middle one of the first events: one clock that is wrong decides nothing."""
    decode, lenient = Reading(Wanted(), dialect).several(dialect)
    items = [item for line in lines for item in decoded_or_reason(line, decode, lenient)]
    moments = sorted(filter(None, map(arrival_of, filter(_is_event, items))))
    if not moments:
        return _Found(DEFAULT)
    return _Found(nearest(moments[len(moments) // 2].date()).name, by_dates=True)


def _is_event(item: Item | None) -> TypeGuard[Decoded]:
    return item is not None and not isinstance(item, Unusable | TouchesNobody)


class _FirstLinesAgain:
    """A source of which the first lines were read already, and are given first."""

    def __init__(self, source: LineSource, lines: list[bytes]) -> None:
        self.path, self.named, self.is_found = source.path, source.named, source.is_found
        self._source = source
        self._waiting = lines

    @property
    def numbers(self) -> Sequence[int] | None:
        """Of the lines last read."""
        return self._source.numbers

    @property
    def unreadable(self) -> Sequence[str]:
        """Columns that are left out."""
        return self._source.unreadable

    @property
    def bytes_read(self) -> int:
        """Bytes taken from it so far."""
        return self._source.bytes_read

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines; none at the end."""
        lines, self._waiting = self._waiting, []
        return lines or self._source.read_lines(about_bytes)

    def again(self) -> LineSource:
        """The same from its beginning."""
        return self._source.again()

    def finish(self, source: Source) -> None:
        """Note size and hash of what was read."""
        self._source.finish(source)

    def close(self) -> None:
        """Let go of it."""
        self._source.close()


class _Begun:
    """The sources of a file, the first lines of the first of which were read already, and are given first."""

    def __init__(self, opened: Opened) -> None:
        self._rest = opened
        self._source: LineSource | None = None
        self._passed_over: list[PassedOver] = []
        for found in opened:
            if not isinstance(found, PassedOver):
                self._source = found
                break
            self._passed_over.append(found)
        self._lines = self._source.read_lines(BLOCK_BYTES) if self._source else []

    def rules(self, asked: _Asked) -> _Found | None:
        """The rules that it shows; None where it has no lines."""
        return None if self._source is None else _rules_of(self._source, self._lines, asked)

    def opened(self, longest_line: int) -> Opened:
        """The sources, from the first line on; longest_line was said before."""
        del longest_line
        first: list[LineSource] = []
        if self._source is not None:
            first.append(_FirstLinesAgain(self._source, self._lines))
        return chain(self._passed_over, first, self._rest)

    def close(self) -> None:
        """Let go of the first."""
        if self._source is not None:
            self._source.close()
