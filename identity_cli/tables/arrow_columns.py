"""Tables in Apache Arrow: each kind of column as the type that it is."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from identity_cli.tables.table import ColumnKind, Columns, Table

Array = Any
"""pyarrow comes without types."""


def arrow() -> Any:
    """The library; ExtraMissing where it is not installed."""
    try:
        import pyarrow  # takes its time to import
    except ImportError:
        from identity_cli.errors import ExtraMissing

        raise ExtraMissing("Parquet and Arrow", "parquet") from None
    return pyarrow


def schema_of(table: Table) -> Any:
    """The names and types of a table's columns."""
    types = _types()
    return arrow().schema([(name, types[kind]) for name, kind in table.columns])


def record_batch(table: Table, columns: Columns) -> Any:
    """Some records of a table."""
    arrays = [_ARRAY_OF[kind](column) for (_, kind), column in zip(table.columns, columns, strict=True)]
    return arrow().record_batch(arrays, schema=schema_of(table))


def arrow_table(table: Table, parts: Iterable[Columns]) -> Any:
    """A whole table."""
    return arrow().Table.from_batches([record_batch(table, part) for part in parts], schema_of(table))


@cache
def _types() -> dict[ColumnKind, Any]:
    pa = arrow()
    return {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.NUMBER: pa.int64(),
        ColumnKind.NTH: pa.int64(),
        ColumnKind.WORD: pa.string(),
        ColumnKind.TIME: pa.timestamp("ms", "UTC"),
        ColumnKind.BOOL: pa.bool_(),
        ColumnKind.LIST: pa.list_(pa.string()),
        ColumnKind.JSON: pa.json_(),
    }


def _plain(kind: ColumnKind) -> Callable[[Sequence[Any]], Array]:
    return lambda values: arrow().array(values, _types()[kind])


def _times(texts: Sequence[str | None]) -> Array:
    return arrow().array(texts, arrow().string()).cast(_types()[ColumnKind.TIME])


def _flags(flags: Sequence[Any]) -> Array:
    return arrow().array(map(bool, flags), arrow().bool_())


def _lists(texts: Sequence[str]) -> Array:
    return arrow().array(map(_decode_list, texts), _types()[ColumnKind.LIST])


def _jsons(texts: Sequence[str | None]) -> Array:
    return arrow().ExtensionArray.from_storage(arrow().json_(), arrow().array(texts, arrow().string()))


_decode_list = msgspec.json.Decoder(list[str]).decode
_ARRAY_OF: dict[ColumnKind, Callable[[Any], Array]] = {
    ColumnKind.TEXT: _plain(ColumnKind.TEXT),
    ColumnKind.NUMBER: _plain(ColumnKind.NUMBER),
    ColumnKind.NTH: _plain(ColumnKind.NTH),
    ColumnKind.WORD: _plain(ColumnKind.WORD),
    ColumnKind.TIME: _times,
    ColumnKind.BOOL: _flags,
    ColumnKind.LIST: _lists,
    ColumnKind.JSON: _jsons,
}
