r"""What each operator of a property filter means, as the platform's HogQL has it.

Where the query builder of 2022 differed, today's meaning counts: an explicit null is a missing
property; the negative operators pass where the property is missing, the others do not; an
empty list of values is no condition at all. With more than one value a positive operator
passes if any does, a negative one if all do.

The platform compares with the type that it has learnt for a property. A log does not tell
it, so values are equal if they are the same text (`5` and `"5"`, `true` and `"true"`) or the
same number, and the comparisons compare numbers where both sides are, texts where the filter's
own value is no number. An empty text counts as set.

Regular expressions: see patterns. An invalid one matches nothing, under `not_regex` as well.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from identity_cli.events import ABSENT
from identity_cli.internal_users.patterns import Unbounded, like, search_for

Passes = Callable[[Any], bool]


class NotEvaluable(Exception):
    """A log alone cannot tell, and why."""


def passes(operator: str, value: Any) -> Passes:
    """What tells of a property value, or ABSENT, whether it passes; NotEvaluable if nothing can."""
    if operator in ("is_set", "is_not_set"):
        missing_passes = operator == "is_not_set"
        return lambda found: _is_missing(found) == missing_passes
    if operator in _RANGES:
        return _range(operator, value)
    negated = _NEGATIONS.get(operator)
    test_of = _TESTS.get(negated or operator)
    if test_of is None:
        raise NotEvaluable(f"the operator {operator} is not supported")
    if value == []:
        return lambda found: True
    return _any_of(
        [test_of(one) for one in (value if isinstance(value, list) else [value])], negated is not None
    )


def _any_of(tests: list[Passes], negated: bool) -> Passes:
    """Whether a value passes any of the tests; negated: whether it is missing or passes none."""
    if all(test is _nothing for test in tests) or (negated and _nothing in tests):
        return _nothing
    return lambda found: negated if _is_missing(found) else any(test(found) for test in tests) != negated


def is_impossible(test: Passes) -> bool:
    """Whether it is known to pass nothing, whatever the log holds."""
    return test is _nothing


def _is_missing(found: Any) -> bool:
    return found is ABSENT or found is None


def _nothing(found: Any) -> bool:
    return False


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def _number(value: Any) -> float | None:
    """The value as a number, if it is one or reads as one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


# One value each


def _equal(wanted: Any) -> Passes:
    text = _text(wanted)
    number = _number(wanted)

    def test(found: Any) -> bool:
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return _text(found) == text or (is_number and number is not None and found == number)

    return test


def _contains(wanted: Any) -> Passes:
    """Anywhere, in any case; `%` stands for any text and `_` for any character, as in ILIKE."""
    text = _text(wanted)
    if not re.search(r"[%_\\]", text):
        part = text.lower()
        return lambda found: part in _text(found).lower()
    has = like(text)
    return lambda found: has(_text(found))


def _matches(wanted: Any) -> Passes:
    try:
        has = search_for(_text(wanted))
    except Unbounded as why:
        raise NotEvaluable(str(why)) from None
    return _nothing if has is None else lambda found: has(_text(found))


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda found, wanted: bool(found > wanted),
    "lt": lambda found, wanted: bool(found < wanted),
    "gte": lambda found, wanted: bool(found >= wanted),
    "lte": lambda found, wanted: bool(found <= wanted),
}


def _compares(operator: str) -> Callable[[Any], Passes]:
    compare = _COMPARISONS[operator]

    def test_of(wanted: Any) -> Passes:
        number = _number(wanted)
        if number is None:
            text = _text(wanted)
            return lambda found: compare(_text(found), text)

        def test(found: Any) -> bool:
            own = _number(found)
            return own is not None and compare(own, number)

        return test

    return test_of


def _dated(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Passes]:
    def test_of(wanted: Any) -> Passes:
        moment = _moment(wanted)
        if moment is None:
            raise NotEvaluable("its date is none that stands by itself")

        def test(found: Any) -> bool:
            own = _moment(found)
            return own is not None and compare(own, moment)

        return test

    return test_of


def _moment(value: Any) -> datetime | None:
    """ISO 8601, in UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_TESTS: dict[str, Callable[[Any], Passes]] = {
    "exact": _equal,
    "in": _equal,
    "icontains": _contains,
    "icontains_multi": _contains,
    "regex": _matches,
    "gt": _compares("gt"),
    "lt": _compares("lt"),
    "gte": _compares("gte"),
    "lte": _compares("lte"),
    "min": _compares("gte"),
    "max": _compares("lte"),
    "is_date_exact": _dated(lambda found, wanted: bool(found == wanted)),
    "is_date_after": _dated(_COMPARISONS["gt"]),
    "is_date_before": _dated(_COMPARISONS["lt"]),
}
_NEGATIONS = {
    "is_not": "exact",
    "not_in": "in",
    "not_icontains": "icontains",
    "not_icontains_multi": "icontains_multi",
    "not_regex": "regex",
}
_RANGES = ("between", "not_between")


def _range(operator: str, value: Any) -> Passes:
    """From the first number to the second, both included; a missing property passes neither."""
    ends = [_number(end) for end in value] if isinstance(value, list) else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] > ends[1]:
        raise NotEvaluable(f"{operator} needs two numbers, the smaller one first")
    low, high = ends[0], ends[1]
    inside = operator == "between"

    def test(found: Any) -> bool:
        own = _number(found)
        return own is not None and (low <= own <= high) == inside

    return test
