"""Where a text stands in a run, now or ever: among ids, person ids, and values that were written.

Nothing is indexed but ids and person ids: the rest is one look at every row, which SQLite does at
some ten million a second.
"""

import json
from collections.abc import Iterator
from typing import Any

from identity_cli.origins import as_stored
from identity_cli.store.reading.opened import OpenedRun
from identity_cli.store.reading.rows import Row

_IDS = "SELECT distinct_id, seq, joined_person, person FROM distinct_ids WHERE {holds} ORDER BY seq"
_PERSONS = "SELECT person_id, person, coalesce(survivor, person) FROM persons WHERE {holds} ORDER BY person"
_WRITES = (
    "SELECT c.seq, c.person, coalesce(p.survivor, p.person), c.changes FROM property_changes c"
    " JOIN main.persons p USING (person) WHERE {holds} ORDER BY c.seq, c.rowid"
)


class Hit(Row):
    """A text that holds the one looked for: an id's, a person id's, or a value's, whose key is then told.

    person_then: the number of the person that had it first, or that it was written on; person_now: whom that
    one became. seq: of its first event, None for a person id.
    """

    key: str | None
    value: Any
    seq: int | None
    person_then: int | None
    person_now: int | None


def ids_with(run: OpenedRun, text: str) -> Iterator[Hit]:
    """Distinct ids that hold a text, in any case, by first sight."""
    for distinct_id, seq, then, now in _rows(run, _IDS, "distinct_id", as_stored(text)):
        yield Hit("distinct_id", distinct_id, seq, then, now)


def person_ids_with(run: OpenedRun, text: str) -> Iterator[Hit]:
    """Person ids that hold a text, those merged away among them, by creation."""
    for person_id, then, now in _rows(run, _PERSONS, "person_id", as_stored(text)):
        yield Hit("person_id", person_id, None, then, now)


def values_with(run: OpenedRun, text: str) -> Iterator[Hit]:
    """Values that hold a text, in any case: each as it was written, on every person, in order of the log."""
    wanted = as_stored(text).casefold()
    inside = json.dumps(as_stored(text), ensure_ascii=False)[1:-1]
    for seq, then, now, changes in _rows(run, _WRITES, "changes", inside):
        for operation, key, value, *_ in json.loads(changes):
            if operation != "unset" and wanted in text_of(value).casefold():
                yield Hit(key, value, seq, then, now)


def text_of(value: Any) -> str:
    """A value as one would type it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(run: OpenedRun, query: str, column: str, text: str) -> Iterator[Any]:
    """Rows of which a column holds the text, in any case; SQLite itself knows cases of ASCII alone."""
    if text.isascii():
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        condition, argument = f"{column} LIKE ? ESCAPE '\\'", f"%{escaped}%"
    else:
        run.database.create_function("folded", 1, str.casefold, deterministic=True)
        condition, argument = f"instr(folded({column}), ?)", text.casefold()
    return iter(run.database.execute(query.format(holds=condition), (argument,)))
