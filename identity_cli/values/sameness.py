"""When two values of a log are the same."""

from typing import Any

_NUMBERS = {int, float}


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1.0 is 1, but true is not; the keys of objects have no order."""
    if one is other:
        return True
    try:
        if type(one) is not type(other):
            return {type(one), type(other)} == _NUMBERS and bool(one == other)
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same_value, one, other))
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
        return bool(one == other)
    except RecursionError:  # nested beyond sense
        return False
