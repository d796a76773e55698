"""What is wrong in a log as a page: at 80 columns and 24 lines the few things that matter first."""

from collections.abc import Sequence

from identity_cli.audits.severity import Severity
from identity_cli.cli.terminal.page import Cell, Column, Page, number_column, origin_column
from identity_cli.cli.terminal.text import number_text, plural, time_text
from identity_cli.cli.terminal.typed import typed
from identity_cli.findings.finding import Finding
from identity_cli.findings.log_report import LogReport

STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
NARROW = 70
"""Columns of a terminal, below which what a finding costs does not fit beside it."""
SHOWN = 5
"""Findings told in short, two lines each; the other half of a screen has the rest."""


def show_report(page: Page, report: LogReport, run: str, *, in_full: bool) -> None:
    """Of a run, as it was named: the verdict, the damage, findings by severity, then warnings by type."""
    _show_verdict(page, report, run)
    damage = report.damage
    page.paragraph(
        f"Unique users: {damage.hidden:,} too few, {damage.doubled:,} too many, of {report.persons:,}. "
        f"{damage.events:,} of {plural(report.events, 'event')} concerned.",
        indent=0,
    )
    if in_full:
        show_in_full(page, report.findings, run)
    else:
        _show_in_short(page, report.findings)
    _show_warnings(page, report)
    _show_suppressed(page, report)


def _show_verdict(page: Page, report: LogReport, run: str) -> None:
    sentence, command = report.verdict
    line = typed(f"idcli {command}", run) if command else ""
    if len(sentence) + len(line) + 2 <= page.width or not command:
        page.sentence((": ".join(filter(None, (sentence, line))), "bold"))
    else:  # a command is never broken
        page.paragraph(f"{sentence}:", indent=0, style="bold")
        page.line(f"  {line}")


def show_in_full(page: Page, findings: Sequence[Finding], run: str) -> None:
    """Each finding with its cause, its damage, and what to do."""
    for finding in findings:
        page.line()
        _show_head(page, finding)
        page.paragraph(f"{finding.message}.")
        page.paragraph(f"What to do: {finding.remedy}")
        if finding.distinct_ids:
            page.paragraph(f"Ids: {', '.join(finding.distinct_ids)}")
        if finding.also:
            seen = (f"{one['code']} x {one['times']:,}" for one in finding.also)
            page.paragraph(f"Also seen as: {', '.join(seen)}")
        if finding.threshold is not None:
            limit = finding.threshold
            page.paragraph(f"Threshold {limit['limit']:g}, seen {limit['seen']:g}: {limit['source']}.")
        page.pairs(_details(finding, run), indent=4)


def _show_in_short(page: Page, findings: Sequence[Finding]) -> None:
    shown = findings if len(findings) <= SHOWN + 1 else findings[:SHOWN]
    counts = [(str(one), sum(found.severity is one for found in findings)) for one in Severity]
    page.heading("Findings", ", ".join(f"{number:,} {name}" for name, number in counts if number) or "none")
    for finding in shown:
        _show_head(page, finding)
        page.table([Column("", keep="start")], [[finding.message]], indent=4)
    if len(shown) < len(findings):
        page.line((f"  … and {number_text(len(findings) - len(shown))} more; --all shows them", "dim"))


def _show_head(page: Page, finding: Finding) -> None:
    style = STYLES[finding.severity]
    columns = [Column("", style=style), Column("", style="bold"), origin_column(""), Column("")]
    cells: list[Cell] = [str(finding.severity), finding.code, str(finding.first.origin), _damage(finding)]
    if page.is_terminal and page.width < NARROW:
        page.table(columns[:-1], [cells[:-1]])
        page.paragraph(_damage(finding), indent=4)
    else:
        page.table(columns, [cells])


def _damage(finding: Finding) -> str:
    users = finding.unique_users
    told = [f"{users:+,} user{'' if abs(users) == 1 else 's'}"] if users else []
    return ", ".join([*told, plural(finding.events, "event")])


def _details(finding: Finding, run: str) -> list[list[Cell]]:
    since = finding.since
    sender = " ".join(filter(None, (since.lib, since.version)))
    commands: list[list[Cell]] = [["see", typed(one, run)] for one in finding.commands]
    rows: list[list[Cell]] = [
        ["since", " ".join(filter(None, (time_text(since.moment.time), sender and f"by {sender}")))],
        *commands,
        ["sure", f"{finding.confidence:.0%}"],
        ["fingerprint", finding.fingerprint],
    ]
    return [row for row in rows if row[1]]


def _show_warnings(page: Page, report: LogReport) -> None:
    if not report.warnings:
        return
    page.heading("Ingestion warnings", f"{sum(one.times for one in report.warnings):,}")
    columns = [Column("type", keep="start"), number_column("times"), origin_column("first")]
    rows: list[list[Cell]] = [
        [(one.type, STYLES[one.about.severity]), one.times, str(one.first)] for one in report.warnings
    ]
    page.table(columns, rows)


def _show_suppressed(page: Page, report: LogReport) -> None:
    if report.suppressed:
        page.line()
        page.line((f"{plural(len(report.suppressed), 'finding')} suppressed by the settings", "dim"))
    for one in report.expired:
        page.sentence(("! ", "yellow"), f"no longer suppressed since {one.until}: {one}")
