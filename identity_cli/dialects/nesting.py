"""How deep the values of a line may be nested: told from the line itself, alike in every process and Python.

Decoders go as deep as Python lets them: how deep that is depends on the version, on the calls
that stand around, and on what has been called before. So no line is left to them that is nested
deeper than DEEPEST, and there is room for whatever is not.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate

DEEPEST = 920
"""Levels; a line beyond is rejected. What CPython 3.11 can decode where nothing else is said."""
SHALLOW_BYTES = 2 * DEEPEST
"""As long as this no JSON is nested too deeply: each level is opened and closed."""
TOO_DEEP = "nested too deeply"
ROOMY = 10_000  # calls, for reading, writing, comparing and explaining what is nested so

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_NO_MARK = bytes(set(range(256)) - set(b'"[]{}'))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_too_deep(line: bytes) -> bool:
    """Whether a line is nested deeper than DEEPEST; texts in it are not looked into."""
    return (
        len(line) > SHALLOW_BYTES
        and line.count(b"[") + line.count(b"{") > DEEPEST
        and max(accumulate(map(_STEPS.__getitem__, _brackets(line))), default=0) > DEEPEST
    )


def is_any_too_deep(lines: Iterable[bytes]) -> bool:
    """Whether one of many lines is."""
    return any(is_too_deep(line) for line in lines if len(line) > SHALLOW_BYTES)


def is_text_too_deep(text: str) -> bool:
    """Whether JSON that stands as a text in a line is."""
    return len(text) > SHALLOW_BYTES and is_too_deep(text.encode("utf-8", "surrogatepass"))


def _brackets(line: bytes) -> bytes:
    """Those of a line that do not stand in texts."""
    marks = _ESCAPED.sub(b"", line).translate(None, _NO_MARK)
    return b"".join(marks.replace(b'""', b"").split(b'"')[::2])


@contextmanager
def room_for_nesting() -> Iterator[None]:
    """Let whatever is not nested too deeply be read, written, compared and explained."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, ROOMY))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
