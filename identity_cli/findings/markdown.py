"""What is wrong in a log as a page of Markdown: what a run folder has as warnings.md."""

import re
from collections.abc import Iterator

from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding
from identity_cli.findings.log_report import LogReport, WarningsOfType
from identity_cli.tables.escapes import printable

_MARKS = re.compile(r"([\\`*_{}\[\]<>#!|~&]|:(?=//)|(?<=www)\.)")
MOST_IDS = 10
TITLES = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.INFO: "Remarks"}


def markdown(report: LogReport) -> Iterator[str]:
    """The page: the verdict, findings by severity, then ingestion warnings by type."""
    yield f"# What is wrong in this log\n\n**{_text(str(report.verdict))}**\n\n"
    yield f"{report.events:,} events, {report.persons:,} persons. {_damage(report)}\n"
    for severity, title in TITLES.items():
        found = [one for one in report.findings if one.severity is severity]
        if found:
            yield f"\n## {title}: {len(found):,}\n"
        for finding in found:
            yield from _finding(finding)
    if report.warnings:
        count = sum(one.times for one in report.warnings)
        yield f"\n## What the platform would have warned of: {count:,}\n"
    for warnings in report.warnings:
        yield from _warnings(warnings)


def _damage(report: LogReport) -> str:
    damage = report.damage
    return (
        f"Unique users: {damage.hidden:,} too few, {damage.doubled:,} too many; "
        f"{damage.events:,} events concerned."
    )


def _finding(one: Finding) -> Iterator[str]:
    yield f"\n### {_text(one.message)}\n\n"
    sender = " ".join(filter(None, (one.since.lib, one.since.version)))
    time = (one.since.moment.time or "")[:19].replace("T", " ")
    yield f"- {_code(one.code)}, confidence {one.confidence:.0%}, first at {_code(str(one.first.origin))}\n"
    if sender or time:
        since = f" since {time}" if time else ""
        yield f"- Sent by {_code(sender)}{since}\n" if sender else f"- Since {time}\n"
    yield f"- Damage: {_of_users(one.unique_users)}{one.events:,} events\n"
    if one.distinct_ids:
        more = " …" if one.distinct_ids[MOST_IDS:] else ""
        yield f"- Ids: {', '.join(map(_code, one.distinct_ids[:MOST_IDS]))}{more}\n"
    if one.also:
        also = (f"{_code(other['code'])} x {other['times']:,}" for other in one.also)
        yield f"- Also seen as: {', '.join(also)}\n"
    if one.threshold is not None:
        limit, seen = f"{one.threshold['limit']:g}", f"{one.threshold['seen']:g}"
        yield f"- Threshold: {limit}, seen {seen}; {_text(one.threshold['source'])}\n"
    yield f"- What to do: {_text(one.remedy)}\n"
    for command in one.commands:
        yield f"- {_code(command)}\n"
    yield f"- Fingerprint: {_code(one.fingerprint)}\n"


def _warnings(one: WarningsOfType) -> Iterator[str]:
    yield f"\n### {_text(one.type)}: {one.times:,}\n\n{_text(one.about.meaning)}\n\n"
    yield f"- First: {_code(one.distinct_id)} at {_code(str(one.first))}\n"
    yield f"- What to do: {_text(one.about.remedy)}\n"


def _of_users(number: int) -> str:
    if not number:
        return ""
    users = f"{abs(number):,} unique user{'' if abs(number) == 1 else 's'}"
    return f"{users} too {'many' if number > 0 else 'few'}, "


def _text(text: str) -> str:
    """Nothing of it is markup, a link or a mention."""
    return _MARKS.sub(r"\\\1", printable(text))


def _code(text: str) -> str:
    """As it is, in a fence longer than any within."""
    shown = printable(text) or " "
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
