"""What audits find in logs as they were recorded and reported: golden pages, read through by hand."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from identity_cli import replay
from identity_cli.store.ours import WARNINGS_PAGE

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "findings"
LOGS = {
    path.stem: path
    for folder in ("logs", "logs_of_vendors", "reported_logs")
    for path in sorted((HERE / folder).glob("*.ndjson"))
}
DIALECTS = {"segment-alias-anonymous-to-anonymous": "segment"}
"""Of logs that name no library."""


@pytest.mark.parametrize("name", LOGS)
def test_findings(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    with chdir(LOGS[name].parent):
        dialect = DIALECTS.get(name)
        run = replay(LOGS[name].name, tmp_path / "run", dialect=dialect, rules="auto", graph_formats=())
    page = (run.folder / WARNINGS_PAGE).read_text()
    golden = GOLDEN / f"{name}.md"
    if pytestconfig.getoption("--update"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(page)
    assert page == golden.read_text(), "pytest --update writes it anew"


def told_of() -> Iterator[str]:
    rows = (HERE / "reported_logs" / "README.md").read_text().splitlines()
    yield from (row.split(" | ")[0].lstrip("| ") for row in rows if row.startswith("| ") and " | " in row)


def test_of_each_reported_log_its_story_is_told_and_none_is_left_over() -> None:
    reported = {name for name, path in LOGS.items() if path.parent.name == "reported_logs"}
    assert {*told_of()} - {"log", "---"} == reported
    assert {path.stem for path in GOLDEN.iterdir()} == set(LOGS)
