"""How deep the values of a line may be nested: in every process alike, whatever calls stand around.

Decoders go as deep as Python's recursion limit lets them, and of that the calls around them
have taken some already, more in one process than in the other. So the limit is set by trial,
where decoding begins, to what just suffices for DEEPEST levels. All else that is done with
such values has room.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

DEEPEST = 920
"""Levels; a line beyond is rejected. Python's own limit, 1000, less what a program stands on."""
ROOMY = 10_000  # calls, for writing, comparing and explaining what is nested so

_DEEPEST_LIST = b"[" * DEEPEST + b"]" * DEEPEST


class Nesting:
    """Bounds the nesting of what is decoded in its blocks, which all stand equally deep in calls."""

    def __init__(self) -> None:
        self._limit = 0
        self._outside = 0

    def __enter__(self) -> None:
        self._outside = sys.getrecursionlimit()
        if self._limit:
            sys.setrecursionlimit(self._limit)
        else:
            self._limit = _found_limit()

    def __exit__(self, *failure: object) -> None:
        sys.setrecursionlimit(self._outside)


def _found_limit() -> int:
    """Set the least recursion limit with which a list of DEEPEST levels can be decoded here, and say it."""
    limit = DEEPEST
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends it
        limit += 1
    while True:
        try:
            sys.setrecursionlimit(limit)
            msgspec.json.decode(_DEEPEST_LIST)
        except RecursionError:
            limit += 1
        else:
            return limit


@contextmanager
def room_for_nesting() -> Iterator[None]:
    """Let whatever could be read be written, compared and explained."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, ROOMY))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
