"""The persons of a run, listed: in an order, of a kind, and with the ids of each."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from identity_cli.origins import as_stored
from identity_cli.store.reading.opened import OpenedRun
from identity_cli.store.reading.rows import PersonRow

PERSON_COLUMNS = (
    "person, team_id, person_id, creator_distinct_id, identified_seq IS NOT NULL, created_at,"
    " properties, id_count, event_count, first_seen, last_seen"
)
PERSON_ORDERS = {
    "ids": "id_count DESC, person",  # see _persons_by_ids
    "events": "event_count DESC, person",
    "created_at": "created_at IS NULL, created_at, person",
    "first_seen": "first_seen IS NULL, first_seen, person",
    "last_seen": "last_seen DESC, person",
}
_ALL = "SELECT count(*) FROM persons"  # which an index counts by its pages
COUNT_STANDING = f"SELECT ({_ALL}) - ({_ALL} WHERE survivor IS NOT NULL)"
_MOST = 2**62  # more than there will ever be


class PersonLists(OpenedRun):
    """Whom a run has."""

    def persons(
        self, order: str = "ids", limit: int | None = None, identified: bool | None = None, min_ids: int = 0
    ) -> Iterator[PersonRow]:
        """Persons that stand; order is a key of PERSON_ORDERS, else a property, from low to high.

        A minus before a property turns it round; persons without it come last either way.
        """
        query = f"SELECT {PERSON_COLUMNS} FROM persons WHERE {_standing(identified, min_ids)}"
        if order == "ids":
            return islice(self._persons_by_ids(query, min_ids), limit and min(limit, _MOST))
        most = "" if limit is None else f" LIMIT {min(int(limit), _MOST)}"
        by = PERSON_ORDERS.get(order) or self._by_property(order)
        return map(PersonRow._make, self._rows(f"{query} ORDER BY {by}{most}"))

    def _by_property(self, order: str) -> str:
        """What SQLite sorts by, now that it knows of that property."""
        key, is_reversed = self.property_order(order) or (order, False)
        self.database.create_function("value_of", 1, _reader_of(as_stored(key)), deterministic=True)
        return f"value_of(properties) IS NULL, value_of(properties) {'DESC' if is_reversed else ''}, person"

    def _persons_by_ids(self, query: str, min_ids: int) -> Iterator[PersonRow]:
        """Those of several ids, which an index has in their order; then the many of one, as they stand."""
        several, one = "id_count > 1 ORDER BY id_count DESC, person", "id_count <= 1 ORDER BY person"
        for those in (several,) if min_ids > 1 else (several, one):
            yield from map(PersonRow._make, self._rows(f"{query} AND {those}"))

    def property_order(self, order: str) -> tuple[str, bool] | None:
        """The property that an order names, and whether it is from high to low; None if nobody has it."""
        if self.has_property(order):
            return order, False
        key = order.removeprefix("-")
        return (key, True) if key != order and self.has_property(key) else None

    def has_property(self, key: str) -> bool:
        """Whether any person that stands has a property of that name."""
        self.database.create_function("value_of", 1, _reader_of(as_stored(key)), deterministic=True)
        holds = f"%{json.dumps(as_stored(key), ensure_ascii=False)[1:-1]}%"
        query = "SELECT 1 FROM persons WHERE properties LIKE ? AND value_of(properties) IS NOT NULL LIMIT 1"
        return self.database.execute(query, (holds,)).fetchone() is not None

    def property_names(self) -> list[str]:
        """Of all properties that persons who stand have, sorted; reads every person."""
        query = f"SELECT properties FROM persons WHERE {_standing(None, 0)}"
        return sorted({key for (text,) in self._rows(query) for key in json.loads(text)})

    def count_persons(self, identified: bool | None = None, min_ids: int = 0) -> int:
        """How many persons stand of that kind."""
        if identified is None and min_ids <= 1:
            return self._one(COUNT_STANDING)
        return self._one(f"SELECT count(*) FROM persons WHERE {_standing(identified, min_ids)}")

    def ids_of_several(self, persons: Iterable[PersonRow]) -> dict[int, list[str]]:
        """The distinct ids, sorted, of those among these persons that have several."""
        found: dict[int, list[str]] = {}
        query = "SELECT person, distinct_id FROM distinct_ids WHERE person IN {parts}"
        for number, one in self.rows_about(query, (one.person for one in persons if one.id_count > 1)):
            found.setdefault(number, []).append(one)
        for ids in found.values():
            ids.sort()
        return found


def _standing(identified: bool | None, min_ids: int) -> str:
    """The condition for persons that stand, perhaps of one kind."""
    kind = "" if identified is None else f" AND identified_seq IS {'NOT ' if identified else ''}NULL"
    several = " AND id_count > 1" if min_ids > 1 else ""  # what the index says that has only those
    return f"survivor IS NULL AND id_count >= {int(min_ids)}{several}{kind}"


def _reader_of(key: str) -> Callable[[str], Any]:
    """From properties as JSON to a value that SQLite can sort."""

    def value_in(properties: str) -> Any:
        value = json.loads(properties).get(key)
        return value if isinstance(value, int | float | str | None) else json.dumps(value)

    return value_in
