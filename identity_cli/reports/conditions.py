"""Conditions on properties as one types them: `plan=plus`, `email~@example.com`, `seats>10`, `x exists`."""

import json
import re
from collections.abc import Callable, Iterable
from operator import ge, gt, le, lt
from typing import Any

from identity_cli.store.reading.rows import Row
from identity_cli.values.sameness import same_value

_WORDS = re.compile(r"(?P<key>.+) (?P<operator>exists|missing)", re.DOTALL)
_SIGNS = re.compile(r"(?P<key>.+?)(?P<operator>!=|>=|<=|=|~|>|<)(?P<value>.*)", re.DOTALL)


class Condition(Row):
    """What a property must be: operator is one of OPERATORS."""

    key: str
    operator: str
    value: Any = None
    ignore_case: bool = False

    def holds(self, values: Iterable[Any]) -> bool:
        """Whether it does for a person's values of that property: none where it has not any.

        Of several, as it had them over time, one will do.
        """
        return OPERATORS[self.operator]([*values], self)


def condition_in(text: str, *, ignore_case: bool = False) -> Condition:
    """The condition that a text is; BadCondition. Its value also stands for what it is as JSON."""
    found = _WORDS.fullmatch(text) or _SIGNS.fullmatch(text)
    if found is None:
        from identity_cli.errors import BadCondition

        raise BadCondition(text)
    return Condition(found["key"], found["operator"], found.groupdict().get("value"), ignore_case)


def _is(value: Any, wanted: Condition) -> bool:
    """Whether a value is the one wanted: the same, or the same as JSON."""
    if isinstance(value, str) or not isinstance(wanted.value, str):
        return same_value(_folded(value, wanted), _folded(wanted.value, wanted))
    return same_value(value, _from_json(wanted.value))


def _contains(value: Any, wanted: Condition) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return bool(_folded(str(wanted.value), wanted) in _folded(text, wanted))


def _is_beyond(value: Any, wanted: Condition) -> bool:
    """Whether a value stands in that order to the one wanted: numbers to a number, texts to a text."""
    one, other = (_from_json(each) if isinstance(each, str) else each for each in (value, wanted.value))
    if not (_is_number(one) and _is_number(other)):
        if _is_number(other) or not (isinstance(value, str) and isinstance(wanted.value, str)):
            return False
        one, other = _folded(value, wanted), _folded(wanted.value, wanted)
    return _ORDERS[wanted.operator](one, other)


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _folded(value: Any, wanted: Condition) -> Any:
    return value.casefold() if wanted.ignore_case and isinstance(value, str) else value


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # of which no number, flag or list is the same


def _one_that(test: Callable[[Any, Condition], bool]) -> Callable[[list[Any], Condition], bool]:
    return lambda values, wanted: any(test(value, wanted) for value in values)


OPERATORS: dict[str, Callable[[list[Any], Condition], bool]] = {
    "=": _one_that(_is),
    "!=": lambda values, wanted: not any(_is(value, wanted) for value in values),
    "~": _one_that(_contains),
    **dict.fromkeys(_ORDERS, _one_that(_is_beyond)),
    "exists": lambda values, wanted: bool(values),
    "missing": lambda values, wanted: not values,
}
"""What each asks of a person's values; `!=` also holds where there are none, as in the platform's filters."""
