"""A run in one file: opened as a folder is, the same bytes each time, and nothing else comes out of it."""

import gzip
import json
import zipfile
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.errors import NoRun, RunUnreadable

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with chdir(PROJECT):
        return replay("sample_data/events.ndjson", tmp_path_factory.mktemp("packed") / "run")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(idcli, arguments)


def test_any_command_opens_a_packed_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    packed = tmp_path / "run.zip"
    assert invoke("pack", "--run", run.name, "-o", str(packed)).exit_code == 0
    for command in (
        ["person", "user_nils"],
        ["find", "olga"],
        ["export", "rejected"],
        ["why", "user_olga", "user_nils"],
    ):
        asked = invoke(*command, "--run", str(packed))
        assert (asked.exit_code, asked.stdout) == (0, invoke(*command, "--run", run.name).stdout), command
    assert [*tmp_path.iterdir()] == [packed]  # nothing is left of what was unpacked


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    for file in (one, two):
        invoke("pack", "--run", run.name, "-o", str(file))
    assert one.read_bytes() == two.read_bytes()


def test_with_its_log_a_packed_run_answers_where_the_log_is_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    questions = (
        ["whatif", "--without", "sample_data/events.ndjson:245"],
        ["whatif", "--rules", "current"],
        ["repair", "user_nils", "--format", "json"],
        ["events", "user_ivo"],
        ["why", "user_ana", "user_nils"],
        ["export", "log"],
    )
    told = [invoke(*asked, "--run", run.name).stdout for asked in questions]
    assert invoke("pack", "--run", run.name, "--with-log", "-o", str(tmp_path / "run.zip")).exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert [invoke(*asked, "--run", "run.zip").stdout for asked in questions] == told
    (tmp_path / "plan.json").write_text(told[2])
    assert "49 → 51" in invoke("whatif", "--plan", "plan.json", "--run", "run.zip").stdout


def test_an_archive_goes_along_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as log:
        log.write(PROJECT / "sample_data" / "events.ndjson", "a/events.ndjson")
    monkeypatch.chdir(tmp_path)
    replay("log.zip", "run").close()
    asked = ["whatif", "--without", "log.zip/a/events.ndjson:245"]
    told = invoke(*asked, "--run", "run").stdout
    assert invoke("pack", "--run", "run", "--with-log", "-o", "run.zip").exit_code == 0
    (tmp_path / "log.zip").unlink()
    assert told == invoke(*asked, "--run", "run.zip").stdout
    assert "49 → 50" in told


@pytest.mark.parametrize("wanted", [["user_ivo"], ["user_nils", "10482"], ["user_kaspar"], ["undefined"]])
def test_the_part_about_an_id_answers_as_the_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: list[str]
) -> None:
    monkeypatch.chdir(PROJECT)
    packed = str(tmp_path / "part.zip")
    assert invoke("pack", *wanted, "--run", run.name, "-o", packed).exit_code == 0
    questions = [[*asked, one] for asked in (["person"], ["how"], ["events"], ["blame"]) for one in wanted]
    told = [_but_findings(invoke(*asked, "--run", run.name).stdout) for asked in questions]
    with Run(run.name) as whole, Run(packed) as part:
        everybody, known = _ids_of(whole), _ids_of(part)
    monkeypatch.chdir(tmp_path)
    assert [_but_findings(invoke(*asked, "--run", packed).stdout) for asked in questions] == told
    assert invoke("repair", wanted[0], "--run", packed).exit_code == 0
    with zipfile.ZipFile(packed) as inside:
        everything = b"".join(map(inside.read, inside.namelist()))
    others = [one for one in everybody - known if one.startswith("user_")]
    assert known >= set(wanted)
    assert len(others) > 20
    assert [one for one in others if one.encode() in everything] == []


def _ids_of(run: Run) -> set[str]:
    return {one for person in run.persons() for one in run.distinct_ids_of(person.person)}


def _but_findings(page: str) -> str:
    """Of a page about a person: some findings compare it with others."""
    return page.partition("\nFindings")[0]


VENDORS = sorted((PROJECT / "tests" / "logs_of_vendors").glob("*.ndjson"))


@pytest.mark.parametrize("log", VENDORS, ids=lambda path: path.stem)
def test_parts_of_other_vendors_logs(tmp_path: Path, log: Path) -> None:
    """To pack one is to check it: a part that came to other persons would be refused."""
    packed = str(tmp_path / "part.zip")
    (tmp_path / "log.gz").write_bytes(gzip.compress(log.read_bytes()))
    with replay(tmp_path / "log.gz", tmp_path / "run") as done:
        for person in done.persons():
            one = person.creator_distinct_id
            assert invoke("pack", one, "--run", done.name, "-o", packed).exit_code == 0
            here, there = (invoke("events", one, "--run", where) for where in (done.name, packed))
            assert (there.exit_code, there.stdout) == (0, here.stdout)


def test_a_part_of_shared_lines_holds_nobody_else_s_events(tmp_path: Path) -> None:
    events = [{"event": "e", "distinct_id": one, "timestamp": "2024-01-01T00:00:00Z"} for one in ("a", "b")]
    (tmp_path / "log").write_text(json.dumps({"batch": events, "api_key": "k"}) + "\n")
    with replay(tmp_path / "log", tmp_path / "run") as done:
        assert invoke("pack", "a", "--run", done.name, "-o", str(tmp_path / "a.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as inside:
        assert b'"a"' in inside.read("log/1")
        assert b'"b"' not in inside.read("log/1")


def test_no_log_goes_along_with_pseudonyms(run: Run, tmp_path: Path) -> None:
    for more in (["--with-log"], ["user_ivo"]):
        refused = invoke("pack", *more, "--redact", "--run", run.name, "-o", str(tmp_path / "run.zip"))
        assert (refused.exit_code, refused.stderr.count("a log is not redacted")) == (2, 1)
    assert [*tmp_path.iterdir()] == []


def test_redacted_it_tells_nobody_s_name(run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "run.zip"
    written = invoke("pack", "--run", run.name, "--redact", "-o", str(packed))
    assert (written.exit_code, "without the log" in written.stderr) == (0, True)
    with zipfile.ZipFile(packed) as inside:
        assert inside.namelist() == ["run.db"]
        assert b"olga@example.org" not in inside.read("run.db")
    assert "0 exact" not in invoke("persons", "--run", str(packed)).stdout


@pytest.mark.parametrize("name", ["../evil", "/evil", "evil", "run.db/evil", "log/evil", "log/../1"])
def test_a_zip_with_anything_else_is_no_run(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "run.zip"
    with zipfile.ZipFile(packed, "w") as inside:
        inside.writestr("run.db", b"")
        inside.writestr(name, b"")
    with pytest.raises(NoRun):
        Run(packed)


def test_a_file_that_is_no_run_or_damaged(run: Run, tmp_path: Path) -> None:
    text, damaged = tmp_path / "text", tmp_path / "damaged.zip"
    text.write_text("no zip")
    with pytest.raises(NoRun):
        Run(text)
    invoke("pack", "--run", run.name, "-o", str(damaged))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    with pytest.raises(RunUnreadable):
        Run(damaged)


def test_a_run_s_own_file_is_not_overwritten(run: Run) -> None:
    refused = invoke("pack", "--run", run.name, "-o", str(Path(run.name) / "run.db"))
    assert refused.exit_code == 2
    assert "run.db" in refused.stderr
