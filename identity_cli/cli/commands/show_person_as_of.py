"""`idcli person --as-of`: who an id was at a moment of the log."""

from datetime import datetime

from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, origin_column
from identity_cli.cli.terminal.render import write_document
from identity_cli.cli.terminal.text import plural, value_text
from identity_cli.reports.as_of import PersonAsOf, is_day, person_as_of
from identity_cli.store.reading.run import Run

FORMAT = 1


def tell(run: Run, wanted: str, asked: tuple[str, int | None], output: str) -> None:
    """Print the person as of a moment; asked: the moment, and the team."""
    moment, team_id = asked
    found = person_as_of(run, wanted, moment, team_id)
    if output == "json":
        write_document(
            {
                "format": FORMAT,
                "asked_for": wanted,
                "as_of": moment,
                "until": found.until.isoformat() if isinstance(found.until, datetime) else found.until.place,
                "person_id": found.person_id,
                "creator_distinct_id": found.made_with,
                "is_identified": found.is_identified,
                "distinct_ids": sorted(found.distinct_ids),
                "properties": {key: written.value for key, written in found.properties.items()},
                "waiting": [origin.place for origin in found.waiting],
                "links": [
                    {
                        **run.origin(link.seq).place,
                        "event_uuid": link.uuid,
                        "event": link.event,
                        "source_distinct_id": link.source_distinct_id,
                        "target_distinct_id": link.target_distinct_id,
                        "outcome": link.outcome,
                    }
                    for link in found.links
                ],
            }
        )
    else:
        _show(Page(), run, wanted, found, moment)


def _moment_text(found: PersonAsOf, moment: str) -> str:
    if not isinstance(found.until, datetime):
        return str(found.until)
    if is_day(moment):
        return f"the end of {moment} (UTC)"
    return moment if datetime.fromisoformat(moment).tzinfo else f"{moment} (UTC)"


def _show(page: Page, run: Run, wanted: str, found: PersonAsOf, moment: str) -> None:
    state = ("identified", "green") if found.is_identified else ("anonymous", "yellow")
    page.line((f"As of {_moment_text(found, moment)}", "bold yellow"))
    page.sentence((wanted, "bold"), " was person ", found.person_id, ", ", state)
    page.line(f"made with {found.made_with}, {plural(len(found.distinct_ids), 'distinct id')}:")
    page.paragraph(", ".join(found.distinct_ids))
    if found.waiting:
        page.sentence(
            f"{plural(len(found.waiting), 'event')} of these ids waited in the buffer, the first of "
            f"{found.waiting[0]}, and had done nothing yet"
        )
    if found.properties:
        page.heading("Properties", f"{len(found.properties):,}")
        rows: list[list[Cell]] = [
            [key, value_text(written.value), f"${written.operation}", str(run.origin(written.seq))]
            for key, written in found.properties.items()
        ]
        columns = Column("key", "start", "bold"), Column("value", "start"), Column("by"), origin_column()
        page.table(columns, rows)
    if found.links:
        page.heading("Links so far", f"{len(found.links):,}")
        links: list[list[Cell]] = [
            [link.outcome, link.source_distinct_id, link.target_distinct_id, str(run.origin(link.seq))]
            for link in found.links
        ]
        page.table((Column("outcome"), id_column("other id"), id_column("into"), origin_column()), links)
