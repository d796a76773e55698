"""Two answers to who is who, compared: which persons are the same, merged, split, overlapping, new or gone.

An answer puts each distinct id on a person; what a person is called does not matter, only
which ids it has. Ids that one answer alone knows are counted and otherwise left aside.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from identity_cli.answering import InNotebook


class Member(NamedTuple):
    """One distinct id, its events, and its person in each answer; None where that does not know it."""

    team_id: int
    distinct_id: str
    events: int
    old: str | None
    new: str | None


class ChangeKind(StrEnum):
    """What became of persons."""

    MERGED = "merged"  # several old ones are one
    SPLIT = "split"  # an old one is several
    OVERLAPPING = "overlapping"  # several old ones are several others
    NEW = "new"
    GONE = "gone"


@dataclass(slots=True)
class PersonChange:
    """Persons that are connected by ids they share, and are not the same."""

    kind: ChangeKind
    old: list[str]
    new: list[str]
    ids: int = 0
    moved: list[Member] = field(default_factory=list)

    @property
    def events_moved(self) -> int:
        """Events of the ids that moved."""
        return sum(member.events for member in self.moved)


class PairCounts(NamedTuple):
    """Pairs of ids on one person: in the old answer, in the new one, in both."""

    old: int
    new: int
    both: int

    @property
    def precision(self) -> float:
        """How many of the new answer's pairs the old one has."""
        return self.both / self.new if self.new else 1.0

    @property
    def recall(self) -> float:
        """How many of the old answer's pairs the new one has."""
        return self.both / self.old if self.old else 1.0


@dataclass(slots=True)
class Comparison(InNotebook):
    """How two answers differ; changes are sorted by the ids that moved, the most first."""

    persons_before: int
    persons_after: int
    unchanged: list[tuple[str, str]]
    changes: list[PersonChange]
    ids: int
    ids_new: int
    ids_gone: int
    pairs: PairCounts
    unshared: list[Member]  # the ids that one answer alone knows

    @property
    def differs(self) -> bool:
        """Whether any person differs."""
        return bool(self.changes or self.ids_new or self.ids_gone)

    def count(self, kind: ChangeKind) -> int:
        """How many changes are of a kind."""
        return sum(change.kind is kind for change in self.changes)

    @property
    def moved(self) -> Iterator[tuple[PersonChange, Member]]:
        """Every id that moved, with the change it belongs to."""
        return ((change, member) for change in self.changes for member in change.moved)


Members = Callable[[], Iterable[Member]]
"""Gives the ids anew at every call, in the same order."""

_Cells = dict[tuple[str, str], int]


def compare(members: Members) -> Comparison:
    """Compare two answers; the ids are asked for twice."""
    cells: Counter[tuple[str, str]] = Counter()
    old_persons: set[str] = set()
    new_persons: set[str] = set()
    ids = ids_new = ids_gone = 0
    for _, _, _, old, new in members():
        ids += 1
        if old is not None:
            old_persons.add(old)
        if new is not None:
            new_persons.add(new)
        if old is not None and new is not None:
            cells[old, new] += 1
        elif new is not None:
            ids_new += 1
        else:
            ids_gone += 1
    unchanged, changes, homes = _classified(cells, old_persons, new_persons)
    unshared = _gather_moved(members(), changes, homes)
    changes.sort(key=lambda change: (-len(change.moved), -change.ids, change.old, change.new))
    counts = len(old_persons), len(new_persons)
    return Comparison(*counts, unchanged, changes, ids, ids_new, ids_gone, _pairs(cells), unshared)


def _classified(
    cells: _Cells, old_persons: set[str], new_persons: set[str]
) -> tuple[list[tuple[str, str]], list[PersonChange], set[tuple[str, str]]]:
    """Unchanged persons, changes, and the cells whose ids stayed where they were."""
    news_of: dict[str, list[str]] = defaultdict(list)
    olds_of: dict[str, list[str]] = defaultdict(list)
    for old, new in cells:
        news_of[old].append(new)
        olds_of[new].append(old)
    unchanged = [(old, news[0]) for old, news in news_of.items() if len(news) == 1 == len(olds_of[news[0]])]
    settled = {old for old, _ in unchanged}
    changes = [PersonChange(ChangeKind.GONE, [old], []) for old in sorted(old_persons - news_of.keys())]
    changes += [PersonChange(ChangeKind.NEW, [], [new]) for new in sorted(new_persons - olds_of.keys())]
    for start in news_of:
        if start not in settled:
            olds, news = _connected(start, news_of, olds_of)
            settled |= olds
            changes.append(PersonChange(_kind(olds, news), sorted(olds), sorted(news)))
    return unchanged, changes, _homes(cells)


def _connected(
    start: str, news_of: dict[str, list[str]], olds_of: dict[str, list[str]]
) -> tuple[set[str], set[str]]:
    olds, news, waiting = {start}, set[str](), [start]
    while waiting:
        for new in news_of[waiting.pop()]:
            if new not in news:
                news.add(new)
                more = [old for old in olds_of[new] if old not in olds]
                olds.update(more)
                waiting += more
    return olds, news


def _kind(olds: set[str], news: set[str]) -> ChangeKind:
    if len(news) == 1:
        return ChangeKind.MERGED
    return ChangeKind.SPLIT if len(olds) == 1 else ChangeKind.OVERLAPPING


def _homes(cells: _Cells) -> set[tuple[str, str]]:
    """Old and new persons paired by the ids they share, the most first: those ids did not move."""
    homes: dict[str, str] = {}
    taken: set[str] = set()
    for (old, new), _ in sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])):
        if old not in homes and new not in taken:
            homes[old] = new
            taken.add(new)
    return set(homes.items())


def _gather_moved(
    members: Iterable[Member], changes: list[PersonChange], homes: set[tuple[str, str]]
) -> list[Member]:
    """Tell each change its ids; those that one answer alone knows are given back."""
    unshared = []
    of_old = {old: change for change in changes for old in change.old}
    of_new = {new: change for change in changes for new in change.new}
    for member in members:
        old, new = member.old, member.new
        if old is None or new is None:
            unshared.append(member)
        change = of_new.get(new) if old is None and new is not None else of_old.get(old or "")
        if change is None:
            continue
        change.ids += 1
        if old is not None and new is not None and (old, new) not in homes:
            change.moved.append(member)
    return unshared


def _pairs(cells: _Cells) -> PairCounts:
    by_old: Counter[str] = Counter()
    by_new: Counter[str] = Counter()
    for (old, new), count in cells.items():
        by_old[old] += count
        by_new[new] += count
    return PairCounts(*(sum(n * (n - 1) // 2 for n in one.values()) for one in (by_old, by_new, cells)))
