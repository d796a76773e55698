"""`python -m identity_cli.spark LOG... --out URI --scratch URI`: what spark-submit and clusters start."""

import shlex
import sys
from typing import Any

import click

from identity_cli.errors import ExtraMissing, IdcliError
from identity_cli.rules import DEFAULT
from identity_cli.spark import component_log, replay_spark


@click.command(
    epilog="Example: spark-submit --master yarn replay.py s3://bucket/log/ --out ... --scratch ..."
)
@click.argument("log", nargs=-1)
@click.option("--table", metavar="NAME", help="A table that is the log, in place of files.")
@click.option("--order-by", "order", multiple=True, metavar="COLUMN", help="Of the table; several in turn.")
@click.option(
    "--component-of",
    "distinct_id",
    metavar="ID",
    help="In place of tables the lines of all ids that links connect with this one, as a log by itself.",
)
@click.option("--out", required=True, help="Where tables go, a folder each, or the lines: not there yet.")
@click.option("--scratch", required=True, help="What all workers can write to; may be removed afterwards.")
@click.option("--rules", default=DEFAULT, show_default=True, help="As in idcli replay.")
@click.option("--buffer", "buffer_seconds", type=float, help="As in idcli replay.")
@click.option("--team-id", type=int, default=1, show_default=True, help="Of events without one.")
@click.option("--block", "blocked_ids", multiple=True, metavar="ID", help="An id that links nobody.")
@click.option("--events", "with_events", is_flag=True, help="Also every event with its person.")
@click.option("--partitions", type=int, help="Tasks that resolve; what Spark chooses where not said.")
@click.option("--unordered", is_flag=True, help="Leave the rows of tables in any order, and do not sort.")
def main(log: tuple[str, ...], table: str | None, distinct_id: str | None, **options: Any) -> None:
    """Replay a log on Spark into Parquet tables: persons, distinct_ids, links, warnings and others.

    LOG: files and folders of JSON lines (plain or compressed) and Parquet, as paths or URIs.
    """
    if bool(log) == bool(table):
        raise click.UsageError("Name files, or in place of them a table with --table and --order-by.")
    try:
        spark = _session()
        events = spark.table(table) if table else log
        if distinct_id is None:
            _write_tables(spark, events, **options)
        else:
            _write_component(spark, events, distinct_id, **options)
    except IdcliError as error:
        _tell(f"error: {error}")
        sys.exit(2)


def _write_tables(spark: Any, log: Any, *, out: str, scratch: str, unordered: bool, **options: Any) -> None:
    from identity_cli.spark.log_blocks import place_of  # needs what the session has shown to be there

    tables = replay_spark(spark, log, scratch, tell=_tell, ordered=not unordered, **options)
    for name, frame in tables.items():
        frame.write.parquet(f"{place_of(out)}/{name}")
        _tell(f"{name}: written")


def _write_component(
    spark: Any, log: Any, distinct_id: str, *, out: str, scratch: str, **options: Any
) -> None:
    from identity_cli.spark.log_blocks import write_new

    asked = {name: options[name] for name in ("rules", "buffer_seconds", "team_id", "blocked_ids")}
    found = component_log(spark, log, scratch, distinct_id, **asked)
    told = _command(out, found.dialect, **asked)
    write_new(out, (line + b"\n" for line in found))
    _tell(f"{out}: written; what it comes to by itself it came to in the log:\n  {told}")


def _command(
    out: str, dialect: str, rules: str, buffer_seconds: float | None, team_id: int, blocked_ids: Any
) -> str:
    buffer = () if buffer_seconds is None else ("--buffer", f"{buffer_seconds:g}")
    blocked = (f"--block={one}" for one in blocked_ids)
    words = ("idcli", "replay", out, "--dialect", dialect, "--rules", rules, "--team-id", str(team_id))
    return shlex.join((*words, *buffer, *blocked))


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
