"""What JavaScript makes of a JSON value: the platform's code is JavaScript.

Only the conversions that decide identity: text, truth, trimming and object spread.
Strings that JSON can hold are the same in both languages, but their length is not:
JavaScript counts UTF-16 units.
"""

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

# White space and line ends of ECMAScript. Python's own `strip` also takes
# U+001C..U+001F and U+0085, and leaves the byte-order mark.
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
LARGEST_EXACT_INTEGER = 2**53


def text(value: Any) -> str:
    """`String(value)`."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case list():
            return _list_text(value)
        case _:
            return "[object Object]"


def _list_text(items: list[Any]) -> str:
    """Elements joined by commas, and their elements in turn; null is nothing. Without recursion."""
    leaves = []
    waiting = items[::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) and item:
            waiting.extend(reversed(item))
        else:
            leaves.append("" if item is None or item == [] else text(item))
    return ",".join(leaves)


def number_text(number: float) -> str:
    """A number as JavaScript prints it: shortest digits, an exponent only from 1e21 and below 1e-6."""
    if isinstance(number, int) and abs(number) <= LARGEST_EXACT_INTEGER:
        return str(number)
    number = _as_double(number)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    digits, exponent = _shortest_digits(abs(number))
    return sign + _place_point(digits, exponent)


def _as_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _shortest_digits(number: float) -> tuple[str, int]:
    """Significant digits, and the power of ten that puts the point before them."""
    mantissa, _, exponent = f"{number!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).rstrip("0")
    leading_zeros = len(digits) - len(digits.lstrip("0"))
    return digits[leading_zeros:], point - leading_zeros


def _place_point(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = f"e{point - 1:+d}"
    return digits[0] + ("." + digits[1:] if count > 1 else "") + exponent


def is_truthy(value: Any) -> bool:
    """`Boolean(value)`: unlike Python's, empty lists and objects are true, NaN is false."""
    if isinstance(value, list | dict):
        return True
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def is_blank(string: str) -> bool:
    """Whether `string.trim()` is empty."""
    return not string.strip(WHITE_SPACE)


def spread(value: Any) -> dict[str, Any]:
    """`{...value}`: lists and strings give their indexes as keys, other scalars nothing."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    if isinstance(value, str):
        return {str(index): unit for index, unit in enumerate(_utf16_units(value))}
    return {}


def utf16_length(string: str) -> int:
    """`string.length`."""
    if string.isascii():
        return len(string)
    return len(string) + sum(character > "\uffff" for character in string)


def first_units(string: str, count: int) -> str:
    """`string.substring(0, count)`; half a surrogate pair becomes U+FFFD."""
    return string.encode("utf-16-le", "surrogatepass")[: 2 * count].decode("utf-16-le", "replace")


def _utf16_units(string: str) -> list[str]:
    # Half a surrogate pair cannot be stored as text: the database shows U+FFFD for it.
    return [unit for character in string for unit in ("\ufffd\ufffd" if character > "\uffff" else character)]


def date_text(moment: datetime) -> str:
    """`date.toISOString()`: UTC, to the millisecond."""
    with suppress(OverflowError):  # at the ends of the calendar
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
