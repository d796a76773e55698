"""What runs remember, to be compared: what is in no order, and how a time is written, does not count."""

import json
import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

Row = tuple[str, int, bytes]
FINE = ("end.fine_ids", "end.fine_persons")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")


def in_order(row: Row) -> tuple[str, int, Any]:
    """A row of the table; of hashes, which are in no order, all that there are."""
    part, nth, content = row
    if part == "end.events":  # of which a line may say more than what goes on
        return part, nth, [{**event, "options": None} for event in json.loads(zlib.decompress(content))]
    if not part.startswith(("RepeatCounter._in_memory", "RepeatCounter._elsewhere")):
        return part, nth, zlib.decompress(content)
    return part, nth, sorted(content[at : at + 8] for at in range(0, len(content), 8))


def in_any_process(rows: Iterable[Row]) -> list[tuple[str, int, Any]]:
    """Rows of the table whatever they came through: there a time loses its zone, and it may be in pieces.

    A time that is fine for its zone alone is then none. That a decoder keeps nothing may be told or not.
    """
    found: dict[str, list[Any]] = {}
    others = []
    for row in rows:
        part, nth, content = in_order(row)
        if isinstance(content, bytes):
            content = json.loads(content)
        content = _in_utc(content)
        if part in FINE:
            found.setdefault(part, []).extend(one for one in content if any(map(_is_fine, one[1:])))
        elif content or not part.startswith("decoders."):
            others.append((part, nth, content))
    return [*others, *((part, 0, sorted(found.get(part, []))) for part in FINE)]


def _in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [*map(_in_utc, value)]
    if isinstance(value, dict):
        return {name: _in_utc(one) for name, one in value.items()}
    if isinstance(value, str) and _TIME.fullmatch(value):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def _is_fine(time: str | None) -> bool:
    return time is not None and datetime.fromisoformat(time).microsecond % 1_000 != 0
