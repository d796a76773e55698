"""Times as logs write them, beyond the RFC 3339 that the fast decoders read themselves.

The one place that knows their spellings: those of SDKs, of exports, of warehouses (BigQuery,
Snowflake, Redshift, ClickHouse), of pandas and of spreadsheets.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (
    (1e17, 1e9),  # nanoseconds; a smaller unit is not taken for one before the year 5000
    (1e14, 1e6),
    (1e11, 1e3),
)
"""From which number on it counts which part of a second."""
_DIGITS_OF_A_DAY = len("20240401")
_NUMBER = r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?"

_SPREADSHEET_DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)
_SPREADSHEET_DAYS = (25_569, 73_050)  # of 1970 and of 2100: as seconds, they all lie on 1 January 1970

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOURS_OF_ZONE = {  # RFC 2822, and no others: those have several meanings
    **dict.fromkeys(("", "z", "ut", "utc", "gmt"), 0),
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
)
_ZONE = (
    r"(?:\s*(?:etc/)?(?P<zone>z|ut|utc|gmt|[ecmp][sd]t)\b)?"
    r"(?:\s*(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?"
_YEAR = r"(?P<year>\d{4}|\d\d)"
_NAMED_MONTH = r"(?P<name>[a-z]{3})[a-z]{0,6}\.?"
_DAYS = (
    r"(?P<year>\d{4})([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)",
    rf"(?P<month>\d\d?)/(?P<day>\d\d?)/{_YEAR}",  # the American order, which is also capture's
    rf"(?P<day>\d\d?)\.(?P<month>\d\d?)\.{_YEAR}",
    rf"{_WEEKDAY}(?P<day>\d\d?)[\s-]{_NAMED_MONTH}[\s-]{_YEAR}",
    rf"{_WEEKDAY}{_NAMED_MONTH}\s+(?P<day>\d\d?),?\s+{_YEAR}",
)
_COMMENT = r"\s*(?:\[utc\]|\([^()]*\))?"  # Java's and JavaScript's name for the zone, after its number
_SPELLINGS = (
    _NUMBER,
    *(rf"{day}(?:[\s,@T]+{_CLOCK}{_ZONE}{_COMMENT})?" for day in _DAYS),
    rf"{_WEEKDAY}{_NAMED_MONTH}\s+(?P<day>\d\d?)\s+{_CLOCK}{_ZONE}\s+{_YEAR}",  # ctime's
)
_LONGEST = 100  # characters of any of them


def parse_time(value: Any) -> datetime | None:
    """The moment that a value names, aware; None where it names none.

    Takes ISO 8601 in its many spellings, RFC 2822, days with names of months or as
    month/day/year or day.month.year, with a clock of 12 or 24 hours; seconds, milli-, micro-
    or nanoseconds since 1970; a spreadsheet's days with a fraction. No zone means UTC.
    """
    if isinstance(value, str):
        return _of_text(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    return None


def names_no_time(value: Any) -> bool:
    """Whether nothing stands there, so that nothing is lost when no time is read from it."""
    return value is None or (isinstance(value, str) and not value.strip())


def _of_text(text: str) -> datetime | None:
    if text.isdecimal() and len(text) > _DIGITS_OF_A_DAY:  # in some of them fromisoformat sees a date
        return _of_number(float(text))
    try:
        return _aware(datetime.fromisoformat(text.removesuffix(" UTC")))  # whole tables have it
    except ValueError:
        pass
    if len(text) > _LONGEST:
        return None
    number, *spellings = _compiled()
    if number.fullmatch(text):
        return _of_number(float(text))
    for spelling in spellings:
        if found := spelling.fullmatch(text):
            return _of_parts(found.groupdict())
    return None


@cache
def _compiled() -> list[re.Pattern[str]]:
    """The spellings, for the logs that have any: to compile them takes a tenth of a start."""
    return [re.compile(spelling, re.ASCII | re.IGNORECASE) for spelling in _SPELLINGS]


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _of_number(number: float) -> datetime | None:
    first, last = _SPREADSHEET_DAYS
    try:
        if first < number < last and number % 1:
            return _SPREADSHEET_DAY_0 + timedelta(seconds=round(number * 86_400))
        for start, parts in _UNITS:
            if abs(number) >= start:
                return EPOCH + timedelta(seconds=number / parts)
        return EPOCH + timedelta(seconds=number)
    except (OverflowError, ValueError):  # past the calendar, or not a number
        return None


def _of_parts(parts: dict[str, str | None]) -> datetime | None:
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    try:
        month = int(parts.get("month") or 0) or _MONTHS.index((parts.get("name") or "").lower()) + 1
        return datetime(
            year if year > 99 else 2000 + year,
            month,
            day,
            _hour(int(parts["hour"] or 0), (parts["half"] or "").lower()),
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int((parts["fraction"] or "0")[:6].ljust(6, "0")),
            _zone(parts),
        )
    except ValueError:  # no such month, no such day
        return None


def _hour(hour: int, half: str) -> int:
    """Of 24: ValueError where a clock of 12 hours has no such one."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "p" else 0)


def _zone(parts: dict[str, str | None]) -> timezone:
    offset = timedelta(hours=int(parts["hours"] or 0), minutes=int(parts["minutes"] or 0))
    base = timedelta(hours=_HOURS_OF_ZONE[(parts["zone"] or "").lower()])
    return timezone(base - offset if parts["sign"] == "-" else base + offset)
