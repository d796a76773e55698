"""Nothing that somebody had is removed or replaced by a command: no log, no work, no earlier run."""

import json
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from identity_cli import Run, replay
from identity_cli.errors import (
    FolderNotARun,
    IdcliError,
    InputInRunFolder,
    NoPlaceForRun,
    NoRun,
    OutputIsInput,
    RunNotWritten,
    RunReplaced,
)
from identity_cli.files import places
from identity_cli.files.outputs import output_file
from identity_cli.files.places import alone_in, exchanged, in_use, is_in_use, scratch_folder
from identity_cli.run_mark import DATABASE
from identity_cli.store import folder as run_folder
from identity_cli.store import schema

EVENT = '{"event":"e","distinct_id":"ada"}\n'
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs what only Linux has")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.ndjson").write_text(EVENT + "torn\n")


def idcli(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "identity_cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


def contents(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


# Logs in the folder of the run


def test_the_rejected_lines_of_a_run_are_not_replayed_into_that_run() -> None:
    replay("log.ndjson", "run")
    before = contents(Path("run"))
    with pytest.raises(InputInRunFolder, match=r"run/rejected\.ndjson is a file of the run"):
        replay("run/rejected.ndjson", "run")
    assert contents(Path("run")) == before
    assert [path.name for path in sorted(Path().iterdir())] == ["log.ndjson", "run"]


def link(make: Callable[[str, str], None]) -> Callable[[], str]:
    def named() -> str:
        make(str(Path("run/rejected.ndjson").absolute()), "other-name")
        return "other-name"

    return named


@pytest.mark.parametrize("name", [link(os.symlink), link(os.link), lambda: "./run/../run/rejected.ndjson"])
def test_whatever_the_name_of_the_log(name: Callable[[], str]) -> None:
    replay("log.ndjson", "run")
    with pytest.raises(InputInRunFolder):
        replay(["log.ndjson", name()], "run")


def test_nor_through_standard_input() -> None:
    replay("log.ndjson", "run")
    with open("run/rejected.ndjson") as lines:
        refused = idcli("replay", "-", "--run", "run", stdin=lines)
    assert refused.returncode == 2
    assert "standard input is a file of the run" in refused.stderr
    assert Path("run/rejected.ndjson").exists()


def test_mended_lines_can_be_replayed_into_another_run() -> None:
    replay("log.ndjson", "run")
    Path("run/rejected.ndjson").write_text(EVENT)
    assert replay("run/rejected.ndjson", "other").count("persons") == 1
    assert Path("run/rejected.ndjson").read_text() == EVENT


@pytest.mark.parametrize("name", ["events.ndjson", "rejected.ndjson", "persons.csv"])
def test_a_file_that_a_run_did_not_write_or_not_so_keeps_it_from_being_replaced(name: str) -> None:
    replay("log.ndjson", "run")
    Path("run", name).write_text("mine\n")
    with pytest.raises(FolderNotARun, match=rf"holds a (changed|foreign) {name}"):
        replay("log.ndjson", "run")
    assert Path("run", name).read_text() == "mine\n"


def test_all_files_of_a_run_are_its_own() -> None:
    everything = {"with_events": True, "table_formats": ("csv", "ndjson")}
    for options in ({}, everything, {"table_formats": ()}, everything):
        run = replay("log.ndjson", "run", **options)
        assert {name for name, _ in run.files()} == {path.name for path in Path("run").iterdir()}
        assert all(Path("run", name).stat().st_size == size for name, size in run.files())


def test_a_run_of_which_files_were_removed_is_replaced() -> None:
    replay("log.ndjson", "run")
    Path("run/persons.csv").unlink()
    assert replay("log.ndjson", "run").count("persons") == 1


# What looks like ours, and is not


@pytest.mark.parametrize("there", [True, False], ids=["over a run", "the first"])
@pytest.mark.parametrize("can_exchange", [True, False])
def test_somebodys_folder_with_the_name_of_an_earlier_run_is_left_alone(
    there: bool, can_exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if there:
        replay("log.ndjson", "run")
    if not can_exchange:
        monkeypatch.setattr(run_folder, "exchanged", lambda one, other: False)
    Path(".run.previous").mkdir()
    Path(".run.previous/thesis.txt").write_text("mine")
    if there and not can_exchange:
        with pytest.raises(NoPlaceForRun, match=r"\.run\.previous is in the way"):
            replay("log.ndjson", "run")
    else:
        replay("log.ndjson", "run")
    assert Path(".run.previous/thesis.txt").read_text() == "mine"
    assert Run("run").count("persons") == 1


@pytest.mark.parametrize("pid", ["1", "999999", "9" * 23])
def test_somebodys_folder_with_the_name_of_an_unfinished_run_is_left_alone(pid: str) -> None:
    draft = Path(f".run.{pid}.draft.partial")
    draft.mkdir()
    (draft / "thesis.txt").write_text("mine")
    replay("log.ndjson", "run")
    assert (draft / "thesis.txt").read_text() == "mine"


def test_what_a_killed_replay_left_is_removed_whatever_process_has_its_number_now() -> None:
    replay("log.ndjson", f".run.{os.getpid()}.abc.partial")
    for scratch in ("merge_graph.dot.edges", "run.compact", "run.compact-journal", "people/run.db"):
        path = Path(f".run.{os.getpid()}.abc.partial", scratch)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    Path(".run.7.abc.partial").mkdir()
    replay("log.ndjson", "run")
    assert [path.name for path in sorted(Path().iterdir())] == ["log.ndjson", "run"]


@LINUX
def test_what_a_living_replay_has_is_not_removed_whatever_its_number() -> None:
    beside = Path(".run.999999999.abc.partial")
    beside.mkdir()
    with in_use(beside):
        replay("log.ndjson", "run")
        assert is_in_use(beside)
    assert beside.is_dir()
    replay("log.ndjson", "run")
    assert not beside.exists()


def test_no_run_is_waited_for_in_a_pipe() -> None:
    replay("log.ndjson", "run")
    Path("run/run.db").unlink()
    os.mkfifo("run/run.db")
    with pytest.raises(IdcliError):
        replay("log.ndjson", "run")
    with pytest.raises(IdcliError):
        Run("run")


# Files that commands write


def test_an_output_takes_its_place_whole_or_not_at_all() -> None:
    Path("out").write_text("before")
    Path("out").chmod(0o640)
    with pytest.raises(ZeroDivisionError), output_file("out") as output:
        output.write(b"half")
        raise ZeroDivisionError
    assert Path("out").read_text() == "before"
    with output_file("out") as output:
        output.write(b"after")
        assert Path("out").read_text() == "before"
    assert Path("out").read_text() == "after"
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o640
    assert [path.name for path in sorted(Path().iterdir())] == ["log.ndjson", "out"]


def test_an_output_through_a_link_leaves_the_link() -> None:
    Path("real").write_text("before")
    Path("link").symlink_to("real")
    with output_file("link") as output:
        output.write(b"after")
    assert Path("link").is_symlink()
    assert Path("real").read_text() == "after"


def test_an_output_may_be_a_device() -> None:
    with output_file("/dev/null") as output:
        output.write(b"nothing")


def test_an_output_that_cannot_be_written_is_named() -> None:
    with pytest.raises(OSError, match="nowhere/out"), output_file("nowhere/out"):
        pass


def test_no_output_is_an_input() -> None:
    Path("same").symlink_to("log.ndjson")
    for name in ("log.ndjson", "./log.ndjson", "same"):
        with pytest.raises(OutputIsInput), output_file(name, ["other", "log.ndjson"]):
            pass
    assert Path("log.ndjson").read_text() == EVENT + "torn\n"


@pytest.mark.parametrize("named", ["log.ndjson", "staff.txt", "map.toml"])
def test_a_mapping_is_saved_over_nothing_that_is_read(named: str) -> None:
    Path("staff.txt").write_text("@example.com\n")
    Path("map.toml").write_text('distinct_id = "distinct_id"\n')
    before = contents(Path())
    words = (
        "replay",
        "log.ndjson",
        "--map",
        "map.toml",
        "--internal-users",
        "staff.txt",
        "--save-map",
    )
    refused = idcli(*words, named, "--run", "run")
    assert refused.returncode == 2
    assert f"{named} is read by this command" in refused.stderr
    assert contents(Path()) == before
    assert idcli(*words, "new.toml").returncode == 0
    assert Path("new.toml").read_text() == 'distinct_id = "distinct_id"\n'


# Killed between two steps

KILLED = """
import os, signal, sys
from identity_cli import replay
from identity_cli.files import processes
from identity_cli.files import places
from identity_cli.store import folder
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore both
signal.signal(signal.SIGHUP, signal.SIG_DFL)
processes.clean_up_when_killed()
{change}
replay([{{"event": "e", "distinct_id": "new"}}], run="run")
"""
EXCHANGING = """
def exchange(one, other):
    {before}
    done = places.exchanged(one, other)
    {after}
    return done
folder.exchanged = exchange
"""
MOVING = """
folder.exchanged = lambda one, other: False
import pathlib
rename = pathlib.Path.rename
def moved(self, target):
    done = rename(self, target)
    os.kill(os.getpid(), signal.{how})
    return done
pathlib.Path.rename = moved
"""


@LINUX
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_killed_while_runs_change_places_one_is_there(how: str, when: str) -> None:
    replay([{"event": "e", "distinct_id": "old"}], run="run")
    blow = f"os.kill(os.getpid(), signal.{how})"
    steps = {"before": "", "after": "", when: blow}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(change=EXCHANGING.format(**steps))], check=False
    )
    assert killed.returncode != 0
    (row,) = Run("run").records("distinct_ids")
    assert row[1] in ("old", "new")
    left = {path.name for path in Path().iterdir()}
    assert how == "SIGKILL" or left == {"log.ndjson", "run"}
    replay([{"event": "e", "distinct_id": "next"}], run="run")
    assert {path.name for path in Path().iterdir()} == {"log.ndjson", "run"}


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_polite_kill_waits_until_the_new_run_is_in_its_place(how: str) -> None:
    replay([{"event": "e", "distinct_id": "old"}], run="run")
    killed = subprocess.run([sys.executable, "-c", KILLED.format(change=MOVING.format(how=how))], check=False)
    assert killed.returncode != 0
    (row,) = Run("run").records("distinct_ids")
    assert row[1] == "new"
    assert {path.name for path in Path().iterdir()} == {"log.ndjson", "run"}


def test_what_is_left_of_a_removal_that_was_killed_is_removed_by_the_next_replay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replay([{"event": "e", "distinct_id": "old"}], run="run")
    left = Path("run").rename(".run.1.abc.partial")
    unlinked = Path.unlink

    def killed(path: Path) -> None:
        unlinked(path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "unlink", killed)
        places.remove(left, DATABASE)
    assert (left / DATABASE).exists(), "our mark goes last"
    replay([{"event": "e", "distinct_id": "next"}], run="run")
    assert not left.exists()


@LINUX
def test_two_folders_change_places() -> None:
    for name in ("one", "other"):
        Path(name).mkdir()
        Path(name, name).touch()
    assert exchanged(Path("one"), Path("other"))
    assert Path("one/other").exists()
    assert not exchanged(Path("one"), Path("missing"))


# Side by side


def test_readers_find_one_run_or_the_other_while_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the earlier run steps aside first."""
    monkeypatch.setattr(run_folder, "exchanged", lambda one, other: False)
    replay([{"event": "e", "distinct_id": "a"}, "torn a"], run="run")
    over = threading.Event()

    def read() -> Iterator[str]:
        while not over.is_set():
            run = Run("run")
            (row,) = run.records("distinct_ids")
            try:
                (rejected,) = run.rejected_lines()
            except RunReplaced:
                continue
            finally:
                run.close()
            yield row[1] + json.loads(rejected)["raw"]

    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.extend(read()))
    reader.start()
    for name in "bcab" * 5:
        replay([{"event": "e", "distinct_id": name}, f"torn {name}"], run="run")
    over.set()
    reader.join()
    assert {*seen} <= {f'{name}"torn {name}"' for name in "abc"}
    assert seen


def test_replays_into_one_folder_at_once_leave_one_whole_run() -> None:
    replays = [
        subprocess.Popen([sys.executable, "-m", "identity_cli", "replay", "log.ndjson", "-q", "--run", "run"])
        for _ in range(4)
    ]
    assert [one.wait(timeout=60) for one in replays] == [0, 0, 0, 0]
    assert Run("run").count("persons") == 1
    assert [path.name for path in sorted(Path().iterdir())] == ["log.ndjson", "run"]


def test_a_run_that_is_replaced_meanwhile_says_so() -> None:
    replay("log.ndjson", "run")
    run = Run("run")
    replay("log.ndjson", "run")
    with pytest.raises(RunReplaced, match="ask again"):
        list(run.records("rejected"))
    assert run.count("persons") == 1


def test_a_run_that_steps_aside_while_it_is_opened_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    replay("log.ndjson", "run")
    strange_table = schema.strange_table

    def moved_meanwhile(database: sqlite3.Connection) -> str | None:
        Path("run").rename("aside")
        return strange_table(database)

    monkeypatch.setattr(schema, "strange_table", moved_meanwhile)
    assert Run("run").count("persons") == 1


def test_a_reader_waits_for_whoever_moves_runs() -> None:
    replay("log.ndjson", "run")
    counted = []
    with alone_in(Path.cwd()):
        Path("run").rename(".run.moving")
        reader = threading.Thread(target=lambda: counted.append(Run("run").count("persons")))
        reader.start()
        reader.join(0.2)
        Path(".run.moving").rename("run")
    reader.join()
    assert counted == [1]


# Places


def test_a_run_is_found_where_it_was_written() -> None:
    replay("log.ndjson", "missing/../run")
    assert Run("missing/../run").count("persons") == 1
    with pytest.raises(NoRun):
        Run("missing/../other")


def test_out_of_room_tells_where_and_how_much_there_is() -> None:
    Path("log.ndjson").write_text("".join(EVENT.replace("ada", f"{n}" * 50) for n in range(9_000)))
    replay([{"event": "e", "distinct_id": "old"}], run="run")
    before = contents(Path("run"))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    failed = idcli("replay", "log.ndjson", "--run", "run", preexec_fn=limit)
    assert failed.returncode == 2
    assert f"cannot write the run {Path('run').absolute()}" in failed.stderr
    assert f"MB in {Path.cwd()}" in failed.stderr
    assert "No file may have more than 1.0 MB until `ulimit -f` is raised." in failed.stderr
    assert "Traceback" not in failed.stderr
    assert contents(Path("run")) == before


def test_a_full_disk_is_told_of_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("identity_cli.tables.run_files.RunFiles.finish", full)
    with pytest.raises(RunNotWritten, match="No space left on device"):
        replay("log.ndjson", "run")


def test_a_full_scratch_folder_says_where_it_is() -> None:
    with pytest.raises(OSError, match="TMPDIR") as full, scratch_folder() as folder:
        raise OSError(28, "No space left on device")
    assert full.value.filename == str(folder.parent)
    assert not folder.exists()


def test_signals_are_as_before_after_a_replay() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    replay("log.ndjson", "run")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
