"""What the first lines of a file without an event show, so that whoever replays it can say what they are."""

from collections.abc import Sequence

from identity_cli.dialects import DIALECTS, detected, is_known
from identity_cli.dialects.generic import at_path
from identity_cli.dialects.mapping import read_mapping
from identity_cli.dialects.recognition import judged
from identity_cli.errors import AmbiguousDialect

_NAMES_SHOWN = 8
_SHOWN_OF_A_NAME = 40


def advice(lines: Sequence[bytes], dialect: str | None, mapping: Sequence[str]) -> str:
    """In one clause the dialect that they look like, or their fields; empty where neither would help.

    dialect, mapping: as they were asked for.
    """
    if len(mapping) == 1 and mapping[0] in DIALECTS:  # the map that the tool brings
        dialect, mapping = mapping[0], ()
    if dialect in DIALECTS and is_known(lines):
        return _other_dialect(lines, dialect)
    objects = [value for value in judged(lines) if isinstance(value, dict)]
    if mapping:
        return _missing(objects, mapping)
    names = "" if is_known(lines) else _names(objects)
    return names and f"its first lines have {names}"


def _other_dialect(lines: Sequence[bytes], asked: str) -> str:
    try:
        found = detected("", lines).name
    except AmbiguousDialect:
        return "its lines look like another dialect: leave out --dialect"
    if asked in (found, DIALECTS[found].form_of):
        return ""
    return f"its lines look like {found}: leave out --dialect, or say --dialect {found}"


def _missing(objects: Sequence[dict[str, object]], mapping: Sequence[str]) -> str:
    """Which of the paths to an id stand in no line."""
    paths = [
        path for field, path in read_mapping(mapping).items() if field in ("distinct_id", "anonymous_id")
    ]
    missing = [path for path in paths if all(at_path(one, path) is None for one in objects)]
    if not any(objects) or not missing:
        return ""
    return f"its first lines have no {' and no '.join(map(_shown, missing))}, but {_names(objects)}"


def _names(objects: Sequence[dict[str, object]]) -> str:
    """Of their fields, as a log may not say what a terminal does."""
    names = list(dict.fromkeys(name for one in objects for name in one))
    more = ", ..." if len(names) > _NAMES_SHOWN else ""
    return f"{', '.join(map(_shown, names[:_NAMES_SHOWN]))}{more}"


def _shown(name: str) -> str:
    cut = name if len(name) <= _SHOWN_OF_A_NAME else f"{name[: _SHOWN_OF_A_NAME - 1]}…"
    return repr(cut)
