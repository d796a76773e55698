"""Findings as annotations of GitHub Actions: lines that its runner reads from a log."""

from collections.abc import Iterator

from identity_cli.audits.severity import Severity
from identity_cli.findings.log_report import LogReport
from identity_cli.tables.escapes import printable

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(report: LogReport) -> Iterator[str]:
    """A line for each finding."""
    for one in report.findings:
        path, line, _ = one.first.origin
        place = f"file={_property(path)},line={line},title={_property(one.code)}"
        yield f"::{COMMANDS[one.severity]} {place}::{_message(f'{one.message}. {one.remedy}')}\n"


def _message(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
