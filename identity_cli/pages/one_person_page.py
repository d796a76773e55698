"""The page of one person, for a support ticket."""

from identity_cli.drawing.finding_flags import finding_words
from identity_cli.findings.kept import findings_of
from identity_cli.pages.contents import Page
from identity_cli.pages.persons_shown import Gallery
from identity_cli.pages.run_page import kicker, made, shown_finding
from identity_cli.reports.run_summary import summary
from identity_cli.store.reading.run import Run
from identity_cli.values.shown import shown


def page_of_person(run: Run, wanted: str, team_id: int | None = None) -> Page:
    """All that there is to show of the person of an id."""
    row, about = run.find_person(wanted, team_id), summary(run)
    found = findings_of(run)
    touching = [one for one in found if row.person_id in one.person_ids]
    gallery = Gallery(run, [row], finding_words(run, found))
    (person,) = gallery.pages()
    page = Page(f"{kicker(about)}: {wanted}", f"{shown(person.name)}: {person.about}", "")
    touch = "finding of this log touches" if len(touching) == 1 else "findings of this log touch"
    page.lead = f"{len(touching):,} {touch} this person."
    page.findings = [shown_finding(run, gallery, number, one) for number, one in enumerate(touching)]
    page.empty = "No finding of this log touches this person."
    page.persons_title, page.persons = "The person", [person]
    page.index, page.ids_in_all = [*gallery.index()], about.distinct_ids
    page.made = [*made(run, about)]
    return page
