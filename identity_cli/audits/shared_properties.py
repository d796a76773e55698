"""Persons that have the same e-mail, phone or number: what two audits look at."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from identity_cli.audits.kinds_of_ids import is_placeholder
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

Properties = Mapping[str, Any]
_KINDS = {
    "e-mail": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "number": re.compile(r"\d+"),
    "UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
}


class SharedProperty(NamedTuple):
    """A value that persons share; ids: one of each, in the order in which these came. events: of each."""

    name: str
    value: str
    ids: Sequence[evidence.KnownId]
    events: Sequence[int]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of its ids, each kind once."""
        return tuple(sorted({kind_of(one.distinct_id) for one in self.ids}))

    @property
    def lost(self) -> int:
        """Events of all persons but the largest."""
        return sum(self.events) - max(self.events)


def kind_of(distinct_id: str) -> str:
    """What an id looks like: an e-mail, a number, a UUID, or what a word before its number says."""
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(distinct_id.strip()):
            return kind
    word = re.match(r"\s*([^\W\d_]+)[-_:.|]", distinct_id)
    return f"{word[1].lower()}-" if word else "text"


def agreements(
    known: Mapping[int, Properties], pair: tuple[int | None, int | None], names: Iterable[str]
) -> list[bool]:
    """Of each of these properties that both of a pair of persons have: whether it is the same."""
    one, other = ({} if person is None else known.get(person, {}) for person in pair)
    return [_plain(one[name]) == _plain(other[name]) for name in names if name in one and name in other]


def _plain(value: object) -> str:
    return str(value).strip().casefold()


def _sharing(run: Run, names: Sequence[str], fewest: int) -> set[int]:
    """Those who may share a value with so many: by its hash, as all values would take much memory."""
    persons, hashes = array("q"), array("q")
    for one in evidence.values_of(run, names):
        persons.append(one.person)
        hashes.append(hash((one.name, _plain(one.value))))
    times = Counter(hashes)
    return {person for person, own in zip(persons, hashes, strict=True) if times[own] >= fewest}


def shared_properties(run: Run, names: Sequence[str], fewest: int) -> Iterator[SharedProperty]:
    """Values that so many persons share, blanks and case aside; what a placeholder has is nobody's."""
    by_value: dict[tuple[str, str], list[tuple[int, int]]] = {}
    known = evidence.values_of(run, names, _sharing(run, names, fewest))
    for one in sorted(known, key=lambda one: names.index(one.name)):
        by_value.setdefault((one.name, _plain(one.value)), []).append((one.person, one.events))
    for (name, value), persons in by_value.items():
        if value and len(persons) >= fewest:
            own = evidence.chief_ids(run, [person for person, _ in persons])
            if len(persons) - sum(is_placeholder(one.distinct_id) for one in own) >= fewest:
                yield SharedProperty(name, value, own, [events for _, events in persons])
