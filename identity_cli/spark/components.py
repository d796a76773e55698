"""Connected components of links: on the driver, or beyond what fits there by large-star and small-star.

The latter after Kiveris and others, Connected Components in MapReduce and Beyond (2014). Every round goes
through Parquet in the scratch folder, so that no plan grows.
"""

from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sql

from identity_cli.pieces.edges import components as united

Save = Callable[[str, DataFrame], DataFrame]
"""Writes a frame under a name and reads it from there."""


def components(edges: DataFrame, save: Save, on_driver: int) -> DataFrame:
    """node, component of every node of edges (node, other); a component is called by one of its nodes."""
    ends = sql.greatest("node", "other").alias("a"), sql.least("node", "other").alias("b")
    distinct = save("edges", edges.select(*ends).where("a != b").distinct())
    return _united(distinct) if distinct.count() <= on_driver else _by_stars(distinct, save)


def _united(edges: DataFrame) -> DataFrame:
    found = edges.toArrow()
    roots = united(zip(found["a"].to_pylist(), found["b"].to_pylist(), strict=True))
    columns = [pa.array(roots.keys(), pa.int64()), pa.array(roots.values(), pa.int64())]
    return edges.sparkSession.createDataFrame(pa.table(columns, names=["node", "component"]))


def _by_stars(edges: DataFrame, save: Save) -> DataFrame:
    before, turn = None, 0
    while True:
        edges = save(f"stars-{turn}", _small_star(_large_star(edges)))
        now = edges.agg(sql.count("*"), sql.sum(sql.xxhash64("a", "b").cast("decimal(38)"))).first()
        if now == before:  # every node leads to its component's smallest
            roots = edges.select(sql.col("b").alias("node"), sql.col("b").alias("component")).distinct()
            return edges.select(sql.col("a").alias("node"), sql.col("b").alias("component")).union(roots)
        before, turn = now, turn + 1


def _large_star(edges: DataFrame) -> DataFrame:
    """Of each node the larger neighbours go to the smallest of all its neighbours and itself."""
    both = edges.union(edges.select(sql.col("b"), sql.col("a")))
    least = both.groupBy("a").agg(sql.least(sql.min("b"), sql.first("a")).alias("m"))
    moved = both.where("b > a").join(least, "a").select(sql.col("b").alias("a"), sql.col("m").alias("b"))
    return moved.where("a != b").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Of each node the smaller neighbours and itself go to the smallest of them; edges lead down (a > b)."""
    least = edges.groupBy("a").agg(sql.min("b").alias("m"))
    moved = edges.join(least, "a").where("b != m").select(sql.col("b").alias("a"), sql.col("m").alias("b"))
    return moved.union(least.select("a", sql.col("m").alias("b"))).distinct()
