"""What the README shows is what the tool does; `pytest --update` writes its sessions anew."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_cli import replay
from identity_cli.cli import idcli

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
ANSWER = re.compile(r"^\| `([a-zID -]+)` \| (`format`.*) \|$", re.MULTILINE)
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


ASKED = {
    "why": "why user_petra user_nils",
    "why ID": "why user_nils",
    "how": "how user_nils",
    "blame": "blame user_nils",
    "person --as-of": "person user_nils --as-of 250",
    "whatif": "whatif --block-id user_olga",
    "culprits": "culprits user_nils",
    "repair": "repair user_nils",
    "diff": "diff {run} {run}",
    "verify": "verify --persons sample_data/persons_export.jsonl",
}
OF_DIFF = "all of `diff` but `settings` and `properties_differ`"


def test_answers_have_the_keys_that_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    run = replay("sample_data/events.ndjson", tmp_path / "run")
    told = dict(ANSWER.findall(README.read_text(encoding="utf-8")))
    assert told.keys() == ASKED.keys()
    of_diff = set(_keys(told["diff"])) - {"settings", "properties_differ", "format"}
    for name, command in ASKED.items():
        words = [*command.format(run=run.folder).split(), "--format", "json"]
        monkeypatch.setenv("IDCLI_RUN", str(run.folder))
        answer = json.loads(CliRunner().invoke(idcli, words).stdout)
        expected = {*_keys(told[name].replace(OF_DIFF, "")), *(of_diff if OF_DIFF in told[name] else ())}
        assert answer.keys() == expected, name
        assert answer["format"] == 1, name  # raised when a key changes its meaning or goes


def _keys(told: str) -> list[str]:
    """The names outside parentheses."""
    while "(" in told:
        told = re.sub(r"\([^()]*\)", "", told)
    return re.findall(r"`(\w+)`", told)


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
