"""Words of a log as pictures show them: nothing in them is invisible, and nothing is markup."""

from collections.abc import Mapping
from html import escape
from typing import Any
from unicodedata import category, combining, east_asian_width

NAMING = ("name", "email")
"""Properties that a person is called by, the best first."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and a symbol by their category, and yet they print nothing."""


def shown(text: str, room: int | None = None) -> str:
    """The text with what does not print named, as in ⟨202E⟩, and cut in its middle to that many cells.

    Of blanks alone: how many.
    """
    if not text.strip():
        return f"⟨{len(text)} blank{'s' * (len(text) > 1)}⟩" if text else "⟨empty⟩"
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_named, text))
    return text if room is None else cut(text, room)


def markup(text: str, room: int | None = None) -> str:
    """The same, fit for XML and HTML."""
    return escape(shown(text, room))


def cut(text: str, room: int) -> str:
    """The text in that many cells: twice as much of its beginning as of its end."""
    if cells(text) <= room:
        return text
    tail = max(room, 1) // 3
    head = max(room, 1) - 1 - tail
    return f"{_first(text, head)}…{_first(text[::-1], tail)[::-1]}"


def cells(text: str) -> int:
    """How many cells of a fixed-width font it takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def _named(char: str) -> str:
    kind = category(char)
    hides = (
        kind in _UNSEEN
        or (kind == "Zs" and char != " ")
        or char in _FILLERS
        or "\ufe00" <= char <= "\ufe0f"
        or ord(char) >> 8 == 0xE01
    )
    return f"⟨{ord(char):04X}⟩" if hides else char


def _first(text: str, room: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _cells(char)
        if taken > room:
            return text[:index]
    return text


def called(properties: Mapping[str, Any], otherwise: str) -> str:
    """What to call a person of these properties."""
    for key in NAMING:
        value = properties.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return otherwise
