"""Runs, persons and findings in a notebook: as the drawings and tables that pages have."""

from collections.abc import Sequence
from typing import NamedTuple

from identity_cli.drawing.finding_flags import finding_words
from identity_cli.drawing.run_pictures import drawings, of_everybody, of_persons, one_drawing
from identity_cli.findings.finding import Finding
from identity_cli.findings.found import findings_of
from identity_cli.reports.person_report import PersonReport
from identity_cli.store.reading.run import Run
from identity_cli.values.shown import markup


class Picture(NamedTuple):
    """A drawing; a notebook shows it, svg is its text."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def draw(run: Run, *wanted: str, team_id: int | None = None) -> Picture:
    """The timelines of persons, by any of their ids; of the whole run its shapes, the rare ones first."""
    words = finding_words(run, findings_of(run))
    if not wanted:
        return Picture(one_drawing(of_everybody(run, words)))
    persons = [(run.find_person(one, team_id), one) for one in wanted]
    return Picture(one_drawing(of_persons(run, persons, words)))


def html_of(record: object) -> str:
    """A run, a person or a finding."""
    match record:
        case Run():
            return drawings(of_everybody(record), is_file=True)[0]
        case PersonReport():
            return _of_person(record)
        case Finding():
            return _of_finding(record)
        case _:
            return markup(repr(record))


def _of_person(report: PersonReport) -> str:
    rows = [
        (
            one.distinct_id,
            f"{one.how}{' !' if one.silently else ''}",
            one.linked_with or "",
            f"{one.event_count:,}",
        )
        for one in report.distinct_ids
    ]
    about = f"{report.person.id_count:,} distinct ids, {report.person.event_count:,} events"
    return f"<p><b>{markup(report.person.person_id)}</b> {about}</p>" + _table(
        ("id", "how", "with", "events"), rows
    )


def _of_finding(found: Finding) -> str:
    rows = [
        ("code", found.code),
        ("severity", str(found.severity)),
        ("ids", ", ".join(found.distinct_ids)),
        ("since", str(found.since.moment.origin)),
        ("what to do", found.remedy),
        *(("command", command) for command in found.commands),
    ]
    return f"<p><b>{markup(found.message)}</b></p>" + _table(("", ""), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{markup(name) if name else ''}</th>" for name in head)
    cells = "".join(
        f"<tr>{''.join(f'<td>{markup(cell) if cell else chr(0x2014)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{cells}</tbody></table>"
