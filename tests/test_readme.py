"""What the README shows is what the tool does; `pytest --update` writes its sessions anew."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from identity_cli.cli import COMMANDS
from identity_cli.dialects import DIALECTS
from identity_cli.findings.settings import read_settings
from identity_cli.rules import AUTO, POSTHOG, VENDORS

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


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param([f"`{name}`" for name in (*DIALECTS, "generic")], id="dialects"),
        pytest.param(
            [f"`idcli {name}" for name in COMMANDS if name not in ("replay", "help")], id="commands"
        ),
    ],
)
def test_the_readme_has_each_in_a_table(kind: list[str]) -> None:
    cells = [
        row.split(" | ")[0] for row in README.read_text(encoding="utf-8").splitlines() if row.startswith("| ")
    ]
    assert [name for name in kind if not any(name in cell for cell in cells)] == []


# In a build


def _shell(script: str, folder: Path, *arguments: str) -> int:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    environment.pop("IDCLI_RUN", None)
    words = ["sh", "-c", script, *arguments]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False).returncode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has taken its findings for a baseline, as the README says."""
    (tmp_path / "sample_data").symlink_to(PROJECT / "sample_data")
    (script,) = re.findall(r"^    (idcli .*identity-baseline.json)$", README.read_text("utf-8"), re.MULTILINE)
    assert _shell(script, tmp_path) == 0
    return tmp_path


def _yaml(key: str) -> Any:
    yaml = pytest.importorskip("yaml")
    documents = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), re.DOTALL))
    (found,) = (one for one in documents if key in one)
    return found


@pytest.mark.slow
def test_the_workflow_passes_until_something_new_is_wrong(project: Path) -> None:
    steps = _yaml("jobs")["jobs"]["audit"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step and "pip" not in step["run"]]
    assert [_shell(script, project) for script in scripts] == [0, 0, 0]
    assert json.loads((project / "idcli.sarif").read_text())["version"] == "2.1.0"
    (project / "identity-baseline.json").write_text("")
    assert _shell(scripts[-1], project) == 1


@pytest.mark.slow
def test_the_hook_looks_at_the_logs_it_is_given(project: Path) -> None:
    (hook,) = _yaml("repos")["repos"][0]["hooks"]
    (project / "fine.ndjson").write_text('{"event": "e", "distinct_id": "a"}\n')
    assert re.search(hook["files"], "fine.ndjson")
    assert _shell(f"{hook['entry']} fine.ndjson", project) == 0
    assert _shell(f"{hook['entry']} sample_data/events.ndjson", project) == 1


def test_the_settings_shown_can_be_followed(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (tmp_path / "settings.toml").write_text(shown)
    settings = read_settings(str(tmp_path / "settings.toml"))
    assert settings.config.thresholds == {"mega_person": 100}
    assert [one.id for one in settings.suppressions] == ["user_ivo"]
