"""The persons of a page: each with its timeline, ids, properties and what wrote them, links, events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps
from typing import Any

from identity_cli.drawing.svg_timeline import timeline
from identity_cli.drawing.telling import short_address, stories
from identity_cli.pages.contents import Figure, Indexed, PersonShown, Table
from identity_cli.reports.person_report import PersonReport, person
from identity_cli.store.reading.rows import LinkRow, PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.values.shown import NAMING, shown

DRAWING_WIDTH = 880.0
MOST_ROWS = 50
"""Of one table of a person; what is left out is counted."""
LONGEST_VALUE = 300


class Gallery:
    """Persons that a page may show, drawn once each; every one has a page of its own."""

    def __init__(
        self, run: Run, persons: Sequence[PersonRow], finding_words: Mapping[int, str], prefix: str = "p"
    ) -> None:
        """prefix: of the anchors of these persons, another for each gallery of a page."""
        self._run = run
        self._prefix = prefix
        self._is_one_file = len(run.sources()) == 1
        told = stories(run, [(one, one.creator_distinct_id) for one in persons], finding_words)
        self.missing = told.missing
        self.stories = {one.person: story for one, story in zip(persons, told.stories, strict=True)}
        self._order = {one.person: number for number, one in enumerate(persons)}
        self._rows = {one.person: one for one in persons}

    def __contains__(self, person: int) -> bool:
        return person in self.stories

    def anchor(self, person: int) -> str:
        """Of a person's page; "" where it has none."""
        return f"{self._prefix}{self._order[person]}" if person in self._order else ""

    def name(self, person: int) -> str:
        """What to call a person."""
        return self.stories[person].person_name(person)

    def figure(self, person: int, prefix: str) -> Figure:
        """A person's timeline."""
        story = self.stories[person]
        drawn = timeline(story, prefix=prefix, width=DRAWING_WIDTH, is_file=False)
        return Figure(f"Timeline of {shown(self.name(person))}", drawn)

    def among(self, person_ids: Iterable[str]) -> list[int]:
        """Those of these persons that it has."""
        numbers = {row.person_id: number for number, row in self._rows.items()}
        return [numbers[one] for one in person_ids if one in numbers]

    def linked(self, person_ids: Iterable[str]) -> list[tuple[str, str]]:
        """Their anchors and names."""
        return [(self.anchor(one), self.name(one)) for one in self.among(person_ids)]

    def pages(self) -> Iterator[PersonShown]:
        """All persons."""
        for number, row in self._rows.items():
            report = person(self._run, row.person_id)
            ids, events = (
                f"{row.id_count:,} distinct id{_s(row.id_count)}",
                f"{row.event_count:,} event{_s(row.event_count)}",
            )
            yield PersonShown(
                self.anchor(number),
                self.name(number),
                f"{ids}, {events}, {'identified' if row.is_identified else 'not identified'}",
                self.figure(number, f"{self.anchor(number)}t"),
                [table for table in self._tables(report) if table.rows],
                row.person_id,
            )

    def _tables(self, report: PersonReport) -> Iterator[Table]:
        story = self.stories[report.person.person]
        yield cut_table(
            *("Distinct ids", ("id", "how", "with", "line", "events")),
            [
                (
                    one.distinct_id,
                    f"{one.how}{' !' if one.silently else ''}",
                    one.linked_with or "",
                    self.where(one.seq),
                    one.event_count,
                )
                for one in report.distinct_ids
            ],
            {3, 4},
        )
        yield cut_table(
            *("Properties, and what wrote them", ("key", "value", "was", "by", "line")),
            [
                (
                    key,
                    value_text(one.value),
                    value_text(one.replaced[0]) if one.replaced else "",
                    one.event,
                    self.where(one.seq),
                )
                for key, one in report.properties.items()
            ],
            {4},
        )
        yield cut_table(
            *("All that was written on it", ("key", "what", "value", "was", "line")),
            [*self._history(report.person.person)],
            {4},
        )
        yield cut_table("Values lost in merges", ("key", "value", "line"), [*self.losses(report.links)], {2})
        yield self.links(report.links)
        yield cut_table(
            *("Events", ("line", "time", "event", "id", "library")),
            [
                (one.where, (one.time or "")[:19].replace("T", " "), one.event, one.distinct_id, one.library)
                for one in story.ticks
            ],
            {0, 1},
        )

    def _history(self, number: int) -> Iterator[tuple[str, str, str, str, str]]:
        """Every write of every property, on the person and on those merged into it, property by property."""
        rows = [
            (key, operation.replace("_", " "), values, change)
            for change in self._run.changes_of(self._run.parts_of(number))
            for operation, key, *values in change.changes
        ]
        for key, what, values, change in sorted(rows, key=lambda row: row[0]):
            value, *before = map(value_text, values)
            was = "" if not before else before[0]
            yield key, what, "" if what == "unset" else value, was, self.where(change.seq)

    def links(self, links: Iterable[LinkRow], title: str = "Links") -> Table:
        """Links and what came of them."""
        rows = [
            (
                self.where(one.seq),
                one.event,
                f"{one.source_distinct_id} into {one.target_distinct_id}",
                _outcome(one),
            )
            for one in links
        ]
        return cut_table(title, ("line", "event", "what it asked for", "what came of it"), rows, {0})

    def losses(self, links: Iterable[LinkRow]) -> Iterator[tuple[str, str, str]]:
        """Values that the target's beat."""
        for link in links:
            for key, value in (link.dropped or {}).items():
                yield key, value_text(value), self.where(link.seq)

    def where(self, seq: int) -> str:
        """The address of an event, as short as it can be."""
        return short_address(self._run, seq, is_one_file=self._is_one_file)

    def index(self) -> Iterator[Indexed]:
        """Every id of these persons, with all that they were ever called."""
        for number, story in self.stories.items():
            also = " ".join(dict.fromkeys([*self._called(number), *story.names.values()]))
            for one in story.ids:
                yield Indexed(one, self.name(number), also, story.events.get(one, 0), self.anchor(number))

    def _called(self, number: int) -> Iterator[str]:
        """Names and e-mails that a person and all that were merged into it ever had."""
        parts = self._run.parts_of(number)
        for change in self._run.changes_of(parts):
            for _, key, *values in change.changes:
                if key in NAMING:
                    yield from (one for one in values if isinstance(one, str))


def cut_table(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str | int]], numbers: set[int]
) -> Table:
    """A table of at most so many rows."""
    left = len(rows) - MOST_ROWS
    more = f"and {left:,} more" if left > 0 else ""
    return Table(title, head, rows[:MOST_ROWS], frozenset(numbers), more)


def value_text(value: Any) -> str:
    """A property's value, cut where it is a document."""
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _outcome(link: LinkRow) -> str:
    words = link.outcome.replace("_", " ")
    lost = f", {len(link.dropped)} values lost" if link.dropped else ""
    mark = " to somebody identified, without a warning" if link.is_silent else ""
    return f"{words}{mark}{' though identified' if link.is_forced else ''}{lost}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
