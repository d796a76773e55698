"""A JSON value as text, to others than JavaScript."""

import json
import math
from typing import Any

_INTEGERS = -(2**63), 2**64
"""What Rust keeps as integers; larger ones are doubles to it."""


def python_text(value: Any) -> str:
    """What Python's `str` makes of it."""
    return str(value)


def json_text(value: Any) -> str:
    """What Rust's serde_json writes: no spaces, keys in order, 1e21 without a plus; a text stays as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not _INTEGERS[0] <= value < _INTEGERS[1]:
        value = _as_double(value)
    if isinstance(value, float):
        return repr(value).replace("e+", "e").replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _as_double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
