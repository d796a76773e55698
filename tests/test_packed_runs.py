"""A run in one file: opened as a folder is, the same bytes each time, and nothing else comes out of it."""

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


def test_redacted_it_tells_nobody_s_name(run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "run.zip"
    assert invoke("pack", "--run", run.name, "--redact", "-o", str(packed)).exit_code == 0
    with zipfile.ZipFile(packed) as inside:
        assert inside.namelist() == ["run.db"]
        assert b"olga@example.org" not in inside.read("run.db")
    assert "0 exact" not in invoke("persons", "--run", str(packed)).stdout


@pytest.mark.parametrize("name", ["../evil", "/evil", "evil", "run.db/evil"])
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
