"""What an answer can do in a notebook: become a dict, a data frame, a table to look at.

An answer is a record, a dataclass or a named tuple, that holds others. Nobody asks for this at a prompt, so
all that takes time to import is imported late.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

LIBRARIES = ("pandas", "polars")
ROWS_SHOWN = 20
_OF_THE_STORE = frozenset({"person", "joined_person", "source_person", "target_person", "moment"})
"""Numbers that mean something to the store alone."""


class InNotebook:
    """What an answer that is a dataclass can do in a notebook."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as dicts, lists, texts, numbers and flags, as JSON has them."""
        return as_dict(self)

    def frame(self, library: str | None = None) -> Any:
        """Give its longest list as pandas.DataFrame or polars.DataFrame, as the library is called."""
        return as_frame(self, library)

    def _repr_html_(self) -> str:
        return as_html(self)


def as_dict(answer: Any) -> dict[str, Any]:
    """A record and all that it holds as dicts, lists, texts, numbers and flags."""
    found = _plain(answer)
    assert isinstance(found, dict)
    return found


def as_frame(answer: Any, library: str | None = None) -> Any:
    """The longest list of records in an answer as a data frame; what is no plain value in it is JSON."""
    chosen = frame_library(library)
    rows = [{key: _cell(value) for key, value in row.items()} for row in _rows(as_dict(answer))]
    if chosen == "polars":
        return import_module("polars").DataFrame(rows, strict=False, infer_schema_length=None)
    return import_module("pandas").DataFrame(rows)


def as_html(answer: Any) -> str:
    """An answer as HTML: what it says in single values, and the first rows of its longest list."""
    known = as_dict(answer)
    rows = _rows(known)
    singles = [{"": key, " ": value} for key, value in _singles(known)]
    pieces = [f"<b>{type(answer).__name__}</b>", _table(singles)]
    if rows:
        pieces.append(_table(rows[:ROWS_SHOWN]))
    if len(rows) > ROWS_SHOWN:
        pieces.append(f"<p>and {len(rows) - ROWS_SHOWN:,} more: .frame() has them all</p>")
    return "\n".join(pieces)


def frame_library(named: str | None = None) -> str:
    """The library of data frames: the one named, else the one in use, else the first that is installed."""
    if named is not None:
        if named not in LIBRARIES:
            from identity_cli.errors import UnknownChoice

            raise UnknownChoice("library", named, LIBRARIES)
        return named
    from importlib.util import find_spec

    for is_there in (lambda name: name in sys.modules, find_spec):
        for name in LIBRARIES:
            if is_there(name):
                return name
    from identity_cli.errors import NoDataFrames

    raise NoDataFrames


def _plain(value: Any) -> Any:
    fields = _fields(value)
    if fields is not None:
        return {key: _field(key, one) for key, one in fields if key not in _OF_THE_STORE or _fields(one)}
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(one) for one in items]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _field(key: str, value: Any) -> Any:
    """A field's value; what rows of the store have as text or number for speed is what it means."""
    if key == "properties" and isinstance(value, str):
        from json import loads

        return loads(value)
    return bool(value) if key.startswith("is_") else _plain(value)


def _fields(record: Any) -> list[tuple[str, Any]] | None:
    """The fields of a record, in order; None of what is none."""
    if hasattr(record, "_asdict"):
        return [*record._asdict().items()]
    names = getattr(record, "__dataclass_fields__", None)
    return None if names is None else [(name, getattr(record, name)) for name in names]


def _rows(known: Any) -> list[dict[str, Any]]:
    """The longest list of records in a dict, however deep; the first of those as long."""
    return max(_lists(known), key=len, default=[])


def _lists(known: Any) -> Iterator[list[dict[str, Any]]]:
    if not isinstance(known, dict):
        return
    for value in known.values():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield value
        yield from _lists(value)


def _singles(known: dict[str, Any], of: str = "") -> Iterator[tuple[str, Any]]:
    """What is no list, with the names of what it is in."""
    for key, value in known.items():
        if isinstance(value, dict):
            yield from _singles(value, f"{of}{key}.")
        elif not isinstance(value, list):
            yield f"{of}{key}", value


def _cell(value: Any) -> Any:
    if not isinstance(value, dict | list):
        return value
    from json import dumps

    return dumps(value, ensure_ascii=False)


def _table(rows: list[dict[str, Any]]) -> str:
    """Rows as HTML; nothing in them is markup."""
    from html import escape

    names = [*dict.fromkeys(key for row in rows for key in row)]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = [
        "".join(
            f"<td>{'' if (value := row.get(name)) is None else escape(str(_cell(value)))}</td>"
            for name in names
        )
        for row in rows
    ]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
