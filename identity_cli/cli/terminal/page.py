"""A page for people: lines, tables and paragraphs, laid out once for terminal and pipe.

On a terminal the page is coloured and its tables fit; piped, nothing is cut that people could read.
All of it passes through `readable`, so no caller has to think of what a log may contain.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from identity_cli.cli.terminal.color import is_colored
from identity_cli.cli.terminal.fitting import columns_of, is_terminal, padded, shortened, width_of, wrapped
from identity_cli.cli.terminal.text import number_text, print_error, visible

LONGEST_SHOWN = 4_096
"""Characters of a text on a page; no id or value that people read has more, and machines get all of it."""
PIPED_WIDTH = 80
"""Of running text; tables are as wide there as they need."""
NARROWEST = 8  # columns that a shortened cell keeps
NARROWEST_PLACE = 12  # and one of a place: a line number of seven digits
LONGEST_ID = 64
"""Columns that an id may take of a terminal before everything else gives way."""
GAP = "  "

Part = str | tuple[str, str]  # text, or text and its style
Cell = str | int | None | tuple[str, str]
Ink = Callable[[Sequence[tuple[str, str]]], None]


class Column:
    """One column of a table.

    keep: what stays of a cell too wide: "ends", "start" or "end"; "" is never shortened.
    extra: left out, and named below, where the table would be too wide with it. is_id: the last to be
    shortened; and ids may consist of blanks, or begin and end with them, which only quotes can show.
    """

    __slots__ = ("extra", "is_id", "keep", "right", "style", "title")

    def __init__(
        self,
        title: str,
        keep: str = "",
        style: str = "",
        *,
        right: bool = False,
        extra: bool = False,
        is_id: bool = False,
    ) -> None:
        self.title = title
        self.keep = keep
        self.style = style
        self.right = right
        self.extra = extra
        self.is_id = is_id


def id_column(title: str = "distinct_id", style: str = "bold") -> Column:
    """Distinct ids: both ends tell more than the middle."""
    return Column(title, "ends", style, is_id=True)


def number_column(title: str) -> Column:
    """Numbers, to the right."""
    return Column(title, right=True)


def origin_column(title: str = "where") -> Column:
    """File and line: the line must stay."""
    return Column(title, "end", "cyan")


class Page:
    """Standard output, for people."""

    def __init__(self) -> None:
        self.is_terminal = is_terminal(sys.stdout)
        self.width = columns_of(sys.stdout) or PIPED_WIDTH
        self._ink = _ink(self.is_terminal)

    def line(self, *parts: Part) -> None:
        """One line, of parts that may each have a style."""
        self._ink([(part, "") if isinstance(part, str) else part for part in _made_visible(parts)])

    def note(self, text: str) -> None:
        """What belongs under a table and is no row of it; from a pipe, where rows are read, it is kept."""
        if self.is_terminal:
            self.line((text, "dim"))
        else:
            print_error(text)

    def heading(self, text: str, note: str = "") -> None:
        """What comes now, after an empty line."""
        self.line()
        self.line((text, "bold"), (f"{GAP}{note}" if note else "", "dim"))

    def sentence(self, *parts: Part) -> None:
        """One line, of parts that may each have a style; where it is too wide, running text."""
        text = "".join(part if isinstance(part, str) else part[0] for part in parts)
        if width_of(readable(text)) <= self.width:
            self.line(*parts)
        else:
            self.paragraph(text, indent=0)

    def paragraph(self, text: str, indent: int = 2, style: str = "") -> None:
        """Running text in the width of the page."""
        for line in self._broken(text, indent):
            self._ink([(" " * indent + line, style)])

    def item(self, text: str) -> None:
        """Running text as one of a list."""
        lead = "  - "
        for line in self._broken(text, len(lead)):
            self._ink([(lead + line, "")])
            lead = " " * len(lead)

    def _broken(self, text: str, indent: int) -> list[str]:
        return wrapped(" ".join(map(readable, visible(text).split())), min(self.width, 100) - indent) or [""]

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], indent: int = 2) -> None:
        """A table of these columns; too wide ones are shortened until it fits."""
        texts = [list(map(_cell, columns, row)) for row in rows]
        if not texts:
            return
        natural = [
            max(width_of(column.title), *(width_of(row[index][0]) for row in texts))
            for index, column in enumerate(columns)
        ]
        room = self.width - indent if self.is_terminal else sys.maxsize
        shown = _columns_that_fit(columns, natural, room)
        missing = [column.title for index, column in enumerate(columns) if index not in shown]
        columns = [columns[index] for index in shown]
        widths = _fitted(columns, [natural[index] for index in shown], room)
        lead = " " * indent
        if any(column.title for column in columns):
            titles = GAP.join(map(_aligned, columns, [column.title for column in columns], widths))
            self._ink([((lead + titles).rstrip(), "dim")])
        for row in texts:
            self._ink(
                _row([(column, *row[i]) for column, i in zip(columns, shown, strict=True)], widths, lead)
            )
        if any(missing):
            self._ink([(f"{lead}(no room for: {', '.join(missing)})", "dim")])

    def pairs(self, rows: Sequence[Sequence[Cell]], indent: int = 2) -> None:
        """Names and their values, one a line; values are never shortened."""
        cells = [(_cell(_PLAIN, name), _cell(_PLAIN, value)) for name, value in rows]
        width = max(width_of(name[0]) for name, _ in cells)
        for (name, _), value in cells:
            self._ink([(" " * indent + padded(name, width, False) + GAP, "dim"), value])

    def folded(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        count: int,
        limit: int | None,
        hint: str = "--all shows them",
    ) -> None:
        """A table of the first of so many rows, and how many more there are; no limit shows all."""
        shown = count if limit is None or count <= limit + 2 else limit
        self.table(columns, islice(rows, shown))
        if shown < count:
            self.line((f"  … and {number_text(count - shown)} more; {hint}", "dim"))


def readable(text: str) -> str:
    """The text with characters that do not print as escapes; of a huge one its beginning."""
    return visible(text) if len(text) <= LONGEST_SHOWN else visible(text[:LONGEST_SHOWN]) + "…"


def _made_visible(parts: Iterable[Part]) -> list[Part]:
    return [readable(part) if isinstance(part, str) else (readable(part[0]), part[1]) for part in parts]


_PLAIN = Column("")


def _cell(column: Column, cell: Cell) -> tuple[str, str]:
    """Text and style of a cell."""
    if isinstance(cell, tuple):
        return readable(cell[0]), cell[1]
    if cell is None:
        return "", ""
    if isinstance(cell, int):
        return number_text(cell), ""
    if column.is_id and cell.strip() != cell:
        return readable(f'"{cell}"'), ""
    return readable(cell), ""


def _columns_that_fit(columns: Sequence[Column], natural: Sequence[int], room: int) -> list[int]:
    """Which columns there is room for: of the extra ones the last is left out first."""
    shown = list(range(len(columns)))
    for index in reversed(range(len(columns))):
        if sum(natural[i] for i in shown) + len(GAP) * (len(shown) - 1) <= room:
            break
        if columns[index].extra:
            shown.remove(index)
    return shown


def _fitted(columns: Sequence[Column], natural: Sequence[int], room: int) -> list[int]:
    """Widths in which the table fits: ids of a usual length are the last to give way."""
    widths = [
        min(width, room) if column.keep else width for column, width in zip(columns, natural, strict=True)
    ]
    for narrowest in (
        [LONGEST_ID if column.is_id else _narrowest(column) for column in columns],
        [*map(_narrowest, columns)],
    ):
        excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
        flexible = [i for i, column in enumerate(columns) if column.keep and widths[i] > narrowest[i]]
        while excess > 0 and flexible:
            widest = max(flexible, key=lambda index: widths[index])
            widths[widest] -= 1
            excess -= 1
            flexible = [i for i in flexible if widths[i] > narrowest[i]]
    return widths


def _narrowest(column: Column) -> int:
    return NARROWEST_PLACE if column.keep == "end" else NARROWEST


def _aligned(column: Column, text: str, width: int) -> str:
    return padded(shortened(text, width, column.keep) if column.keep else text, width, column.right)


def _row(cells: Sequence[tuple[Column, str, str]], widths: Sequence[int], lead: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for (column, text, style), width in zip(cells, widths, strict=True):
        parts += [(GAP if parts else lead, ""), (_aligned(column, text, width), style or column.style)]
    while parts and not parts[-1][0].strip():
        parts.pop()
    text, style = parts.pop() if parts else ("", "")
    return [*parts, (text.rstrip(), style)]


def _plain(parts: Sequence[tuple[str, str]]) -> None:
    sys.stdout.write("".join([text for text, _ in parts]) + "\n")


def _ink(on_terminal: bool) -> Ink:
    if not is_colored(on_terminal):
        return _plain
    from identity_cli.cli.terminal.render import rich_ink  # costs as much as three starts of Python

    return rich_ink()
