"""Whether events need the columns of a table that cannot be decoded: others are tried in their place."""

import json
from collections.abc import Callable, Iterable, Sequence

from identity_cli.dialects.base import Item, Unusable

Decoding = Callable[[bytes], Sequence[Item | None]]
LINES_TRIED = 20
_WITHIN = {
    **dict.fromkeys(("distinct_id", "$anon_distinct_id", "alias", "$device_id", "user_id", "token"), "tried"),
    **{key: {"tried": 1} for key in ("$set", "$set_once")},
    "event": "$identify",
}
_TRIED = ("tried", 7, True, "2001-02-03T04:05:06Z", json.dumps(_WITHIN), json.dumps([_WITHIN]))
"""Where a column of plain values is read, one of these makes another event, or none."""


def needed_columns(
    columns: Iterable[str], lines: Sequence[bytes], afresh: Callable[[], Decoding]
) -> list[str]:
    """Those that events follow from. lines: some rows, without them; afresh: a decoding without a past."""
    rows = [json.loads(line) for line in lines[:LINES_TRIED]]
    without = [_told(row, afresh()) for row in rows]
    return [
        column
        for column in columns
        if any(
            _told({**row, column: value}, afresh()) != told
            for row, told in zip(rows, without, strict=True)
            for value in _TRIED
        )
    ]


def _told(row: dict[str, object], decode: Decoding) -> list[object]:
    items = decode(json.dumps(row).encode())
    return [str(item) if isinstance(item, Unusable) else item for item in items]
