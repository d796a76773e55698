"""run.db, opened by hand: its views say what the files say, its schema tells the truth."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from nasty_logs import nasty_log

from identity_cli import Run, replay
from identity_cli.store.schema import INDEXES, INTERNAL_PERSONS_TABLE, SCHEMA, script, statements
from identity_cli.store.views import EVENTS_VIEW, VIEWS
from identity_cli.tables.run_tables import TABLES

Rows = list[dict[str, Any]]
VIEWS_MADE = re.findall(r"CREATE VIEW (\w+)", VIEWS + EVENTS_VIEW)


def events(seed: int, length: int = 120) -> list[str]:
    return [json.dumps(event) for event in nasty_log(Random(seed), length)]


def lines(folder: Path) -> list[Path]:
    (folder / "log").write_text("\n".join([*events(1), "torn"]))
    return [folder / "log"]


def batches(folder: Path) -> list[Path]:
    """Lines that hold several events, a document of values that begin anywhere, an empty file between."""
    several = iter(events(2))
    bodies = [
        json.dumps({"api_key": "k", "batch": [json.loads(next(several)) for _ in range(n)]})
        for n in (3, 1, 7, 2)
    ]
    (folder / "a").write_text("\n".join([bodies[0], "torn", "", *bodies[1:]]))
    (folder / "b").write_text("")
    (folder / "c").write_text("[\n\n" + ",\n\n".join(events(3, 30)) + "," + ",".join(events(4, 5)) + "\n]")
    (folder / "d").write_text("\n".join(events(5, 20)))
    return [folder / name for name in "abcd"]


LOGS: dict[str, tuple[Callable[[Path], list[Path]], dict[str, Any]]] = {
    "lines": (lines, {}),
    "batches": (batches, {}),
    "sorted": (lines, {"order": "time"}),
    "sorted batches": (batches, {"order": "time", "rules": "current"}),
}


@pytest.fixture(scope="module", params=LOGS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    written, options = LOGS[request.param]
    folder = tmp_path_factory.mktemp("db")
    with replay(written(folder), folder / "run", with_events=True, may_be_empty=True, **options) as run:
        yield run


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    replay("sample_data/events.ndjson", folder / "run", with_events=True).close()
    return folder / "run" / "run.db"


def asked(run: Run, query: str) -> Rows:
    with closing(sqlite3.connect(run.folder / "run.db")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]


# Each view with the table of the same records, and what the view calls its columns.
SAME = {
    "people": ("persons", {}, "person_id"),
    "ids": ("distinct_ids", {}, "seq"),
    "all_links": ("links", {"uuid": "event_uuid"}, "seq"),
    "ingestion_warnings": ("warnings", {"uuid": "event_uuid"}, "seq"),
    "events": ("events", {}, "seq"),
}


@pytest.mark.parametrize("view", SAME)
def test_a_view_says_what_the_files_say(run: Run, view: str) -> None:
    table, names, _ = SAME[view]
    columns = TABLES[table].names
    told = [
        {names.get(name, name): value for name, value in row.items()}
        for row in asked(run, f"SELECT * FROM {view}")
    ]
    shared = [name for name in columns if told and name in told[0]]
    assert {"person_id", "file", "line", "nth"} & set(columns) <= set(shared)
    expected = [dict(zip(columns, record, strict=True)) for record in run.records(table)]
    for row in (*told, *expected):
        if row.get("note") == "personless":
            del row["person_id_at_ingestion"]  # the files have the id that one would have, the view has none
    assert sorted(key(row, shared) for row in told) == sorted(key(row, shared) for row in expected)
    assert told


def key(row: dict[str, Any], names: list[str]) -> str:
    return json.dumps(
        [int(row[name]) if isinstance(row.get(name), bool) else row.get(name) for name in names]
    )


def test_places_are_those_that_the_run_tells(run: Run) -> None:
    for view in ("ids", "all_links", "property_history", "ingestion_warnings", "events", "rejected_lines"):
        for row in asked(run, f"SELECT * FROM {view}"):
            assert (row["file"], row["line"], row["nth"]) == tuple(run.origin(row["seq"])), view


def test_counts_are_right(run: Run) -> None:
    for view, what in (
        ("people", "persons"),
        ("ids", "distinct_ids"),
        ("merges", "merges"),
        ("all_links", "links"),
    ):
        assert asked(run, f"SELECT count(*) AS n FROM {view}") == [{"n": run.count(what)}]
    suspicious = run.count("silent") + run.count("forced")
    assert asked(run, "SELECT count(*) AS n FROM suspicious_links") == [{"n": suspicious}]
    gone = asked(run, "SELECT count(*) AS n FROM persons WHERE survivor IS NOT NULL")
    assert asked(run, "SELECT count(*) AS n FROM merged_people WHERE merged_into IS NOT NULL") == gone


def test_the_history_ends_in_what_a_person_has(run: Run) -> None:
    for row in asked(run, "SELECT person_id, properties FROM people"):
        written = asked(
            run, f"SELECT DISTINCT property FROM property_history WHERE person_id = '{row['person_id']}'"
        )
        told = {one["property"].rstrip("\0") for one in written}  # as some versions of SQLite tell it
        assert {key.rstrip("\0") for key in json.loads(row["properties"])} <= told


def test_references_hold(run: Run) -> None:
    assert asked(run, "PRAGMA foreign_key_check") == []
    assert asked(run, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    references = re.findall(r"(\w+) INTEGER.* REFERENCES persons", SCHEMA)
    assert len(references) == 9


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT * FROM ids WHERE distinct_id = 'a'", "distinct_ids_by_id"),
        ("SELECT * FROM ids WHERE person_id = 'a'", "distinct_ids_by_person"),
        ("SELECT * FROM events WHERE seq = 1", "distinct_ids_by_id"),
        ("SELECT * FROM people WHERE person_id = 'a'", "persons_by_id"),
        ("SELECT * FROM all_links WHERE source_person_id = 'a'", "links_by_source"),
        ("SELECT * FROM property_history WHERE written_on_person_id = 'a'", "property_changes_by_person"),
        ("SELECT * FROM ingestion_warnings WHERE person_id = 'a'", "warnings_by_person"),
    ],
)
def test_what_is_asked_has_an_index(one_run: Path, query: str, index: str) -> None:
    with closing(sqlite3.connect(one_run)) as database:
        plan = " ".join(row[-1] for row in database.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert index in plan


def test_the_schema_explains_itself(one_run: Path) -> None:
    with closing(sqlite3.connect(one_run)) as database:
        made = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')"))
    undocumented = {name for name, sql in made.items() if "--" not in sql.split("\n")[0]}
    assert undocumented == set()


# As somebody would open it


@pytest.mark.slow
def test_in_datasette(one_run: Path) -> None:
    if find_spec("datasette") is None:
        pytest.skip("needs datasette: pip install 'idcli[tools]'")
    shown = datasette(one_run, "/run/suspicious_links.json?_shape=array")
    assert [(row["suspicion"].split()[0], row["line"]) for row in shown].count(("attached", 245)) == 1
    (count,) = datasette(one_run, "/run.json?sql=select+count(*)+as+n+from+people&_shape=array")
    assert count == {"n": 49}
    (row, *_) = datasette(one_run, "/run/distinct_ids.json?_shape=array&_labels=on")
    assert row["person"].keys() == {"value", "label"}, "a link to its person"


def datasette(database: Path, path: str) -> Any:
    command = [sys.executable, "-m", "datasette", "--immutable", str(database), "--get", path]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.slow
def test_in_duckdb(one_run: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'idcli[tools]'")
    if find_spec("duckdb_extensions") is not None:
        from duckdb_extensions import import_extension

        import_extension("sqlite_scanner")
    with duckdb.connect() as connection:
        try:
            connection.execute(f"ATTACH '{one_run}' AS run (TYPE sqlite, READ_ONLY)")
        except (duckdb.IOException, duckdb.HTTPException, duckdb.CatalogException) as error:
            pytest.skip(
                f"needs DuckDB's extension for SQLite, of its own version: {str(error).splitlines()[0]}"
            )
        assert connection.execute("SELECT count(*) FROM run.people").fetchone() == (49,)
        merges = connection.execute("SELECT file, line FROM run.merges ORDER BY seq").fetchall()
        with closing(sqlite3.connect(one_run)) as database:
            assert merges == database.execute("SELECT file, line FROM merges ORDER BY seq").fetchall()
        for view in VIEWS_MADE:
            (count,) = connection.execute(f"SELECT count(*) FROM run.{view}").fetchone()
            assert count, view


def test_statements_are_what_sqlite_makes_of_them() -> None:
    sql = script(with_events=True) + INTERNAL_PERSONS_TABLE + INDEXES
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(sql)
        made = {text for (text,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    assert statements(sql) == made


def test_the_persons_of_most_ids_are_found_without_sorting_all(run: Run) -> None:
    sorted_in: list[str] = []
    run.database.set_trace_callback(sorted_in.append)
    few = [one.id_count for one in run.persons("ids", 3, min_ids=2)]
    run.database.set_trace_callback(None)
    assert few == sorted((one.id_count for one in run.persons("events")), reverse=True)[:3]
    (query,) = sorted_in
    plan = " ".join(row[-1] for row in run.database.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "persons_of_several_ids" in plan
    assert "TEMP B-TREE" not in plan


def test_persons_by_ids_are_those_of_several_then_those_of_one(run: Run) -> None:
    everybody = sorted(run.persons("events"), key=lambda one: (-one.id_count, one.person))
    assert [*run.persons("ids")] == everybody
    assert [*run.persons("ids", 5)] == everybody[:5]
    assert [*run.persons("ids", min_ids=1)] == everybody
    assert run.count("persons") == run.count_persons() == len(everybody)
    assert run.count("most_ids") == max((one.id_count for one in everybody), default=0)
    assert run.count_persons(min_ids=2) == sum(one.id_count > 1 for one in everybody)
    assert run.team_count() == len({one.team_id for one in everybody})
