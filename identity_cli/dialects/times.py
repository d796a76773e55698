"""Times as logs write them, beyond the RFC 3339 that the fast decoder reads itself."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_DAY_FORMATS = ("%Y/%m/%d", "%m/%d/%Y")
_MILLISECONDS_FROM = 1e11  # a number of seconds this large would be past the year 5000
_MICROSECONDS_FROM = 1e14  # and so would one of milliseconds
_DIGITS_OF_A_DAY = len("20240401")


def parse_time(value: Any) -> datetime | None:
    """The moment that a value names, aware; None where it names none.

    Takes what the platform takes: ISO 8601 in its many spellings (no zone means UTC),
    RFC 2822, two day formats, and seconds, milliseconds or microseconds since 1970.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isdecimal() and len(text) > _DIGITS_OF_A_DAY:  # in some of them fromisoformat sees a date
        return _since_1970(float(text))
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return _other_spelling(text)


def _other_spelling(text: str) -> datetime | None:
    try:
        return _since_1970(float(text))
    except ValueError:
        pass
    for day_format in _DAY_FORMATS:
        try:
            return datetime.strptime(text, day_format).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):  # all of which strangers' dates have raised
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _since_1970(number: float) -> datetime | None:
    if abs(number) >= _MICROSECONDS_FROM:
        number /= 1_000_000
    elif abs(number) >= _MILLISECONDS_FROM:
        number /= 1_000
    try:
        return datetime.fromtimestamp(number, UTC)
    except (OverflowError, OSError, ValueError):
        return None
