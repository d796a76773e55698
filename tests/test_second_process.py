"""A replay with a second process gives the same run, byte for byte, and the same errors."""

import errno
import json
import multiprocessing
import os
import select
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lanes import first_quick
from nasty_logs import nasty_log
from patience import within

from identity_cli import replay, whatif
from identity_cli.counterfactual.changed_log import Change
from identity_cli.dialects.nesting import DEEPEST
from identity_cli.errors import LineRejected, LogShrank, ProcessGone, RunNotWritten
from identity_cli.files import processes
from identity_cli.files.source_file import SourceFile
from identity_cli.findings.found import suspicions
from identity_cli.reading import child_process as second_process
from identity_cli.reading.intake import Intake, log_of
from identity_cli.reading.options import ReplayOptions
from identity_cli.replaying.at_end import auditing, finishing
from identity_cli.replaying.at_end.halves import Halves
from identity_cli.replaying.replayer import replay_log
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.run_files import RunFiles

SAMPLE = Path(__file__).parent.parent / "sample_data"
BEYOND_MESSAGEPACK = [
    {"event": "e", "distinct_id": "u", "$set": {"n": 10**30}},
    {"event": "e", "distinct_id": 10**25},
    {"event": "e", "distinct_id": "u", "timestamp": "0001-01-01T00:00:00+05:00"},
    {"event": "e", "distinct_id": "u", "timestamp": "9999-12-31T23:59:59.999999-05:00"},
]
UNUSABLE = ["", "{", "null", '{"event":"e"}', '{"event":"e","distinct_id":""}', '{"event":1}', "x" * 70_000]


@pytest.fixture
def bytes_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """The files of a replay's run, read and written in one process or in two."""
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(finishing, "WORTH_IT_PERSONS", 0)
    monkeypatch.setattr(finishing, "PERSONS_AT_ONCE", 7)  # so that either has some to work out
    count = 0

    def files(log: Any, **options: Any) -> dict[str, bytes]:
        nonlocal count
        count += 1
        run = replay(log, tmp_path / f"run{count}", **options)
        run.close()
        return {path.name: path.read_bytes() for path in run.folder.iterdir()}

    return files


def written(events: list[Any], path: Path, random: Random) -> Path:
    lines = [json.dumps(event) for event in events]
    for line in UNUSABLE:
        lines.insert(random.randrange(len(lines) + 1), line)
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("rules", first_quick(["guide", "2022-12", "2023-09", "current"]))
@pytest.mark.parametrize("changed", [{}, {"dedupe": True}, {"order": "time"}, {"with_events": True}])
def test_two_processes_write_what_one_writes(
    rules: str, changed: dict[str, Any], bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    random = Random(7)
    log = written(nasty_log(random, 400) + BEYOND_MESSAGEPACK, tmp_path / "log.ndjson", random)
    options = {"rules": rules, **changed, "left_out": (f"{log}:5", f"{log}:77")}
    assert bytes_of(log, **options) == bytes_of(log, **options, one_process=True)


def test_batches_mixed_dialects_and_filters_too(bytes_of: Callable[..., dict[str, bytes]]) -> None:
    logs = [*sorted((Path(__file__).parent / "logs_of_vendors").glob("*.ndjson")), SAMPLE / "events.ndjson"]
    options = {"internal_users": SAMPLE / "test_account_filters.json"}
    assert bytes_of(logs, **options) == bytes_of(logs, **options, one_process=True)


def test_an_error_of_reading_arrives_as_it_was_raised(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text('{"event":"e","distinct_id":"u"}\n{"event":\n')
    raised = []
    for one_process in (True, False):
        with pytest.raises(LineRejected) as stopped:
            bytes_of(log, strict=True, one_process=one_process)
        raised.append(str(stopped.value))
    assert raised[0] == raised[1]
    assert not multiprocessing.active_children()


def test_a_log_that_shrinks_meanwhile(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b'{"event":"e","distinct_id":"u"}\n' * 100_000)  # more than is read at once
    read_lines = SourceFile.read_lines

    def shrink_after(source: SourceFile, about_bytes: int) -> list[bytes]:
        lines = read_lines(source, about_bytes)
        if multiprocessing.parent_process() is not None:  # in the reader: not while the log is recognised
            os.truncate(log, 1000)
        return lines

    monkeypatch.setattr(SourceFile, "read_lines", shrink_after)
    with pytest.raises(LogShrank, match=r"log\.ndjson changed while it was read"):
        bytes_of(log)
    assert [path.name for path in tmp_path.iterdir()] == ["log.ndjson"]


def test_a_reader_that_is_killed_leaves_no_run(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Intake, "log_read", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ProcessGone, match="--one-process"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())


def test_a_writer_that_is_killed_leaves_no_run(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunFiles, "finish", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ProcessGone, match="writes the tables"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())


def test_an_error_of_writing_arrives_as_it_was_raised(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(_: RunFiles) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunFiles, "finish", disk_is_full)
    for one_process in (True, False):
        with pytest.raises(RunNotWritten, match=r"No space left on device\. Nothing was changed"):
            bytes_of(SAMPLE / "events.ndjson", one_process=one_process)
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_a_writer_that_is_killed_before_it_has_told_its_half_leaves_no_run(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Halves, "work_out_beside", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with within(30), pytest.raises(ProcessGone, match="writes the tables"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())


def test_an_error_of_working_out_a_half_arrives_as_it_was_raised(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(_: Halves) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Halves, "work_out_beside", disk_is_full)
    with within(30), pytest.raises(RunNotWritten, match=r"No space left on device\. Nothing was changed"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_an_auditor_that_is_killed_leaves_no_run(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had taken its turn of is nobody else's."""

    def until_killed(*asked: Any) -> Any:
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.1)  # so that the other has a turn
        return suspicions(*asked)

    monkeypatch.setattr(auditing, "suspicions", until_killed)
    with within(30), pytest.raises(ProcessGone, match="audits the run"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())


def test_no_room_for_a_writer_is_told_as_it_is(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: Any) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(multiprocessing.context.ForkProcess, "start", no_room)
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 1 << 60)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())


def test_tables_of_many_persons_are_written_here_as_two_processes_would_hold_everybody_twice(
    bytes_of: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "Halves", None)  # whoever wants halves breaks
    monkeypatch.setattr(finishing, "MOST_PERSONS_SHARED", 10)
    assert bytes_of(SAMPLE / "events.ndjson")["persons.csv"].count(b"\n") == 50


def test_an_interrupt_between_two_steps_ends_the_writer(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = multiprocessing.context.ForkProcess.start

    def start_and_be_interrupted(process: Any) -> None:
        start(process)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(RunFiles, "finish", lambda _: time.sleep(60))
    monkeypatch.setattr(multiprocessing.context.ForkProcess, "start", start_and_be_interrupted)
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 1 << 60)
    with pytest.raises(KeyboardInterrupt):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_a_writer_hears_of_no_signal_but_its_parents_end() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:  # a parent that is killed while its own child works
        with processes.done_beside(partial(_work_until_orphaned, writing), "works"):
            select.select([reading], [], [], 30)  # or it never comes to work
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as told:
        assert told.read() == b"working"  # and the pipe closes: nobody works any more


def _work_until_orphaned(pipe: int) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    os.write(pipe, b"working")
    started = time.monotonic()
    while time.monotonic() < started + 60:  # without ever asking whether the parent lives
        pass
    os.write(pipe, b", and still working a minute later")


@pytest.mark.parametrize("one_process", [True, False])
def test_what_is_nested_as_deep_as_can_be_read_is_written(
    one_process: bool, bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    deep = ("[" * depth + "]" * depth for depth in range(850, 1000))
    log.write_text(
        "".join(f'{{"event":"e","distinct_id":"a","$set":{{"d{len(d)}":{d}}}}}\n' for d in deep)
        + '{"event":"e","distinct_id":"a","$set":{"last":1}}\n'
    )
    files = bytes_of(log, one_process=one_process)
    assert b'""last"":1' in files["persons.csv"]
    assert b'""d1700"":[[' in files["persons.csv"]


DEEP_LINES = {
    "set": (2, '{"event":"e","distinct_id":"a","$set":{"n":NUMBER,"k":DEEP}}'),
    "id": (2, '{"event":"$create_alias","distinct_id":"a","properties":{"alias":DEEP}}'),
    "own id": (1, '{"event":"e","distinct_id":DEEP}'),
    "nothing to identity": (1, '{"event":"e","distinct_id":"a","x":DEEP}'),
    "call": (1, '{"type":"identify","userId":DEEP,"anonymousId":"a","traits":{"n":NUMBER}}'),
    "text": (2, '{"event":"e","distinct_id":"a","properties":"{\\"$set\\":{\\"k\\":DEEP}}"}'),
    "batch": (
        4,
        '{"batch":[{"event":"e","distinct_id":"a","$set":{"k":DEEP}},{"event":"f","distinct_id":7}]}',
    ),
}


@pytest.mark.parametrize("number", ["1", "1" * 30])
@pytest.mark.parametrize("kind", first_quick(DEEP_LINES))
def test_a_line_is_nested_too_deeply_in_one_process_if_it_is_in_two(
    kind: str, number: str, bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    around, form = DEEP_LINES[kind]
    depths = (200, *range(DEEPEST - 30, DEEPEST + 90), 3000)
    lines = [form.replace("NUMBER", number).replace("DEEP", "[" * depth + "]" * depth) for depth in depths]
    log.write_text("\n".join([form.replace("NUMBER", "1").replace("DEEP", "[]"), *lines]))
    options = {"dialect": "segment"} if kind == "call" else {}
    two, one = bytes_of(log, **options), bytes_of(log, **options, one_process=True)
    assert two == one
    too_deep = sum(depth + around > DEEPEST for depth in depths)
    assert one["rejected.ndjson"].count(b"nested too deeply") == too_deep


def test_a_failure_here_ends_the_writer(
    bytes_of: Callable[..., dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(RunFiles, "finish", lambda _: time.sleep(60))
    monkeypatch.setattr(JournalWriter, "finish", breaks)
    with pytest.raises(RunNotWritten, match="disk I/O error"):
        bytes_of(SAMPLE / "events.ndjson")
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_a_reader_ends_when_its_listener_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b'{"event":"e","distinct_id":"u"}\n' * 1000)
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(second_process, "PROGRESS_BYTES", 0)
    until = time.monotonic() + 60
    monkeypatch.setattr(SourceFile, "read_lines", lambda *asked: _endlessly(until, *asked))
    still_held, held = os.pipe()
    child = os.fork()
    if not child:  # a listener that is killed as soon as it hears of the reader
        with suppress(BaseException):
            killed = partial(os.kill, os.getpid(), signal.SIGKILL)
            replay_log(log_of([str(log)]), tmp_path / "run", ReplayOptions(), lambda _: killed())
        os._exit(0)
    os.close(held)
    _, ended = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(ended) == -signal.SIGKILL
    with open(still_held, "rb") as pipe, within(30):
        assert pipe.read() == b""  # it closes when neither of them is left


def _endlessly(until: float, source: SourceFile, about_bytes: int) -> list[bytes]:
    """Lines without end, or the reader might be through before it could notice anything."""
    return [b'{"event":"e","distinct_id":"u"}\n'] * 1000 if time.monotonic() < until else []


def test_a_question_to_the_log_may_use_two_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = replay(SAMPLE / "events.ndjson", tmp_path / "run")
    change = Change(blocked_ids=("user_olga",))
    one = whatif(run, change)
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 0)
    assert whatif(run, change) == one
