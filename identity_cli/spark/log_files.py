"""A log of files, which many tasks read in blocks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from identity_cli.dialects.base import Dialect, Wanted
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import LinesDepend
from identity_cli.reading.decoding import Reading
from identity_cli.reading.intake import dialect_asked
from identity_cli.spark import block_rows
from identity_cli.spark.asked import Asked
from identity_cli.spark.block_rows import BlockRows, Decoding, Row
from identity_cli.spark.log_blocks import LogBlock, block_of, lines_of, log_blocks, record_of

InBlock = tuple[int, int]
"""The number of a block, and of a line in it from 0."""


_LINE = pa.schema([("block", pa.int32()), ("line", pa.int64()), ("raw", pa.binary())])


class LogFiles:
    """The files of a log; LogUnreadable, LinesDepend, NoLogs."""

    def __init__(self, paths: Sequence[str], asked: Asked) -> None:
        self._asked = asked
        longest_line = asked.options.longest_line
        with room_for_nesting():
            self._blocks = log_blocks(
                paths, partial(dialect_of, asked=asked), asked.block_bytes, longest_line
            )

    def rows(self, spark: SparkSession) -> DataFrame:
        """The rows of all blocks, each read by one task."""
        blocks, asked = self._blocks, self._asked
        listed = spark.createDataFrame(pa.Table.from_pylist([*map(record_of, blocks)]))
        spread = listed.repartition(len(blocks), "number") if len(blocks) > 1 else listed
        return spread.mapInArrow(partial(_read, asked=asked), from_arrow_schema(block_rows.SCHEMA))

    def blocks(self, ends: Sequence[Row]) -> Mapping[int, LogBlock]:
        """Its blocks by their numbers; ends: of their rows."""
        del ends  # they were known before
        return {block.number: block for block in self._blocks}

    def lines(self, spark: SparkSession, wanted: Iterable[InBlock]) -> dict[InBlock, bytes]:
        """These of its lines."""
        numbers: dict[int, list[int]] = defaultdict(list)
        for block, line in wanted:
            numbers[block].append(line)
        listed = [record_of(self._blocks[block]) | {"wanted": lines} for block, lines in numbers.items()]
        spread = spark.createDataFrame(pa.Table.from_pylist(listed)).repartition(len(listed), "number")
        read = partial(_read_lines, longest_line=self._asked.options.longest_line)
        found = spread.mapInArrow(read, "block int, line long, raw binary").toArrow()
        return {(row["block"], row["line"]): row["raw"] for row in found.to_pylist()}


def dialect_of(path: str, lines: list[bytes], asked: Asked) -> Dialect:
    """The dialect of a file; LinesDepend where its first lines show that it cannot be read in blocks."""
    dialect = Reading(Wanted(), dialect_asked(asked.options)).dialect_of(path, lines)
    decoding = Decoding(dialect, asked.rule_set)
    decoding.items_of(lines, 0)
    if decoding.depends:
        raise LinesDepend(path, dialect.name)
    return dialect


def _read_lines(batches: Iterable[pa.RecordBatch], longest_line: int) -> Iterator[pa.RecordBatch]:
    """What a worker does with blocks of which some lines are wanted."""
    for batch in batches:
        for record in batch.to_pylist():
            wanted = {*record.pop("wanted")}
            block = block_of(record)
            lines = enumerate(chain.from_iterable(lines_of(block, longest_line)))
            found = [
                {"block": block.number, "line": number, "raw": line.rstrip(b"\n")}
                for number, line in lines
                if number in wanted
            ]
            yield pa.RecordBatch.from_pylist(found, _LINE)


def _read(batches: Iterable[pa.RecordBatch], asked: Asked) -> Iterator[pa.RecordBatch]:
    """What a worker does with blocks."""
    for batch in batches:
        for block in map(block_of, batch.to_pylist()):
            lines = lines_of(block, asked.options.longest_line)
            rows = BlockRows(block.number, block.dialect, lines, asked)
            yield from block_rows.batches_of(iter(rows))
