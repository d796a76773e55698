"""What the README shows is what the tool does; `pytest --update` writes its sessions anew."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


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
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "80"}
    environment.pop("IDCLI_RUN", None)
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
