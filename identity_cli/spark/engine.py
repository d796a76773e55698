"""The whole replay as Spark's: which frame follows from which.

    blocks of the log -> rows of each (map) -> where blocks stand (driver) -> components of links
    -> steps by component, in order (shuffle) -> a resolver for each (map) -> tables

DataFrames and mapInArrow alone, no RDD and no SparkContext, so that Spark Connect does as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema

from identity_cli.dialects.base import Dialect, Wanted
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import EngineUnsound, LinesDepend, NoEventIn, NothingToReplay
from identity_cli.reading.decoding import Reading
from identity_cli.reading.intake import dialect_asked
from identity_cli.reading.options import ReplayOptions
from identity_cli.rules import DEFAULT
from identity_cli.rules.own_id import stored_id
from identity_cli.spark import block_rows
from identity_cli.spark.block_rows import END, EVENT, PROBE, REJECTED, BlockRows, Decoding, Row
from identity_cli.spark.component_tables import ComponentTables, Resolving, Step, in_order
from identity_cli.spark.components import ON_DRIVER, components
from identity_cli.spark.layout import Layout, layout_of, standings
from identity_cli.spark.log_blocks import File, LogBlock, block_of, lines_of, log_blocks, place_of, record_of
from identity_cli.spark.row_bytes import event_reader
from identity_cli.spark.run_frames import Replayed, tables_of_run
from identity_cli.spark.skew import LARGE_COMPONENT, Ask, skew_told
from identity_cli.spark.told_tables import COUNTED, SCHEMA, STRUCTS, told_batch

BLOCK_BYTES = 128 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How to replay: the options that a replay here shares with one of one machine, and what is Spark's.

    block_bytes: of a plain file that one task reads. partitions: of the replay; Spark's own choice where not
    said. on_driver: how many links the driver unites. large_component: events from which on a component is
    told before it is replayed, as it is one task. ordered: whether the tables come in the order of a run.
    """

    rules: str = DEFAULT
    buffer_seconds: float | None = None
    team_id: int = 1
    blocked_ids: Sequence[str] = ()
    dialect: str | None = None
    with_events: bool = False
    block_bytes: int = BLOCK_BYTES
    partitions: int | None = None
    on_driver: int = ON_DRIVER
    large_component: int = LARGE_COMPONENT
    ordered: bool = True
    options: ReplayOptions = field(init=False)

    def __post_init__(self) -> None:
        """UnknownChoice, BadOption for what none of them can be."""
        options = ReplayOptions(
            rules=self.rules,
            buffer_seconds=self.buffer_seconds,
            team_id=self.team_id,
            blocked_ids=tuple(self.blocked_ids),
            dialect=self.dialect,
            with_events=self.with_events,
        )
        object.__setattr__(self, "options", options)

    @property
    def resolving(self) -> Resolving:
        """How to resolve."""
        return Resolving(self.options.applied_rules, self.team_id, self.buffer_seconds, self.with_events)


def tables_of(
    spark: SparkSession, log: Sequence[str], scratch: str, *, tell: Callable[[str], None], **options: Any
) -> dict[str, DataFrame]:
    """As spark.replay_spark."""
    asked = Asked(**options)
    found = _blocks(log, asked)
    return _Engine(spark, scratch, asked, tell).tables(found)


def _blocks(log: Sequence[str], asked: Asked) -> list[LogBlock]:
    with room_for_nesting():
        return log_blocks(
            log, partial(_dialect_of, asked=asked), asked.block_bytes, asked.options.longest_line
        )


def _dialect_of(path: str, lines: list[bytes], asked: Asked) -> Dialect:
    """The dialect of a file; LinesDepend where its first lines show that it cannot be read in blocks."""
    dialect = Reading(Wanted(), dialect_asked(asked.options)).dialect_of(path, lines)
    decoding = Decoding(dialect, asked.options.applied_rules)
    decoding.items_of(lines, 0)
    if decoding.depends:
        raise LinesDepend(path, dialect.name)
    return dialect


class _Engine:
    def __init__(self, spark: SparkSession, scratch: str, asked: Asked, tell: Callable[[str], None]) -> None:
        self._spark, self._asked, self._tell = spark, asked, tell
        self._scratch = place_of(scratch)

    def tables(self, blocks: Sequence[LogBlock]) -> dict[str, DataFrame]:
        rows = self._save("rows", self._rows(blocks))
        ends = [Row(**row.asDict()) for row in rows.where(sql.col("kind") == END).collect()]
        ends = self._of_logs(ends, blocks, rows)
        stand = standings(ends)
        layout = layout_of(ends, stand, blocks)
        placed = self._placed(rows, stand, layout.bits)
        edges = rows.where(sql.col("kind") == block_rows.EDGE)
        whose = components(edges.select("node", "other"), self._save, self._asked.on_driver)
        placed_in = placed.join(whose, "node", "left").withColumn(
            "component", sql.coalesce("component", "node")
        )
        skew_told(edges, placed_in, Ask(self._tell, self._own_id), self._asked.large_component)
        told = self._save("told", self._told(placed_in, layout), "table")
        parts = {
            name: told.where(sql.col("table") == name).select("seq", "at", f"{name}.*") for name in STRUCTS
        }
        self._check_books(rows, parts)
        replayed = Replayed(parts, placed, layout, tuple(one.after for one in stand), self._asked)
        return tables_of_run(replayed, self._save)

    def _own_id(self, payload: bytes) -> str:
        rules = self._asked.options.applied_rules
        return stored_id(event_reader(rules)(payload), rules) or ""

    def _rows(self, blocks: Sequence[LogBlock]) -> DataFrame:
        """The rows of all blocks, each read by one task."""
        listed = self._spark.createDataFrame(pa.Table.from_pylist([*map(record_of, blocks)]))
        spread = listed.repartition(len(blocks), "number") if len(blocks) > 1 else listed
        options = self._asked.options
        read = partial(_read, resolving=self._asked.resolving, longest_line=options.longest_line)
        return spread.mapInArrow(read, from_arrow_schema(block_rows.SCHEMA))

    def _of_logs(self, ends: Sequence[Row], blocks: Sequence[LogBlock], rows: DataFrame) -> list[Row]:
        """The ends of blocks of files that are logs; NoEventIn, NothingToReplay."""
        usable: dict[File, int] = {}
        for end in ends:
            file = blocks[end.block].file
            if end.reason is not None:
                raise LinesDepend(file.shown, blocks[end.block].dialect)
            usable[file] = usable.get(file, 0) + (end.node or 0)
        for file, count in usable.items():
            if not count and not file.is_found:
                raise NoEventIn(file.shown, self._reasons(file, blocks, rows))
        if not any(usable.values()):
            raise NothingToReplay([file.shown for file in usable], [])
        return [end for end in ends if usable[blocks[end.block].file]]

    def _reasons(self, file: File, blocks: Sequence[LogBlock], rows: DataFrame) -> list[str]:
        inside = [block.number for block in blocks if block.file == file]
        unusable = rows.where((sql.col("kind") == REJECTED) & sql.col("block").isin(inside))
        found = unusable.orderBy("block", "line", "nth").limit(3).select("line", "reason").collect()
        return [f"{file.shown}:{row.line + 1}: {row.reason}" for row in found] or ["it has no events"]

    def _placed(self, rows: DataFrame, stand: Sequence[Any], bits: int) -> DataFrame:
        """The rows with their seqs and the log's clock before each."""
        known = [(one.block, one.first_line, one.before) for one in stand]
        where = self._spark.createDataFrame(known, "block int, first_line long, before long")
        line = sql.shiftleft(sql.col("first_line") + sql.col("line"), bits)
        placed = rows.where(~sql.col("kind").isin(END, block_rows.EDGE)).join(sql.broadcast(where), "block")
        return placed.withColumns({"seq": line + sql.col("nth"), "clock": sql.greatest("before", "clock")})

    def _told(self, placed: DataFrame, layout: Layout) -> DataFrame:
        """The tables that components tell."""
        steps = placed.where(sql.col("kind").isin(EVENT, PROBE)).select(*Step._fields)
        count = self._asked.partitions
        by_component = (
            steps.repartition("component") if count is None else steps.repartition(count, "component")
        )
        in_order = by_component.sortWithinPartitions("component", "seq", "kind")
        replay = partial(_replayed, resolving=self._asked.resolving, layout=layout)
        return in_order.mapInArrow(replay, from_arrow_schema(SCHEMA))

    def _check_books(self, rows: DataFrame, parts: Mapping[str, DataFrame]) -> None:
        """EngineUnsound unless every event was replayed once, and is somebody's or told as nobody's."""
        read = rows.where(sql.col("kind") == EVENT).count()
        replayed, unusable = _sums(parts[COUNTED], "events", "unusable")
        if read != replayed:
            raise EngineUnsound(f"of {read:,} events that were read {replayed:,} were replayed")
        (attributed,) = _sums(parts["distinct_ids"], "event_count")
        told = attributed + unusable + parts["dropped"].count()
        if replayed != told:
            raise EngineUnsound(f"of {replayed:,} events that were replayed {told:,} are in tables")

    def _save(self, name: str, frame: DataFrame, *by: str) -> DataFrame:
        """Write a frame to the scratch folder and read it from there."""
        path = f"{self._scratch}/{name}"
        frame.write.mode("overwrite").partitionBy(*by).parquet(path)
        return self._spark.read.schema(frame.schema).parquet(path)


def _sums(frame: DataFrame, *columns: str) -> list[int]:
    row = frame.agg(*map(sql.sum, columns)).first()
    return [0 if value is None else value for value in row or ()]


def _read(
    batches: Iterable[pa.RecordBatch], resolving: Resolving, longest_line: int
) -> Iterator[pa.RecordBatch]:
    """What a worker does with blocks."""
    for batch in batches:
        for block in map(block_of, batch.to_pylist()):
            lines = lines_of(block, longest_line)
            rows = BlockRows(block.number, block.dialect, lines, resolving.rules, resolving.team_id)
            yield from block_rows.batches_of(iter(rows))


def _replayed(
    batches: Iterable[pa.RecordBatch], resolving: Resolving, layout: Layout
) -> Iterator[pa.RecordBatch]:
    """What a worker does with steps."""
    at = 0
    with room_for_nesting():
        for table, seqs, columns in ComponentTables(in_order(_steps(batches)), resolving, layout):
            yield told_batch(table, seqs, columns, at)
            at += len(seqs)


def _steps(batches: Iterable[pa.RecordBatch]) -> Iterator[Step]:
    for batch in batches:
        yield from map(Step, *map(pa.Array.to_pylist, batch.columns))
