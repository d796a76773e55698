"""Where a text stands in a run, now or ever, and whose it was and is: from whatever one has to an id."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from identity_cli.events import Origin
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.store.reading.search import Hit, ids_with, person_ids_with, text_of, values_with

MATCHES = ("exact", "prefix", "substring", "other case")
"""How a value can hold a text, the closest first."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person as one would name it: by an id to log in with, else the one that it was made with."""

    person_id: str
    known_as: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a text stands.

    what: "distinct_id", "person_id" or the name of a property. match: one of MATCHES. origin: the event
    that brought the id or wrote the value, the first where several did; None for a person id. then, now:
    whose it was and who that is today, None for an id without a person. is_current: False for a value that
    was overwritten, removed or lost in a merge, and for the id of a person merged away.
    """

    what: str
    value: Any
    match: str
    origin: Origin | None
    then: Owner | None
    now: Owner | None
    is_current: bool


def find(run: Run, text: str) -> list[Sighting]:
    """Every id, person id and value, now or ever, that holds a text: exact ones first, then by place."""
    found = [
        *_without_repeats(chain(ids_with(run, text), person_ids_with(run, text), values_with(run, text)))
    ]
    found.sort(key=lambda hit: MATCHES.index(_match(hit, text)))  # stays in order otherwise
    owners = _Owners(run)
    return [
        Sighting(
            str(hit.key),
            hit.value,
            _match(hit, text),
            None if hit.seq is None else run.origin(hit.seq),
            owners.of(hit.person_then),
            owners.of(hit.person_now),
            owners.still_have(hit),
        )
        for hit in found
    ]


def _without_repeats(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Of a value that was written on a person several times, the first."""
    seen: set[tuple[str | None, str, int | None]] = set()
    for hit in hits:
        what = hit.key, json.dumps(hit.value), hit.person_then
        if what not in seen:
            seen.add(what)
            yield hit


def _match(hit: Hit, text: str) -> str:
    value = text_of(hit.value)
    if value == text or (hit.key == "person_id" and value == text.lower()):
        return "exact"
    if value.startswith(text):
        return "prefix"
    return "substring" if text in value else "other case"


class _Owners:
    """The persons behind some hits, each asked for once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._owners: dict[int, Owner] = {}
        self._rows: dict[int, PersonRow] = {}

    def of(self, number: int | None) -> Owner | None:
        if number is None:
            return None
        if number not in self._owners:
            row = self._run.person(number)
            known_as = self._run.login_of(number) or row.creator_distinct_id
            self._owners[number] = Owner(row.person_id, known_as)
        return self._owners[number]

    def still_have(self, hit: Hit) -> bool:
        """Whether the person of today has the value, or stands under that id."""
        if hit.person_now is None or hit.key == "distinct_id":
            return hit.person_now is not None
        if hit.key == "person_id":
            return hit.person_then == hit.person_now
        if hit.person_now not in self._rows:
            self._rows[hit.person_now] = self._run.person(hit.person_now)
        properties = json.loads(self._rows[hit.person_now].properties)
        return hit.key in properties and properties[hit.key] == hit.value
