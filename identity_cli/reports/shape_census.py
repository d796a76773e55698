"""The shapes of a run's persons: how many ids they have, and how the links that touched them came out.

However many persons there are, they have few shapes, and the odd one stands out by itself: a whole run
without a hairball.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from identity_cli.store.reading.graph_rows import outcomes_by_person, sizes_of, sizes_of_untouched
from identity_cli.store.reading.run import Run
from identity_cli.tables.graph import FORCED, SILENT, mark_of

_STEPS = ((1, "1"), (2, "2"), (3, "3"), (9, "4 to 9"), (99, "10 to 99"), (999, "100 to 999"))
_MOST = "1,000 or more"
_WORDS = {SILENT: "silently attached", FORCED: "merged when identified"}


class Shape(NamedTuple):
    """A shape: how many ids, and of each outcome how many links; persons: how many have it.

    example: the number of one of them. is_odd: some of its links are suspicious.
    """

    ids: str
    outcomes: tuple[tuple[str, str], ...]
    persons: int
    example: int
    is_odd: bool

    @property
    def words(self) -> str:
        """The shape in words."""
        ids = f"{self.ids} id{'' if self.ids == '1' else 's'}"
        links = [f"{count} {outcome}" if count != "1" else outcome for outcome, count in self.outcomes]
        return f"{ids}, {', '.join(links)}" if links else f"{ids}, no link"


def shapes_of(run: Run) -> list[Shape]:
    """All shapes, the rare ones first, of equally rare ones those with suspicious links."""
    persons: Counter[_Key] = Counter()
    example: dict[_Key, int] = {}
    for person, key in _shaped(run):
        persons[key] += 1
        example.setdefault(key, person)
    for ids, count, first in sizes_of_untouched(run):
        key = (_step(ids), ())
        persons[key] += count
        example.setdefault(key, first)
    shapes = [
        Shape(*key, count, example[key], any(outcome in _WORDS.values() for outcome, _ in key[1]))
        for key, count in persons.items()
    ]
    return sorted(shapes, key=lambda shape: (shape.persons, not shape.is_odd, shape.example))


_Key = tuple[str, tuple[tuple[str, str], ...]]


def _shaped(run: Run) -> Iterator[tuple[int, _Key]]:
    """The persons that a link touched, each with its shape."""
    outcomes: dict[int, Counter[str]] = {}
    for person, outcome, identified, count in outcomes_by_person(run):
        mark = mark_of(outcome, source_identified=bool(identified))
        word = _WORDS[mark] if mark else outcome.replace("_", " ")
        outcomes.setdefault(person, Counter())[word] += count
    sizes = sizes_of(run, outcomes)
    for person, counted in outcomes.items():
        yield (
            person,
            (_step(sizes[person]), tuple((word, _step(count)) for word, count in sorted(counted.items()))),
        )


def _step(count: int) -> str:
    return next((words for most, words in _STEPS if count <= most), _MOST)
