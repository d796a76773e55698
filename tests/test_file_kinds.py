"""Bytes to lines: every container and kind of file is told by its first bytes, and refused where damaged."""

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from file_kinds import CONTAINERS, EVENTS, KINDS, NDJSON, STREAMED, answer, tarred, zipped
from outcomes import rows_of
from patience import within

from identity_cli import Run, replay, verify, why
from identity_cli.errors import (
    BadRejectionLimit,
    IdcliError,
    InternalUsersUnreadable,
    LogGone,
    LogIsPipe,
    LogUnreadable,
    NoEventIn,
    NothingToReplay,
    TooManyRejected,
)
from identity_cli.files import foreign, json_document, opening
from identity_cli.files.json_document import DocumentLines
from identity_cli.files.raw_file import Peekable
from identity_cli.files.sources import PassedOver
from identity_cli.reading import child_process as second_process
from identity_cli.replaying.again.shortened_log import ShortenedLog

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

GOOD = b'{"event": "e", "distinct_id": "ada"}\n'
FOREIGN = {one.what: b"\0" * one.at + one.start + b"\0\1\2\3" * 9 for one in foreign.SIGNATURES}


def persons(run: Run) -> list[tuple[str, int]]:
    return [(row["person_id"], row["event_count"]) for row in rows_of(run, "persons")]


def replayed(data: bytes, tmp_path: Path, name: str = "log", **options: Any) -> Run:
    (tmp_path / name).write_bytes(data)
    return replay(tmp_path / name, tmp_path / f"run-{name}", **{"table_formats": ("ndjson",), **options})


# What it is


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_events_are_the_same_persons_whatever_they_are_packed_in(kind: str, tmp_path: Path) -> None:
    run = replayed(KINDS[kind](), tmp_path, strict=True)
    assert persons(run) == persons(replayed(NDJSON, tmp_path, "plain"))
    assert run.metadata["events"] == len(EVENTS)
    assert json.loads(run.find_person("ada").properties)["note"].replace("\r", "") == "two\nlines, \u00e9"
    assert all(total == sum(found.values()) for _, total, found in run.books())


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kind", ["a pretty array", "a query's answer", "CSV", "UTF-16"])
def test_every_kind_in_every_container(container: str, kind: str, tmp_path: Path) -> None:
    run = replayed(CONTAINERS[container](KINDS[kind]()), tmp_path)
    assert persons(run) == persons(replayed(NDJSON, tmp_path, "plain"))


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_write_what_one_writes(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 0)
    (tmp_path / "log").write_bytes(KINDS[kind]())
    for one_process in (True, False):
        replay(tmp_path / "log", tmp_path / str(one_process), one_process=one_process).close()
    names = [path.name for path in sorted((tmp_path / "True").iterdir())]
    assert names == [path.name for path in sorted((tmp_path / "False").iterdir())]
    for name in names:
        assert (tmp_path / "True" / name).read_bytes() == (tmp_path / "False" / name).read_bytes()


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_log_is_told_by_name(what: str, tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable) as stopped:
        replayed(FOREIGN[what], tmp_path)
    assert f"it is {what}; " in str(stopped.value)
    assert not (tmp_path / "run-log").exists()


def flagged(at: int, value: int) -> bytes:
    """A zip whose one member has that value at that place of its entry in the directory."""
    archive = bytearray(zipped(("log.json", NDJSON)))
    archive[archive.index(b"PK\x01\x02") + at] = value
    return bytes(archive)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><a/>", "XML"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")), "an Excel workbook"),
        (tarred(("inner.zip", zipped(("a", GOOD)))), "an archive within an archive"),
        (gzip.compress(KINDS["Parquet"]()), "has to be a file of its own"),
        (
            b'{"type": "e", "code": "c", "detail": "No key.", "attr": null}',
            'refusal, "No key.", and no',
        ),
        (b'{"error": {"code": 400}}\n', "an API's refusal"),
        (flagged(8, 1), "log.json in it is encrypted: unpack it"),
        (flagged(10, 9), "log.json in it is compressed by method 9, which is not known here: unpack it"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_other_files_are_told_too(content: bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable, match=told):
        replayed(content, tmp_path)


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x1e", "\u2028"])
def test_lines_end_where_the_reader_ends_them(end: str, tmp_path: Path) -> None:
    """What else may end a line elsewhere makes no header of half a one."""
    text = f"event,distinct_id{end}e,ada\ne,bob\n"
    with pytest.raises(NoEventIn):
        replayed(text.encode(), tmp_path, may_be_empty=False)


def test_no_foreign_signature_takes_a_log_for_something_else() -> None:
    for make in KINDS.values():
        assert foreign.described(make()[: foreign.PEEKED_BYTES], "log") is None
    for text in (b'{"event": "e", "error": "x"}', b'{"error": "x"}\n' + GOOD, b"{}"):
        assert foreign.described(text, "log") is None
    for text in (b"BM,event\n1,2\n", b"ORC is no log\n", b"MZ\n", b"LZIP,a\n"):
        assert foreign.described(text, "log") is None


@pytest.mark.parametrize(
    "lines",
    [
        b'{"event": "e", \n' + GOOD,
        b'{"event":\n' + GOOD,
        b'{"event": "e", "distinct_id": "bo\n' + GOOD,
        b"{\n" + GOOD,
        b'[{"event": "e"\n' + GOOD,
        b"Dear diary, today\n" + GOOD,
        b"1,2\n" + GOOD,
        b"id,id\n3,4\n" + GOOD,
    ],
)
def test_a_log_that_begins_with_a_torn_line_is_still_one_of_lines(lines: bytes, tmp_path: Path) -> None:
    run = replayed(lines + GOOD, tmp_path)
    assert run.find_person("ada").event_count == lines.count(GOOD) + 1


# Where it stands


def places(run: Run) -> list[tuple[str, int, str]]:
    found = rows_of(run, "events")
    return [(Path(row["file"]).name, row["line"], row["event"]) for row in found]


def test_a_value_of_a_document_stands_where_it_begins(tmp_path: Path) -> None:
    log = KINDS["a pretty array"]()
    run = replayed(log, tmp_path, with_events=True)
    begins = [number for number, line in enumerate(log.split(b"\n"), 1) if line == b"  {"]
    assert [line for _, line, _ in places(run)] == begins


def test_a_record_with_a_cell_of_two_lines_is_one_and_stands_where_its_first_line_does(
    tmp_path: Path,
) -> None:
    run = replayed(KINDS["CSV with dots"](), tmp_path, with_events=True)
    assert [line for _, line, _ in places(run)] == [2, 3, 5]


@pytest.mark.parametrize("order", [None, "time"])
def test_values_that_share_a_line_are_told_apart(order: str | None, tmp_path: Path) -> None:
    run = replayed(answer(EVENTS if order is None else EVENTS[::-1]), tmp_path, order=order)
    numbers = [1, 2, 3] if order is None else [3, 2, 1]
    assert [run.origin(seq)[1:] for seq in (1, 2, 3)] == [(1, nth) for nth in numbers]
    assert run.origins.seqs_at("1") == [1, 2, 3]
    assert [run.origins.seqs_at(f"log:1#{nth}") for nth in numbers] == [[1], [2], [3]]
    assert run.metadata["moved"] == (0 if order is None else 2)


def test_sorting_keeps_the_places_in_the_file(tmp_path: Path) -> None:
    log = json.dumps(EVENTS[::-1], indent=2).encode()
    run = replayed(log, tmp_path, with_events=True, order="arrival")
    begins = [number for number, line in enumerate(log.split(b"\n"), 1) if line == b"  {"]
    assert [line for _, line, _ in places(run)] == begins[::-1]
    assert run.metadata["moved"] == 2


@pytest.mark.parametrize(
    "kind", ["a pretty array", "an answer", "CSV", "zip of gzip parts", "tar.gz", "Parquet"]
)
def test_questions_read_the_log_again_whatever_it_is(kind: str, tmp_path: Path) -> None:
    run = replayed(KINDS[kind](), tmp_path)
    assert why(run, "ada", "anon-1").are_one
    kept = [json.loads(line)["event"] for line in ShortenedLog(run, [str(run.origin(2))]).lines()]
    assert kept == ["$pageview", "paid"]


def test_a_member_of_an_archive_is_a_source_of_its_own(tmp_path: Path) -> None:
    run = replayed(KINDS["zip of gzip parts"](), tmp_path, "export.zip", with_events=True)
    assert [line for _, line, _ in places(run)] == [1, 1, 1]
    assert [Path(source["path"]).parent.parent.name for source in run.sources()] == ["export.zip"] * 3


# Damage


def damaged(data: bytes, seed: int) -> bytes:
    """A bit flipped somewhere, or the end cut off."""
    r = random.Random(seed)
    at = r.randrange(8, len(data))
    if r.random() < 0.3:
        return data[:at]
    return data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]


@pytest.mark.parametrize("kind", [*STREAMED, "zip", "tar.gz"])
def test_damage_anywhere_is_refused_or_loses_nothing(kind: str, tmp_path: Path) -> None:
    lines = b"".join(GOOD.replace(b"ada", b"id-%d" % number) for number in range(40))
    if kind in STREAMED:
        whole = CONTAINERS[kind](lines[:900]) + CONTAINERS[kind](lines[900:])
    else:
        whole = CONTAINERS["gz"](tarred(("a", lines))) if kind == "tar.gz" else CONTAINERS[kind](lines)
    refused = 0
    for seed in range(150):
        (tmp_path / "log").write_bytes(damaged(whole, seed))
        try:
            found = b"".join(opening.rows_of(str(tmp_path / "log")))
        except LogUnreadable as error:
            refused += 1
            assert str(tmp_path / "log") in str(error)
            continue
        assert found == lines or (
            kind in STREAMED and len(damaged(whole, seed)) < len(whole) and lines.startswith(found)
        )
    assert refused > 100


@pytest.mark.parametrize("kind", [*STREAMED, "br", "zip", "tar"])
def test_bytes_after_the_end_are_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable):
        replayed(CONTAINERS[kind](NDJSON) + b"trailing", tmp_path)


@pytest.mark.parametrize("kind", STREAMED)
def test_a_damaged_second_stream_is_told_with_its_place(kind: str, tmp_path: Path) -> None:
    first, second = CONTAINERS[kind](NDJSON), CONTAINERS[kind](NDJSON)
    with pytest.raises(LogUnreadable, match=r"damaged near byte \d+.*after line 3|damaged near byte \d+"):
        replayed(first + b"X" + second[1:], tmp_path)


@pytest.mark.parametrize(
    "kind", ["a pretty array", "an array, an event a line", "a pretty answer", "pretty objects"]
)
def test_a_document_that_is_cut_off_is_refused_with_the_line(kind: str, tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable, match=r"JSON cut off .*line \d+"):
        replayed(KINDS[kind]()[:-8], tmp_path)


def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable, match="a quotation mark on line 3 is never closed"):
        replayed(b'event,distinct_id\ne,ada\ne,"bob\ne,cy\n', tmp_path)


def test_what_is_wrong_within_a_document_is_one_line_rejected(tmp_path: Path) -> None:
    log = (
        b"[\n" + b",\n".join([GOOD[:-1], b'{"event": "e" "distinct_id": "bob"}', b"7", GOOD[:-1]]) + b"\n]\n"
    )
    run = replayed(log, tmp_path)
    assert [row["line"] for row in rows_of(run, "rejected")] == [3, 4]
    assert run.find_person("ada").event_count == 2


def test_records_of_a_table_that_are_none_are_rejected_with_their_line(tmp_path: Path) -> None:
    run = replayed(b'event,distinct_id\ne,ada\ne,"x"y\ne,bob,1,2\n\ne,ada\n', tmp_path)
    told = {row["line"]: (row["reason"], row["raw"]) for row in rows_of(run, "rejected")}
    assert told[3] == ("not CSV: ',' expected after '\"'", 'e,"x"y')
    assert told[4] == ("4 cells, and the header has 2", "e,bob,1,2")
    assert run.metadata["blank"] == 1


def test_a_document_is_read_alike_in_pieces_of_any_size() -> None:
    class InPieces(io.RawIOBase):
        def __init__(self, data: bytes, seed: int) -> None:
            self._data, self._random = io.BytesIO(data), random.Random(seed)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self._data.readinto(memoryview(buffer)[: self._random.randint(1, 7)])

    events = [{"event": "e", "a": ['x\\"]}', 1, {"k": "v\u00e9"}], "s": "\\" * (n % 5)} for n in range(60)]
    for seed in range(4):
        lines = DocumentLines(
            Peekable(InPieces(json.dumps(events, indent=1).encode(), seed)), 1 << 20, has_rows=False
        )
        found: list[Any] = []
        while block := lines.read(500):
            found += map(json.loads, block)
        assert found == events


# What an API answers


@pytest.mark.parametrize("order", [None, "time"])
@pytest.mark.parametrize("more", [{"next": "https://posthog.example/api/events?after=7"}, {"hasMore": True}])
def test_an_answer_that_is_one_page_of_several_says_so(
    more: dict[str, Any], order: str | None, tmp_path: Path
) -> None:
    for name, rest in (("log", more), ("whole", {"next": None, "hasMore": False})):
        run = replayed(
            json.dumps({"results": EVENTS, **rest}, indent=1).encode(), tmp_path, name, order=order
        )
        noticed = run.metadata["notices"].get("one_page")
        assert (noticed is not None) == (name == "log")
        assert noticed is None or noticed["what"] in (more.get("next"), "hasMore")


def test_what_an_answer_calls_id_is_the_event_s_uuid(tmp_path: Path) -> None:
    rows = [{"id": f"0190-{number % 2}", **EVENTS[0]} for number in range(3)]
    run = replayed(json.dumps({"results": rows}).encode(), tmp_path, with_events=True, dedupe=True)
    assert [row["uuid"] for row in rows_of(run, "events")] == ["0190-0", "0190-1"]
    own = json.dumps({"results": [{**rows[0], "uuid": "its own"}]}).encode()
    (row,) = rows_of(replayed(own, tmp_path, "own", with_events=True), "events")
    assert row["uuid"] == "its own"


def test_rows_before_the_names_of_their_columns_wait_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.loads(KINDS["a query's answer"]())
    log = json.dumps({"results": whole["results"], "columns": whole["columns"]}).encode()
    assert persons(replayed(log, tmp_path)) == persons(replayed(NDJSON, tmp_path, "plain"))
    with pytest.raises(LogUnreadable, match="before the names of their columns; put them in order: jq"):
        replayed(json.dumps({"results": whole["results"], "next": None}).encode(), tmp_path)
    monkeypatch.setattr(json_document, "HELD_BYTES", 10)
    with pytest.raises(LogUnreadable, match="from line 1 on, come before the names"):
        replayed(log, tmp_path)


# How long


@pytest.mark.parametrize("kind", ["plain", "gz", "csv", "array"])
def test_a_line_beyond_the_limit_is_rejected_and_its_beginning_kept(kind: str, tmp_path: Path) -> None:
    long = b'{"event": "e", "distinct_id": "bob", "x": "' + b"x" * 300_000 + b'"}\n'
    log = {
        "plain": GOOD + long + GOOD,
        "gz": gzip.compress(GOOD + long + GOOD),
        "csv": b"event,distinct_id\ne,ada\ne," + b"x" * 300_000 + b"\ne,ada\n",
        "array": b"[\n" + b",".join([GOOD, long, GOOD]) + b"]",
    }[kind]
    run = replayed(log, tmp_path, longest_line=200_000)
    (rejected,) = rows_of(run, "rejected")
    assert rejected["reason"] == (
        "longer than 200,000 bytes (--max-line); the first 1,024 bytes of the line are kept"
    )
    assert len(rejected["raw"]) <= 1024
    assert run.find_person("ada").event_count == 2
    assert run.metadata["options"]["longest_line"] == 200_000


@pytest.mark.parametrize("limit", [40, 50_000, 1 << 17, 1 << 20])
@pytest.mark.parametrize("order", [None, "time"])
def test_no_limit_takes_other_lines_along(limit: int, order: str | None, tmp_path: Path) -> None:
    lines = [
        b'{"event":"e","distinct_id":"%d","timestamp":"2026-05-04T09:30:00Z","x":"%s"}\n' % (n, b"x" * size)
        for n, size in enumerate([1, 10, 100_000, 5, 70_000, 70_000, 2_000_000, 3, 0])
    ]
    log = [b'{"event":"e","distinct_id":"a"}\n', *lines]
    if limit == 40:
        log = [line if len(line) < 200 else b'{"event":"e","distinct_id":"a"}\n' for line in log]
    short = [line for line in log if len(line) <= limit]
    if order == "time" and not any(b"timestamp" in line for line in short):
        return
    run = replayed(b"".join(log), tmp_path, longest_line=limit, order=order)
    assert run.metadata["events"] == len(short)
    assert run.metadata["rejected"] == len(log) - len(short)


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["gz", "bz2", "xz", "zst"])
def test_a_bomb_takes_no_memory(pack: str, tmp_path: Path) -> None:
    zeros = CONTAINERS[pack](GOOD + bytes(1 << 28) + b"\n" + GOOD)
    with within(120):
        run = replayed(zeros, tmp_path)
    assert (run.metadata["events"], run.metadata["rejected"]) == (2, 1)


def test_a_device_is_no_log(tmp_path: Path) -> None:
    with within(20), pytest.raises(LogUnreadable, match="it is a device, not a log"):
        replay("/dev/zero", tmp_path / "run")


# Which of them are logs


@pytest.mark.slow
def test_a_file_without_an_event_is_passed_over_in_a_folder_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "README.md").write_text("# Logs\n\nof May\n")
    (folder / "long.txt").write_text("a word\n" * 40_000)
    (folder / "late.ndjson").write_bytes(b"no event\n" * 40_000 + GOOD)
    (folder / "logo.png").write_bytes(FOREIGN["an image (PNG)"])
    (folder / "good.ndjson").write_bytes(GOOD)
    run = replay(folder, tmp_path / "run", strict=False)
    assert [Path(path).name for path, _ in run.metadata["passed_over"]] == [
        "README.md",
        "logo.png",
        "long.txt",
    ]
    assert run.find_person("ada").event_count == 2
    assert run.metadata["rejected"] == 40_000
    assert run.metadata["lines"] == 40_002


def test_strict_passes_a_folder_with_a_readme(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("of May\n")
    (tmp_path / "log").write_bytes(GOOD)
    replay(tmp_path, tmp_path / "run", strict=True)


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b"hello\nworld\n\nagain\nand more\n", [":1: not JSON", ":2: not JSON", ":4: not JSON"]),
        (b'{"event": "e"}\n', [":1: no distinct_id"]),
        (b"\n \n", ["its lines are blank"]),
        (zipped(("a.txt", b"hello\n")), ["a.txt: not JSON"]),
    ],
    ids=["text", "no ids", "blank", "archive"],
)
def test_a_named_file_without_an_event_is_refused_with_what_is_wrong(
    content: bytes, reasons: list[str], tmp_path: Path
) -> None:
    (tmp_path / "good").write_bytes(GOOD)
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(NoEventIn) as stopped:
        replay([tmp_path / "good", tmp_path / "log"], tmp_path / "run", may_be_empty=False)
    assert all(reason in str(stopped.value) for reason in reasons)
    assert not (tmp_path / "run").exists()


SEMICOLONS = b"Event Name;User;Device;When\nview;ann;dev-1;2023-03-15T10:00:00Z\n"
CALL = b'{"type": "track", "event": "e", "anonymousId": "ada", "messageId": "1", "context": {}}\n'


@pytest.mark.parametrize(
    ("content", "options", "advice"),
    [
        (SEMICOLONS, {}, "its first lines have 'Event Name', 'User', 'Device', 'When'. "),
        (SEMICOLONS, {"mapping": ["distinct_id=Nope"]}, "its first lines have no 'Nope', but 'Event Name', "),
        (b'{"a\\u001b[31m": 1, "%s": 2}' % (b"b" * 50), {}, rf"have 'a\x1b[31m', '{'b' * 39}…'. "),
        (
            CALL,
            {"dialect": "posthog"},
            "its lines look like segment: leave out --dialect, or say --dialect s",
        ),
        (CALL, {"mapping": ["mixpanel"]}, "its lines look like segment: leave out --dialect, or say --dia"),
        (b'{"event": "e", "distinct_id": ""}', {"dialect": "posthog"}, "no distinct_id. Nothing was written"),
        (b"42\n", {"mapping": ["distinct_id=id"]}, "not a JSON object. Nothing was written"),
    ],
    ids=["columns", "no such column", "escapes", "another dialect", "another map", "its own", "no object"],
)
def test_of_a_file_without_an_event_it_is_told_what_its_lines_are(
    content: bytes, options: dict[str, Any], advice: str, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(NoEventIn) as stopped:
        replay(tmp_path / "log", tmp_path / "run", may_be_empty=False, **options)
    assert advice in str(stopped.value)


def test_a_folder_without_an_event_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "README").write_text("hello\n")
    with pytest.raises(NothingToReplay, match="README: not JSON"):
        replay(tmp_path / "logs", tmp_path / "run")


@pytest.mark.parametrize(
    ("limit", "stops"), [("0", True), ("1", True), ("2", False), ("50%", False), ("49.9%", True)]
)
def test_too_many_rejected_lines_stop_a_replay(limit: str, stops: bool, tmp_path: Path) -> None:
    log = GOOD + b"\nbad\nworse\n" + GOOD
    if stops:
        with pytest.raises(TooManyRejected, match="log:3: not JSON"):
            replayed(log, tmp_path, max_rejected=limit)
        assert not (tmp_path / "run-log").exists()
    else:
        assert replayed(log, tmp_path, max_rejected=limit).metadata["rejected"] == 2


@pytest.mark.parametrize("limit", ["", "-1", "many", "101%", "5 lines", "1e3"])
def test_a_limit_that_is_none(limit: str, tmp_path: Path) -> None:
    with pytest.raises(BadRejectionLimit):
        replayed(GOOD, tmp_path, max_rejected=limit)


# Pipes


@pytest.mark.parametrize(
    "ask",
    [
        lambda run: list(ShortenedLog(run, []).lines()),
        lambda run: verify(run, persons=[str(run.sources()[0]["path"])]),
    ],
    ids=["its lines", "verify"],
)
def test_what_needs_a_log_that_was_a_pipe_says_so(ask: Callable[[Run], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=lambda: (tmp_path / "pipe").write_bytes(NDJSON))
    writer.start()
    run = replay(tmp_path / "pipe", tmp_path / "run")
    writer.join()
    assert run.metadata["events"] == len(EVENTS)
    if ask is not None and "verify" not in str(ask.__code__.co_names):
        with within(20), pytest.raises(LogIsPipe, match="it is no file, but a pipe"):
            ask(run)
    (tmp_path / "pipe").unlink()
    with pytest.raises((LogGone, IdcliError)):
        ask(run)


# Exports and names


def test_verify_takes_the_run_s_own_table(tmp_path: Path) -> None:
    log = b"".join(
        GOOD.replace(b"ada", one)
        for one in (b"-ada", b"=1+1", b"'=1+1", b"''@x", b"'ada", b"two, \\u00e9", b"plain")
    )
    (tmp_path / "log").write_bytes(log)
    run = replay(tmp_path / "log", tmp_path / "run")
    found = verify(run, persons=[str(tmp_path / "run" / "distinct_ids.csv")])
    assert found.agrees
    assert not found.missing


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: data.decode().encode("utf-16")])
@pytest.mark.parametrize(
    "content",
    [
        b"ada\nbob@x.org\n",
        b"email,name\nbob@x.org,Bob\nada,Ada\n",
        b'name;distinct_ids\nAda;"[""ada"",""bob@x.org""]"\n',
    ],
    ids=["names", "a table", "a table of lists"],
)
def test_internal_users_from_every_container_and_tables(
    pack: Callable[[bytes], bytes], content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "staff").write_bytes(pack(content))
    log = GOOD + GOOD.replace(b"ada", b"bob@x.org") + GOOD.replace(b"ada", b"cy")
    run = replayed(log, tmp_path, internal_users=tmp_path / "staff")
    assert run.internal_counts()["persons"] == (3, 2)


def test_a_table_without_names_is_no_list_of_internal_users(tmp_path: Path) -> None:
    (tmp_path / "staff").write_text("first,last\nAda,Lovelace\n")
    with pytest.raises(InternalUsersUnreadable, match="none of its columns is called"):
        replayed(GOOD, tmp_path, internal_users=tmp_path / "staff")


# Parquet


def test_values_that_python_cannot_hold_stop_nothing(tmp_path: Path) -> None:
    far = pa.array([2**62, 0], pa.timestamp("us"))
    table = pa.table(
        {
            "event": ["e", "e"],
            "distinct_id": ["ada", "ada"],
            "far": far,
            "zone": pa.array([1, 2], pa.timestamp("us", "Mars/Phobos")),
            "day": pa.array([2**31 - 1, 1], pa.int32()).cast(pa.date32()),
            "clock": pa.array([2**60, 1], pa.int64()).view(pa.time64("us")),
            "fine": pa.array([86_399_999_999_999, 1], pa.time64("ns")),
            "nested": pa.StructArray.from_arrays([far, pa.array(["x", "y"])], ["t", "y"]),
            "listed": pa.ListArray.from_arrays([0, 1, 2], far),
            "took": pa.array([2**62, 1], pa.duration("us")),
            "kinds": pa.array(["a", "b"]).dictionary_encode(),
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "log")
    lines = [json.loads(line) for line in opening.rows_of(str(tmp_path / "log"))]
    assert lines[1]["nested"] == {"t": "1970-01-01T00:00:00+00:00", "y": "y"}
    assert lines[0]["nested"]["y"] == "x"
    assert replay(tmp_path / "log", tmp_path / "run", strict=True).find_person("ada").event_count == 2


def test_hidden_members_of_an_archive_are_passed_by(tmp_path: Path) -> None:
    log = zipped(("__MACOSX/._log", b"\0\5\x16\7"), (".DS_Store", b"\0"), ("a/", b""), ("a/log", NDJSON))
    assert not any(isinstance(one, PassedOver) for one in opening.sources_at(str(written(tmp_path, log))))
    with zipfile.ZipFile(tmp_path / "log") as archive:
        assert len(archive.infolist()) == 4
    assert replay(tmp_path / "log", tmp_path / "run").metadata["events"] == len(EVENTS)


def written(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "log").write_bytes(data)
    return tmp_path / "log"
