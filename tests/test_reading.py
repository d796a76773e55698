"""From bytes to events: what is read, what is rejected and kept, and what stops a replay."""

import bz2
import gzip
import json
import lzma
import os
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from outcomes import rows_of
from patience import within

from identity_cli import Run, replay
from identity_cli.errors import IdcliError, LineRejected, LogShrank, LogUnreadable, NoLogs, NothingToReplay
from identity_cli.reading.intake import log_of
from identity_cli.reading.options import ReplayOptions
from identity_cli.replaying.replayer import replay_log
from identity_cli.rules import RULE_SETS
from identity_cli.tables.run_tables import TABLES
from identity_cli.values.times import parse_time

RunOf = Callable[..., Run]
GOOD = b'{"event": "e", "distinct_id": "ada"}'


def ids_in(run: Run) -> list[str]:
    return sorted(distinct_id for row in run.records("persons") for distinct_id in json.loads(row[3]))


def kept_lines(run: Run) -> list[bytes]:
    """The rejected lines as they stood in the log, without their line ends."""
    return [
        b64decode(row["raw_base64"]) if "raw_base64" in row else row["raw"].encode()
        for row in rows_of(run, "rejected")
    ]


# Lines that are no events

UNUSABLE = {
    "torn": (b'{"event": "e", "distinct_id": "bo', "not JSON: cut off before its end at column 33"),
    "torn in an escape": (b'{"event": "e", "distinct_id": "bo\\', "not JSON: cut off before its end"),
    "torn in a character": (b'{"event": "b\xc3', "not JSON: cut off before its end at column 12"),
    "torn in a word": (b'{"event": "e", "new": tru', "not JSON: cut off before its end at column 25"),
    "torn between": (b'{"event": "e", ', "not JSON: cut off before its end at column 14"),
    "a tab in a text": (b'{"event": "a\tb', "not JSON: invalid control character"),
    "text": (b"hello", "not JSON"),
    "a list of none": (b"[]", "no event in the batch"),
    "a list of texts": (b'["e"]', "event 1 of 1: not a JSON object"),
    "a string": (b'"event"', "not a JSON object"),
    "a number": (b"42", "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "no event name": (b'{"distinct_id": "bob"}', "no event name"),
    "null event name": (b'{"event": null, "distinct_id": "bob"}', "no event name"),
    "empty event name": (b'{"event": "", "distinct_id": "bob"}', "no event name"),
    "no distinct_id": (b'{"event": "e", "properties": {}}', "no distinct_id"),
    "null distinct_id": (b'{"event": "e", "distinct_id": null}', "no distinct_id"),
    "empty distinct_id": (b'{"event": "e", "distinct_id": ""}', "no distinct_id"),
    "two objects": (GOOD + b" " + GOOD, "not JSON"),
    "two objects without a space": (GOOD + GOOD, "not JSON"),
    "a comma at the end": (GOOD + b",", "not JSON"),
    "nested beyond sense": (
        b'{"event": "e", "distinct_id": "bob", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested too deeply",
    ),
    "invalid UTF-8 in the id": (b'{"event": "e", "distinct_id": "b\xffb"}', "not UTF-8"),
    "invalid UTF-8 in a property": (
        b'{"event": "e", "distinct_id": "bob", "properties": {"$set": {"k": "\xc3"}}}',
        "not UTF-8",
    ),
    "a surrogate in UTF-8": (b'{"event": "e", "distinct_id": "\xed\xa0\xbd"}', "not UTF-8"),
    "bytes": (b"\x00\x01\x02", "not JSON"),
    "UTF-16": ('{"event": "e", "distinct_id": "bob"}'.encode("utf-16"), "not UTF-8"),
    "an odd team": (b'{"event": "e", "distinct_id": "bob", "team_id": "red"}', "team_id"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_line_is_rejected_and_kept_and_the_replay_goes_on(run_of: RunOf, name: str) -> None:
    line, reason = UNUSABLE[name]
    run = run_of(b"\n".join([GOOD, line, GOOD]) + b"\n")
    assert ids_in(run) == ["ada"]
    (rejected,) = rows_of(run, "rejected")
    assert rejected["line"] == 2
    assert rejected["file"].endswith("log1.ndjson")
    assert rejected["reason"].startswith(reason)
    assert kept_lines(run) == [line]
    assert run.metadata["events"] == 2
    assert run.metadata["rejected"] == 1


def test_all_unusable_lines_at_once(run_of: RunOf) -> None:
    lines = [line for line, _ in UNUSABLE.values()]
    run = run_of(b"\n".join(line + b"\n" + GOOD for line in lines))
    assert kept_lines(run) == lines
    assert [row["line"] for row in rows_of(run, "rejected")] == [2 * place + 1 for place in range(len(lines))]
    assert run.metadata["events"] == len(lines)


def test_no_rejected_lines_no_file(run_of: RunOf) -> None:
    assert not (run_of(GOOD).folder / "rejected.ndjson").exists()


@pytest.mark.parametrize("name", UNUSABLE)
def test_strict_stops_at_the_first(run_of: RunOf, tmp_path: Path, name: str) -> None:
    line, reason = UNUSABLE[name]
    with pytest.raises(LineRejected) as stopped:
        run_of(b"\n".join([GOOD, line, GOOD]) + b"\n", strict=True)
    assert f"log1.ndjson:2: {reason}" in str(stopped.value)
    assert not (tmp_path / "run1").exists()


# Lines that only look unusable

ODD = {
    "NaN": b'{"event": "e", "distinct_id": "ada", "properties": {"$set": {"k": NaN}, "x": Infinity}}',
    "a lone surrogate": b'{"event": "e", "distinct_id": "ada", "properties": {"$set": {"k": "\\ud83d"}}}',
    "a lone surrogate elsewhere": b'{"event": "e", "distinct_id": "ada", "x": "\\udc00"}',
    "a huge integer": b'{"event": "e", "distinct_id": "ada", "properties": {"$set": {"k": '
    + b"9" * 400
    + b"}}}",
    "a huge number": b'{"event": "e", "distinct_id": "ada", "properties": {"x": 1e999}}',
    "a byte-order mark": b"\xef\xbb\xbf" + GOOD,
    "CRLF": GOOD + b"\r",
    "spaces around": b"  \t" + GOOD + b"  ",
    "invalid UTF-8 that nobody needs": b'{"event": "e", "distinct_id": "ada", "properties": {"x": "\xff"}}',
    "a key twice": b'{"event": "e", "distinct_id": "bob", "distinct_id": "ada"}',
    "properties that are no object": b'{"event": "e", "distinct_id": "ada", "properties": [1]}',
    "null properties": b'{"event": "e", "distinct_id": "ada", "properties": null}',
    "odd times": b'{"event": "e", "distinct_id": "ada", "timestamp": "yesterday", "now": true}',
    "a team as text": b'{"event": "e", "distinct_id": "ada", "team_id": "1"}',
    "some nesting": b'{"event": "e", "distinct_id": "ada", "x": ' + b"[" * 100 + b"]" * 100 + b"}",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_line_is_read(run_of: RunOf, name: str) -> None:
    run = run_of(b"\n".join([GOOD, ODD[name], GOOD]) + b"\n", strict=True)
    assert ids_in(run) == ["ada"]
    assert run.metadata["events"] == 3
    assert run.find_person("ada").event_count == 3


STRANGE = [
    {"distinct_id": ["ada"]},
    {"distinct_id": []},
    {"distinct_id": {"a": 1}},
    {"distinct_id": None, "properties": {"distinct_id": ["a", 1]}},
    {"distinct_id": True},
    {"distinct_id": -0.0},
    {"event": ["x"]},
    {"event": 5},
    {"event": True},
    {"team_id": -1},
    {"team_id": 10**30},
    {"team_id": 1.0},
    {"team_id": True},
    {"team_id": [1]},
    {"uuid": {"x": [1]}},
    {"uuid": 7},
    {"timestamp": "0001-01-01T00:00:00+05:00"},
    {"timestamp": "0001-01-01T00:00:00Z", "now": "0001-01-01T00:00:00Z"},
    {"timestamp": "9999-12-31T23:59:59.999-05:00", "now": "9999-12-31T23:59:59.999Z"},
    {"now": "9999-12-31T23:59:30Z"},
    {"now": "2023-03-08T12:00:00Z", "offset": 1e300},
    {"now": "2023-03-08T12:00:00Z", "offset": 10**15},
    {"timestamp": -1e18},
    {"$set": {"k": 10**30}, "properties": {"$set_once": {"": [{}]}}},
    {"event": "$identify", "properties": {"$anon_distinct_id": {"a": 1}}},
    {"event": "$identify", "properties": {"$anon_distinct_id": [[[]], {}]}},
    {"event": "$create_alias", "properties": {"alias": 10**400}},
    {"properties": {"$process_person_profile": {"a": []}, "$lib": ["web"], "$device_id": {"a": 1}}},
    {"properties": {"$unset": [[], {}, None, 1.5]}},
    {"properties": {"$browser": {"a": 1}, "$is_server": [], "$os_name": None}},
]


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("strange", STRANGE, ids=lambda strange: json.dumps(strange)[:60])
def test_nothing_in_a_line_crashes_a_replay(run_of: RunOf, strange: dict[str, Any], rules: str) -> None:
    line = json.dumps({"event": "e", "distinct_id": "ada", **strange}).encode()
    run = run_of(b"\n".join([GOOD, line, line]), rules=rules, with_events=True)
    assert run.metadata["events"] + run.metadata["rejected"] == 3
    assert all(total == sum(parts.values()) for _, total, parts in run.books())
    assert "ada" in ids_in(run)


def test_an_id_that_is_a_list_becomes_text_the_javascript_way(run_of: RunOf) -> None:
    run = run_of([{"event": "e", "distinct_id": one, "team_id": 1} for one in ODD_IDS])
    assert ids_in(run) == ["[object Object]", "a,1"]


def test_a_lone_surrogate_is_stored_as_the_replacement_character(run_of: RunOf) -> None:
    run = run_of(
        b'{"event": "e", "distinct_id": "a\\ud83db", "properties": {"$set": {"k\\udc00": "\\ud83d!"}}}'
    )
    person = run.find_person("a\ufffdb")
    assert json.loads(person.properties) == {"k\ufffd": "\ufffd!"}


def test_a_huge_integer_as_an_id_is_read_as_javascript_would(run_of: RunOf) -> None:
    run = run_of(b'{"event": "e", "team_id": 1, "distinct_id": 1' + b"0" * 30 + b"}")
    assert ids_in(run) == ["1e+30"]


def test_blank_lines_are_counted_but_no_events(run_of: RunOf) -> None:
    run = run_of(b"\n\n" + GOOD + b"\n  \t\n\r\n" + GOOD + b"\n\n")
    assert run.metadata["blank"] == 5
    assert run.metadata["lines"] == 7
    assert run.metadata["events"] == 2
    assert [row["line"] for row in rows_of_table(run, "distinct_ids")] == [3]


def test_a_missing_line_end_at_the_end_of_the_file(run_of: RunOf) -> None:
    assert run_of(GOOD + b"\n" + GOOD).metadata["events"] == 2


def test_an_empty_log_is_a_run_of_nothing(run_of: RunOf) -> None:
    run = run_of(b"")
    assert run.metadata["lines"] == 0
    assert ids_in(run) == []


def rows_of_table(run: Run, table: str) -> list[dict[str, Any]]:
    return [dict(zip(TABLES[table].names, record, strict=True)) for record in run.records(table)]


# Events that fail only after they were read


FAILING = b'{"event":"e","distinct_id":"ada","now":"2022-12-08T12:00:00Z","properties":{"$unset":{"a":1}}}'
LINK = b'{"event":"$identify","distinct_id":"ada","now":"2022-12-08T12:00:01Z","properties":{"$anon_distinct_id":"x"}}'  # noqa: E501
FILLER = b'{"event":"e","distinct_id":"bob","now":"2022-12-08T12:00:01Z","properties":{"$device_id":"bob"}}'
LATE = b'{"event": "e", "distinct_id": "bob", "now": "2022-12-08T12:05:00Z"}'


@pytest.mark.parametrize("end", [LATE, FILLER], ids=["released by an arrival", "released at the end"])
def test_an_event_that_fails_at_its_release_from_the_buffer_keeps_its_line(run_of: RunOf, end: bytes) -> None:
    filler = [FILLER] * 3_000  # more than one block of lines
    run = run_of(b"\n".join([*filler, FAILING, *filler, LINK, end, *filler]), rules="2022-12")
    assert [(row["line"], row["reason"][:20]) for row in rows_of(run, "rejected")] == [
        (3_001, "$unset is not a list")
    ]
    assert kept_lines(run) == [FAILING]
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_an_event_that_fails_at_once_keeps_its_line(run_of: RunOf) -> None:
    run = run_of(b"\n".join([LINK, FAILING, FAILING]), rules="2022-12")
    assert kept_lines(run) == [FAILING, FAILING]
    assert [row["line"] for row in rows_of(run, "rejected")] == [2, 3]


@pytest.mark.parametrize("log", [[LINK, FAILING], [FAILING, LINK]], ids=["at once", "at its release"])
def test_strict_does_not_stop_at_an_event_that_the_platform_fails(run_of: RunOf, log: list[bytes]) -> None:
    """Such a line could be used; that the platform loses its event is a finding about the platform."""
    run = run_of(b"\n".join(log), rules="2022-12", strict=True)
    assert kept_lines(run) == [FAILING]


# Files

ODD_IDS: list[Any] = [["a", 1], {}]
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "ndjson": bytes,
}


@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize("misnamed", [False, True], ids=["named so", "misnamed"])
def test_what_a_file_is_follows_from_its_bytes(tmp_path: Path, suffix: str, misnamed: bool) -> None:
    log = tmp_path / ("log.json" if misnamed else f"log.{suffix}")
    log.write_bytes(COMPRESSED[suffix](GOOD + b"\n" + GOOD))
    run = replay(log, run=tmp_path / "run")
    assert run.metadata["events"] == 2
    assert run.sources()[0]["size"] == log.stat().st_size


def test_several_gzip_members_are_one_log(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(GOOD + b"\n") + gzip.compress(GOOD + b"\n"))
    assert replay(log, run=tmp_path / "run").metadata["events"] == 2


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(
            f'{{"event": "e", "distinct_id": "x", "$set": {{"k": "{name}"}}}}\nbad {name}'
        )
    run = replay([tmp_path / "b", tmp_path / "a"], run=tmp_path / "run")
    assert json.loads(run.find_person("x").properties) == {"k": "a"}
    assert [(Path(row["file"]).name, row["line"]) for row in rows_of(run, "rejected")] == [("b", 2), ("a", 2)]
    assert [Path(source["path"]).name for source in run.sources()] == ["b", "a"]


def test_a_line_never_runs_on_into_the_next_file(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b'{"event": "e", ')
    (tmp_path / "2").write_bytes(b'"distinct_id": "ada"}')
    assert (
        replay([tmp_path / "1", tmp_path / "2"], run=tmp_path / "run", may_be_empty=True).metadata["rejected"]
        == 2
    )


def test_a_folder_stands_for_its_files_by_name_without_hidden_ones(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "2023").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("b.ndjson", "a.ndjson", "2023/c.ndjson", ".hidden", ".git/d.ndjson"):
        (folder / name).write_bytes(GOOD)
    run = replay(folder, run=tmp_path / "run")
    paths = [Path(source["path"]).relative_to(folder).as_posix() for source in run.sources()]
    assert paths == ["2023/c.ndjson", "a.ndjson", "b.ndjson"]


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    script = f"from identity_cli import replay; replay('-', run={str(tmp_path / 'run')!r})"
    subprocess.run([sys.executable, "-c", script], input=compress(GOOD + b"\nbad\n"), check=True)
    run = Run(tmp_path / "run")
    assert run.metadata["events"] == 1
    assert (rows_of(run, "rejected")[0]["file"], rows_of(run, "rejected")[0]["line"]) == ("-", 2)


def test_events_in_memory_are_a_log_too(tmp_path: Path) -> None:
    events = ({"event": "e", "distinct_id": str(number)} for number in range(500))
    assert replay(events, run=tmp_path / "run").count("persons") == 500
    with pytest.raises(NothingToReplay, match="not one line of the log is an event"):
        replay([], run=tmp_path / "empty")
    assert not (tmp_path / "empty").exists()
    assert replay([], run=tmp_path / "empty", may_be_empty=True).count("persons") == 0


def unreadable(tmp_path: Path) -> dict[str, Any]:
    """Logs that cannot be read, by what is wrong with them."""
    (tmp_path / "file").write_bytes(GOOD)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.gz").write_bytes(gzip.compress(GOOD * 1000)[:-20])
    (tmp_path / "torn.xz").write_bytes(lzma.compress(os.urandom(5000))[:-40])
    (tmp_path / "damaged.bz2").write_bytes(bz2.compress(GOOD * 1000)[:40] + b"\0" * 40)
    damaged = bytearray(gzip.compress(os.urandom(5000)))
    damaged[30] ^= 0xFF
    (tmp_path / "damaged.gz").write_bytes(damaged)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    return {
        "missing": tmp_path / "nowhere.ndjson",
        "below a file": tmp_path / "file" / "log",
        "a loop of links": tmp_path / "loop",
        "a socket": tmp_path / "socket",
        "an empty folder": tmp_path / "empty",
        **{path.name: path for path in tmp_path.glob("*.*z*")},
    }


UNREADABLE = [
    *("missing", "below a file", "a loop of links", "a socket", "an empty folder"),
    *("torn.gz", "torn.xz", "damaged.bz2", "damaged.gz"),
]


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_log_that_cannot_be_read_stops_the_replay_and_leaves_no_folder(tmp_path: Path, name: str) -> None:
    path = unreadable(tmp_path)[name]
    before = sorted(tmp_path.iterdir())
    with pytest.raises((LogUnreadable, NoLogs)) as stopped:
        replay([tmp_path / "file", path], run=tmp_path / "run")
    assert str(path) in str(stopped.value)
    assert "Traceback" not in str(stopped.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_shrinks_while_it_is_read_stops_the_replay(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes((GOOD + b"\n") * 100_000)
    with pytest.raises(LogShrank) as stopped:
        replay_log(log_of([str(log)]), tmp_path / "run", ReplayOptions(), lambda _: os.truncate(log, 1000))
    assert str(log) in str(stopped.value)
    assert [path.name for path in tmp_path.iterdir()] == ["log.ndjson"]


def test_a_file_that_grows_while_it_is_read_does_not(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes((GOOD + b"\n") * 10)
    grown: list[int] = []

    def grow(_: int) -> None:
        if not grown:
            with log.open("ab") as file:
                grown.append(file.write(GOOD + b"\n"))

    run = replay_log(log_of([str(log)]), tmp_path / "run", ReplayOptions(), grow)
    assert run.metadata["events"] in (10, 11)


def test_every_error_of_reading_is_ours() -> None:
    assert all(issubclass(error, IdcliError) for error in (LineRejected, LogShrank, LogUnreadable, NoLogs))


# Long lines


@pytest.mark.parametrize("end", [b"}", b""], ids=["an event", "torn"])
def test_a_long_line(run_of: RunOf, end: bytes) -> None:
    long = GOOD[:-1] + b', "x": "' + b"x" * 3_000_000 + b'"' + end
    run = run_of(b"\n".join([GOOD, long, GOOD]))
    assert run.metadata["events"] == (3 if end else 2)
    assert kept_lines(run) == ([] if end else [long])


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        GOOD[:-1] + b', "x": "' + b"x" * 100_000_000 + b'"}',
        GOOD[:-1] + b', "x": [' + b"1," * 50_000_000 + b"1]}",
        b"x" * 100_000_000,
        b"[" * 100_000_000,
    ],
    ids=["a long text", "a long list", "no JSON", "brackets"],
)
def test_a_line_of_100_mb_neither_kills_nor_stalls(run_of: RunOf, line: bytes) -> None:
    with within(60):
        run = run_of(b"\n".join([GOOD, line, GOOD]))
    assert ids_in(run) == ["ada"]
    assert run.metadata["events"] + run.metadata["rejected"] == 3


# Times


@pytest.mark.parametrize(
    "text",
    [
        "2023-03-08T12:00:00.250Z",
        "2023-03-08T12:00:00.250+00:00",
        "2023-03-08T14:00:00.250+02:00",
        "2023-03-08 12:00:00.250",
        "2023-03-08T12:00:00,250",
        " 2023-03-08T12:00:00.250 ",
        1678276800.25,
        1678276800250,
        "1678276800250",
        "1678276800.25",
    ],
    ids=repr,
)
def test_times_in_many_spellings(text: Any) -> None:
    assert parse_time(text) == datetime(2023, 3, 8, 12, 0, 0, 250_000, UTC)


@pytest.mark.parametrize("day", ["2023-03-08", "2023/03/08", "03/08/2023", "Wed, 08 Mar 2023 00:00:00 GMT"])
def test_days_in_many_spellings(day: str) -> None:
    assert parse_time(day) == datetime(2023, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd", [None, True, "", "yesterday", [], {}, 1e400, "nan", -1e300, "2023-13-45"], ids=repr
)
def test_what_is_no_time(odd: Any) -> None:
    assert parse_time(odd) is None


def test_a_folder_stands_for_its_files_but_not_for_a_run_in_it(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "b.ndjson"
    log.parent.mkdir()
    log.write_text('{"event":"e","distinct_id":"b"}\n')
    (log.parent / "a").mkdir()
    (log.parent / "a" / "first.ndjson").write_text('{"event":"e","distinct_id":"a"}\n')
    (log.parent / ".hidden").write_text('{"event":"e","distinct_id":"h"}\n')
    for _ in range(2):  # the second time the first time's run is there to be mistaken for logs
        run = replay(log.parent, run=log.parent / "idcli-run", with_events=True, table_formats=("ndjson",))
        assert [source["path"] for source in run.sources()] == [
            str(log.parent / "a" / "first.ndjson"),
            str(log),
        ]


@pytest.mark.parametrize("rules", list(RULE_SETS))
def test_values_nested_beyond_sense_end_no_replay(rules: str, run_of: Any) -> None:
    deep = "[" * 900 + "]" * 900
    run = run_of(
        f'{{"event":"$create_alias","distinct_id":"a","properties":{{"alias":{deep}}}}}\n'
        + f'{{"event":"$set","distinct_id":"b","properties":{{"$set":{{"k":{deep}}}}}}}\n' * 2
        + '{"event":"e","distinct_id":"c","team_id":true}\n'
        + '{"event":"e","distinct_id":"d","team_id":"'
        + "9" * 5000
        + '"}\n'
        + '{"event":"e","distinct_id":"e","timestamp":"Mon, 1 Jan 2023 00:00:00 +99999999999999999999"}\n',
        rules=rules,
    )
    assert run.count("persons") == 3
    assert run.count("rejected") == 2
