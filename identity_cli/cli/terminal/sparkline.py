"""Figures as a line of small bars."""

import sys
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
PLAIN_BARS = "_.-=*#"
"""Where standard output has no room for others."""


def sparkline(figures: Sequence[int | None]) -> str:
    """A bar for each figure, the highest for the largest; a blank for none."""
    bars = BARS if _takes(BARS) else PLAIN_BARS
    most = max((figure for figure in figures if figure is not None), default=0) or 1
    return "".join([" " if figure is None else _bar(figure / most, bars) for figure in figures])


def _bar(share: float, bars: str) -> str:
    return bars[min(int(share * len(bars)), len(bars) - 1)]


def _takes(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
