"""Commands that pages show can be typed as they stand: they name the run, where it is another."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_cli.cli import idcli
from identity_cli.cli.terminal.typed import typed

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"


@pytest.mark.parametrize(
    ("command", "run", "shown"),
    [
        ("idcli person ada", "idcli-run", "idcli person ada"),
        ("idcli person 'ada b'", "my run", "idcli person --run 'my run' 'ada b'"),
        ("idcli persons", "r", "idcli persons --run r"),
    ],
)
def test_a_command_names_a_run_that_it_would_not_find(command: str, run: str, shown: str) -> None:
    assert typed(command, run) == shown


def test_every_command_of_the_findings_names_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IDCLI_RUN", raising=False)
    CliRunner().invoke(idcli, ["replay", str(SAMPLE), "--run", "elsewhere", "-q"])
    page = CliRunner().invoke(idcli, ["warnings", "--run", "elsewhere", "--all"]).stdout
    shown = [line.split(None, 1)[1] for line in page.splitlines() if line.split()[:1] == ["see"]]
    assert len(shown) > 5
    assert all(one.split()[2:4] == ["--run", "elsewhere"] for one in shown)
    assert "idcli person --run elsewhere user_ivo" in page
