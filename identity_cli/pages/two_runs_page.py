"""The page of two runs: what a repair, a release or other rules changed, and who moved."""

from collections.abc import Iterator, Sequence

from identity_cli.comparing.comparison import ChangeKind, Comparison, PersonChange
from identity_cli.comparing.run_differences import Diff, diff
from identity_cli.drawing.telling import suspicions
from identity_cli.pages.before_and_after import BeforeAndAfter
from identity_cli.pages.contents import Figure, FindingShown, Page, Table
from identity_cli.pages.persons_shown import Gallery, cut_table
from identity_cli.pages.run_page import kicker, made
from identity_cli.reports.run_summary import summary
from identity_cli.store.reading.run import Run

MOST_DRAWN = 12
"""Changes that are drawn, before and after; the others are listed."""
MOST_PERSONS = 3
"""Persons drawn of each side of a change."""
_SEVERITIES = {ChangeKind.MERGED: "warning", ChangeKind.OVERLAPPING: "warning"}
_MEANINGS = {
    ChangeKind.MERGED: "were several persons, are one",
    ChangeKind.SPLIT: "were one person, are several",
    ChangeKind.OVERLAPPING: "exchanged ids",
    ChangeKind.NEW: "have only ids that were not there",
    ChangeKind.GONE: "had only ids that are gone",
}


def page_of_two(old: Run, new: Run) -> Page:
    """Who is together in one run and apart in the other."""
    found = diff(old, new)
    before, after = summary(old), summary(new)
    changes = found.comparison.changes
    drawn = [change for change in changes if change.moved][:MOST_DRAWN]
    galleries = _gallery(old, drawn, "a"), _gallery(new, drawn, "b")
    page = Page(f"{kicker(before)}, two runs", _verdict(found.comparison), _lead(found))
    page.numbers = _numbers(found.comparison)
    page.findings_title = "Changes, the largest first"
    pairs = BeforeAndAfter(old, new, [one for one in drawn if one.old and one.new])
    page.findings = [_change(galleries, pairs, number, one) for number, one in enumerate(drawn)]
    page.empty = "Nobody moved: the same ids are together in both runs."
    page.persons_title = "Persons that changed, as they were and as they are"
    page.persons = [person for gallery in galleries for person in gallery.pages()]
    page.index = [one for gallery in galleries for one in gallery.index()]
    page.ids_in_all = found.comparison.ids
    page.tables = [(name, table) for name, table in _tables(found) if table.rows]
    page.made = [
        *((f"before: {name}", value) for name, value in made(old, before)),
        *((f"after: {name}", value) for name, value in made(new, after)),
    ]
    return page


def _gallery(run: Run, changes: Sequence[PersonChange], prefix: str) -> Gallery:
    ids = [one for change in changes for one in (change.old if prefix == "a" else change.new)[:MOST_PERSONS]]
    return Gallery(run, [run.find_person(one) for one in dict.fromkeys(ids)], suspicions(run), prefix)


def _verdict(comparison: Comparison) -> str:
    moved = sum(len(change.moved) for change in comparison.changes)
    before, after = comparison.persons_before, comparison.persons_after
    if not comparison.differs:
        return "The same persons in both runs"
    return f"{before:,} persons became {after:,}; {moved:,} distinct id{'' if moved == 1 else 's'} moved"


def _lead(found: Diff) -> str:
    told = [f"{name}: {old} before, {new} after." for name, (old, new) in found.settings.items()]
    return " ".join([f"{len(found.comparison.unchanged):,} persons have the same ids in both.", *told])


def _numbers(comparison: Comparison) -> list[tuple[str, str, str]]:
    counted = [(kind, comparison.count(kind)) for kind in ChangeKind]
    return [
        ("Persons before", f"{comparison.persons_before:,}", ""),
        ("Persons after", f"{comparison.persons_after:,}", ""),
        *((str(kind).capitalize(), f"{count:,}", _MEANINGS[kind]) for kind, count in counted if count),
    ]


def _change(
    galleries: tuple[Gallery, Gallery], pairs: BeforeAndAfter, number: int, change: PersonChange
) -> FindingShown:
    moved = change.moved
    before, after = galleries
    figures = [*pairs.figures(change, f"f{number}")] or [
        *_figures(before, change.old, f"f{number}a", "Before"),
        *_figures(after, change.new, f"f{number}b", "After"),
    ]
    rows = [(one.distinct_id, one.events, one.old or "", one.new or "") for one in moved]
    table = cut_table("Ids that moved", ("id", "events", "person before", "person after"), rows, {1})
    names = [*before.linked(change.old), *after.linked(change.new)]
    return FindingShown(
        f"f{number}",
        _SEVERITIES.get(change.kind, "info"),
        f"{change.kind}: {', '.join(dict.fromkeys(name for _, name in names))}",
        f"{len(moved):,} id{'' if len(moved) == 1 else 's'}, {change.events_moved:,} events",
        [f"{len(change.old):,} before, {len(change.new):,} after: {_MEANINGS[change.kind]}."],
        figures,
        [table],
        [],
        names,
    )


def _figures(gallery: Gallery, person_ids: Sequence[str], prefix: str, when: str) -> Iterator[Figure]:
    for index, person in enumerate(gallery.among(person_ids)):
        figure = gallery.figure(person, f"{prefix}{index}")
        yield figure._replace(title=f"{when}: {figure.title}", caption=when)


def _tables(found: Diff) -> Iterator[tuple[str, Table]]:
    rows = [
        (
            str(change.kind),
            change.ids,
            len(change.moved),
            change.events_moved,
            ", ".join(one.distinct_id for one in change.moved[:5]),
        )
        for change in found.comparison.changes
    ]
    head = ("change", "ids", "moved", "events moved", "for example")
    yield "changes", cut_table("All changes", head, rows, {1, 2, 3})
    differ = found.properties_differ
    yield (
        "properties",
        cut_table("The same ids, other properties", ("person before", "person after"), differ, set()),
    )
