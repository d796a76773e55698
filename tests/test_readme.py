"""What the README shows is what the tool does; `pytest --update` writes its sessions anew."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from identity_cli.rules import POSTHOG, VENDORS
from identity_cli.rules.dating import AUTO

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"(?<!-->\n)```python\n(.*?)```", re.DOTALL)


def test_sessions(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "sample_data").symlink_to(PROJECT / "sample_data")
    shown = README.read_text(encoding="utf-8")
    true = SESSION.sub(lambda block: f"```console\n{_rerun(block[1], tmp_path)}```", shown)
    if request.config.getoption("--update"):
        README.write_text(true, encoding="utf-8")
    else:
        assert true == shown


def test_the_notebook_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sample_data").symlink_to(PROJECT / "sample_data")
    monkeypatch.chdir(tmp_path)
    blocks = PYTHON.findall(README.read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def _rerun(session: str, folder: Path) -> str:
    """The session's commands, each with what it prints today."""
    commands = [line for line in session.splitlines() if line.startswith("$ ")]
    assert commands
    return "\n".join(f"{command}\n{_output(command[2:], folder)}" for command in commands)


def _output(command: str, folder: Path) -> str:
    """What a person sees of it on a terminal of 80 columns, but for colours and standard error."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "80", "NO_COLOR": "1"}
    environment.pop("IDCLI_RUN", None)
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, shell=True, cwd=folder, env=environment, stdout=follower, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(follower)
        shown = b"".join(iter(lambda: _read(leader), b""))
        assert process.stderr is not None
        told = process.stderr.read()
    os.close(leader)
    assert process.returncode == 0, told
    return shown.decode().replace("\r\n", "\n")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 1 << 16)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_the_readme_names_every_rule_set_and_no_other() -> None:
    rows = README.read_text(encoding="utf-8").partition("| `--rules` |")[2].partition("\n\n")[0]
    named = [*(rules.name for rules in POSTHOG), AUTO, *(rules.name for rules in VENDORS)]
    assert re.findall(r"^\| `([^`]+)`", rows, re.MULTILINE) == named
