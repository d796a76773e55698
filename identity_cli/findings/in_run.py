"""Findings as a run keeps them: rows of its database, and files beside it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from identity_cli.audits.config import Config
from identity_cli.findings.finding import Finding
from identity_cli.findings.found import Suspected, audited
from identity_cli.findings.log_report import LogReport, log_report
from identity_cli.findings.markdown import markdown
from identity_cli.findings.settings import Settings
from identity_cli.store.ours import FINDINGS, WARNINGS_PAGE
from identity_cli.store.reading.run import Run


def report_to_keep(folder: Path, config: Config, suspected: Suspected | None) -> LogReport:
    """Of the run in a folder that nobody else sees yet; suspected: as audited has it.

    Nothing is suppressed: what a replay writes does not depend on the day.
    """
    with Run(folder, is_finished=False) as run:
        return log_report(run, Settings(config=config), found=audited(run, config, suspected))


def rows_of(report: LogReport) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The rows to keep, by table, in order."""
    numbered = [*enumerate(report.findings, 1)]
    yield (
        "findings",
        [
            (number, one.code, str(one.severity), json.dumps(one.record), _seqs(one))
            for number, one in numbered
        ],
    )
    yield (
        "finding_persons",
        [
            (person, number, code)
            for number, one in numbered
            for code, persons in one.persons.items()
            for person in sorted(set(persons))
        ],
    )


def _seqs(one: Finding) -> str:
    return json.dumps([moment.seq for moment in (one.first, one.last, one.since.moment)])


def write_files(report: LogReport, folder: Path) -> None:
    """A record a line, for machines; and a page to read."""
    with open(folder / FINDINGS, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(one.record) + "\n" for one in report.findings)
    with open(folder / WARNINGS_PAGE, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(markdown(report))
