"""Which persons there are, of one kind or all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from identity_cli.errors import UnknownChoice
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import PERSON_ORDERS, Run
from identity_cli.values.sameness import same_value

Condition = tuple[str, Any]


def persons(
    run: Run,
    *,
    identified: bool | None = None,
    min_ids: int = 0,
    where: Mapping[str, Any] | Sequence[Condition] = (),
    sort: str = "ids",
    limit: int | None = None,
) -> Iterator[PersonRow]:
    """The persons of a run, those with most ids first.

    identified: only such, or only others. where: only those with these properties; a text also stands for the
    value that it is as JSON. sort: what comes first, a key of PERSON_ORDERS; UnknownChoice for another.
    """
    if sort not in PERSON_ORDERS:
        raise UnknownChoice("order of persons", sort, PERSON_ORDERS)
    found = run.persons(sort, None if where else limit, identified=identified, min_ids=min_ids)
    if not where:
        return found
    wanted = list(where.items()) if isinstance(where, Mapping) else where
    return islice((one for one in found if _has(one, wanted)), limit)


def _has(person: PersonRow, wanted: Sequence[Condition]) -> bool:
    properties = json.loads(person.properties)
    return all(key in properties and _is(properties[key], value) for key, value in wanted)


def _is(value: Any, wanted: Any) -> bool:
    """Whether a property value is the one wanted: the same, or the same as JSON."""
    if isinstance(value, str) or not isinstance(wanted, str):
        return same_value(value, wanted)
    try:
        return same_value(value, json.loads(wanted))
    except ValueError:
        return False
