"""Text from a log, fit to be shown: nothing in it can command a terminal.

What stands in a log was written by strangers. Every character that does not print,
control codes, bidi overrides and zero-width ones among them, is shown as its escape; so are those
that count as printable and print nothing, which make two ids look alike.
"""

import json
import re
import sys
from contextlib import suppress
from functools import cache
from typing import Any

from identity_cli.cli.terminal.fitting import columns_of, is_terminal, width_of, wrapped

_ESCAPE = r"\\(?:[tnr]|x[0-9a-f]{2}|u(?!d[89a-f])[0-9a-f]{4}|U(?:000[0-9a-f]|0010)[0-9a-f]{4})"


_UNSEEN = (
    *((0x034F,), (0x115F, 0x1160), (0x17B4, 0x17B5), range(0x180B, 0x1810), (0x2800,), (0x3164, 0xFFA0)),
    *(range(0xFE00, 0xFE10), (0x1D159,), range(0xE0100, 0xE01F0)),
)
"""Joiners, fillers and selectors of variants (Unicode's Default_Ignorable_Code_Point), and two blanks."""


def is_seen(text: str) -> bool:
    """Whether every character of the text prints something."""
    return text.isprintable() and (text.isascii() or _unseen().isdisjoint(text))


@cache
def _unseen() -> frozenset[str]:
    """The characters; most runs have nothing but ASCII to show."""
    return frozenset(chr(code) for codes in _UNSEEN for code in codes)


def visible(text: str) -> str:
    r"""The text with characters that do not print as escapes, such as \x1b."""
    if is_seen(text):
        return text
    return "".join([char if is_seen(char) else _escaped(char) for char in text])


def read_back(text: str) -> str:
    r"""The text that `visible` shows so; half of a surrogate pair, which no id has, stays as it is."""
    return re.sub(_ESCAPE, lambda escape: escape[0].encode("ascii").decode("unicode_escape"), text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, which stay lines."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    r"""JSON text that says the same, with characters that do not print as \u escapes."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "\n".join(
        line if is_seen(line) else "".join([char if is_seen(char) else _json_escaped(char) for char in line])
        for line in text.split("\n")
    )


def value_text(value: Any) -> str:
    """A property value for people: text as it is, unless it could be taken for another kind of value."""
    if isinstance(value, str) and value and not _is_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def number_text(number: float) -> str:
    """A number with its thousands apart, and a fraction only if it has one."""
    return f"{int(number) if number == int(number) else number:,}"


def plural(number: int, word: str) -> str:
    """A number and its noun."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def duration_text(seconds: float) -> str:
    """A duration in its two largest units, as people write it: 2 days 4 h."""
    rest, parts = round(seconds), []
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, size)
        if number:
            parts.append(plural(number, unit) if unit == "day" else f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"


def time_text(moment: str | None) -> str:
    """A stored time, to the second, as people write it."""
    return "" if moment is None else moment[:19].replace("T", " ")


def print_error(text: str) -> None:
    """Say on standard error what went wrong or how it goes."""
    with suppress(OSError):  # full, or gone: then there is nobody to tell
        # In one write: between two, what another process writes to the same terminal could come.
        sys.stderr.write(f"{fitted(text)}\n")
        sys.stderr.flush()


def fitted(text: str) -> str:
    """Lines for standard error, in the width of the terminal that it goes to."""
    return "\n".join(map(_fitted, visible_lines(text).split("\n")))


def _fitted(line: str) -> str:
    """A line in the width of the terminal that it goes to, without breaking a word."""
    width = columns_of(sys.stderr) if is_terminal(sys.stderr) else None
    if width is None or width_of(line) <= width or line.startswith(" "):
        return line
    return "\n".join(wrapped(line, width))


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _json_escaped(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
