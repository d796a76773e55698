"""A log that is a table: each row is a line, in the order of some of its columns.

Every task gets a range of that order. Blocks have the numbers of Spark's own partitions, which is right only
if it keeps its word: so each tells the keys of its first row and of its last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField

from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import BadOption, EngineUnsound, NoOrder
from identity_cli.files.parquet_file import ROWS_AT_ONCE, lines_of_rows
from identity_cli.spark import block_rows
from identity_cli.spark.asked import Asked
from identity_cli.spark.block_rows import END, BlockRows, Row
from identity_cli.spark.component_tables import NOT_SORTED
from identity_cli.spark.log_blocks import File, Lines, LogBlock, lines_within
from identity_cli.spark.log_files import dialect_of

_ROW, _BLOCK, _KEY, _UNCLEAR = "row", "block", "key_", b"unclear"
_AS_TEXT = ("map", "variant")
"""Types that are no objects in Arrow: they come as JSON in text, as the platform stores properties."""
_Key = tuple[Any, ...]


class LogTable:
    """A frame of events, or of rows of another dialect; BadOption, LinesDepend."""

    def __init__(self, frame: DataFrame, order: str | Sequence[str], asked: Asked) -> None:
        """order: columns that together tell every two rows apart; the least comes first."""
        self._order = [order] if isinstance(order, str) else [*order]
        if not self._order:
            raise BadOption("the order of a table", "nothing", "the columns that put any two rows in order")
        self._frame, self._asked = frame.select(*map(_shown, frame.schema)), asked
        self._file = File(f"rows by {', '.join(self._order)}", "", "", is_found=False)
        first = self._frame.limit(ROWS_AT_ONCE).toArrow().to_batches()
        with room_for_nesting():
            lines = [*chain.from_iterable(map(lines_of_rows, first))]
            self._dialect = dialect_of(self._file.shown, lines, asked)

    def rows(self, spark: SparkSession) -> DataFrame:
        """The rows of all blocks, each a range of the order."""
        del spark  # the frame has its own
        keys = [f"{_KEY}{nth}" for nth, _ in enumerate(self._order)]
        columns = [sql.col(name).alias(key) for name, key in zip(self._order, keys, strict=True)]
        keyed = self._frame.select(*columns, sql.struct("*").alias(_ROW))
        in_order = keyed.repartitionByRange(*keys).sortWithinPartitions(*keys)
        read = partial(_read, dialect=self._dialect.name, asked=self._asked)
        numbered = in_order.withColumn(_BLOCK, sql.spark_partition_id())
        return numbered.mapInArrow(read, from_arrow_schema(block_rows.SCHEMA))

    def blocks(self, ends: Sequence[Row]) -> Mapping[int, LogBlock]:
        """Its blocks by their numbers; NoOrder, EngineUnsound."""
        told = sorted(ends, key=lambda end: end.block)
        spans = [_span_in(end.payload or b"") for end in told]
        for span in spans:
            if span.unclear:
                raise NoOrder(self._order, span.unclear)
        for before, after in pairwise(spans):
            if before.last >= after.first:  # also where they are the same, as those go to one task
                raise EngineUnsound(NOT_SORTED)
        name = self._dialect.name
        return {
            end.block: LogBlock(end.block, self._file, name, "rows", nth, nth + 1)
            for nth, end in enumerate(told)
        }


def _shown(column: StructField) -> Column:
    field = sql.col(f"`{column.name}`")
    return sql.to_json(field).alias(column.name) if column.dataType.typeName() in _AS_TEXT else field


# The order


class _Span(NamedTuple):
    """The keys of a block's first row and last; unclear: why its rows are in no order, if so."""

    first: _Key
    last: _Key
    unclear: str


def _span_in(message: bytes) -> _Span:
    found = pa.ipc.open_stream(message).read_all()
    first, last = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return _Span(first, last, found.schema.metadata[_UNCLEAR].decode())


def _tie(key: _Key) -> str:
    return f"two of them have {', '.join(map(str, key))}"


class _InOrder:
    """Takes the keys of a block's rows, some at a time; EngineUnsound if they come unsorted."""

    def __init__(self) -> None:
        self._ends: list[pa.RecordBatch] = []
        self._before: _Key = ()
        self._unclear = ""

    def see(self, keys: pa.RecordBatch) -> None:
        """Take the next."""
        for key in zip(*(column.to_pylist() for column in keys.columns), strict=True):
            if None in key:
                self._unclear = self._unclear or "one of them has no value there"
                continue
            if key < self._before:
                raise EngineUnsound(NOT_SORTED)
            if key == self._before:
                self._unclear = self._unclear or _tie(key)
            self._before = key
        self._ends = [*(self._ends or [keys])[:1], keys]

    def message(self) -> bytes:
        """A _Span, as Arrow writes it, so that keys keep their types."""
        first, last = self._ends
        ends = pa.Table.from_batches([first.slice(0, 1), last.slice(last.num_rows - 1)])
        sink = pa.BufferOutputStream()
        table = ends.replace_schema_metadata({_UNCLEAR: self._unclear})
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return bytes(sink.getvalue())


# What workers do


def _read(batches: Iterable[pa.RecordBatch], dialect: str, asked: Asked) -> Iterator[pa.RecordBatch]:
    some = filter(len, batches)
    first = next(some, None)
    if first is None:
        return
    in_order, number = _InOrder(), first[_BLOCK][0].as_py()
    lines = _lines(chain([first], some), in_order, asked.options.longest_line)
    rows = BlockRows(number, dialect, lines, asked)
    ended = (row._replace(payload=in_order.message()) if row.kind == END else row for row in rows)
    yield from block_rows.batches_of(ended)


def _lines(batches: Iterable[pa.RecordBatch], in_order: _InOrder, longest_line: int) -> Lines:
    for batch in batches:
        in_order.see(_keys_of(batch))
        yield lines_within(pa.RecordBatch.from_struct_array(batch[_ROW]), longest_line)


def _keys_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The keys; times in microseconds, as not each of them is one of Python's."""
    names = [name for name in batch.schema.names if name.startswith(_KEY)]
    columns = [batch[name] for name in names]
    whole = [one.cast(pa.int64()) if pa.types.is_timestamp(one.type) else one for one in columns]
    return pa.record_batch(whole, names=names)
