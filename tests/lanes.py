"""Which of a test's parameters the fast lane tries: the first few, or every n-th; the rest is `slow`."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_quick(params: Iterable[Any], quick: int = 1) -> list[Any]:
    """Leave the first ones in the fast lane."""
    return [each if index < quick else _slow(each) for index, each in enumerate(params)]


def every_nth_quick(params: Iterable[Any], nth: int) -> list[Any]:
    """Leave every n-th in the fast lane, so that it tries some of all kinds."""
    return [_slow(each) if index % nth else each for index, each in enumerate(params)]


def _slow(param: Any) -> Any:
    values = getattr(param, "values", None)
    if values is None or isinstance(param, dict):
        values = param if isinstance(param, tuple) else (param,)
        return pytest.param(*values, marks=pytest.mark.slow)
    return pytest.param(*values, id=param.id, marks=[*param.marks, pytest.mark.slow])
