"""Findings as SARIF 2.1.0, for code scanning: mostly one result for each rule and file."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from identity_cli import __version__
from identity_cli.audits.audit import Audit
from identity_cli.audits.registry import AUDITS
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding, Moment
from identity_cli.findings.log_report import LogReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
MOST_RELATED = 20
"""Places of the other findings that a result stands for."""
_RULES = {audit.code: number for number, audit in enumerate(AUDITS)}


def sarif(report: LogReport, *, each: bool = False) -> Iterator[str]:
    """The document; each: a result for every finding, not one for all of a rule in a file."""
    run = {
        "tool": {
            "driver": {"name": "idcli", "semanticVersion": __version__, "rules": [*map(_rule, AUDITS)]},
        },
        "results": [_result(alike) for alike in _grouped(report.findings, each=each)],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(audit: Audit) -> dict[str, Any]:
    return {
        "id": audit.code,
        "shortDescription": {"text": audit.title},
        "fullDescription": {"text": audit.looks_for},
        "help": {"text": audit.remedy},
        "defaultConfiguration": {"level": LEVELS[audit.severity]},
    }


def _grouped(findings: Sequence[Finding], *, each: bool) -> list[list[Finding]]:
    groups: dict[Any, list[Finding]] = {}
    for finding in findings:
        key = finding.fingerprint if each else (finding.code, finding.first.origin.path)
        groups.setdefault(key, []).append(finding)
    return [*groups.values()]


def _result(alike: Sequence[Finding]) -> dict[str, Any]:
    """A result of one finding, or of several of which it tells the worst."""
    worst = alike[0]
    many = f"{len(alike):,} findings; the worst: " if len(alike) > 1 else ""
    return {
        "ruleId": worst.code,
        "ruleIndex": _RULES[worst.code],
        "level": LEVELS[worst.severity],
        "message": {"text": f"{many}{worst.message}. {worst.remedy}"},
        "locations": [_location(worst.first)],
        "relatedLocations": [
            {"id": number, **_location(one.first)}
            for number, one in enumerate(alike[1 : MOST_RELATED + 1], 1)
        ],
        "occurrenceCount": len(alike),
        "partialFingerprints": {"finding/v1": worst.fingerprint},
        "properties": {
            "confidence": worst.confidence,
            "events": sum(one.events for one in alike),
            "uniqueUsers": sum(one.unique_users for one in alike),
            "commands": [*worst.commands],
        },
    }


def _location(moment: Moment) -> dict[str, Any]:
    path, line, _ = moment.origin
    uri = quote(path, errors="surrogateescape")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": f"file://{uri}" if path.startswith("/") else uri},
            "region": {"startLine": max(line, 1)},
        }
    }
