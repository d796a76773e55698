"""What one task will have to do alone: told before it does."""

from collections.abc import Callable
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as sql

from identity_cli.spark.block_rows import EVENT

SHOWN = 5


class Ask(NamedTuple):
    """Who is told, and what says whose an event is, from its bytes."""

    tell: Callable[[str], None]
    named: Callable[[bytes], str]


def skew_told(edges: DataFrame, steps: DataFrame, ask: Ask, large: int) -> None:
    """Tell of components with more events than that, and of the ids that most links name."""
    sizes = steps.where(sql.col("kind") == EVENT).groupBy("component").count()
    found = (
        sizes.where(sql.col("count") >= large).orderBy(sql.desc("count"), "component").limit(SHOWN).collect()
    )
    if found:
        counts = ", ".join(f"{row['count']:,}" for row in found)
        hubs = ", ".join(f"{text!r} ({count:,})" for text, count in hubs_of(edges, steps, ask))
        ask.tell(
            f"the largest components have {counts} events: each is one task, which takes some 15 seconds for "
            f"a million. Most other ids are linked with {hubs or 'ids without events'}. An id that many "
            "share makes one person of them: as a blocked id it links nobody."
        )


def hubs_of(edges: DataFrame, steps: DataFrame, ask: Ask) -> list[tuple[str, int]]:
    """The ids with events that are linked with most others, and with how many; the most first."""
    both = edges.select("node", "other").union(edges.select("other", "node")).distinct()
    most = both.groupBy("node").count().orderBy(sql.desc("count"), "node").limit(SHOWN).collect()
    events = steps.where((sql.col("kind") == EVENT) & sql.col("node").isin([row["node"] for row in most]))
    payloads = events.groupBy("node").agg(sql.first("payload").alias("payload")).collect()
    named = {row["node"]: ask.named(bytes(row["payload"])) for row in payloads}
    return [(named[row["node"]], row["count"]) for row in most if row["node"] in named]
