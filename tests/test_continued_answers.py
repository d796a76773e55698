"""What commands answer of a run that goes on is, to the byte, what they answer of all its files together."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_cli import replay
from identity_cli.cli import idcli

SAMPLE = Path(__file__).parent.parent / "sample_data"
ASKED = [
    ["why", "user_hanna", "user_ivo"],
    ["how", "user_hanna"],
    ["blame", "user_ivo"],
    ["person", "user_ivo"],
    ["events", "user_ivo"],
    ["whatif", "--without", "tomorrow.ndjson:45"],
    ["culprits", "user_hanna"],
    ["repair", "user_hanna"],
    ["verify", "--persons", str(SAMPLE / "persons_export.jsonl")],
    ["trend"],
    ["audit"],
    ["find", "hanna"],
    ["warnings"],
    ["warnings", "--baseline", "monday"],
]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two folders of the same names, with a run of both days: of one whole, and of one that went on."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("whole", "continued")}
    lines = (SAMPLE / "events.ndjson").read_bytes().splitlines(keepends=True)
    with pytest.MonkeyPatch.context() as patched:
        for name, folder in folders.items():
            patched.chdir(folder)
            Path("today.ndjson").write_bytes(b"".join(lines[:200]))
            Path("tomorrow.ndjson").write_bytes(b"".join(lines[200:]))
            replay("today.ndjson", "monday").close()
            if name == "whole":
                replay(["today.ndjson", "tomorrow.ndjson"], "run").close()
            else:
                replay("tomorrow.ndjson", "run", continues="monday").close()
    return folders


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_commands_answer_as_of_the_whole(
    days: dict[str, Path], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for folder in days.values():
        monkeypatch.chdir(folder)
        done = CliRunner().invoke(idcli, [*words, "--run", "run", "--format", "json"])
        assert done.exit_code in (0, 1), done.output
        answers.append((done.exit_code, done.output))
    assert answers[0] == answers[1]
