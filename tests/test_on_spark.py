"""A log on Spark comes to the tables of one machine: the same rows, in the same order."""

import gzip
import json
import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from dialect_examples import EXAMPLES, mixpanel, posthog
from nasty_logs import START, nasty_log
from outcomes import people_of_ids, wire

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.errors import (
    BadOption,
    EngineUnsound,
    ExtraMissing,
    IdcliError,
    LinesDepend,
    LogUnreadable,
    NoEventIn,
    NoOrder,
)
from identity_cli.pieces.edges import connected
from identity_cli.spark import replay_spark
from identity_cli.tables.run_tables import TABLES

README = Path(__file__).parent.parent / "README.md"
CONFORMANCE = Path(__file__).parent / "conformance"
SMALL = {
    "spark.sql.shuffle.partitions": "3",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.codegen.wholeStage": "false",  # compiling costs more than so few rows do
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "1g",
    "spark.sql.session.timeZone": "Asia/Kathmandu",  # of no matter to any table
}
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning", "ignore::ResourceWarning")]
on_spark = pytest.mark.spark
NO_SESSION: Any = None  # for what gets no further
DEPENDING = ("amplitude", "ga4", "snowplow")
"""Dialects in which a line means something only beside those before it or after it: Amplitude as exported."""


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One session of two local workers."""
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark: pip install 'idcli[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("needs Java 17: apt-get install openjdk-17-jre-headless")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = sql.SparkSession.builder.master("local[2]").config(map=SMALL).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def both(spark: Any, tmp_path: Path) -> Callable[..., dict[str, int]]:
    """both(paths, **options): replays on Spark and on one machine, alike; how many rows tables have."""

    def replayed(
        paths: Sequence[Path], rules: str, buffer: float | None = None, **options: Any
    ) -> dict[str, int]:
        log = [*map(str, paths)]
        tables = replay_spark(
            spark,
            log,
            str(tmp_path / "scratch"),
            rules=rules,
            buffer_seconds=buffer,
            with_events=True,
            **options,
        )
        run = replay(
            log, tmp_path / "run", rules, buffer, table_formats="none", graph_formats="none", with_events=True
        )
        return same_rows({name: frame.toArrow() for name, frame in tables.items()}, run)

    return replayed


def same_rows(tables: dict[str, Any], run: Run, shown: str = "", path: str = "") -> dict[str, int]:
    """How many rows the tables have, which are those of the run; shown: what they call the file of a path."""
    for name, table in tables.items():
        found = [
            {key: one.replace(shown, path) if type(one) is str else one for key, one in row.items()}
            for row in rows(table)
        ]
        assert found == rows(run.arrow(name)), name
    return {name: table.num_rows for name, table in tables.items()}


def rows(table: Any) -> list[dict[str, Any]]:
    """The rows of an Arrow table, JSON as its text."""
    import pyarrow as pa

    columns = {
        name: [text if text is None else str(text) for text in column.to_pylist()]
        if column.type == pa.json_()
        else column.to_pylist()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_lines(path: Path, lines: Sequence[bytes], opened: Any = open) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    with opened(path, "wb") as file:
        file.writelines(one + b"\n" for one in lines)
    return path


def recorded() -> Iterator[dict[str, Any]]:
    """All recorded sequences of the rules with a buffer, each of a team of its own, as one log."""
    team = 0
    for file in ("sequences", "odd-shapes"):
        with lzma.open(CONFORMANCE / f"{file}.ndjson.xz", "rt", encoding="utf-8") as lines:
            for sequence in map(json.loads, lines):
                if (sequence["rules"], sequence["buffer_seconds"]) == ("2022-12", 60):
                    team += 1
                    yield from (event | {"team_id": team} for event in sequence["events"])


@on_spark
def test_recorded_sequences_with_the_buffer(both: Any, tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.ndjson", wire([*recorded()]))
    size = log.stat().st_size
    found = both([log], "2022-12", 60, block_bytes=size // 5, partitions=3)
    assert found["events"] > 20_000
    assert found["held"] > 500


@on_spark
def test_a_folder_of_many_kinds_of_files(both: Any, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'idcli[parquet]'")
    import pyarrow as pa

    random, folder = Random(1), tmp_path / "log"
    lines = wire(nasty_log(random, 900))
    torn = [line[: len(line) // 2] if random.random() < 0.05 else line for line in lines[:300]]
    write_lines(folder / "a.ndjson", [b"" if random.random() < 0.05 else line for line in torn])
    write_lines(folder / "b.ndjson.gz", lines[300:450], gzip.open)
    write_lines(folder / "c" / "more.ndjson", [b"\xff{", *lines[450:600]])
    batches = [{"api_key": "k", "batch": nasty_log(random, 3)} for _ in range(40)]
    write_lines(folder / "d.ndjson", wire([*batches, {"api_key": "k", "batch": [{"event": 1}, {}, 3]}]))
    plain = [json.loads(line) for line in lines[600:]]
    columns = [
        {
            "event": one["event"],
            "distinct_id": one["distinct_id"],
            "properties": json.dumps(one["properties"]),
        }
        for one in plain
        if isinstance(one["distinct_id"], str)
    ]
    parquet.write_table(pa.Table.from_pylist(columns), folder / "e.parquet", row_group_size=70)
    (folder / "README.md").write_text("No log.\n\nBut beside one.\n")
    found = both([folder], "current", block_bytes=9_000)
    assert found["rejected"] > 20
    assert found["warnings"]


@on_spark
def test_a_log_nobody_would_write_by_hand_and_components_by_stars(both: Any, tmp_path: Path) -> None:
    logs = [event for seed in range(6) for event in nasty_log(Random(seed), 150)]
    found = both(
        [write_lines(tmp_path / "log.ndjson", wire(logs))], "guide", 60, block_bytes=20_000, on_driver=0
    )
    assert all(found[name] for name in ("persons", "links", "warnings", "held", "property_changes"))


@on_spark
def test_what_comes_at_the_end_of_the_calendar_waits_until_the_log_ends(both: Any, tmp_path: Path) -> None:
    """No clock goes on from there to what is due then, though the log shows that time already."""
    last = {"event": "purchase", "now": "9999-12-31T23:59:59.999999Z", "properties": {}}
    log = [last | {"distinct_id": one} for one in ("ada", "bob", "carl")]
    found = both([write_lines(tmp_path / "log.ndjson", wire(log))], "2022-12", 60, block_bytes=150)
    assert found["held"] == 3


@on_spark
def test_every_dialect_whose_lines_stand_for_themselves(both: Any, tmp_path: Path) -> None:
    random, folder = Random(4), tmp_path / "log"
    for name in EXAMPLES.keys() - DEPENDING:
        write_lines(folder / f"{name}.ndjson", wire(EXAMPLES[name] * 3))
    pairs = [
        {
            "$user_id": random.choice(["u1", "u2", "u3"]),
            "$device_id": random.choice(["d1", "d2", "undefined"]),
        }
        for _ in range(60)
    ]
    lines = [
        line | {"properties": line["properties"] | pair}
        for pair, line in zip(pairs, mixpanel() * 20, strict=True)
    ]
    write_lines(folder / "pairs-over-many-blocks.ndjson", wire(lines))
    sent = [
        {
            "event_type": "view",
            "user_id": random.choice([None, "amp-1", "amp-2"]),
            "device_id": random.choice(["tablet-1", "tablet-2"]),
            "time": 1_700_000_000_000 + number,
            "user_properties": {"$set": {"plan": random.choice(["free", "pro"])}},
        }
        for number in range(60)
    ]
    write_lines(folder / "sent-to-amplitude.ndjson", wire(sent))
    found = both([folder], "current", block_bytes=700)
    assert found["links"] > 15
    assert found["events"] > 120 + 3 * len(EXAMPLES.keys() - DEPENDING)


@on_spark
def test_components_by_stars_are_those_of_the_driver(spark: Any, tmp_path: Path) -> None:
    from identity_cli.spark.components import components

    random = Random(2)
    path = [(number, number + 1) for number in range(300)]
    hub = [(1_000, 1_001 + number) for number in range(300)]
    several = [(2_000 + random.randrange(400), 2_000 + random.randrange(400)) for _ in range(300)]
    frame = spark.createDataFrame([*path, *hub, *several], "node long, other long")

    def save(name: str, saved: Any) -> Any:
        saved.write.mode("overwrite").parquet(str(tmp_path / name))
        return spark.read.parquet(str(tmp_path / name))

    def together(on_driver: int) -> set[frozenset[int]]:
        groups: dict[int, set[int]] = {}
        for node, component in components(frame, save, on_driver).collect():
            groups.setdefault(component, set()).add(node)
        return {frozenset(group) for group in groups.values()}

    assert together(0) == together(10**6)
    assert {len(group) for group in together(10**6)} >= {301}


# A log that is a table


def table_of_events(spark: Any) -> Any:
    """Rows of events in any order, as a warehouse has them; some came at the same time."""
    from pyspark.sql import functions as sql

    random = Random(5)
    events = [one for one in nasty_log(random, 300) if isinstance(one["distinct_id"], str)]
    stored = [
        {
            "uuid": event["uuid"],
            "event": event["event"],
            "distinct_id": event["distinct_id"],
            "properties": json.dumps(event["properties"]).replace("\\u0000", ""),
            "ingested": (START + timedelta(seconds=9 * (number // 3))).isoformat(),
        }
        for number, event in enumerate(events)
    ]
    random.shuffle(stored)
    frame = spark.createDataFrame(stored, ", ".join(f"{name} string" for name in stored[0]))
    return frame.withColumns(
        {
            "properties": sql.parse_json("properties"),
            "now": sql.to_timestamp("ingested"),
            "ingested": sql.to_timestamp("ingested"),
        }
    )


@on_spark
def test_a_table_is_the_log_of_its_rows_in_order(spark: Any, tmp_path: Path) -> None:
    from pyspark.sql import functions as sql

    from identity_cli.files.parquet_file import lines_of_rows

    frame, order = table_of_events(spark), ["ingested", "uuid"]
    in_order = frame.withColumn("properties", sql.to_json("properties")).orderBy(*order).toArrow()
    lines = [line.rstrip() for batch in in_order.to_batches() for line in lines_of_rows(batch)]
    log = write_lines(tmp_path / "log.ndjson", lines)
    options: dict[str, Any] = {"rules": "guide", "with_events": True}
    tables = replay_spark(spark, frame, str(tmp_path / "scratch"), order=order, **options)
    run = replay(log, tmp_path / "run", table_formats="none", graph_formats="none", **options)
    arrow = {name: table.toArrow() for name, table in tables.items()}
    found = same_rows(arrow, run, "rows by ingested, uuid", str(log))
    assert found["held"]
    assert found["links"] > 100


@on_spark
def test_a_table_without_an_order_is_refused(spark: Any, tmp_path: Path) -> None:
    frame = table_of_events(spark)
    with pytest.raises(NoOrder, match=r"no order by ingested: two of them have \d+\. Name columns that put"):
        replay_spark(spark, frame, str(tmp_path), order="ingested")
    with pytest.raises(NoOrder, match="no order by ingested, nobodys: one of them has no value there"):
        nulls = frame.selectExpr("*", "nullif(uuid, uuid) nobodys")
        replay_spark(spark, nulls, str(tmp_path), order=["ingested", "nobodys"])
    with pytest.raises(BadOption, match="the columns that put any two rows in order"):
        replay_spark(spark, frame, str(tmp_path))


@on_spark
def test_a_table_on_the_command_line(spark: Any, tmp_path: Path) -> None:
    from identity_cli.spark.__main__ import main

    table_of_events(spark).createOrReplaceTempView("events")
    places = ["--scratch", str(tmp_path / "scratch"), "--out", str(tmp_path / "out")]
    order = ["--order-by", "ingested", "--order-by", "uuid"]
    done = CliRunner().invoke(main, [*places, "--table", "events", *order])
    assert done.exit_code == 0, done.output
    assert spark.read.parquet(str(tmp_path / "out" / "persons")).count()
    assert CliRunner().invoke(main, [*places, "--table", "events", "log.ndjson"]).exit_code == 2
    alone = CliRunner().invoke(main, [*places, "--table", "events", *order, "--component-of", "ada"])
    assert "error: the log of a component cannot be 'a table': give files: its rows in order" in alone.output
    mapped = CliRunner().invoke(main, [*places, "log.ndjson", "--map", "distinct_id=user"])
    assert "--map" in mapped.output.splitlines()[-1]


# One component of a log


ASKED_OF_ONE = [
    *(["why", "ONE", "OTHER"], ["how", "ONE"], ["blame", "ONE"], ["person", "ONE"], ["events", "ONE"]),
    *(["culprits", "ONE"], ["repair", "ONE"], ["whatif", "--without", "EVENT"]),
]
OF_LOGS = {"findings", "sources", "largest_set", "unique_users", "scope"}
"""What answers tell of the whole log, or of what they tried."""


def answer(folder: Path, *words: str) -> Any:
    """What a command tells of team 2 in a run, each place as the line that stands there."""
    team = () if words[0] == "whatif" else ("--team-id", "2")
    done = CliRunner().invoke(idcli, [*words, *team, "--run", str(folder), "--format", "json"])
    assert done.exit_code == 0, done.output
    return by_lines(json.loads(done.output))


def by_lines(told: Any) -> Any:
    match told:
        case str():
            return re.sub(r"(/\S+?):(\d+)", lambda place: line_at(place[1], int(place[2])), told)
        case list():
            return [*map(by_lines, told)]
        case {"file": str(path), "line": int(line)}:
            return by_lines({**told, "file": line_at(path, line), "line": None})
        case dict():
            return {key: by_lines(value) for key, value in told.items() if key not in OF_LOGS}
    return told


@cache
def line_at(path: str, number: int) -> str:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rb") as file:
        return next(islice(file, number - 1, None)).decode().strip()


@on_spark
def test_the_lines_of_a_component_come_to_what_they_do_in_the_whole(spark: Any, tmp_path: Path) -> None:
    """Other teams' events let go what waits, and stand on the same lines."""
    from identity_cli.spark.__main__ import main

    del spark  # the command takes it
    random, folder = Random(9), tmp_path / "log"
    teams = [[event | {"team_id": team} for event in nasty_log(random, 120)] for team in (1, 2, 3)]
    mixed = [*chain.from_iterable(zip(*teams, strict=True))]
    write_lines(folder / "a.ndjson", wire(mixed[:200]))
    batches = [{"api_key": "k", "batch": mixed[at : at + 4]} for at in range(200, 360, 4)]
    write_lines(folder / "b.ndjson.gz", wire(batches), gzip.open)
    run = replay(folder, tmp_path / "run", "guide", dialect="posthog", graph_formats="none")
    shown = {(team, one) for team, one, *_ in run.records("distinct_ids") if team == 2}
    edges = [((team, one), (team, two)) for team, one, two in run.link_pairs()]
    ids = max((connected({one}, edges) & shown for one in shown), key=len)

    out = tmp_path / "alone.ndjson"
    places = ["--scratch", f"file://{tmp_path}/scratch", "--out", f"file://{out}"]
    options = ["--rules", "guide", "--team-id", "2", "--component-of", min(ids)[1]]
    done = CliRunner().invoke(main, [f"file://{folder}", *places, *options])
    assert done.exit_code == 0, done.output
    _, command = done.output.splitlines()
    words = shlex.split(command.replace(f"file://{out}", str(out)))
    assert words[:3] == ["idcli", "replay", str(out)]
    subprocess.run([sys.executable, "-m", "identity_cli", *words[1:]], cwd=tmp_path, check=True)
    with Run(tmp_path / "idcli-run") as alone:
        assert people_of_ids(alone, ids) == people_of_ids(run, ids)
        assert len([*alone.records("held")]) > 3
    one, other, *_ = sorted(text for _, text in ids)
    links = (dict(zip(run.arrow("links").column_names, row, strict=True)) for row in run.records("links"))
    event = next(
        str(link["event_uuid"]) for link in links if (link["team_id"], link["target_distinct_id"]) in ids
    )
    for words in ASKED_OF_ONE:
        asked = [{"ONE": one, "OTHER": other, "EVENT": event}.get(word, word) for word in words]
        whole = answer(run.folder, *asked)
        assert answer(tmp_path / "idcli-run", *asked) == whole, asked
    assert "is there already" in CliRunner().invoke(main, [str(folder), *places, *options]).output


# What an engine may do wrong, and what a task meets


@pytest.fixture
def small_log(tmp_path: Path) -> list[str]:
    return [str(write_lines(tmp_path / "log.ndjson", wire(nasty_log(Random(6), 80))))]


MISDEEDS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "sorts the other way": (
        "sortWithinPartitions",
        lambda sort, frame, *keys: sort(frame, *keys, ascending=False),
        "rows did not come in the order in which they had been sorted",
    ),
    "loses rows on their way": (
        "repartition",
        lambda spread, frame, *by: spread(
            frame.where("seq % 7 != 0") if "seq" in frame.columns else frame, *by
        ),
        r"of 80 events that were read \d+ were replayed",
    ),
}
MISSAVED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "loses what was told": (
        lambda told: told.where("table = 'counted' or seq % 7 != 0"),
        r"of 80 events that were replayed \d+ are in tables",
    ),
    "tells twice": (
        lambda told: told.union(told.where("table = 'persons'")),
        "the person .* came out 2 times",
    ),
}


@on_spark
@pytest.mark.parametrize("name", MISDEEDS)
def test_an_engine_that_does_not_keep_its_word_stops_the_job(
    spark: Any, tmp_path: Path, small_log: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    method, misdeed, said = MISDEEDS[name]
    kind = type(spark.range(1))
    kept = getattr(kind, method)
    monkeypatch.setattr(kind, method, lambda frame, *args: misdeed(kept, frame, *args))
    with pytest.raises(IdcliError, match=f"^{said}: what this engine comes to cannot be relied on"):
        replay_spark(spark, small_log, str(tmp_path / "scratch"), rules="guide")


@on_spark
@pytest.mark.parametrize("name", MISSAVED)
def test_an_engine_that_does_not_keep_what_was_told_stops_the_job(
    spark: Any, tmp_path: Path, small_log: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from identity_cli.spark.engine import Engine

    spoilt, said = MISSAVED[name]
    save = Engine._save

    def save_spoilt(self: Any, kind: str, frame: Any, *by: str) -> Any:
        return spoilt(save(self, kind, frame, *by)) if kind == "told" else save(self, kind, frame, *by)

    monkeypatch.setattr(Engine, "_save", save_spoilt)
    with pytest.raises(EngineUnsound, match=f"^{said}: what this engine comes to cannot be relied on"):
        replay_spark(spark, small_log, str(tmp_path / "scratch"), rules="guide")


@on_spark
def test_what_stops_a_worker_is_told_in_its_own_sentence(spark: Any, tmp_path: Path) -> None:
    packed = write_lines(tmp_path / "log.ndjson.gz", wire(nasty_log(Random(7), 9_000)), gzip.open)
    packed.write_bytes(packed.read_bytes()[:-5_000])
    with pytest.raises(IdcliError, match=r"^cannot read .*log\.ndjson\.gz: "):
        replay_spark(spark, [str(packed)], str(tmp_path / "scratch"))


CONNECTED = """
import json, sys
from pyarrow import parquet
from pyspark.sql import SparkSession
from identity_cli.spark import replay_spark

log, out, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
spark = SparkSession.builder.remote("local[2]").config(map=settings).getOrCreate()
tables = replay_spark(
    spark, [log], f"{out}/scratch", rules="guide", with_events=True, block_bytes=20_000, on_driver=0
)
for name, frame in tables.items():
    parquet.write_table(frame.toArrow(), f"{out}/{name}.parquet")
"""


@on_spark
def test_over_spark_connect(spark: Any, tmp_path: Path) -> None:
    """With no more than it offers: no RDD and no SparkContext."""
    del spark  # it is there, and so is Java
    pytest.importorskip("grpc", reason="needs Spark Connect: pip install 'pyspark[connect]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    log = write_lines(tmp_path / "log.ndjson", wire(nasty_log(Random(8), 300)))
    args = [sys.executable, "-c", CONNECTED, str(log), str(tmp_path), json.dumps(SMALL)]
    done = subprocess.run(args, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    run = replay(log, tmp_path / "run", "guide", table_formats="none", graph_formats="none", with_events=True)
    found = same_rows({name: parquet.read_table(tmp_path / f"{name}.parquet") for name in TABLES}, run)
    assert found["links"] > 100


@on_spark
def test_a_large_component_is_told_with_the_ids_it_hangs_on(spark: Any, tmp_path: Path) -> None:
    log = [
        {"event": "$identify", "distinct_id": "shared", "properties": {"$anon_distinct_id": f"anon-{number}"}}
        for number in range(9)
    ]
    told: list[str] = []
    path = write_lines(tmp_path / "log.ndjson", wire(log))
    replay_spark(spark, [str(path)], str(tmp_path / "scratch"), tell=told.append, large_component=5)
    assert len(told) == 1
    assert "have 9 events" in told[0]
    assert "'shared' (9)" in told[0]


def recipe(name: str) -> str:
    """A program of the README."""
    (found,) = re.findall(
        rf"<!-- on spark: {name} -->\n```\w+\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    return str(found)


@on_spark
def test_the_notebook_of_the_readme(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del spark  # the session that the notebook gets
    (tmp_path / "sample_data").symlink_to(README.parent / "sample_data")
    monkeypatch.chdir(tmp_path)
    exec(recipe("notebook"), {})
    assert re.search(r"\| *merged\| *\d+\|", capsys.readouterr().out)


@on_spark
def test_spark_submit_of_the_readme(spark: Any, tmp_path: Path) -> None:
    del spark  # it is there, and so is Java
    (tmp_path / "sample_data").symlink_to(README.parent / "sample_data")
    paths = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYSPARK_PYTHON": sys.executable}
    (tmp_path / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in SMALL.items()))
    done = subprocess.run(
        check=False,
        args=["bash", "-euc", recipe("shell")],
        cwd=tmp_path,
        env=os.environ | paths | {"SPARK_CONF_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    run = replay(
        README.parent / "sample_data" / "events.ndjson", tmp_path / "run", "current", with_events=True
    )
    table = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "tables" / "persons")
    assert table["person_id"].to_pylist() == run.arrow("persons")["person_id"].to_pylist()
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {*TABLES}


# Without Spark


def test_what_comes_in_another_order_than_it_was_sorted_stops_the_job() -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'idcli[parquet]'")
    from identity_cli.spark.component_tables import Step, in_order

    def steps(*seqs: int) -> list[Step]:
        return [Step(1, seq, 1, 0, b"", None) for seq in seqs]

    assert [step.seq for step in in_order(steps(1, 2, 2, 3))] == [1, 2, 2, 3]
    with pytest.raises(EngineUnsound, match="rows did not come in the order"):
        list(in_order(steps(1, 3, 2)))


def test_lines_are_of_one_block_wherever_it_is_cut(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'idcli[parquet]'")
    from identity_cli.dialects import POSTHOG
    from identity_cli.spark.log_blocks import lines_of, log_blocks

    random = Random(3)
    lines = [b"x" * random.choice([0, 1, 2, 50]) for _ in range(60)]
    path = write_lines(tmp_path / "log.ndjson", lines)
    path.write_bytes(path.read_bytes() + b"no newline at its end")
    whole = path.read_bytes().splitlines(keepends=True)
    for size in (1, 2, 3, 7, 50, 10_000):
        blocks = log_blocks([str(path)], lambda *_: POSTHOG, size, 1 << 20)
        assert [line for block in blocks for some in lines_of(block, 1 << 20) for line in some] == whole


@pytest.mark.parametrize("name", DEPENDING)
def test_a_dialect_whose_lines_depend_on_others_is_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark: pip install 'idcli[spark]'")
    log = write_lines(tmp_path / "log.ndjson", wire(EXAMPLES[name]))
    with pytest.raises(LinesDepend, match=f"{name}: what a line means there depends"):
        replay_spark(NO_SESSION, [str(log)], str(tmp_path))


@on_spark
def test_lines_that_depend_on_others_are_noticed_wherever_they_stand(spark: Any, tmp_path: Path) -> None:
    """Visitors without cookies are told apart by the logins before them."""
    visitor = {"$cookieless_mode": True, "$ip": "192.0.2.1", "$anon_distinct_id": "$posthog_cookieless"}
    login = {"event": "$identify", "distinct_id": "ada", "properties": visitor}
    page = {"event": "$pageview", "distinct_id": "$posthog_cookieless", "properties": visitor}
    log = write_lines(tmp_path / "log.ndjson", wire([*(posthog() * 200), page, login]))
    with pytest.raises(LinesDepend, match=r"log\.ndjson is a log of posthog: what a line means"):
        replay_spark(spark, [str(log)], str(tmp_path / "scratch"), block_bytes=100_000)


def test_what_cannot_be_read_in_blocks_says_so(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark: pip install 'idcli[spark]'")
    document = tmp_path / "log.json"
    document.write_text('[\n{"event": "e", "distinct_id": "a"}\n]')
    with pytest.raises(LogUnreadable, match="make JSON lines of it"):
        replay_spark(NO_SESSION, [str(document)], str(tmp_path))


def test_without_pyspark_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'idcli\[spark\]'"):
        replay_spark(NO_SESSION, ["log.ndjson"], "scratch")


@on_spark
def test_a_file_without_an_event_is_named(spark: Any, tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.ndjson", [b"{}", b"no"])
    with pytest.raises(NoEventIn, match=r"log\.ndjson:1: "):
        replay_spark(spark, [str(log)], str(tmp_path / "scratch"))
