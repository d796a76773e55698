"""A replay in which several processes read and watch makes the run that two make, byte for byte."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dialect_examples import EXAMPLES, lines_of
from lanes import every_nth_quick, first_quick
from patience import within
from test_spilled import lines_of_a_nasty_log

from identity_cli import replay
from identity_cli.errors import BadOption, LineRejected, ProcessGone
from identity_cli.files.source_file import SourceFile
from identity_cli.reading import child_process, options, several_readers
from identity_cli.reading.options import MANY, ReplayOptions
from identity_cli.reading.several_readers import Elsewhere, WatchingIntake
from identity_cli.reading.watchers import APART, WATCHERS

SAMPLE = Path(__file__).parent.parent / "sample_data"
Files = dict[str, bytes]


@pytest.fixture
def files_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Files]:
    """files_of(log, **options): of a replay's run, with processes however small the log is."""
    monkeypatch.setattr(child_process, "WORTH_IT_BYTES", 0)
    count = 0

    def files(log: Any, **options: Any) -> Files:
        nonlocal count
        count += 1
        with replay(log, tmp_path / f"run{count}", may_be_empty=True, **options) as run:
            return {path.name: path.read_bytes() for path in run.folder.iterdir()}

    return files


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Of each process that watches the names of its watchers."""
    names: list[list[str]] = []

    class Noted(Elsewhere):
        def __init__(self, intake: Any, watchers: Any) -> None:
            names.append([type(one).__name__ for one in watchers])
            super().__init__(intake, watchers)

    monkeypatch.setattr(several_readers, "Elsewhere", Noted)
    return names


@pytest.mark.parametrize("rules", first_quick(["guide", "2022-12", "2023-09", "current"]))
@pytest.mark.parametrize("seed", range(4))
def test_several_processes_write_what_two_write(
    files_of: Callable[..., Files], tmp_path: Path, begun: list[Any], rules: str, seed: int
) -> None:
    random = Random(f"{rules} {seed}")
    logs = [tmp_path / "one.ndjson", tmp_path / "two.ndjson"]
    plain = []  # one line of each, with no more than one event
    for log in logs:
        lines = lines_of_a_nasty_log(random)
        log.write_bytes(b"".join(lines))
        plain.append(f"{log}:{1 + [b'batch' in line for line in lines].index(False)}")
    asked: dict[str, Any] = {
        "rules": rules,
        "dialect": "posthog",
        "buffer": random.choice([None, 0, 60, 20.5]),
        "with_events": random.random() < 0.5,
        "left_out": random.choice([(), plain]),
        "internal_users": random.choice([None, SAMPLE / "test_account_filters.json"]),
    }
    assert files_of(logs, **asked, jobs=MANY) == files_of(logs, **asked, jobs=1)
    assert begun == [
        [*(["IdIndex"] if not asked["left_out"] else []), "PeriodCounts", "LoginWindows"],
        ["SharedValues", "Addresses"],
    ]


@pytest.mark.parametrize("dialect", every_nth_quick(EXAMPLES, 6))
def test_also_of_dialects_that_keep_state(
    files_of: Callable[..., Files], tmp_path: Path, begun: list[Any], dialect: str
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"".join(lines_of(dialect)))
    assert files_of(log, jobs=MANY) == files_of(log, jobs=1)
    assert begun


def test_a_log_that_goes_on_is_watched_where_it_was(
    files_of: Callable[..., Files], tmp_path: Path, begun: list[Any]
) -> None:
    lines = (SAMPLE / "events.ndjson").read_bytes().splitlines(keepends=True)
    days = [tmp_path / "monday.ndjson", tmp_path / "tuesday.ndjson"]
    days[0].write_bytes(b"".join(lines[:100]))
    days[1].write_bytes(b"".join(lines[100:]))
    gone_on: list[Files] = []
    for jobs in (1, MANY):
        files_of(days[0], jobs=jobs)
        earlier = tmp_path / f"run{2 * len(gone_on) + 1}"
        gone_on.append(files_of(days[1], continues=earlier, jobs=jobs))
    assert gone_on[0] == gone_on[1]
    assert len(begun) == 4


def test_nobody_reads_beside_where_each_would_sort_or_remember_the_log_or_nobody_watches(
    files_of: Callable[..., Files], begun: list[Any]
) -> None:
    log = SAMPLE / "events.ndjson"
    for asked in ({"order": "time"}, {"dedupe": True}, {"one_process": True}, {"spill": True}, {"jobs": 3}):
        files_of(log, **{"jobs": MANY, **asked})
    files_of(log, jobs=MANY, evidence=False)
    assert not begun


def test_as_many_as_cores_where_these_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, processes in ((1, 1), (2, 1), (3, 1), (4, 4), (16, 16)):
        monkeypatch.setattr(options, "cores_to_use", lambda cores=cores: cores)
        assert ReplayOptions().processes == processes
        assert ReplayOptions(jobs=2).processes == 2
    with pytest.raises(BadOption, match="the jobs"):
        ReplayOptions(jobs=0)


def test_a_log_that_grows_meanwhile_is_read_again_by_one_alone(
    files_of: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: list[Any]
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes((SAMPLE / "events.ndjson").read_bytes())
    watched = WatchingIntake.__iter__

    def grown_first(intake: WatchingIntake) -> Any:
        with open(log, "ab") as file:
            file.write(b'{"event":"e","distinct_id":"late"}\n')
        os.utime(log)
        yield from watched(intake)

    monkeypatch.setattr(WatchingIntake, "__iter__", grown_first)
    both = tmp_path / "both"
    with replay(log, both, jobs=MANY) as run:
        assert run.metadata["lines"] == len(log.read_bytes().splitlines())
    assert begun
    assert not multiprocessing.active_children()


def test_a_watching_process_that_is_killed_leaves_no_run(
    files_of: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WatchingIntake, "_watched", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with within(30), pytest.raises(ProcessGone, match="--one-process"):
        files_of(SAMPLE / "events.ndjson", jobs=MANY)
    assert not [*tmp_path.iterdir()]
    assert not multiprocessing.active_children()


def test_an_error_ends_all_of_them(
    files_of: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b'{"event":"e","distinct_id":"u"}\n' * 5000 + b"torn\n")
    with pytest.raises(LineRejected):
        files_of(log, strict=True, jobs=MANY)
    assert not multiprocessing.active_children()
    monkeypatch.setattr(SourceFile, "read_lines", None)  # once in each process that is still to begin
    with pytest.raises(TypeError):
        files_of(log, rules="guide", jobs=MANY)
    assert not multiprocessing.active_children()
    assert [path.name for path in tmp_path.iterdir()] == ["log.ndjson"]


def test_watchers_that_are_apart_are_the_last() -> None:
    """What they find is told after what the others found in the same events, as in two processes."""
    assert [make.__self__ for make in WATCHERS][-len(APART) :] == [*APART]  # type: ignore[attr-defined]
