"""The ingestion warnings of a run, by type: how many, what they mean, and whom they blame."""

from collections.abc import Iterable

from identity_cli.origins import Origin
from identity_cli.store.reading.rows import Row, WarningRow
from identity_cli.store.reading.run import Run
from identity_cli.warning_types import WarningType, warning_type


class BlamedId(Row):
    """An id that warnings name as the one at fault; origin: the first of them."""

    distinct_id: str
    times: int
    origin: Origin


class WarningGroup(Row):
    """All warnings of one type, the ids blamed most often first."""

    type: str
    times: int
    about: WarningType
    ids: list[BlamedId]


def warnings(run: Run, warning_type: str | None = None, distinct_id: str | None = None) -> list[WarningGroup]:
    """The ingestion warnings of a run by type, the most frequent first.

    warning_type, distinct_id: only those of that type, only those that name that id; an empty list where
    there are none.
    """
    return _groups(run, run.warnings(warning_type, distinct_id))


def _groups(run: Run, found: Iterable[WarningRow]) -> list[WarningGroup]:
    counts: dict[str, int] = {}
    blamed: dict[str, dict[str, tuple[int, int]]] = {}
    for warning in found:
        name = warning.type
        counts[name] = counts.get(name, 0) + 1
        ids = blamed.setdefault(name, {})
        one = blamed_id(warning)
        count, first = ids.get(one, (0, warning.seq))
        ids[one] = (count + 1, first)
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    return [
        WarningGroup(name, counts[name], warning_type(name), _worst(run, blamed[name])) for name in ordered
    ]


def blamed_id(warning: WarningRow) -> str:
    """The id at fault, as far as the details of the type name one."""
    for key in warning_type(warning.type).blames:
        value = warning.details.get(key)
        if isinstance(value, str):
            return value
    return warning.distinct_id


def _worst(run: Run, ids: dict[str, tuple[int, int]]) -> list[BlamedId]:
    ordered = sorted(ids.items(), key=lambda item: (-item[1][0], item[1][1]))
    return [BlamedId(distinct_id, count, run.origin(first)) for distinct_id, (count, first) in ordered]
