"""What fits: how wide text and terminals are, and text made to fit."""

import os
from contextlib import suppress
from typing import Any

NARROWEST_PAGE = 40


def is_terminal(stream: Any) -> bool:
    """Whether a person reads along."""
    return bool(stream is not None and not stream.closed and stream.isatty())


def columns_of(stream: Any) -> int | None:
    """How wide a terminal is: as COLUMNS says, else as it says itself; None where neither does."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(int(asked), NARROWEST_PAGE)
    with suppress(OSError, ValueError):
        return max(os.get_terminal_size(stream.fileno()).columns, NARROWEST_PAGE)
    return None


def width_of(text: str) -> int:
    """Columns that the text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # most logs never need it

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def wrapped(text: str, width: int) -> list[str]:
    """Running text in lines of that many columns; a word that is longer has a line of its own, whole."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def shortened(text: str, width: int, keep: str) -> str:
    """The text in that many columns; keep says which part survives: "ends", "start" or "end"."""
    if width_of(text) <= width:
        return text
    room = max(width - 1, 0)
    head = {"ends": (room + 1) // 2, "start": room, "end": 0}[keep]
    tail = room - head
    end = _cut(text[::-1], tail)[::-1]
    if not head and "/" in end:  # of a path, whole names
        end = end[end.index("/") :]
    return _cut(text, head) + "…" + end


def padded(text: str, width: int, right: bool) -> str:
    """The text, filled up to that many columns."""
    fill = " " * (width - width_of(text))
    return fill + text if right else text + fill


def _cut(text: str, width: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += width_of(char)
        if taken > width:
            return text[:index]
    return text
