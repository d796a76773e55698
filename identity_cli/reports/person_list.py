"""Which persons there are, of one kind or all."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from identity_cli.reports.conditions import Condition, condition_in
from identity_cli.store.reading.kept_findings import persons_found
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import PERSON_ORDERS, Run

RECOGNISED_BY = ("name", "email")
"""Properties by which people know a person, the best first."""

Where = Mapping[str, Any] | Sequence[str | Condition]


def persons(
    run: Run,
    *,
    identified: bool | None = None,
    min_ids: int = 0,
    where: Where = (),
    ever: bool = False,
    sort: str = "ids",
    limit: int | None = None,
    findings: Collection[str] | None = None,
) -> Iterator[PersonRow]:
    """The persons of a run, those with most ids first.

    identified: only such, or only others. where: only those with these properties: values by name, or
    conditions such as "seats>10"; a text also stands for the value that it is as JSON. ever: conditions hold
    for what a property once was, too. sort: what comes first, a key of PERSON_ORDERS, else a property, from
    low to high, or from high to low with a minus before it; UnknownOrder where nobody has it. findings: only
    persons that findings of these codes are about; of no codes, all that findings are about but for those of
    severity info. BadCondition for one that cannot be read.
    """
    if sort not in PERSON_ORDERS and run.property_order(sort) is None:
        from identity_cli.errors import UnknownOrder

        raise UnknownOrder(sort, PERSON_ORDERS, run.property_names())
    wanted = _conditions(where)
    is_narrowed = bool(wanted) or findings is not None
    found = run.persons(sort, None if is_narrowed else limit, identified=identified, min_ids=min_ids)
    if not is_narrowed:
        return found
    if findings is not None:
        suspects = persons_found(run, findings or None)
        found = (one for one in found if one.person in suspects)
    values_of = _values_ever(run, wanted) if ever else _values_now
    return islice((one for one in found if _fits(values_of(one), wanted)), limit)


def recognised(person: PersonRow, keys: Sequence[str] = RECOGNISED_BY) -> str | None:
    """What one knows a person by: the first of these properties that it has; None if it has none."""
    properties = json.loads(person.properties)
    values = (properties[key] for key in keys if properties.get(key) not in (None, "", [], {}))
    value = next(values, None)
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _conditions(where: Where) -> list[Condition]:
    if isinstance(where, Mapping):
        return [Condition(key, "=", value) for key, value in where.items()]
    return [one if isinstance(one, Condition) else condition_in(one) for one in where]


def _fits(values: Mapping[str, Iterable[Any]], wanted: Iterable[Condition]) -> bool:
    return all(one.holds(values.get(one.key, ())) for one in wanted)


def _values_now(person: PersonRow) -> dict[str, list[Any]]:
    return {key: [value] for key, value in json.loads(person.properties).items()}


def _values_ever(run: Run, wanted: Iterable[Condition]) -> Callable[[PersonRow], dict[str, list[Any]]]:
    """What the properties in question ever were, of each person and of those merged into it."""
    found: dict[int, dict[str, list[Any]]] = {}
    for person, key, value in run.values_ever({one.key for one in wanted}):
        found.setdefault(person, {}).setdefault(key, []).append(value)
    return lambda person: found.get(person.person, {})
