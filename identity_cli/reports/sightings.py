"""Where a text stands in a run, now or ever, and whose it was and is: from whatever one has to an id."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from identity_cli.origins import Origin
from identity_cli.reports.owners import Owner, Owners
from identity_cli.store.reading.rows import Row
from identity_cli.store.reading.run import Run
from identity_cli.store.reading.search import Hit, ids_with, person_ids_with, text_of, values_with

MATCHES = ("exact", "prefix", "substring", "other case")
"""How a value can hold a text, the closest first."""


class Sighting(Row):
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
    """Every distinct id, person id and property value, now or ever, that contains a text.

    Exact ones first, then those that begin so, contain it, or have it in another case; of each distinct ids
    before person ids and values. An empty list where nothing does.
    """
    found = [
        *_without_repeats(chain(ids_with(run, text), person_ids_with(run, text), values_with(run, text)))
    ]
    found.sort(key=lambda hit: MATCHES.index(_match(hit, text)))  # stays in order otherwise
    owners, now = Owners(run), _Now(run)
    return [
        Sighting(
            str(hit.key),
            hit.value,
            _match(hit, text),
            None if hit.seq is None else run.origin(hit.seq),
            owners.of(hit.person_then),
            owners.of(hit.person_now),
            now.still_has(hit),
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


class _Now:
    """What persons are today, each asked for once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._properties: dict[int, Any] = {}

    def still_has(self, hit: Hit) -> bool:
        """Whether the person of today has the value, or stands under that id."""
        number = hit.person_now
        if number is None or hit.key == "distinct_id":
            return number is not None
        if hit.key == "person_id":
            return hit.person_then == number
        if number not in self._properties:
            self._properties[number] = json.loads(self._run.person(number).properties)
        properties = self._properties[number]
        return hit.key in properties and bool(properties[hit.key] == hit.value)
