"""Ids and e-mail addresses of internal users in a table, CSV or TSV with a header."""

import csv
import json
from collections.abc import Iterator

from identity_cli.errors import InternalUsersUnreadable
from identity_cli.files.delimited import delimiter_of
from identity_cli.files.records import without_guard

COLUMNS = frozenset({"distinct_id", "distinct_ids", "id", "user_id", "userid", "email", "$email", "domain"})
"""Whose cells are names; of a column with dots its last part."""


def names_in_table(text: str, source: str) -> list[str] | None:
    """The names in a table's columns of ids, addresses and domains; None if the text is no table."""
    delimiter = delimiter_of(text)
    if delimiter is None:
        return None
    header, *records = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    wanted = [
        index for index, name in enumerate(header) if name.strip().rpartition(".")[2].lower() in COLUMNS
    ]
    if not wanted:
        known = ", ".join(sorted(COLUMNS))
        raise InternalUsersUnreadable(source, f"it is a table, and none of its columns is called {known}")
    cells = [record[index] for record in records for index in wanted if index < len(record)]
    return [name for cell in cells for name in _names(without_guard(cell))]


def _names(cell: str) -> Iterator[str]:
    """What a cell names: of a JSON list, as exports of persons write their ids, each item."""
    try:
        items = json.loads(cell) if cell.startswith("[") else [cell]
    except (ValueError, RecursionError):
        items = [cell]
    yield from (item for item in items if isinstance(item, str))
