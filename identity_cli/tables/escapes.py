r"""Text in formats that cannot hold every character: what does not print as \u0001, and always told apart."""

import re

_LIKE_AN_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8})")


def printable(text: str) -> str:
    r"""What does not print as \u0001; where that could be taken for the text, its backslashes twice."""
    if text.isprintable() and not _LIKE_AN_ESCAPE.search(text):
        return text
    return "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char if char != "\\" else "\\\\"
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"
