"""`idcli warnings`: what is wrong in a log, by our audits and by the platform's own warnings."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from identity_cli.audits.severity import Severity
from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.audit_pages import explain, known_codes
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID, Known
from identity_cli.cli.terminal.findings_page import show_in_full, show_report
from identity_cli.cli.terminal.options import config_option, format_option, internal_option
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.render import write_document, write_records
from identity_cli.cli.terminal.run_arguments import redactable, with_ids, with_run
from identity_cli.cli.terminal.text import print_error
from identity_cli.cli.terminal.warning_groups import GROUPED, group_record, list_warnings, show_groups
from identity_cli.errors import ExitCode
from identity_cli.findings.finding import Finding
from identity_cli.findings.formats import FORMATS, pieces_of
from identity_cli.findings.log_report import LogReport, log_report
from identity_cli.findings.settings import FILE as SETTINGS_FILE
from identity_cli.findings.settings import Settings, read_settings, today
from identity_cli.findings.verdict import Verdict, damage_of, verdict_of
from identity_cli.reports.warning_report import warnings
from identity_cli.run_mark import is_run
from identity_cli.store.reading.run import Run
from identity_cli.warning_types import WARNING_TYPES

if TYPE_CHECKING:
    from identity_cli.findings.gate import Baseline, Condition

FORMAT = 1
COLUMNS = (
    *("code", "severity", "confidence", "message", "distinct_ids", "person_ids", "events", "unique_users"),
    *("first", "last", "since", "evidence", "threshold", "remedy", "commands", "fingerprint"),
)


@click.command("warnings", cls=Command, epilog="Example: idcli warnings --code silent_attach")
@option("--code", metavar="CODE", type=Known(known_codes), help="Only findings, or warnings, of that code.")
@option(
    "--severity",
    type=Known([*map(str, Severity)]),
    metavar="[error|warning|info]",
    help="Only findings at least so bad.",
)
@option(
    "--type", "warning_type", metavar="TYPE", type=Known(WARNING_TYPES), help="Only warnings of that type."
)
@option("--id", "distinct_id", metavar="ID", type=ID, help="Only what names that distinct id.")
@option("--all", "show_all", is_flag=True, help="Every finding in full, and every warning with its place.")
@option(
    "--explain",
    metavar="CODE",
    type=Known(known_codes),
    expose_value=False,
    callback=lambda ctx, parameter, code: _explain(ctx, code),
    help="Tell what a code means; needs no run.",
)
@option(
    "--each", is_flag=True, help="With --format sarif: a result for each finding, not for each rule and file."
)
@config_option
@option(
    "--fail-on",
    "conditions",
    multiple=True,
    metavar="SEVERITY|CODE[>N]",
    help="Exit 1 if there is a finding at least so bad, or of that code (more than N); may be repeated.",
)
@option(
    "--baseline", metavar="RUN|FILE", help="Only what is new since then: an earlier run, or its findings."
)
@format_option("table", "json", "ndjson", "csv", *FORMATS)
@with_run
@with_ids("distinct_id", whole=True)
@redactable("distinct_id")
@internal_option
@click.pass_context
def command(ctx: click.Context, /, run: Run, output: str, **asked: Any) -> None:
    """Show what is wrong in the log, the worst first.

    A verdict, findings by severity and damage, then ingestion warnings by type. Findings are what our audits
    conclude, warnings what the platform would have logged; --type and --all tell these by type or one by one.
    """
    conditions = _conditions(asked["conditions"])
    settings = read_settings(asked["config"])
    with at_work("Looking for what is wrong"):
        report = _narrowed(log_report(run, settings, today()), run, settings, asked)
    if asked["warning_type"] is not None or (asked["show_all"] and output in ("json", "ndjson", "csv")):
        _write_warnings(run, output, asked)
    else:
        _write_report(run, report, output, asked)
    if any(one.is_met_by(report.findings) for one in conditions):
        ctx.exit(ExitCode.FINDINGS)


def _explain(ctx: click.Context, code: str | None) -> None:
    """Tell what a code means, where one is asked for, and leave before a run is opened."""
    if code is not None and not ctx.resilient_parsing:
        explain(Page(), code)
        sys.stdout.flush()
        ctx.exit()


def _conditions(texts: Sequence[str]) -> "list[Condition]":
    if not texts:
        return []
    from identity_cli.findings.gate import condition_of  # here and below: whoever only looks has no gate

    return [condition_of(one) for one in texts]


def _narrowed(report: LogReport, run: Run, settings: Settings, asked: dict[str, Any]) -> LogReport:
    """Of a report what was asked for."""
    findings, types = report.findings, report.warnings
    if asked["warning_type"] not in (None, *WARNING_TYPES):
        from identity_cli.errors import UnknownChoice

        raise UnknownChoice("type of warning", asked["warning_type"], WARNING_TYPES)
    code, severity, distinct_id = asked["code"], asked["severity"], asked["distinct_id"]
    if code is not None:
        if code not in known_codes():
            from identity_cli.errors import UnknownChoice

            raise UnknownChoice("code", code, known_codes())
        _say_if_skipped(code, settings, asked["config"])
        findings = [one for one in findings if code in one.times_of]
        types = [one for one in types if one.type == code]
    if severity is not None:
        if severity not in list(Severity):
            from identity_cli.errors import UnknownChoice

            raise UnknownChoice("severity", severity, Severity)
        findings = [one for one in findings if one.severity.rank <= Severity(severity).rank]
    if distinct_id is not None:
        findings = [one for one in findings if one.names(distinct_id)]
        named = {one.type for one in run.warnings(None, distinct_id)}
        types = [one for one in types if one.type in named]
    if asked["baseline"] is not None:
        from identity_cli.findings.gate import new_since

        findings = new_since(findings, _baseline(asked["baseline"], settings), report.events)
    if findings is report.findings:
        return report
    return report._replace(
        verdict=_verdict(findings, asked["baseline"]),
        damage=damage_of(findings),
        findings=findings,
        warnings=types,
    )


def _verdict(findings: Sequence[Finding], baseline: str | None) -> Verdict:
    """The verdict on what was asked for alone."""
    if findings:
        return verdict_of(findings)
    return Verdict("No such finding." if baseline is None else f"Nothing is new since {baseline}.")


def _say_if_skipped(code: str, settings: Settings, config: str | None) -> None:
    if code not in WARNING_TYPES and settings.config.codes is not None and code not in settings.config.codes:
        print_error(f"idcli: {code} is skipped by {config or SETTINGS_FILE}, so nothing looked for it")


def _baseline(path: str, settings: Settings) -> "Baseline":
    """Of a run folder, or of a file."""
    from pathlib import Path

    from identity_cli.findings.gate import baseline_of, read_baseline

    if not is_run(Path(path)):
        return read_baseline(path)
    with Run(path) as earlier:
        found = log_report(earlier, settings)
        return baseline_of(found.findings, found.events)


def _write_report(run: Run, report: LogReport, output: str, asked: dict[str, Any]) -> None:
    if output == "json":
        write_document(_document(run, report))
    elif output in ("ndjson", "csv"):
        write_records(COLUMNS, (one.record for one in report.findings), output)
    elif output != "table":
        sys.stdout.writelines(_pieces(report, output, asked))
    elif asked["code"] in WARNING_TYPES:
        show_groups(Page(), warnings(run, asked["code"], asked["distinct_id"]))
    elif asked["code"] is not None and report.findings:
        show_in_full(Page(), report.findings, run.name)
    else:
        page = Page()
        show_report(page, report, run.name, in_full=asked["show_all"] or asked["distinct_id"] is not None)
        if asked["show_all"]:
            page.line()
            list_warnings(run, run.warnings(None, asked["distinct_id"]), output)


def _pieces(report: LogReport, output: str, asked: dict[str, Any]) -> Iterator[str]:
    if output == "sarif" and asked["each"]:
        from identity_cli.findings.sarif import sarif

        return sarif(report, each=True)
    return pieces_of(output, report)


def _write_warnings(run: Run, output: str, asked: dict[str, Any]) -> None:
    """Ingestion warnings alone, by type or one by one."""
    wanted = asked["warning_type"], asked["distinct_id"]
    if asked["show_all"]:
        list_warnings(run, run.warnings(*wanted), output)
        return
    groups = warnings(run, *wanted)
    if output == "json":
        write_document({"format": FORMAT, **_of_groups(run, groups)})
    elif output in ("ndjson", "csv"):
        write_records(GROUPED, map(group_record, groups), output)
    else:
        show_groups(Page(), groups)


def _document(run: Run, report: LogReport) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "verdict": str(report.verdict),
        "log": {"events": report.events, "persons": report.persons},
        "damage": report.damage._asdict(),
        "findings": [one.record for one in report.findings],
        "suppressed": len(report.suppressed),
        "expired_suppressions": [*map(str, report.expired)],
        **_of_groups(run, warnings(run)),
    }


def _of_groups(run: Run, groups: Any) -> dict[str, Any]:
    return {
        "total": sum(group.times for group in groups),
        "types": [*map(group_record, groups)],
        "attached_to_identified": run.count("silent"),
    }
