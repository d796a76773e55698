"""The page of a run: the verdict, findings by damage, over time, persons, conflicts, and how it was made."""

import json
from collections.abc import Iterator, Sequence

from identity_cli.drawing.finding_flags import finding_words
from identity_cli.findings.finding import Finding
from identity_cli.findings.log_report import LogReport, log_report
from identity_cli.findings.settings import DEFAULT, Settings
from identity_cli.outcomes import is_refused
from identity_cli.pages.contents import FindingShown, Indexed, Page, Table
from identity_cli.pages.persons_shown import Gallery, cut_table, value_text
from identity_cli.pages.run_charts import charts_of
from identity_cli.reports.run_summary import Summary, summary
from identity_cli.reports.warning_report import warnings
from identity_cli.store.reading.graph_rows import values_lost
from identity_cli.store.reading.rows import LinkRow, PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.values.shown import NAMING, called, shown

MOST_FINDINGS = 20
"""Findings that are drawn; the others are listed with the command that shows them."""
MOST_PERSONS = 12
"""The largest persons, beside those of findings."""
MOST_INDEXED = 2_000
"""Distinct ids that the search finds beside those of the persons shown."""
MOST_EVIDENCE = 12


def page_of_run(run: Run, settings: Settings = DEFAULT) -> Page:
    """What there is to show of a whole run."""
    report, about = log_report(run, settings), summary(run)
    found = report.findings
    gallery = Gallery(run, _persons_shown(run, found), finding_words(run, found))
    page = Page(kicker(about), report.verdict.sentence, _lead(about, report), _numbers(about, found))
    page.findings = [
        shown_finding(run, gallery, number, one) for number, one in enumerate(found[:MOST_FINDINGS])
    ]
    page.empty = f"No audit found anything in the {sum(about.outcomes.values()):,} links of this log."
    page.charts = charts_of(run.original or run, found)
    page.persons_title = "Persons of the findings, and the largest"
    page.persons = [*gallery.pages()]
    page.index = [*gallery.index(), *_further_ids(run, gallery)]
    page.ids_in_all = about.distinct_ids
    page.tables = [(name, table) for name, table in _tables(run, gallery, about, found) if table.rows]
    page.made = [*made(run, about)]
    if gallery.missing is not None:
        page.made.append(("events between links", f"not drawn: {gallery.missing}"))
    return page


def _persons_shown(run: Run, found: Sequence[Finding]) -> list[PersonRow]:
    """The persons of the first findings, the first two of each, then the largest."""
    ids = [one for finding in found[:MOST_FINDINGS] for one in finding.person_ids[:2]]
    persons = [run.find_person(one) for one in dict.fromkeys(ids)]
    known = {one.person for one in persons}
    return persons + [one for one in run.persons("ids", MOST_PERSONS) if one.person not in known]


def kicker(about: Summary) -> str:
    """Which log it is, and of which days."""
    names = [source["path"] for source in about.sources]
    files = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more files"
    if about.days is None:
        return files
    first, last = about.days
    return f"{files}, {first:%d %B %Y}" + ("" if first == last else f" to {last:%d %B %Y}")


def _lead(about: Summary, report: LogReport) -> str:
    persons = f"Of {about.persons:,} persons, {about.identified:,} are identified"
    most = f"the largest has {about.most_ids:,} distinct ids"
    damage = report.damage
    told = f"{persons}; {most}."
    if damage.hidden or damage.doubled or damage.events:
        told += (
            f" By the findings, {damage.hidden:,} people are part of another's person, {damage.doubled:,}"
            f" persons are somebody's second, and {damage.events:,} events count for a wrong one or are gone."
        )
    return told


def _numbers(about: Summary, found: Sequence[Finding]) -> list[tuple[str, str, str]]:
    refused = sum(count for outcome, count in about.outcomes.items() if is_refused(outcome))
    links, warned = sum(about.outcomes.values()), sum(one.times for one in about.warnings)
    rejected = sum(one.times for one in about.rejected)
    severities = [str(one.severity) for one in found]
    by_severity = [f"{severities.count(one)} {one}s" for one in ("error", "warning") if one in severities]
    return [
        ("Events", f"{about.events:,}", f"of {about.lines:,} lines; {rejected:,} not usable"),
        ("Persons", f"{about.persons:,}", f"{about.identified:,} identified"),
        ("Distinct ids", f"{about.distinct_ids:,}", f"at most {about.most_ids:,} on one person"),
        ("Links asked for", f"{links:,}", f"{refused:,} refused"),
        ("Ingestion warnings", f"{warned:,}", f"{len(about.warnings):,} types"),
        ("Findings", f"{len(found):,}", ", ".join(by_severity)),
    ]


def shown_finding(run: Run, gallery: Gallery, number: int, one: Finding) -> FindingShown:
    """A finding with its evidence, the timeline of its first person, and what mends it."""
    persons = [run.find_person(person_id) for person_id in one.person_ids[:2]]
    links = [link for person in persons for link in run.links_of(run.parts_of(person.person))]
    evidence = gallery.links(_evidence(one, links), "Evidence")
    return FindingShown(
        f"f{number}",
        str(one.severity),
        one.message,
        _damage(one),
        [told for told in (one.remedy, _since(gallery, one), _threshold(one)) if told],
        [gallery.figure(person, f"f{number}t") for person in gallery.among(one.person_ids)[:1]],
        [evidence] if evidence.rows else [],
        one.commands,
        gallery.linked(one.person_ids),
    )


def _evidence(one: Finding, links: Sequence[LinkRow]) -> list[LinkRow]:
    """Links that name its ids and that somebody should look at."""
    ids = set(one.distinct_ids)
    found = {
        link.seq: link
        for link in links
        if {link.source_distinct_id, link.target_distinct_id} & ids
        and (link.is_silent or link.is_forced or is_refused(link.outcome) or link.seq == one.first.seq)
    }
    return [*found.values()][:MOST_EVIDENCE]


def _damage(one: Finding) -> str:
    users = abs(one.unique_users)
    parts = [f"{one.events:,} event{'' if one.events == 1 else 's'}"] if one.events else []
    if users:
        parts.append(
            f"{users:,} user{'' if users == 1 else 's'} too {'many' if one.unique_users > 0 else 'few'}"
        )
    return ", ".join(parts)


def _since(gallery: Gallery, one: Finding) -> str:
    sender = " ".join(filter(None, (one.since.lib, one.since.version)))
    when = (one.since.moment.time or "")[:16].replace("T", " ")
    at = f"Since {gallery.where(one.since.moment.seq)}"
    return f"{at}{f', {when}' if when else ''}{f', sent by {sender}' if sender else ''}."


def _threshold(one: Finding) -> str:
    if one.threshold is None:
        return ""
    seen, limit = (f"{one.threshold[key]:g}" for key in ("seen", "limit"))
    return f"Seen: {seen}; told from {limit} on ({one.threshold['source']})."


def _further_ids(run: Run, gallery: Gallery) -> Iterator[Indexed]:
    """Ids of other persons, the busiest first, that the search finds."""
    lost: dict[int, list[str]] = {}
    for _, person, values in values_lost(run):
        lost.setdefault(person, []).extend(str(values[key]) for key in NAMING if key in values)
    count = 0
    for row in run.persons("events"):
        if row.person in gallery:
            continue
        properties = json.loads(row.properties)
        also = " ".join(
            [*(str(properties[key]) for key in NAMING if key in properties), *lost.get(row.person, ())]
        )
        for one in run.ids_of(row.person):
            yield Indexed(
                one.distinct_id, called(properties, row.creator_distinct_id), also, one.event_count, ""
            )
            count += 1
        if count >= MOST_INDEXED:
            return


def _tables(
    run: Run, gallery: Gallery, about: Summary, found: Sequence[Finding]
) -> Iterator[tuple[str, Table]]:
    further = [(str(one.severity), one.message, " ; ".join(one.commands)) for one in found[MOST_FINDINGS:]]
    yield "further", cut_table("Further findings", ("severity", "what", "shows more"), further, set())
    firsts = {one.type: str(one.origin) for one in about.warnings}
    types = [(one.type, one.times, one.about.meaning, firsts[one.type]) for one in warnings(run)]
    yield "warnings", cut_table("Ingestion warnings", ("type", "times", "meaning", "first"), types, {1, 3})
    lost = [
        (gallery.where(seq), key, value_text(value))
        for seq, _, values in values_lost(run)
        for key, value in values.items()
    ]
    yield "conflicts", cut_table("Values lost in merges", ("line", "key", "value"), lost, {0})
    rejected = [(str(one.origin), one.what, one.times) for one in about.rejected]
    yield "rejected", cut_table("Lines that could not be used", ("first", "why", "times"), rejected, {2})


def made(run: Run, about: Summary) -> Iterator[tuple[str, str]]:
    """How the run was made, so that somebody else can make it again."""
    for source in about.sources:
        yield source["path"], f"{source['lines']:,} lines, {source['size']:,} bytes, hash {source['hash']}"
    yield "rules", about.rule_set
    yield "buffer", f"{about.buffer_seconds:g} s"
    paths = " ".join(shown(source["path"]) for source in about.sources[:3])
    yield "again", f"idcli replay {paths} --rules {about.rule_set} && idcli report"
    for one in about.books:
        yield "balance", str(one)
