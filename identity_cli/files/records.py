"""Rows with named columns as lines of JSON, for the dialects to read as they read any line."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

WHOLE_EVENT = "*"
"""The column of a query that selects everything: its fields are the row's."""
NOTHING = "\\N"
"""How ClickHouse and MySQL write that there is no value."""
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NESTS = re.compile(r"(\w+|\*)\.")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")

Path = tuple[str, ...]


class Columns:
    """The names of a table's columns, and how their values become an object.

    A name with dots, `properties.$set.email`, stands for a value within objects. Text that is a JSON
    object or array is taken for that, except of an id. Of text alone nothing else can be known, so numbers
    stay text; only within objects `true` and `false` are what they say. Columns without a value are left out.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._columns = [(_path(name), not name.lower().endswith("id")) for name in names]

    def line(self, values: Iterable[Any]) -> bytes:
        """The line of a row; a string that is no UTF-8 keeps its bytes, for the reader to judge."""
        texts: dict[str, str] = {}
        inside: list[tuple[Path, Any]] = []
        for (path, may_be_json), value in zip(self._columns, values, strict=False):
            if value is None or value in ("", NOTHING):
                continue
            json_text = _json_text(value) if may_be_json and isinstance(value, str) else None
            if len(path) > 1 or path[0] == WHOLE_EVENT:
                inside.append((path, value if json_text is None else json.loads(json_text)))
            else:
                texts[path[0]] = _written(value) if json_text is None else json_text
        for name, value in _objects(inside, texts).items():
            texts[name] = _written(value)
        line = ",".join(f"{_written(name)}:{text}" for name, text in texts.items())
        return f"{{{line}}}\n".encode("utf-8", "surrogateescape")


def without_guard(cell: str) -> str:
    """A cell without what keeps spreadsheets from taking it for a formula, see cells.csv_text."""
    return cell[1:] if _GUARDED.match(cell) else cell


def _path(name: str) -> Path:
    path = tuple(name.split(".")) if _NESTS.match(name) else (name,)
    return path[1:] if len(path) > 1 and path[0] == WHOLE_EVENT else path


def _json_text(value: str) -> str | None:
    """A JSON object or array on one line, as it was written; None of what is none."""
    if value[0] not in "{[":
        return None
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return None
    return value.replace("\n", " ").replace("\r", " ")  # which within its strings would be no JSON


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value)
    return text


def _objects(inside: Iterable[tuple[Path, Any]], texts: dict[str, str]) -> dict[str, Any]:
    """The objects that names with dots make, with what the column of the object itself says."""
    row: dict[str, Any] = {}
    for path, value in inside:
        if path == (WHOLE_EVENT,):
            if isinstance(value, dict):
                row.update((name, one) for name, one in value.items() if name not in texts)
            continue
        if path[0] in texts and path[0] not in row:
            row[path[0]] = json.loads(texts[path[0]])
        _put(row, path, value)
    return row


def _put(row: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value within objects; under its whole name where something else is in the way."""
    within: Any = row
    for name in path[:-1]:
        within = within.setdefault(name, {})
        if not isinstance(within, dict):
            within, path = row, (".".join(path),)
            break
    within[path[-1]] = _BOOLEANS.get(value, value) if isinstance(value, str) else value
