"""The same replay on Spark: a log in blocks, resolved component by component, to the tables of a run.

The only folder that imports pyspark. Whoever asks for nothing here needs none.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from identity_cli.errors import ExtraMissing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def replay_spark(
    spark: "SparkSession",
    log: Sequence[str],
    scratch: str,
    *,
    tell: Callable[[str], None] | None = None,
    **options: Any,
) -> "dict[str, DataFrame]":
    """Replay a log; every table that `idcli export` knows, with the same columns and rows, in the same order.

    log: files and folders, on a disk that all workers see or as URIs (s3://, gs://, hdfs://). scratch: a
    folder or URI that all workers may write to; the tables are read from it, so keep it until they are
    written elsewhere. tell: is told what whoever waits should know, such as an id that most of it hangs on.
    options: the fields of engine.Asked. ExtraMissing without pyspark; UnknownChoice, BadOption;
    LogUnreadable, LinesDepend for a log that cannot be read in blocks; NothingToReplay; EngineUnsound.
    """
    try:
        import pyspark  # noqa: F401  # whether it is there
    except ImportError:
        raise ExtraMissing("a replay on Spark", "spark") from None
    from identity_cli.spark.engine import tables_of

    return tables_of(spark, log, scratch, tell=tell or (lambda _: None), **options)
