"""The same replay on Spark: a log in blocks, resolved component by component, to the tables of a run.

The only folder that imports pyspark. Whoever asks for nothing here needs none.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from identity_cli.errors import ExtraMissing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from identity_cli.spark.one_component import ComponentLog


def replay_spark(
    spark: "SparkSession",
    log: "Sequence[str] | DataFrame",
    scratch: str,
    *,
    order: str | Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> "dict[str, DataFrame]":
    """Replay a log; every table that `idcli export` knows, with the same columns and rows, in the same order.

    log: files and folders, on a disk that all workers see or as URIs (s3://, gs://, hdfs://); or a table, of
    which each row counts as the JSON line that it would be, then order names the columns that put any two
    rows in order. scratch: a folder or URI that all workers may write to; the tables are read from it, so
    keep it until they are written elsewhere. tell: is told what whoever waits should know, such as an id
    that most of it hangs on. options: the fields of asked.Asked. ExtraMissing without pyspark;
    UnknownChoice, BadOption; LogUnreadable, LinesDepend, NoOrder for a log that cannot be read in blocks;
    NothingToReplay; EngineUnsound; TaskStopped for any of these on a worker.
    """
    _check_pyspark()
    from identity_cli.spark.asked import Asked
    from identity_cli.spark.engine import Engine

    return Engine(spark, scratch, Asked(**options), tell).tables(log, order)


def component_log(
    spark: "SparkSession",
    log: "Sequence[str] | DataFrame",
    scratch: str,
    distinct_id: str,
    *,
    team_id: int | None = None,
    **options: Any,
) -> "ComponentLog":
    """The lines of all ids that links connect with one, directly or not, as a log by itself.

    `idcli replay` with the same options comes there to the persons that the cluster came to, and then answers
    `why` and `repair`. team_id: of the id; that of events without one where not said. The others are those of
    replay_spark, and so are errors; UnknownId for an id without an event, BadOption for a table.
    """
    _check_pyspark()
    from identity_cli.spark.asked import Asked
    from identity_cli.spark.engine import Engine

    return Engine(spark, scratch, Asked(**options)).component_log(log, distinct_id, team_id)


def _check_pyspark() -> None:
    try:
        import pyspark  # noqa: F401  # whether it is there
    except ImportError:
        raise ExtraMissing("a replay on Spark", "spark") from None
