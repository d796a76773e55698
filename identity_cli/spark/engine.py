"""The whole replay as Spark's: which frame follows from which.

    blocks of the log -> rows of each (map) -> where blocks stand (driver) -> components of links
    -> steps by component, in order (shuffle) -> a resolver for each (map) -> tables

DataFrames and mapInArrow alone, no RDD and no SparkContext, so that Spark Connect does as well.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema

from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import (
    BadOption,
    EngineUnsound,
    LinesDepend,
    NoEventIn,
    NothingToReplay,
    TaskStopped,
    UnknownId,
)
from identity_cli.pieces.edges import node_of
from identity_cli.pieces.log_clock import moment_of
from identity_cli.rules.own_id import stored_id
from identity_cli.spark import block_rows
from identity_cli.spark.asked import Asked
from identity_cli.spark.block_rows import END, EVENT, PROBE, REJECTED, SIGNED, Row
from identity_cli.spark.component_tables import ComponentTables, Step, in_order
from identity_cli.spark.components import components
from identity_cli.spark.layout import Layout, Standing, layout_of, standings
from identity_cli.spark.log_blocks import File, LogBlock, place_of
from identity_cli.spark.log_files import LogFiles
from identity_cli.spark.log_table import LogTable
from identity_cli.spark.one_component import ComponentLog
from identity_cli.spark.row_bytes import event_reader
from identity_cli.spark.run_frames import Replayed, tables_of_run
from identity_cli.spark.skew import Ask, skew_told
from identity_cli.spark.told_tables import COUNTED, SCHEMA, STRUCTS, told_batch

_OWN_ERROR = re.compile(r"^identity_cli\.errors[\w.]*: (.+)$", re.MULTILINE)
"""What a task of ours was stopped by, in the text that the engine makes of it."""


class Log(Protocol):
    """A log, wherever it is."""

    def rows(self, spark: SparkSession) -> DataFrame:
        """The rows of all its blocks, see block_rows."""

    def blocks(self, ends: Sequence[Row]) -> Mapping[int, LogBlock]:
        """Its blocks by their numbers; ends: of their rows."""


class _Found(NamedTuple):
    """What is known of a log before it is replayed.

    rows: of all blocks; edges: those of links; whose: the component of each node of an edge; placed: events
    and others in their places; placed_in: also in their components.
    """

    rows: DataFrame
    edges: DataFrame
    whose: DataFrame
    placed: DataFrame
    placed_in: DataFrame
    stand: Sequence[Standing]
    layout: Layout
    blocks: Mapping[int, LogBlock]


class Engine:
    """Replays a log, or part of it, on a session's workers."""

    def __init__(
        self, spark: SparkSession, scratch: str, asked: Asked, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._spark, self._asked, self._tell = spark, asked, tell
        self._scratch = place_of(scratch)

    def tables(self, log: Sequence[str] | DataFrame, order: str | Sequence[str]) -> dict[str, DataFrame]:
        """As spark.replay_spark."""
        asked = self._asked
        found = self._found(
            LogTable(log, order, asked) if isinstance(log, DataFrame) else LogFiles(log, asked)
        )
        placed_in, stand, layout = found.placed_in, found.stand, found.layout
        skew_told(found.edges, placed_in, Ask(self._tell, self._own_id), self._asked.large_component)
        told = self._save("told", self._told(placed_in, layout), "table")
        parts = {
            name: told.where(sql.col("table") == name).select("seq", "at", f"{name}.*") for name in STRUCTS
        }
        self._check_books(found.rows, parts)
        clocks = tuple(one.after for one in stand)
        return tables_of_run(Replayed(parts, found.placed, layout, clocks, self._asked), self._save)

    def component_log(
        self, log: Sequence[str] | DataFrame, distinct_id: str, team_id: int | None
    ) -> ComponentLog:
        """As spark.component_log; with the lines of others whose illegal links name one of these ids."""
        if isinstance(log, DataFrame):
            raise BadOption(
                "the log of a component", "a table", "files: its rows in order, written as Parquet"
            )
        files = LogFiles(log, self._asked)
        known = self._found(files)
        key = self._asked.team_id if team_id is None else team_id, distinct_id
        node = node_of(key) - SIGNED
        root = known.whose.where(sql.col("node") == node).select("component").first()
        steps = known.placed_in.where(sql.col("component") == (node if root is None else root["component"]))
        found = steps.where(sql.col("kind").isin(EVENT, PROBE)).select(
            "kind", "block", "line", "clock", "seq"
        )
        rows = found.toArrow().sort_by("seq").to_pylist()
        if all(row["kind"] == PROBE for row in rows):
            raise UnknownId(distinct_id, [])
        first = {(row["block"], row["line"]): moment_of(row["clock"]) for row in reversed(rows)}
        lines = files.lines(self._spark, first)
        asked = self._asked
        return ComponentLog(
            [(first[place], lines[place]) for place in sorted(first)],
            {known.blocks[block].dialect for block, _ in first},
            moment_of(known.stand[-1].after) if asked.may_wait else None,
        )

    def _found(self, log: Log) -> _Found:
        rows = self._save("rows", log.rows(self._spark))
        ends = [Row(**row.asDict()) for row in rows.where(sql.col("kind") == END).collect()]
        blocks = log.blocks(ends)
        ends = self._of_logs(ends, blocks, rows)
        stand = standings(ends)
        layout = layout_of(ends, stand, blocks)
        placed = self._placed(rows, stand, layout.bits)
        edges = rows.where(sql.col("kind") == block_rows.EDGE)
        whose = components(edges.select("node", "other"), self._save, self._asked.on_driver)
        placed_in = placed.join(whose, "node", "left").withColumn(
            "component", sql.coalesce("component", "node")
        )
        return _Found(rows, edges, whose, placed, placed_in, stand, layout, blocks)

    def _own_id(self, payload: bytes) -> str:
        rules = self._asked.rule_set
        return stored_id(event_reader(rules)(payload), rules) or ""

    def _of_logs(self, ends: Sequence[Row], blocks: Mapping[int, LogBlock], rows: DataFrame) -> list[Row]:
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

    def _reasons(self, file: File, blocks: Mapping[int, LogBlock], rows: DataFrame) -> list[str]:
        inside = [number for number, block in blocks.items() if block.file == file]
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
        replay = partial(_replayed, asked=self._asked, layout=layout)
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
        """Write a frame to the scratch folder and read it from there; TaskStopped."""
        path = f"{self._scratch}/{name}"
        try:
            frame.write.mode("overwrite").partitionBy(*by).parquet(path)
        except PySparkException as error:
            told = _OWN_ERROR.search(str(error))
            if told is None:
                raise
            raise TaskStopped(told[1]) from None
        return self._spark.read.schema(frame.schema).parquet(path)


def _sums(frame: DataFrame, *columns: str) -> list[int]:
    row = frame.agg(*map(sql.sum, columns)).first()
    return [0 if value is None else value for value in row or ()]


def _replayed(batches: Iterable[pa.RecordBatch], asked: Asked, layout: Layout) -> Iterator[pa.RecordBatch]:
    """What a worker does with steps."""
    at = 0
    with room_for_nesting():
        for table, seqs, columns in ComponentTables(in_order(_steps(batches)), asked, layout):
            yield told_batch(table, seqs, columns, at)
            at += len(seqs)


def _steps(batches: Iterable[pa.RecordBatch]) -> Iterator[Step]:
    for batch in batches:
        yield from map(Step, *map(pa.Array.to_pylist, batch.columns))
