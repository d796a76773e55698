"""A log that several processes read block by block makes the run that one makes."""

import gzip
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dialect_examples import EXAMPLES, lines_of
from file_kinds import KINDS
from lanes import every_nth_quick, first_quick
from patience import within
from test_spilled import files_of, lines_of_a_nasty_log, tables_of

from identity_cli import replay
from identity_cli.errors import BadOption, LineRejected, ProcessGone
from identity_cli.files.machine import FILES_OF_A_PROCESS, FILES_OF_ALL
from identity_cli.files.source_file import SourceFile
from identity_cli.reading import child_process, intake, options, reader, source_choice
from identity_cli.reading.log_items import LogRead
from identity_cli.reading.options import MANY, MOST_JOBS, ReplayOptions
from identity_cli.replaying.in_parts import dealt, gathering, parts, turns
from identity_cli.replaying.in_parts.block_readers import BlockReaders
from identity_cli.replaying.in_parts.turn_reader import TurnIntake, TurnReader

SAMPLE = Path(__file__).parent.parent / "sample_data"
LOG = SAMPLE / "events.ndjson"
DEPENDING = {"amplitude", "ga4", "mixpanel", "snowplow"}
"""Dialects of which one process reads the log: what a line means depends on others."""
NOT_BY_LINES = {
    *("an array, an event a line", "an array that begins on the first line", "a pretty array"),
    *("pretty objects", "an answer", "a pretty answer", "a query's answer", "a query's pretty answer"),
    *("CSV", "CSV after a mark", "CSV with semicolons", "TSV", "CSV with carriage returns"),
    *("CSV with dots", "CSV in UTF-16"),
}
"""Kinds of files that one process reads, as an event may take several lines."""


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of each log that several processes have read, how many; blocks are small, as parts are."""
    counts: list[int] = []

    class Noted(BlockReaders):
        def log_read(self) -> LogRead:
            counts.append(len(self._readers))
            return super().log_read()

    monkeypatch.setattr("identity_cli.replaying.in_parts.block_readers.BlockReaders", Noted)
    monkeypatch.setattr(child_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(turns, "BLOCKS_A_TURN", 3)
    for module in (reader, source_choice):
        monkeypatch.setattr(module, "BLOCK_BYTES", 700)
    monkeypatch.setattr(parts, "BYTES_OF_A_PART", 7_000)
    monkeypatch.setattr(dealt, "BYTES_AT_ONCE", 5_000)
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    monkeypatch.setattr(gathering, "AT_ONCE", 4)
    return counts


@pytest.fixture
def same_in_blocks(tmp_path: Path, read_by: list[int]) -> Callable[..., dict[str, list[Any]]]:
    """same_in_blocks(log, **options): a log replayed in both ways, to the same run; its tables."""

    def same(log: Any, **options: Any) -> dict[str, list[Any]]:
        alone, in_blocks = tmp_path / "alone", tmp_path / "in_blocks"
        asked = {"may_be_empty": True, **options}
        with replay(log, alone, **{**asked, "one_process": True}) as plain:
            told = plain.metadata
        with replay(log, in_blocks, **{"jobs": MANY, **asked}) as run:
            assert run.metadata == told
        tables = tables_of(alone)
        assert tables_of(in_blocks) == tables  # which tells more than bytes would
        assert files_of(in_blocks) == files_of(alone)
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        assert not multiprocessing.active_children()
        return tables

    return same


@pytest.mark.parametrize("rules", first_quick(["guide", "2022-12", "2023-09", "current"]))
@pytest.mark.parametrize("seed", range(4))
def test_a_log_in_blocks_makes_the_run_that_the_whole_makes(
    same_in_blocks: Callable[..., dict[str, list[Any]]],
    tmp_path: Path,
    read_by: list[int],
    rules: str,
    seed: int,
) -> None:
    random = Random(f"in blocks {rules} {seed}")
    logs = [tmp_path / "one.ndjson", tmp_path / "two.ndjson.gz", tmp_path / "three.ndjson"]
    for log in logs:
        lines = b"".join(lines_of_a_nasty_log(random))
        log.write_bytes(gzip.compress(lines) if log.suffix == ".gz" else lines)
    tables = same_in_blocks(
        logs,
        rules=rules,
        dialect="posthog",
        buffer=random.choice([None, 0, 60, 20.5]),
        with_events=random.random() < 0.5,
        internal_users=random.choice([None, SAMPLE / "test_account_filters.json"]),
        blocked_ids=random.choice([(), ("ada",)]),
    )
    assert read_by == [MANY]
    assert tables["links"]
    assert tables["rejected"]


def test_a_clock_that_is_past_the_end_of_utc_goes_round(
    same_in_blocks: Callable[..., dict[str, list[Any]]], tmp_path: Path, read_by: list[int]
) -> None:
    log = [{"event": "e", "distinct_id": f"u{nth}", "now": "2024-01-01T00:00:00Z"} for nth in range(60)]
    log[20]["now"] = "9999-12-31T23:59:59-10:00"
    (tmp_path / "log").write_text("\n".join(map(json.dumps, log)))
    same_in_blocks(tmp_path / "log", rules="2022-12", buffer=60)
    assert read_by == [MANY]


@pytest.mark.parametrize("dialect", every_nth_quick(EXAMPLES, 6))
def test_a_log_of_any_dialect_also_of_those_that_keep_state(
    same_in_blocks: Callable[..., dict[str, list[Any]]], tmp_path: Path, dialect: str, read_by: list[int]
) -> None:
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"".join(lines_of(dialect)))
    same_in_blocks(path, with_events=True)
    assert read_by == ([] if dialect in DEPENDING else [MANY])


@pytest.mark.parametrize("kind", every_nth_quick(KINDS, 4))
def test_a_file_of_any_kind(
    same_in_blocks: Callable[..., dict[str, list[Any]]], tmp_path: Path, kind: str, read_by: list[int]
) -> None:
    (tmp_path / "log").write_bytes(KINDS[kind]())
    same_in_blocks(tmp_path / "log")
    assert read_by == ([] if kind in NOT_BY_LINES else [MANY])


def test_lines_too_long_large_ones_and_empty_files_stand_where_they_stood(
    same_in_blocks: Callable[..., dict[str, list[Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LONG_LINE_BYTES", 1_000)
    event = b'{"event":"e","distinct_id":"u%d","$set":{"k":"%s"}}\n'
    lines = [event % (nth % 7, b"x" * (nth % 5 * 400)) for nth in range(60)]
    files = [lines[:30], [], [b"\n", b"torn\n"], lines[30:]]
    for nth, some in enumerate(files):
        (tmp_path / f"log{nth}.ndjson").write_bytes(b"".join(some))
    tables = same_in_blocks([tmp_path / f"log{nth}.ndjson" for nth in range(4)], longest_line=1_500)
    assert len(tables["sources"]) == 4


def test_one_process_reads_what_has_to_be_sorted_or_remembered_or_is_soon_read(
    read_by: list[int], tmp_path: Path
) -> None:
    left_out = {"left_out": (f"{LOG}:2",)}
    for asked in ({"order": "time"}, {"dedupe": True}, {"one_process": True}, {"jobs": 3}, left_out):
        options: dict[str, Any] = {"jobs": MANY, **asked}
        replay(LOG, tmp_path / "run", **options).close()
    assert not read_by


def test_as_many_as_cores_where_these_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, processes in ((1, 1), (2, 1), (3, 1), (4, 4), (16, 16)):
        monkeypatch.setattr(options, "cores_to_use", lambda cores=cores: cores)
        assert ReplayOptions().processes == processes
        assert ReplayOptions(jobs=2).processes == 2
    with pytest.raises(BadOption, match="the jobs"):
        ReplayOptions(jobs=0)


def test_so_many_processes_read_as_there_may_be_files_open(
    same_in_blocks: Callable[..., dict[str, list[Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_by: list[int],
) -> None:
    resource = pytest.importorskip("resource", reason="has no limit of open files")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = FILES_OF_ALL + 7 * FILES_OF_A_PROCESS
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, before[1]))
    try:
        with monkeypatch.context() as patched:
            patched.setattr(resource, "setrlimit", lambda *_: None)  # as if it could not be raised
            patched.setattr(resource, "getrlimit", lambda _: (low, low))
            same_in_blocks(LOG, jobs=MOST_JOBS)
            assert read_by == [7]
        replay(LOG, tmp_path / "run").close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > low, "else it is raised"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_log_that_is_another_for_one_of_them_is_read_again_by_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_by: list[int]
) -> None:
    """As where it grows meanwhile."""
    finish, others = TurnReader._finish, tmp_path / "read by others"

    def grown(reader: TurnReader, file: Any, source: Any) -> None:
        finish(reader, file, source)
        if reader._turns._number == MANY - 1:
            others.touch()
            source.hash = "of more lines"

    monkeypatch.setattr(TurnReader, "_finish", grown)
    with replay(LOG, tmp_path / "run", jobs=MANY) as run:
        assert run.metadata["lines"] == len(LOG.read_bytes().splitlines())
        assert "of more lines" not in [source["hash"] for source in run.sources()]
    assert others.exists()
    assert not read_by
    assert not multiprocessing.active_children()


def test_a_reading_process_that_is_killed_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_by: list[int]
) -> None:
    monkeypatch.setattr(TurnIntake, "_seen", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with within(30), pytest.raises(ProcessGone, match="--one-process"):
        replay(LOG, tmp_path / "run", jobs=MANY)
    assert not [*tmp_path.iterdir()]
    assert not multiprocessing.active_children()


def test_an_error_ends_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_by: list[int]
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b'{"event":"e","distinct_id":"u"}\n' * 5000 + b"torn\n")
    with pytest.raises(LineRejected):
        replay(log, tmp_path / "run", strict=True, jobs=MANY)
    assert not multiprocessing.active_children()
    monkeypatch.setattr(SourceFile, "read_lines", None)  # once in each process that is still to begin
    with pytest.raises(TypeError):
        replay(log, tmp_path / "run", rules="guide", jobs=MANY)
    assert not multiprocessing.active_children()
    assert [path.name for path in tmp_path.iterdir()] == ["log.ndjson"]


def test_a_run_whose_log_was_read_in_blocks_can_be_gone_on_with(tmp_path: Path, read_by: list[int]) -> None:
    random = Random("gone on with")
    days = [tmp_path / "monday.ndjson", tmp_path / "tuesday.ndjson"]
    for day in days:
        day.write_bytes(b"".join(line for _ in range(3) for line in lines_of_a_nasty_log(random)))
    asked: dict[str, Any] = {"rules": "guide", "dialect": "posthog", "with_events": True}
    replay(days, tmp_path / "whole", one_process=True, **asked).close()
    replay(days[0], tmp_path / "run", jobs=MANY, **asked).close()
    assert read_by == [MANY]
    replay(days[1], tmp_path / "run", continues=tmp_path / "run").close()
    tables = tables_of(tmp_path / "whole")
    assert tables_of(tmp_path / "run") == tables
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")
    assert tables["held"]
