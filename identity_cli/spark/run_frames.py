"""The tables of a run as DataFrames: what components told, in order, filled in by what others know."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from identity_cli.errors import EngineUnsound
from identity_cli.spark.asked import Asked
from identity_cli.spark.block_rows import NOBODYS, REJECTED
from identity_cli.spark.components import Save
from identity_cli.spark.layout import Layout
from identity_cli.spark.row_bytes import nobodys_in
from identity_cli.spark.told_tables import EVENTS, HELD, PERSONLESS, PROBED, REJECTED_LINES, STRUCTS
from identity_cli.tables.cells import uuid_text
from identity_cli.tables.run_tables import TABLES
from identity_cli.tables.table import ColumnKind

END_OF_LOG = (1 << 63) - 1
"""The moment of what waited until then."""
ORDER = ("rank", "moment", "seq", "at")
"""Of the rows of a table: what stands apart in it, the event before which each happened, the event that told
it, and what that told before."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What there is when all components are replayed.

    parts: their tables; placed: the rows of the log in their places; clocks: the log's after each block.
    """

    parts: Mapping[str, DataFrame]
    placed: DataFrame
    layout: Layout
    clocks: Sequence[int]
    asked: Asked


def tables_of_run(replayed: Replayed, save: Save) -> dict[str, DataFrame]:
    """Every table, with the columns that a run's has; EngineUnsound."""
    return _Tables(replayed, save).all()


class _Tables:
    def __init__(self, replayed: Replayed, save: Save) -> None:
        self._parts, self._placed, self._layout = replayed.parts, replayed.placed, replayed.layout
        self._clocks, self._asked = replayed.clocks, replayed.asked
        self._held = save(HELD, self._released())

    def all(self) -> dict[str, DataFrame]:
        """By name."""
        _check_persons(self._parts["persons"])
        ids = self._ids()
        found = {
            name: self._ordered(self._parts[name]) for name in ("persons", "warnings", "property_changes")
        }
        found |= {"dropped": self._ordered(self._parts["dropped"]), "links": self._links()}
        found |= {"distinct_ids": ids, HELD: self._shown_held(), REJECTED_LINES: self._rejected()}
        if self._asked.with_events:
            found["events"] = self._events(ids)
        return {name: self._finished(name, frame) for name, frame in found.items()}

    # When what happened happened

    def _released(self) -> DataFrame:
        """The events that waited; moment: the seq of the first arrival at or after each was due, if any.

        Record-setting arrivals rise with their seqs, so that is a look-up by time; the time axis is cut where
        the clocks of blocks end, so that no window holds the whole log. What came at the end of the calendar
        finds one before it, but no clock goes on from there.
        """
        if not self._asked.may_wait:
            return self._parts[HELD].withColumn("moment", sql.lit(None).cast("long"))
        cuts = sorted(set(self._clocks))
        arrivals = self._placed.where(sql.col("arrival") > sql.col("clock"))
        held = self._parts[HELD]
        both = arrivals.select(sql.col("arrival").alias("time"), "seq", sql.lit(1).alias("is_arrival")).union(
            held.select(sql.col("due_micros").alias("time"), "seq", sql.lit(0).alias("is_arrival"))
        )
        later = Window.partitionBy("part").orderBy(sql.desc("time"), sql.desc("is_arrival"), sql.desc("seq"))
        arrived = sql.when(sql.col("is_arrival") == 1, sql.col("seq"))
        schema = StructType([*both.schema, StructField("part", IntegerType())])
        found = both.mapInArrow(partial(_with_part, cuts=cuts), schema).withColumn(
            "moment",
            sql.last(arrived, ignorenulls=True).over(later.rowsBetween(Window.unboundedPreceding, 0)),
        )
        after = sql.when(sql.col("moment") > sql.col("seq"), sql.col("moment")).alias("moment")
        return held.join(found.where("is_arrival = 0").select("seq", after), "seq")

    def _ordered(self, frame: DataFrame, rank: Column | None = None) -> DataFrame:
        """With what orders it."""
        moments = self._held.select("seq", sql.coalesce("moment", sql.lit(END_OF_LOG)).alias("moment"))
        placed = (
            frame.join(moments, "seq", "left")
            if self._asked.may_wait
            else frame.withColumn("moment", sql.col("seq"))
        )
        return placed.withColumns(
            {"moment": sql.coalesce("moment", "seq"), "rank": sql.lit(0) if rank is None else rank}
        )

    def _finished(self, table: str, frame: DataFrame) -> DataFrame:
        """The columns of a run's table, each as what it is."""
        in_order = frame.orderBy(*ORDER) if self._asked.ordered else frame
        return in_order.select(*(_typed(name, kind) for name, kind in TABLES[table].columns))

    # The tables that take more than that

    def _ids(self) -> DataFrame:
        """Those of persons, then the others, team by team."""
        rank = sql.when(sql.col("has_person"), sql.lit(0)).otherwise(sql.col("team_id") + 1)
        return self._ordered(self._parts["distinct_ids"], rank)

    def _links(self) -> DataFrame:
        """What a component knows of an id of another one may be of another time: that one was asked."""
        key = ["seq", "team_id", "source_distinct_id"]
        probed = self._parts[PROBED].drop("at").dropDuplicates(key)
        asked = sql.col("probed_identified").isNotNull()
        filled = (
            self._parts["links"]
            .join(probed, key, "left")
            .withColumns(
                {
                    "source_person_id": sql.when(asked, sql.col("probed_id")).otherwise(
                        sql.col("source_person_id")
                    ),
                    "source_identified": sql.coalesce("probed_identified", "source_identified"),
                }
            )
        )
        return self._ordered(filled)

    def _shown_held(self) -> DataFrame:
        schema = StructType([*self._held.schema, StructField("released_before", StringType())])
        shown = self._held.mapInArrow(partial(_with_release, layout=self._layout), schema)
        return shown.withColumns({"rank": sql.lit(0), "moment": sql.col("seq")})

    def _rejected(self) -> DataFrame:
        """The line of several events that were rejected one after the other is there once."""
        by_resolver = self._parts[REJECTED_LINES].select("seq", "at", "reason", "raw")
        by_reader = self._placed.where(sql.col("kind") == REJECTED).select(
            "seq", sql.lit(0).cast("long").alias("at"), "reason", "raw"
        )
        schema = "seq long, at long, reason string, file string, line long, nth long, raw string"
        both = by_resolver.union(by_reader).mapInArrow(partial(_with_place, layout=self._layout), schema)
        of_line = Window.partitionBy("file", "line").orderBy(*ORDER)
        is_first = sql.row_number().over(of_line) == 1
        return self._ordered(both).withColumn("raw", sql.when(is_first, sql.col("raw")))

    def _events(self, ids: DataFrame) -> DataFrame:
        nobodys = self._placed.where(sql.col("kind") == NOBODYS).select("seq", "payload", "reason")
        told = partial(_nobodys_events, layout=self._layout, team_id=self._asked.team_id)
        events = self._parts[EVENTS].unionByName(nobodys.mapInArrow(told, from_arrow_schema(_EVENT)))
        owners = ids.select("team_id", "distinct_id", "person_id")
        of_whom = events.join(owners, ["team_id", "distinct_id"], "left")
        note = sql.col("note")
        is_nobodys = note.isNotNull() & (note != PERSONLESS)
        return of_whom.withColumns(
            {
                "person_id": sql.when(~is_nobodys, sql.col("person_id")),
                **{"rank": sql.lit(0), "moment": sql.col("seq")},
            }
        )


_EVENT = pa.schema([("seq", pa.int64()), ("at", pa.int64()), *STRUCTS[EVENTS]])


def _typed(name: str, kind: ColumnKind) -> Column:
    if kind is ColumnKind.TIME:
        return sql.col(name).cast("timestamp").alias(name)
    return sql.from_json(name, "array<string>").alias(name) if kind is ColumnKind.LIST else sql.col(name)


def _check_persons(persons: DataFrame) -> None:
    """EngineUnsound where two components made the same person."""
    twice = persons.groupBy("person_id").count().where("count > 1").first()
    if twice is not None:
        raise EngineUnsound(f"the person {twice['person_id']} came out {twice['count']} times")


# What workers do


def _with_part(batches: Iterable[pa.RecordBatch], cuts: Sequence[int]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        parts = [bisect_left(cuts, time) for time in batch["time"].to_pylist()]
        yield batch.append_column("part", pa.array(parts, pa.int32()))


def _with_release(batches: Iterable[pa.RecordBatch], layout: Layout) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        moments = batch["moment"].to_pylist()
        before = [None if moment is None else str(layout.origin(moment)) for moment in moments]
        yield batch.append_column("released_before", pa.array(before, pa.string()))


def _with_place(batches: Iterable[pa.RecordBatch], layout: Layout) -> Iterator[pa.RecordBatch]:
    names = ["seq", "at", "reason", "file", "line", "nth", "raw"]
    for batch in batches:
        files, lines, nths = layout.places(batch["seq"].to_pylist())
        raw = [line.rstrip(b"\r\n").decode("utf-8", "backslashreplace") for line in batch["raw"].to_pylist()]
        columns = [files, pa.array(lines, pa.int64()), pa.array(nths, pa.int64()), pa.array(raw, pa.string())]
        yield pa.record_batch([*(batch[name] for name in names[:3]), *columns], names=names)


def _nobodys_events(
    batches: Iterable[pa.RecordBatch], layout: Layout, team_id: int
) -> Iterator[pa.RecordBatch]:
    """The events that concern no person."""
    for batch in batches:
        rows = []
        for one in batch.to_pylist():
            event, uuid = nobodys_in(one["payload"])
            path, line, nth = layout.origin(one["seq"])
            place = {"seq": one["seq"], "at": 0, "file": path, "line": line, "nth": nth}
            whose = {"team_id": team_id, "distinct_id": "", "note": one["reason"]}
            rows.append({**place, **whose, "event": event, "uuid": uuid_text(uuid)})
        yield pa.RecordBatch.from_pylist(rows, schema=_EVENT)
