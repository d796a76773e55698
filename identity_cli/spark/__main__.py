"""`python -m identity_cli.spark LOG... --out URI --scratch URI`: what spark-submit and clusters start."""

import sys
from typing import Any

import click

from identity_cli.errors import ExtraMissing, IdcliError
from identity_cli.rules import DEFAULT
from identity_cli.spark import replay_spark


@click.command(
    epilog="Example: spark-submit --master yarn replay.py s3://bucket/log/ --out ... --scratch ..."
)
@click.argument("log", nargs=-1, required=True)
@click.option("--out", required=True, help="Where the tables go, a folder each: must not be there yet.")
@click.option("--scratch", required=True, help="What all workers can write to; may be removed afterwards.")
@click.option("--rules", default=DEFAULT, show_default=True, help="As in idcli replay.")
@click.option("--buffer", "buffer_seconds", type=float, help="As in idcli replay.")
@click.option("--team-id", type=int, default=1, show_default=True, help="Of events without one.")
@click.option("--block", "blocked_ids", multiple=True, metavar="ID", help="An id that links nobody.")
@click.option("--events", "with_events", is_flag=True, help="Also every event with its person.")
@click.option("--partitions", type=int, help="Tasks that resolve; what Spark chooses where not said.")
@click.option("--unordered", is_flag=True, help="Leave the rows of tables in any order, and do not sort.")
def main(log: tuple[str, ...], out: str, scratch: str, *, unordered: bool, **options: Any) -> None:
    """Replay a log on Spark into Parquet tables: persons, distinct_ids, links, warnings and others.

    LOG: files and folders of JSON lines (plain or compressed) and Parquet, as paths or URIs.
    """
    try:
        spark = _session()
        from identity_cli.spark.log_blocks import place_of  # needs what the session has shown to be there

        tables = replay_spark(spark, log, scratch, tell=_tell, ordered=not unordered, **options)
        for name, frame in tables.items():
            frame.write.parquet(f"{place_of(out)}/{name}")
            _tell(f"{name}: written")
    except IdcliError as error:
        _tell(f"error: {error}")
        sys.exit(2)


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ExtraMissing("a replay on Spark", "spark") from None
    return SparkSession.builder.appName("idcli").getOrCreate()


def _tell(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
