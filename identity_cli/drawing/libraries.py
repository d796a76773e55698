"""Libraries by shape: which kind of program sent an event."""

import re

SHAPES = ("circle", "square", "diamond", "triangle")
_KINDS = {
    "circle": re.compile(r"web|posthog-js|browser|javascript|analytics\.js|^js$", re.IGNORECASE),
    "square": re.compile(r"android|ios|swift|flutter|react.?native|unity|kotlin", re.IGNORECASE),
    "diamond": re.compile(
        r"node|java(?!script)|\bgo\b|ruby|php|\bnet\b|elixir|rust|server|http", re.IGNORECASE
    ),
}


def shape_of(library: str) -> str:
    """Circle for the web, square for apps, diamond for backends, triangle for scripts and all else.

    A library that the line does not name is drawn as a circle: most of those are.
    """
    if not library:
        return "circle"
    return next((shape for shape, kind in _KINDS.items() if kind.search(library)), "triangle")


def library_name(library: str) -> str:
    """What the legend calls it."""
    return library.removeprefix("posthog-") or "event"
