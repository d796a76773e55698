"""The run folder: whole or not at all, never over what is not ours, and safe to open."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from nasty_logs import nasty_log
from outcomes import csv_rows, rows_of

from identity_cli import Run, replay
from identity_cli.errors import (
    FolderNotARun,
    LineRejected,
    NoEvents,
    NoPlaceForRun,
    NoRun,
    NothingToReplay,
    RunUnreadable,
)
from identity_cli.store.ours import OUR_FILES
from identity_cli.store.reading.exports import export_into
from identity_cli.tables import table
from identity_cli.tables.formats import TABLE_FORMATS

RunOf = Callable[..., Run]
EVENT = '{"event": "e", "distinct_id": "ada"}\n'
WRITABLE = [name for name in TABLE_FORMATS if name != "parquet" or find_spec("pyarrow") is not None]
EVERYTHING = {"with_events": True, "table_formats": WRITABLE}


def nasty(seed: int = 1, length: int = 200) -> str:
    return "\n".join(json.dumps(event) for event in nasty_log(Random(seed), length))


# Whole or not at all


def test_the_folder_holds_these_files(run_of: RunOf) -> None:
    tables = {"persons", "distinct_ids", "links", "warnings"}
    always = {"run.db", "merge_graph.json", "merge_graph.dot"}
    told = {"findings.ndjson", "warnings.md"}
    assert files(run_of(EVENT)) == always | told | {f"{table}.csv" for table in tables}
    assert files(run_of(EVENT + "torn")) - files(run_of(EVENT)) == {"rejected.ndjson"}
    assert files(run_of(EVENT, table_formats=())) == always
    assert files(run_of(EVENT, table_formats=("ndjson",), with_events=True)) == always | told | {
        f"{table}.ndjson" for table in (*tables, "events")
    }
    assert files(run_of(nasty(), **EVERYTHING)) <= OUR_FILES


def files(run: Run) -> set[str]:
    return {path.name for path in run.folder.iterdir()}


def test_nothing_is_left_beside_the_folder(tmp_path: Path) -> None:
    for _ in range(3):
        replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "deep" / "run")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run"]


def test_a_new_run_replaces_the_old_one_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(EVENT + "torn\n")
    replay(log, run=tmp_path / "run", with_events=True)
    log.write_text(EVENT.replace("ada", "bob"))
    run = replay(log, run=tmp_path / "run")
    assert files(run) == {*OUR_FILES} & {
        *("run.db", "merge_graph.json", "merge_graph.dot"),
        *("persons.csv", "distinct_ids.csv", "links.csv", "warnings.csv", "findings.ndjson", "warnings.md"),
    }
    assert [row["distinct_id"] for row in csv_rows(run.folder / "distinct_ids.csv")] == ["bob"]


def test_a_failing_replay_leaves_the_previous_run_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(EVENT)
    replay(log, run=tmp_path / "run")
    before = contents(tmp_path)
    log.write_text(EVENT + "torn")
    with pytest.raises(LineRejected):
        replay(log, run=tmp_path / "run", strict=True)
    log.write_text(EVENT)
    assert contents(tmp_path) == before


def test_a_log_without_an_event_replaces_no_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(EVENT)
    replay(log, run=tmp_path / "run")
    before = contents(tmp_path / "run")
    for text in ("", "\n", "Dear diary,\n"):
        log.write_text(text)
        with pytest.raises(NothingToReplay, match="is it the right file"):
            replay(log, run=tmp_path / "run")
        assert contents(tmp_path / "run") == before
        assert [path.name for path in sorted(tmp_path.iterdir())] == ["log", "run"]
    assert replay(log, run=tmp_path / "other", may_be_empty=True).count("rejected") == 1


def test_ids_come_person_by_person_in_the_order_in_which_they_joined(run_of: RunOf) -> None:
    merge = '{"event": "$merge_dangerously", "distinct_id": "%s", "properties": {"alias": "%s"}}\n'
    plain = "".join(EVENT.replace("ada", one) for one in ("eve", "ada", "bob", "cy"))
    run = run_of(plain + merge % ("ada", "new") + merge % ("ada", "bob") + merge % ("cy", "ada"))
    rows = csv_rows(run.folder / "distinct_ids.csv")
    assert [row["distinct_id"] for row in rows] == ["eve", "cy", "ada", "bob", "new"]


def test_the_database_has_large_pages(run_of: RunOf) -> None:
    """SQLite ignores the wish in silence once anything is written."""
    assert run_of(EVENT).database.execute("PRAGMA page_size").fetchone() == (16384,)


@pytest.mark.parametrize("spoilt", [b"line_\x93rder", b"line-order"])
def test_a_run_whose_schema_is_damaged_is_not_opened(run_of: RunOf, spoilt: bytes) -> None:
    run = run_of(EVENT)
    run.close()
    database = run.folder / "run.db"
    database.write_bytes(database.read_bytes().replace(b"TABLE line_order", b"TABLE " + spoilt))
    with pytest.raises(RunUnreadable):
        Run(run.folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


SLOW_REPLAY = """
import sys, time
from identity_cli import replay
def events():
    for number in range(50_000):
        yield {"event": "e", "distinct_id": str(number)}
    print("in the middle", flush=True)
    time.sleep(60)
    yield {"event": "e", "distinct_id": "never"}
replay(events(), run=sys.argv[1])
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_killed_in_the_middle_the_previous_run_stands(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "run"
    replay([{"event": "e", "distinct_id": "ada"}], run=folder)
    before = contents(folder)
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_REPLAY, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        process.send_signal(how)
        assert process.wait(timeout=30) != 0
    assert contents(folder) == before
    replay([{"event": "e", "distinct_id": "bob"}], run=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["run"], "the next replay cleans up"
    assert Run(folder).find_person("bob").event_count == 1


def test_killed_in_the_middle_of_the_first_replay_there_is_no_run(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_REPLAY, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    with pytest.raises(NoRun):
        Run(tmp_path / "run")


def test_a_replay_that_still_runs_is_left_alone_by_another(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_REPLAY, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (beside,) = tmp_path.iterdir()
        replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "run")
        assert beside.exists()
        process.kill()


@pytest.mark.parametrize("renames", [1, 2])
def test_killed_between_its_renames_one_whole_run_is_left(tmp_path: Path, renames: int) -> None:
    """Where nothing can change places at one stroke: whatever is done so far, a run is found."""
    folder = tmp_path / "run"
    replay([{"event": "e", "distinct_id": "old"}], run=folder)
    script = f"""
import os, pathlib
from identity_cli import replay
from identity_cli.store import folder
folder.exchanged = lambda one, other: False
rename, count = pathlib.Path.rename, 0
def counting(self, target):
    global count
    done = rename(self, target)
    count += 1
    if count == {renames}:
        os.kill(os.getpid(), 9)
    return done
pathlib.Path.rename = counting
replay([{{"event": "e", "distinct_id": "new"}}], run={str(folder)!r})
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    (row,) = Run(folder).records("distinct_ids")
    assert row[1] == ("old" if renames == 1 else "new")
    replay([{"event": "e", "distinct_id": "next"}], run=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert Run(folder).find_person("next").event_count == 1


# Never over what is not ours


def strange_folders(tmp_path: Path) -> dict[str, Path]:
    """Places that --run may name by mistake."""
    with_notes = replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "with notes").folder
    (with_notes / "notes.txt").write_text("mine")
    with_folder = replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "with folder").folder
    (with_folder / "archive").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("mine")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".profile").write_text("mine")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "persons.csv").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "file in the way").write_text("mine")
    (tmp_path / "foreign database").mkdir()
    (tmp_path / "foreign database" / "run.db").write_text("mine")
    return {path.name: path for path in tmp_path.iterdir()}


STRANGE = ["with notes", "with folder", "home", "hidden", "tables", "file", "foreign database"]


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_a_run_is_never_replaced(tmp_path: Path, name: str) -> None:
    folder = strange_folders(tmp_path)[name]
    before = contents(tmp_path)
    with pytest.raises((FolderNotARun, NoPlaceForRun)) as stopped:
        replay([{"event": "e", "distinct_id": "ada"}], run=folder)
    assert str(folder) in str(stopped.value)
    assert contents(tmp_path) == before


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "run").count("persons") == 1


def test_no_run_and_broken_runs_say_so(tmp_path: Path) -> None:
    with pytest.raises(NoRun):
        Run(tmp_path)
    folder = replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "run").folder
    (folder / "run.db").write_bytes(b"garbage" * 1000)
    with pytest.raises((NoRun, RunUnreadable)):
        Run(folder)


def test_a_run_of_another_version_says_so(tmp_path: Path) -> None:
    folder = replay([{"event": "e", "distinct_id": "ada"}], run=tmp_path / "run").folder
    with sqlite3.connect(folder / "run.db") as database:
        database.execute("PRAGMA user_version=999")
    database.close()
    with pytest.raises(RunUnreadable, match="999"):
        Run(folder)


# Tables


@pytest.mark.parametrize("seed", range(3))
def test_what_a_finished_run_exports_is_what_its_files_hold(run_of: RunOf, seed: int) -> None:
    run = run_of(nasty(seed) + "\ntorn", rules=["guide", "2022-12", "current"][seed], **EVERYTHING)
    for name in ("persons", "distinct_ids", "links", "warnings", "events"):
        for table_format in WRITABLE:
            exported = io.BytesIO()
            export_into(exported, run, name, table_format)
            assert exported.getvalue() == (run.folder / f"{name}.{table_format}").read_bytes(), name


@pytest.mark.parametrize("seed", range(3))
def test_csv_and_ndjson_tell_the_same(run_of: RunOf, seed: int) -> None:
    run = run_of(nasty(seed), **EVERYTHING)
    for name in ("persons", "distinct_ids", "links", "warnings", "events"):
        cells, rows = csv_rows(run.folder / f"{name}.csv"), rows_of(run, name)
        assert len(cells) == len(rows) > 0
        for cell, row in zip(cells, rows, strict=True):
            assert list(cell) == list(row)
            assert {key: as_cell(value) for key, value in row.items()} == dict(cell)


def as_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case str():
            return "'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
        case _:
            return str(value)


def test_the_columns_have_the_names_they_were_promised(run_of: RunOf) -> None:
    run = run_of(nasty(), **EVERYTHING)
    promised = {
        "persons": "team_id person_id creator_distinct_id distinct_ids is_identified created_at properties"
        " event_count first_seen last_seen",
        "distinct_ids": "team_id distinct_id person_id event_count file line",
        "links": "file line event_uuid event team_id source_distinct_id target_distinct_id outcome"
        " source_person_id target_person_id",
        "warnings": "file line event_uuid team_id type details",
        "events": "file line uuid event team_id distinct_id person_id_at_ingestion person_id",
    }
    for name, columns in promised.items():
        row = rows_of(run, name)[0]
        assert set(columns.split()) <= set(row), name
    person = rows_of(run, "persons")[0]
    assert isinstance(person["distinct_ids"], list)
    assert isinstance(person["properties"], dict)
    assert isinstance(person["is_identified"], bool)
    assert isinstance(rows_of(run, "warnings")[0]["details"], dict)


def test_tables_hold_counts_and_times(run_of: RunOf) -> None:
    run = run_of(
        '{"event": "e", "distinct_id": "ada", "timestamp": "2023-03-08T14:00:00.5+02:00"}\n'
        '{"event": "e", "distinct_id": "ada", "timestamp": "2023-03-07T12:00:00Z"}\n'
        '{"event": "$identify", "distinct_id": "bob", "timestamp": "2023-03-09T12:00:00Z",'
        ' "properties": {"$anon_distinct_id": "ada"}}\n',
        **EVERYTHING,
    )
    (person,) = rows_of(run, "persons")
    assert person["created_at"] == "2023-03-08T12:00:00.500Z"
    assert (person["first_seen"], person["last_seen"]) == (
        "2023-03-07T12:00:00.000Z",
        "2023-03-09T12:00:00.000Z",
    )
    assert person["event_count"] == 3
    counts = {row["distinct_id"]: (row["event_count"], row["line"]) for row in rows_of(run, "distinct_ids")}
    assert counts == {"ada": (2, 1), "bob": (1, 3)}


HOSTILE = [
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    'a"b',
    "a,b",
    "a\nb",
    "a\r\nb",
    "]]>--></script><script>alert(1)</script>",
    "[red]rich[/red]",
    "\x1b[2J\x07",
    "\u202egpj.exe",
    "\\",
    '\\"',
    'x" [label="owned"]; "y',
    "\\N \\E",
    "a\0b",
    "\u2028",
    "ünï-😀",
    "{}",
    " ",
]


def hostile_log() -> str:
    log = []
    for text in HOSTILE:
        link = {"$anon_distinct_id": text + "2", "$set": {text: text}}
        log.append({"event": "e", "uuid": text, "distinct_id": text, "properties": {"$device_id": text}})
        log.append({"event": "$identify", "uuid": text, "distinct_id": text, "properties": link})
        log.append({"event": text, "distinct_id": text, "$set": {text: [text]}})
        log.append({"event": "$identify", "distinct_id": "guest", "properties": {"$anon_distinct_id": text}})
    return "\n".join(map(json.dumps, log))


def test_no_cell_of_a_csv_file_starts_a_formula(run_of: RunOf) -> None:
    run = run_of(hostile_log(), **EVERYTHING)
    seen = set()
    for name in ("persons", "distinct_ids", "links", "warnings", "events"):
        for row in csv_rows(run.folder / f"{name}.csv"):
            for column, cell in row.items():
                assert column is not None, "a cell too many"
                assert cell is not None, "a cell too few"
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
                seen.add(cell)
    assert {"'=cmd|'/c calc'!A0", "'+1", 'a"b', "a\nb", "a\r\nb", "a\0b"} <= seen


def test_hostile_ids_come_out_of_every_table_unharmed(run_of: RunOf) -> None:
    run = run_of(hostile_log(), **EVERYTHING)
    ids = {row["distinct_id"] for row in rows_of(run, "distinct_ids")}
    assert set(HOSTILE) <= ids
    for text in HOSTILE:
        if text.strip(" \u2028"):
            assert json.loads(run.find_person(text).properties) == {text: [text]}
    cells = {cell for row in csv_rows(run.folder / "distinct_ids.csv") for cell in row.values()}
    assert {text.lstrip("'") for text in cells} >= {text for text in HOSTILE if text}


def test_a_quote_never_ends_a_csv_cell_early(run_of: RunOf) -> None:
    run = run_of(hostile_log())
    with open(run.folder / "distinct_ids.csv", encoding="utf-8", newline="") as file:
        assert {len(row) for row in csv.reader(file, strict=True)} == {7}


def test_exports_of_what_was_not_kept_say_so(run_of: RunOf) -> None:
    run = run_of(EVENT)
    assert not run.has_events()
    with pytest.raises(NoEvents):
        run.records("events")
    assert list(run.records("rejected")) == []


def test_rejected_lines_are_exported_with_their_bytes(run_of: RunOf) -> None:
    run = run_of(b'torn \xff "line"\n' + EVENT.encode() + b"{\n")
    records = [(line, raw) for _, line, _, raw, _ in run.records("rejected")]
    assert records == [(1, 'torn \\xff "line"'), (3, "{")]


# The merge graph


def graph_of(run: Run) -> dict[str, Any]:
    return dict(json.loads((run.folder / "merge_graph.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "log", [hostile_log(), nasty(2), nasty(3), "", EVENT], ids=["hostile", "2", "3", "empty", "one"]
)
def test_the_graph_is_whole(run_of: RunOf, log: str) -> None:
    run = run_of(log, table_formats=("ndjson",))
    graph = graph_of(run)
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert len(nodes) == len(graph["nodes"]), "an id twice"
    for edge in graph["edges"]:
        assert {edge["source"], edge["target"]} <= nodes.keys()
    links = [edge for edge in graph["edges"] if edge["kind"] == "link"]
    assert [edge["outcome"] for edge in links] == [row["outcome"] for row in rows_of(run, "links")]
    belongs = {edge["source"]: edge["target"] for edge in graph["edges"] if edge["kind"] == "belongs_to"}
    persons = {row["person_id"]: row for row in rows_of(run, "persons")}
    for node in graph["nodes"]:
        if node["kind"] == "person":
            person = persons[node["person_id"]]
            assert node["is_identified"] == person["is_identified"]
            own = [nodes[source]["label"] for source, target in belongs.items() if target == node["id"]]
            assert sorted(own) == person["distinct_ids"]


DOT_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@pytest.mark.parametrize(
    "log", [hostile_log(), nasty(2), "", EVENT], ids=["hostile", "nasty", "empty", "one"]
)
def test_the_dot_file_is_well_formed_and_says_the_same(run_of: RunOf, log: str) -> None:
    run = run_of(log)
    text = (run.folder / "merge_graph.dot").read_text(encoding="utf-8")
    # Strings aside, only our own words are left: nothing from the log is markup.
    statements = [line.strip() for line in DOT_STRING.sub("S", text).splitlines()]
    attributes = r"( ?\[(\w+=(\w+|S) ?)+\])?;"
    node, edge = re.compile("S" + attributes), re.compile("S -> S" + attributes)
    ours = re.compile(r"digraph merges \{|\}|\w+=\w+;|(node|edge|graph)" + attributes)
    assert statements[0] == "digraph merges {"
    assert statements[-1] == "}"
    graph = graph_of(run)
    assert sum(node.fullmatch(line) is not None for line in statements) == len(graph["nodes"])
    assert sum(edge.fullmatch(line) is not None for line in statements) == len(graph["edges"])
    assert all(ours.fullmatch(line) or node.fullmatch(line) or edge.fullmatch(line) for line in statements)
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_an_id_and_one_that_reads_like_its_escape_are_two_nodes(run_of: RunOf) -> None:
    ids = ["a\x01", r"a\u0001", r"a\\u0001", "a\\\x01", "a\U000e0041", "a\ue0041", r"a\U000e0041", "a\\b"]
    link = {"event": "$identify", "distinct_id": "u"}
    run = run_of([{**link, "properties": {"$anon_distinct_id": one}} for one in ids])
    text = (run.folder / "merge_graph.dot").read_text(encoding="utf-8")
    names = re.findall(r'^  ("id:(?:[^"\\]|\\.)*") \[', text, re.MULTILINE)
    assert len({*names}) == len(names) == len(ids) + 1


def test_only_persons_that_a_link_touched_are_drawn(run_of: RunOf) -> None:
    graph = graph_of(
        run_of(
            EVENT
            + '{"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "anon"}}'
        )
    )
    assert sorted(node["label"] for node in graph["nodes"] if node["kind"] == "distinct_id") == [
        "anon",
        "bob",
    ]


def test_an_illegal_id_is_drawn_though_nobody_has_it(run_of: RunOf) -> None:
    graph = graph_of(
        run_of('{"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "null"}}')
    )
    assert sorted(node["label"] for node in graph["nodes"] if node["kind"] == "distinct_id") == [
        "bob",
        "null",
    ]
    assert [edge["outcome"] for edge in graph["edges"] if edge["kind"] == "link"] == ["refused_illegal"]


def test_an_illegal_id_that_became_a_person_afterwards_is_drawn_with_it(run_of: RunOf) -> None:
    refused = '{"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "null"}}\n'
    graph = graph_of(run_of(refused + '{"event": "e", "distinct_id": "null"}\n' * 2))
    ids = {node["label"]: node["event_count"] for node in graph["nodes"] if node["kind"] == "distinct_id"}
    assert ids == {"bob": 1, "null": 2}
    assert sum(edge["kind"] == "belongs_to" for edge in graph["edges"]) == 2


def test_an_id_without_a_profile_is_drawn_with_its_events(run_of: RunOf) -> None:
    personless = '{"event": "e", "distinct_id": "null", "properties": {"$process_person_profile": false}}\n'
    refused = '{"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "null"}}\n'
    graph = graph_of(run_of(personless + refused, rules="current"))
    ids = {node["label"]: node["event_count"] for node in graph["nodes"] if node["kind"] == "distinct_id"}
    assert ids == {"bob": 1, "null": 1}


def test_tables_and_graph_come_out_the_same_in_parts_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text(nasty(3) + hostile_log(), encoding="utf-8")

    def written(name: str) -> tuple[Any, ...]:
        run = replay(log, tmp_path / name, rules="current")
        graph, dot = graph_of(run), (run.folder / "merge_graph.dot").read_text(encoding="utf-8")
        nodes = sorted(graph["nodes"], key=lambda node: str(node["id"]))
        return (
            [path.read_bytes() for path in run.folder.glob("*.csv")],
            nodes,
            graph["edges"],
            sorted(dot.splitlines()),
        )

    whole = written("whole")
    monkeypatch.setattr(table, "RECORDS_AT_ONCE", 2)
    assert written("parts") == whole


def test_a_person_is_seen_when_any_of_its_ids_is(run_of: RunOf) -> None:
    def event(distinct_id: str, hour: int | None, **others: Any) -> str:
        time = {} if hour is None else {"timestamp": f"2023-03-08T{hour:02}:00:00.5Z"}
        return json.dumps({"event": "e", "distinct_id": distinct_id, **time, **others}) + "\n"

    def linked(one: str, other: str) -> str:
        return event(one, None, event="$create_alias", properties={"alias": other})

    log = event("a", 12) + event("b", 9) + event("b", 15) + linked("a", "b") + linked("c", "d")
    rows = rows_of(run_of(log, table_formats=("ndjson",)), "persons")
    seen = {row["creator_distinct_id"]: (row["first_seen"], row["last_seen"]) for row in rows}
    assert seen == {"a": ("2023-03-08T09:00:00.500Z", "2023-03-08T15:00:00.500Z"), "c": (None, None)}


# Time and place


@pytest.mark.slow
def test_nothing_in_a_run_tells_when_or_by_whom_it_was_made(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(nasty())
    environment = {**os.environ, "TZ": "Asia/Tokyo"}
    script = "from identity_cli import replay; replay('log', run='run', with_events=True)"
    first: list[Any] = []
    second: list[Any] = []
    for results in (first, second):
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
        results.append({path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()})
        time.sleep(1.1)
    assert first == second


def test_a_person_merged_away_and_its_survivor_keep_the_time_they_were_made(run_of: Any) -> None:
    run = run_of(
        """{"event":"e","distinct_id":"new","timestamp":"2023-03-02T00:00:00Z","properties":{"$device_id":"new"}}
{"event":"e","distinct_id":"old","timestamp":"2023-03-01T00:00:00Z","properties":{"$device_id":"old"}}
{"event":"$identify","distinct_id":"new","properties":{"$anon_distinct_id":"old"}}
{"event":"e","distinct_id":"new","timestamp":"2022-01-01T00:00:00Z"}
"""
    )
    person = run.find_person("new")
    assert person.created_at == "2023-03-01T00:00:00.000Z"
    made = {row.distinct_id: row.person_made_at for row in run.ids_of(person.person)}
    assert made == {"new": "2023-03-02T00:00:00.000Z", "old": "2023-03-01T00:00:00.000Z"}


def test_a_folder_that_fills_up_during_a_replay_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "run"

    def events() -> Any:
        yield {"event": "e", "distinct_id": "a"}
        place.mkdir()
        (place / "thesis.txt").write_text("mine")

    with pytest.raises(FolderNotARun):
        replay(events(), run=place)
    assert (place / "thesis.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_another_runs_folder_in_the_making_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / f".run.2023.{os.getpid()}.abc.partial"
    other.mkdir()
    replay([{"event": "e", "distinct_id": "a"}], run=tmp_path / "run")
    assert other.is_dir()


def test_a_run_may_be_a_link_but_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        replay([{"event": "e", "distinct_id": "a"}], run=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "run.db").is_file()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(NoPlaceForRun, match="current folder"):
        replay([{"event": "e", "distinct_id": "a"}], run=".")


@pytest.mark.parametrize("place", ["circle", "circle/run", "file/run", "/"])
def test_where_no_folder_can_be_made_there_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "file").touch()
    with pytest.raises(NoPlaceForRun):
        replay([{"event": "e", "distinct_id": "a"}], run=place)
    assert {path.name for path in tmp_path.iterdir()} == {"circle", "file"}
    assert Path("circle").readlink() == Path("circle")


def test_without_a_guard_csv_has_ids_as_they_are(tmp_path: Path) -> None:
    event = {"event": "$identify", "distinct_id": "=1+1", "properties": {"$anon_distinct_id": "@anon"}}
    for guard, told in ((True, ("'=1+1", "'@anon")), (False, ("=1+1", "@anon"))):
        run = replay([event], tmp_path / "run", csv_guard=guard, graph_formats="csv")
        (link,) = csv_rows(run.folder / "links.csv")
        assert (link["target_distinct_id"], link["source_distinct_id"]) == told
        ids = {row["distinct_id"] for row in csv_rows(run.folder / "distinct_ids.csv")}
        assert ids == set(told)
        edges = (run.folder / "merge_graph.csv").read_text()
        assert "@" not in edges.replace(":@anon", "")
