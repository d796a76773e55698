"""A plan is met, and every question answered, whatever kind of file the log is."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from file_kinds import kinds_of
from outcomes import rows_of

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.origins import Origin

DEVICE = {"$anon_distinct_id": "dev", "$set": {"note": "by the link"}}
SHARED_DEVICE: list[dict[str, Any]] = [
    {
        "event": name,
        "distinct_id": distinct_id,
        "uuid": f"00000000-0000-4000-8000-00000000000{number}",
        "properties": {"$lib": "web", **(DEVICE if name == "$identify" else {})},
        "now": f"2026-05-04T09:30:0{number}Z",
    }
    for number, (name, distinct_id) in enumerate(
        [("e", "ann"), ("$identify", "ann"), ("$identify", "ben"), ("e", "ben"), ("e", "cy")]
    )
]
KINDS = {None: kinds_of(SHARED_DEVICE), "time": kinds_of(SHARED_DEVICE[::-1])}
"""By what they are to be sorted by."""
KINDS["time"]["an array on one line"] = KINDS[None]["an array on one line"]  # a line moves whole


USUAL = (
    "a pretty array",
    "a query's answer",
    "CSV",
    "TSV",
    "Parquet",
    "gz",
    "zst",
    "zip of gzip parts",
    "tar.gz",
)
EACH_KIND = [kind if kind in USUAL else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[None]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(idcli, list(map(str, arguments)))


def output(*arguments: Any) -> str:
    done = invoke(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("order", [None, "time"])
@pytest.mark.parametrize("kind", EACH_KIND)
def test_a_plan_goes_from_repair_to_a_log_without_the_event(kind: str, order: str | None, here: Path) -> None:
    Path("log").write_bytes(KINDS[order][kind]())
    replay("log", "idcli-run", buffer=0, order=order)
    assert Run("idcli-run").count("persons") == 2
    Path("plan.json").write_text(output("repair", "ben", "--format", "json"))
    (place,) = json.loads(Path("plan.json").read_text())["actions"][0]["events"]
    assert place["uuid"] == SHARED_DEVICE[2]["uuid"]

    what_if = json.loads(output("whatif", "--plan", "plan.json", "--format", "json"))
    assert what_if["unique_users"] == {"before": 2, "after": 3}

    sorting = () if order is None else ("--order", order)
    applied = output("replay", "log", "--buffer", 0, *sorting, "--apply", "plan.json", "--run", "applied")
    assert "1 event of the plan = 1 left out" in applied
    assert Run("applied").count("persons") == 3

    Path("mended").write_text(output("export", "log", "--plan", "plan.json"))
    assert replay("mended", "again", buffer=0, order=order).count("persons") == 3
    assert Run("again").metadata["events"] == len(SHARED_DEVICE) - 1


@pytest.mark.parametrize("order", [None, "time"])
@pytest.mark.parametrize("kind", EACH_KIND)
def test_every_question_is_answered(kind: str, order: str | None, here: Path) -> None:
    Path("log").write_bytes(KINDS[order][kind]())
    run = replay("log", "idcli-run", buffer=0, order=order, table_formats=("ndjson",))
    second, third = (str(Origin(row["file"], row["line"], row["nth"])) for row in rows_of(run, "links"))
    assert third in output("why", "ann", "ben")
    assert third in output("culprits", "ben")
    what_if = json.loads(output("whatif", "--without", third, "--format", "json"))
    assert what_if["unique_users"] == {"before": 2, "after": 3}
    before = json.loads(output("person", "ann", "--as-of", second, "--format", "json"))
    assert before["distinct_ids"] == ["ann", "dev"]
    assert third in output("how", "ben")
    assert second in output("blame", "ben", "note")
