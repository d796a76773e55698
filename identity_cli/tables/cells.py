"""Values as they stand in tables: times, JSON, and CSV cells that no spreadsheet executes.

The plural functions do a whole column in a few calls, as long as its values are of the
usual shape, and one by one where they are not; a run's tables are made of them.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import msgspec

from identity_cli.events import FAR_FUTURE, LONG_AGO

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet may take for a formula, and what looks like one with a guard before it."""
_STARTS = frozenset("=+-@\t\r'")
_QUOTED = ('"', ",", "\n", "\r")
_WITH_MILLISECONDS = len("2023-03-08T12:00:00.123Z")
_WITH_MICROSECONDS = len("2023-03-08T12:00:00.123456Z")

_encoder = msgspec.json.Encoder()
_moments = msgspec.json.Decoder(list[datetime | None])
_values = msgspec.json.Decoder(list[Any])
_first = itemgetter(0)


def json_text(value: Any) -> str:
    """Compact JSON; the keys of objects in their order."""
    return json_texts([value])[0]


def json_texts(values: Sequence[Any]) -> list[str]:
    """Compact JSON of each value."""
    lines = _encoder.encode_lines(values).decode().split("\n")
    lines.pop()  # what follows the last newline
    return lines


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:  # before the calendar begins, or after its end
            moment = LONG_AGO if moment.year == 1 else FAR_FUTURE
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def time_texts(moments: Sequence[datetime | None], never: datetime | None = None) -> list[str | None]:
    """ISO 8601 in UTC with milliseconds of each moment, None of None and of `never`."""
    # The encoder is thirty times as fast as isoformat. It writes microseconds, which mostly are 000.
    encoded = _encoder.encode(moments)[2:-2].replace(b'000Z"', b'Z"').decode()
    texts: list[Any] = encoded.split('","')
    if len(texts) != len(moments):  # there is a None among them, which has no quotes
        texts = [""] * len(moments)
    elif set(map(len, texts)) == {_WITH_MILLISECONDS}:
        return texts
    return [
        text if len(text) == _WITH_MILLISECONDS else _time_text(text, moment, never)
        for text, moment in zip(texts, moments, strict=True)
    ]


def _time_text(encoded: str, moment: datetime | None, never: datetime | None) -> str | None:
    if moment is None or moment is never:
        return None
    return encoded[:23] + "Z" if len(encoded) == _WITH_MICROSECONDS else time_text(moment)


def uuid_text(value: Any) -> str | None:
    """A uuid as sent: text stays text, anything else becomes JSON."""
    return value if value is None or isinstance(value, str) else json_text(value)


def csv_text(text: str | None, *, guarded: bool = True) -> str:
    """A CSV cell; guarded, an apostrophe before = + - @ keeps spreadsheets from taking it for a formula.

    Apostrophes that are there before such a mark get one more, so that files.records.without_guard, which
    takes one away, gives back every text.
    """
    if not text:
        return ""
    if guarded and text[0] in _STARTS and _FORMULA.match(text):
        text = "'" + text
    # Four plain searches: several times as fast as one regular expression.
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_texts(texts: Sequence[str | None]) -> Sequence[str]:
    """CSV cells of text from the log."""
    try:
        joined = "".join(texts)  # type: ignore[arg-type]  # a None among them is an error that we await
        if _STARTS.isdisjoint(map(_first, texts)) and not any(mark in joined for mark in _QUOTED):  # type: ignore[arg-type]  # none is None
            return texts  # type: ignore[return-value]  # none is None
    except (TypeError, IndexError):  # None, or an empty text
        pass
    return [csv_text(text) for text in texts]


def csv_texts_unguarded(texts: Iterable[str | None]) -> Iterable[str]:
    """The same for programs: as the log has them."""
    return [csv_text(text, guarded=False) for text in texts]


def csv_numbers(numbers: Iterable[int]) -> Iterable[str]:
    """CSV cells of numbers, of which none is None."""
    return map(str, numbers)


def csv_nths(numbers: Iterable[int | None]) -> Iterable[str]:
    """CSV cells of numbers, of which most are None."""
    return ["" if number is None else str(number) for number in numbers]


def csv_words(words: Sequence[str | None]) -> Iterable[str]:
    """CSV cells of times, person ids and words of our own."""
    return words if None not in words else ["" if word is None else word for word in words]  # type: ignore[return-value]  # none is None


def flags(flags: Iterable[bool]) -> Iterable[str]:
    """Cells of yes and no, in CSV as in JSON."""
    return ["true" if flag else "false" for flag in flags]


def csv_jsons(texts: Sequence[str | None]) -> Iterable[str]:
    """CSV cells of JSON, which has quotes more often than not, and never a line end of its own."""
    if None in texts:
        return ["" if text is None else '"' + text.replace('"', '""') + '"' for text in texts]
    quoted = "\n".join(texts).replace('"', '""')  # type: ignore[arg-type]  # none is None
    return ('"' + quoted.replace("\n", '"\n"') + '"').split("\n") if texts else ()


def json_as_it_is(texts: Iterable[str | None]) -> Iterable[str]:
    """JSON that is JSON already."""
    return ["null" if text is None else text for text in texts]


# The way back


def times_of(texts: Sequence[str | None]) -> list[datetime | None]:
    """The moments of a column of times, as far as its text tells; ValueError for what is none."""
    return _moments.decode(_encoder.encode(texts))


def values_of(texts: Sequence[str]) -> list[Any]:
    """The values of a column of JSON; ValueError for what is none."""
    return _values.decode(f"[{','.join(texts)}]".encode())
