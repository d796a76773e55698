"""Event properties that were kept for a watcher, as columns of a block: it is told of every event."""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from identity_cli.events import Event

_TEXT_OR_NOTHING = {str, type(None)}


def kept_values(events: Sequence[Event], name: str) -> list[Any]:
    """The value of a property that a watcher needs, event by event; None where there is none."""
    records = [event.properties for event in events]
    kinds = set(map(type, records))
    if len(kinds) == 1:
        return [*map(_getter(kinds.pop(), name), records)]
    return [_getter(type(record), name)(record) for record in records]


def only_texts(values: Sequence[Any]) -> Sequence[str | None]:
    """The values that are texts, None for others; mostly they are already."""
    if set(map(type, values)) <= _TEXT_OR_NOTHING:
        return values
    return [value if type(value) is str else None for value in values]


@cache
def _getter(kind: Any, name: str) -> Callable[[Any], Any]:
    names = kind.copied_names
    return attrgetter(f"copied_{names.index(name)}") if name in names else lambda _: None
