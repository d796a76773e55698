"""Where words still fit: a label takes the first of its places that nothing occupies."""

from collections.abc import Iterable
from typing import NamedTuple

_BUCKET = 16.0


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "Box") -> bool:
        """Whether both have a point in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Place(NamedTuple):
    """One way to put a label: its words, where their line begins, and the box they fill."""

    words: str
    x: float
    y: float
    box: Box


class Occupied:
    """The boxes in use, in rows, so that ten thousand labels stay linear."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Box]] = {}

    def add(self, box: Box) -> None:
        """Take a box."""
        for row in _rows(box):
            self._rows.setdefault(row, []).append(box)

    def is_free(self, box: Box) -> bool:
        """Whether nothing is there."""
        return not any(box.covers(other) for row in _rows(box) for other in self._rows.get(row, ()))

    def first_free(self, places: Iterable[Place]) -> Place | None:
        """Take the first place that is free; None where there is none."""
        for place in places:
            if self.is_free(place.box):
                self.add(place.box)
                return place
        return None


def _rows(box: Box) -> range:
    return range(int(box.top // _BUCKET), int(box.bottom // _BUCKET) + 1)
