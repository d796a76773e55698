"""Findings as JUnit XML, for whatever shows tests: a case for each audit, or for each of its findings."""

from collections.abc import Iterator
from html import escape

from identity_cli.audits.registry import AUDITS
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding
from identity_cli.findings.log_report import LogReport
from identity_cli.tables.escapes import printable


def junit(report: LogReport) -> Iterator[str]:
    """The document; what is only remarked, info, passes, and tells."""
    by_code = {audit.code: [one for one in report.findings if one.code == audit.code] for audit in AUDITS}
    cases = sum(max(len(found), 1) for found in by_code.values())
    failures = sum(one.severity is not Severity.INFO for one in report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    yield f'<testsuite name="idcli" tests="{cases}" failures="{failures}" errors="0" skipped="0">\n'
    for code, found in by_code.items():
        if not found:
            yield f'<testcase classname="idcli" name="{code}"/>\n'
        for finding in found:
            yield from _case(finding)
    yield "</testsuite>\n</testsuites>\n"


def _case(finding: Finding) -> Iterator[str]:
    yield f'<testcase classname="idcli.{finding.code}" name="{_text(str(finding.first.origin))}">\n'
    told = _text(f"{finding.first.origin}: {finding.remedy} {'; '.join(finding.commands)}")
    if finding.severity is Severity.INFO:
        yield f"<system-out>{_text(finding.message)}. {told}</system-out>\n"
    else:
        message = _text(finding.message)
        yield f'<failure type="{finding.severity}" message="{message}">{told}</failure>\n'
    yield "</testcase>\n"


def _text(text: str) -> str:
    """XML has no room for control characters, not even escaped."""
    return escape(printable(text))
