"""A replay through files, part by part, writes the run that a plain one writes."""

import errno
import json
import multiprocessing
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from dialect_examples import EXAMPLES, lines_of
from lanes import every_nth_quick
from nasty_logs import nasty_log

from identity_cli import replay
from identity_cli.cli import idcli
from identity_cli.errors import CannotGoOn, ProcessGone, RunNotWritten
from identity_cli.files import processes
from identity_cli.files.messages import MessageFile
from identity_cli.reading import child_process, intake, remembering
from identity_cli.reading.room_for_ids import BYTES_OF_AN_ID
from identity_cli.replaying.at_end import end_in_pieces, finishing
from identity_cli.replaying.in_parts import dealt, gathering, parts
from identity_cli.replaying.in_parts.parts import Part
from identity_cli.rules import RULE_SETS
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.run_files import RunFiles

SAMPLE = Path(__file__).parent.parent / "sample_data"
IN_ANY_ORDER = ("run", "finding_persons", "remembered")
"""Tables without an order of their own."""


def tables_of(folder: Path) -> dict[str, list[Any]]:
    """The rows of every table of a run, in order."""
    with closing(sqlite3.connect(folder / "run.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(_query(name)).fetchall() for name in names}


def _query(table: str) -> str:
    return f"SELECT * FROM {table} ORDER BY {'1' if table in IN_ANY_ORDER else 'rowid'}"


def files_of(folder: Path) -> dict[str, bytes]:
    """The bytes of all its files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def same_spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[Any]]]:
    """same_spilled(log, **options): a log replayed in both ways, to the same run; its tables."""
    monkeypatch.setattr(parts, "BYTES_OF_A_PART", 7_000)
    monkeypatch.setattr(dealt, "BYTES_AT_ONCE", 5_000)
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    monkeypatch.setattr(gathering, "AT_ONCE", 4)
    for module in (remembering, end_in_pieces):
        monkeypatch.setattr(module, "PIECE", 3)
    count = 0

    def same(log: Any, **options: Any) -> dict[str, list[Any]]:
        nonlocal count
        count += 1
        plain, spilled = tmp_path / f"plain{count}", tmp_path / f"spilled{count}"
        asked = {"may_be_empty": True, "one_process": True, **options}
        replay(log, plain, **asked).close()
        replay(log, spilled, spill=True, **asked).close()
        tables, found = tables_of(plain), tables_of(spilled)
        assert found.keys() == tables.keys()
        for name, rows in tables.items():
            assert found[name] == rows, name
        assert files_of(spilled) == files_of(plain)
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        return tables

    return same


def lines_of_a_nasty_log(random: Random) -> list[bytes]:
    """Some lines with several events, some blank or torn."""
    log = nasty_log(random, random.choice([5, 60, 200]))
    lines: list[bytes] = []
    is_batched = random.random() < 0.3
    while log:
        event: Any = log.pop(0)
        if is_batched and random.random() < 0.3:
            more = random.randint(0, 4)
            event = {"batch": [event, *log[:more]]}
            del log[:more]
        lines.append(json.dumps(event).encode() + b"\n")
        if random.random() < 0.03:
            lines.append(random.choice([b"\n", b"{torn\n", b"[]\n", b'{"event": ""}\n']))
    return lines


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_log_in_parts_makes_the_run_that_the_whole_makes(
    same_spilled: Callable[..., dict[str, list[Any]]], tmp_path: Path, rules: str
) -> None:
    random, filled = Random(f"spilled {rules}"), Counter[str]()
    path = tmp_path / "log.ndjson"
    for _ in range(3):
        path.write_bytes(b"".join(lines_of_a_nasty_log(random)))
        tables = same_spilled(
            path,
            rules=rules,
            buffer=random.choice([None, 0, 60, 20.5]),
            dialect="posthog",
            with_events=random.random() < 0.7,
            dedupe=random.random() < 0.2,
            blocked_ids=random.choice([(), ("ada",)]),
        )
        filled.update({name: len(rows) for name, rows in tables.items()})
    assert filled["links"] > 20
    assert filled["persons"] > 10


@pytest.mark.parametrize("dialect", every_nth_quick(EXAMPLES, 6))
def test_a_log_of_any_dialect_may_be_in_parts(
    same_spilled: Callable[..., dict[str, list[Any]]], tmp_path: Path, dialect: str
) -> None:
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"".join(lines_of(dialect)))
    same_spilled(path, with_events=True)


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What several processes do of a replay, however small it is: how many of them do what."""
    done: Counter[str] = Counter()

    def done_beside(work: Callable[[], None], what: str) -> AbstractContextManager[None]:
        done[what] += 1
        return as_ever(work, what)

    as_ever = processes.done_beside
    monkeypatch.setattr(processes, "done_beside", done_beside)
    monkeypatch.setattr(child_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(finishing, "WORTH_IT_PERSONS", 0)
    return done


def test_parts_are_resolved_and_audited_side_by_side(
    same_spilled: Callable[..., dict[str, list[Any]]], monkeypatch: pytest.MonkeyPatch, beside: Counter[str]
) -> None:
    monkeypatch.setattr(parts, "BYTES_OF_A_PART", 1 << 20)  # so that ids ask for one
    same_spilled(SAMPLE / "events.ndjson", one_process=False, jobs=3, with_events=True)
    assert beside["resolves a part of the log"] == 3
    assert beside["audits the run"] == 2 * 2  # the plain one as well
    assert beside["writes the tables"] == 2


def test_everybody_of_a_nasty_log_is_the_same_side_by_side(
    same_spilled: Callable[..., dict[str, list[Any]]],
    monkeypatch: pytest.MonkeyPatch,
    beside: Counter[str],
    tmp_path: Path,
) -> None:
    random, filled = Random("side by side"), Counter[str]()
    path = tmp_path / "log.ndjson"
    for _ in range(3):
        monkeypatch.setattr(finishing, "PERSONS_AT_ONCE", random.choice([1, 2, 3, 7]))
        path.write_bytes(b"".join(lines_of_a_nasty_log(random)))
        tables = same_spilled(
            path,
            rules=random.choice(["guide", "current"]),
            dialect="posthog",
            one_process=False,
            jobs=random.choice([2, 3]),  # of more the plain one would be read in blocks
            graph_formats=("json", "dot"),
            table_formats=("csv", "ndjson"),
        )
        filled.update({name: len(rows) for name, rows in tables.items()})
    assert filled["persons"] > 10
    assert beside["writes the tables"] == 6
    assert beside["writes the persons"] == 3


def test_where_nobody_asks_for_jobs_memory_counts(tmp_path: Path, beside: Counter[str]) -> None:
    replay(SAMPLE / "events.ndjson", tmp_path / "run", spill=True).close()
    assert beside["resolves a part of the log"] == 1
    assert not beside["audits the run"]


def test_staff_what_is_left_out_and_a_sorted_log_are_the_same_in_parts(
    same_spilled: Callable[..., dict[str, list[Any]]],
) -> None:
    log = SAMPLE / "events.ndjson"
    same_spilled(log, left_out=tuple(f"{log}:{line}" for line in (2, 3, 9, 10)), with_events=True)
    same_spilled(log, order="time")
    same_spilled(log, internal_users=SAMPLE / "test_account_filters.json")


def test_a_person_of_large_values_is_the_same_in_parts(
    same_spilled: Callable[..., dict[str, list[Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LONG_LINE_BYTES", 1_000)
    log = [{"event": "e", "distinct_id": f"u{n % 7}", "$set": {f"k{n}": "x" * 1_100}} for n in range(40)]
    log.insert(3, {"event": "e", "distinct_id": "u1", "$set": {"n": 10**30}})
    same_spilled(log)


def test_what_memory_would_not_hold_is_resolved_in_parts_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    log = SAMPLE / "events.ndjson"
    with closing(replay(log, tmp_path / "plain", memory=1 << 30)) as plain:
        assert not plain.did_not_fit
        ids = plain.metadata["distinct_ids"]
    with closing(replay(log, tmp_path / "spilled", memory=ids * BYTES_OF_AN_ID - 1)) as spilled:
        assert spilled.did_not_fit
    assert tables_of(tmp_path / "spilled") == tables_of(tmp_path / "plain")
    assert files_of(tmp_path / "spilled") == files_of(tmp_path / "plain")


def test_an_event_that_waits_and_that_json_has_no_word_for_is_not_remembered(
    same_spilled: Callable[..., dict[str, list[Any]]], tmp_path: Path
) -> None:
    """All else is as ever, but no log goes on with the run."""
    event = '{"event": "e", "distinct_id": "u%d", "timestamp": "2023-03-15T16:25:13Z"%s}\n'
    path = tmp_path / "log.ndjson"
    path.write_text("".join(event % (nth, ', "offset": "\\ud800"' if nth == 4 else "") for nth in range(9)))
    remembered = {row[0] for row in same_spilled(path, rules="2022-12", buffer=60)["remembered"]}
    assert remembered >= {"beyond words: end.events", "end.queue", "end.kept"}
    with pytest.raises(CannotGoOn, match="it could not keep all that this takes"):
        replay(SAMPLE / "events.ndjson", continues=tmp_path / "spilled1")


def test_a_log_that_comes_once_is_resolved_in_parts_where_memory_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts: list[Any] = []
    as_ever = Part.resolve

    def resolve(*given: Any) -> None:
        in_parts.append(given)
        as_ever(*given)

    monkeypatch.setattr(Part, "resolve", resolve)
    events = [{"event": "e", "distinct_id": "ada"}]
    for memory in (None, 1 << 30):
        replay(events, tmp_path / "run", memory=memory, one_process=True).close()
    assert len(in_parts) == 1


def test_ids_without_a_person_take_memory_too(tmp_path: Path) -> None:
    properties = {"$process_person_profile": False, "$lib": "web"}
    log = [{"event": "e", "distinct_id": f"id-{number}", "properties": properties} for number in range(200)]
    path = tmp_path / "log.ndjson"
    path.write_text("\n".join(map(json.dumps, log)))
    with closing(replay(path, tmp_path / "run", rules="current", memory=150 * BYTES_OF_AN_ID)) as run:
        assert run.count("persons") == 0
        assert run.did_not_fit


def test_where_audits_would_not_fit_a_run_has_no_findings_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    command = ["replay", str(SAMPLE / "events.ndjson"), "--run", str(tmp_path / "run"), "--memory"]
    told = CliRunner().invoke(idcli, [*command, "4K"])
    assert told.exit_code == 0
    assert "memory would not hold all ids, so they were resolved in parts, as with --spill" in told.stderr
    assert "so none looked for findings; `idcli warnings` does" in told.stderr
    found = CliRunner().invoke(idcli, ["warnings", "--run", str(tmp_path / "run"), "--format", "json"])
    assert json.loads(found.stdout)["findings"]
    assert "none looked" not in CliRunner().invoke(idcli, [*command, "4G"]).stderr
    assert "write 3M or 3GiB, if that is meant" in CliRunner().invoke(idcli, [*command, "3"]).stderr


def test_a_part_that_is_killed_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Part, "resolve", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ProcessGone, match="resolves a part of the log"):
        replay(SAMPLE / "events.ndjson", tmp_path / "run", spill=True)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "where",
    [(MessageFile, "add"), (Part, "resolve"), (JournalWriter, "write_people"), (RunFiles, "finish")],
    ids=["read", "resolved", "persons", "files"],
)
@pytest.mark.usefixtures("beside")
def test_a_full_disk_is_told_and_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: tuple[type, str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*where, full)
    with pytest.raises(RunNotWritten, match="No space left on device"):
        replay(SAMPLE / "events.ndjson", tmp_path / "run", spill=True, jobs=2)
    assert not multiprocessing.active_children()
    assert not [*tmp_path.iterdir()]
