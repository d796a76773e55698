"""A log on Spark comes to the tables of one machine: the same rows, in the same order."""

import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dialect_examples import EXAMPLES, mixpanel, posthog
from nasty_logs import nasty_log
from outcomes import wire

from identity_cli import replay
from identity_cli.errors import EngineUnsound, ExtraMissing, LinesDepend, LogUnreadable, NoEventIn
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
"""Dialects in which a line means something only beside those before it, or after it."""


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
        for name, frame in tables.items():
            assert rows(frame.toArrow()) == rows(run.arrow(name)), name
        return {name: run.arrow(name).num_rows for name in tables}

    return replayed


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
    found = both([folder], "current", block_bytes=700)
    assert found["links"] > 15
    assert found["events"] > 60 + 3 * len(EXAMPLES.keys() - DEPENDING)


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
