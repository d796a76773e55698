"""A finished run: opened read-only, one method per question.

Everything to the right of the store asks here and nowhere else; SQL stays in this folder.
Imports as little as it can: looking up one person should take no longer than starting.
"""

import os.path
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from identity_cli.origins import as_stored
from identity_cli.run_mark import DATABASE
from identity_cli.store.reading.opened import StoreError
from identity_cli.store.reading.person_lists import COUNT_STANDING, PERSON_ORDERS
from identity_cli.store.reading.rows import LinkRow, PersonRow, WarningRow
from identity_cli.store.reading.run_persons import LINKS, WARNINGS, RunPersons, link_row, warning_row

__all__ = ["PERSON_ORDERS", "Run", "StoreError"]

_REJECTED = "rejected.ndjson"


class Run(RunPersons):
    """The result of one replay."""

    # Figures of the whole

    def _repr_html_(self) -> str:
        from identity_cli.values.notebook import html_of  # a terminal shows none

        return html_of(self)

    def __repr__(self) -> str:
        return (
            f"<Run {self.name}: {self.count('persons')} persons, {self.count('distinct_ids')} distinct ids>"
        )

    def count(self, what: str) -> int:
        """How many of what: persons (that stand), distinct_ids, links, ...; see _COUNTS."""
        return self._one(_COUNTS[what])

    def counts_by(self, table: str, column: str) -> dict[str, int]:
        """Rows of a table per value of a column, the most frequent first."""
        query = f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self._rows(query))

    def files(self) -> list[tuple[str, int]]:
        """The files of the run folder and their sizes."""
        beside = self.metadata.get("files", {})
        return sorted([(DATABASE, self._stat.st_size), *beside.items()])

    def warning_examples(self) -> dict[str, tuple[int, WarningRow]]:
        """Per type of warning, the most frequent first: how many, and the first."""
        query = "SELECT type, count(*), min(rowid) FROM warnings GROUP BY 1 ORDER BY 2 DESC, 1"
        return {name: (count, self._warning(first)) for name, count, first in list(self._rows(query))}

    def reasons(self, table: str) -> dict[str, tuple[int, int]]:
        """Per reason in a table of events, the earliest first: how many, and the first one's seq."""
        query = f"SELECT reason, count(*), min(seq) FROM {table} GROUP BY 1 ORDER BY 3"
        return {reason: (count, first) for reason, count, first in self._rows(query)}

    def blank_ids(self) -> tuple[int, int] | None:
        """Events under ids of nothing but blanks, and the first of them; None if there are none."""
        query = "SELECT sum(event_count), min(seq) FROM main.distinct_ids WHERE trim(distinct_id) = ''"
        events, first = self.database.execute(query).fetchone()
        return None if events is None else (events, first)

    def silent_attachments(self) -> Iterator[LinkRow]:
        """Links that put an unknown id on a person already identified, which nothing warns of."""
        where = "outcome = 'attached' AND source_identified"
        return map(link_row, self._rows(f"{LINKS} WHERE {where} ORDER BY links.rowid"))

    def forced_merges(self) -> Iterator[LinkRow]:
        """Links that merged away a person already identified, which few kinds of links may."""
        where = "outcome = 'merged' AND source_identified"
        return map(link_row, self._rows(f"{LINKS} WHERE {where} ORDER BY links.rowid"))

    def first_refusal(self) -> LinkRow | None:
        """The first link refused because of who the other id's person is."""
        where = (
            "outcome IN ('refused_identified', 'refused_taken', 'refused_full') ORDER BY links.rowid LIMIT 1"
        )
        return next(map(link_row, self._rows(f"{LINKS} WHERE {where}")), None)

    def days(self) -> tuple[date, date] | None:
        """First and last day of the log: by when its events arrived, else by when they happened."""
        seen = self.metadata["arrivals"]
        ends = seen.get("first"), seen.get("last")
        if ends[0] is None:
            query = "SELECT min(first_seen), max(last_seen) FROM main.distinct_ids"
            ends = self.database.execute(query).fetchone()
        if None in ends:
            return None
        return date.fromisoformat(ends[0][:10]), date.fromisoformat(ends[1][:10])

    def team_count(self) -> int:
        """How many teams have persons; of the whole run."""
        return int(self.metadata["teams"])

    def books(self) -> list[tuple[str, int, dict[str, int]]]:
        """Sums that must balance: what, how many, and the parts they must add up to; of the whole run."""
        about = self.metadata
        personless = self._one(
            "SELECT coalesce(sum(event_count), 0) FROM main.distinct_ids WHERE person IS NULL"
        )
        dropped = self._one("SELECT count(*) FROM dropped")
        nobodys = self._one("SELECT count(*) FROM touching_nobody")
        without_person = self._one("SELECT count(*) FROM main.distinct_ids WHERE person IS NULL")
        attributed, on_persons = self.database.execute(
            "SELECT coalesce(sum(event_count), 0), coalesce(sum(id_count), 0)"
            " FROM main.persons WHERE survivor IS NULL"
        ).fetchone()
        return [
            (
                "lines" if about["seqs"] == about["lines"] else "lines and events in batches",
                about["seqs"],
                {"events": about["events"], "rejected": self.count("rejected"), "blank": about["blank"]},
            ),
            (
                "events",
                about["events"],
                {
                    "attributed": attributed,
                    "without a person": personless,
                    "touching nobody": nobodys,
                    "dropped": dropped,
                },
            ),
            *self._plan_book(),
            ("links", about["links"], self.counts_by("main.links", "outcome")),
            (
                "distinct ids",
                about["distinct_ids"],
                {"on persons": on_persons, "without a person": without_person},
            ),
        ]

    def left_out(self) -> list[int]:
        """The seqs of the events that a plan left out."""
        query = "SELECT seq FROM dropped WHERE reason = 'left out by the plan' ORDER BY seq"
        return [seq for (seq,) in self.database.execute(query)]

    def _plan_book(self) -> list[tuple[str, int, dict[str, int]]]:
        """That every event of a plan was met, if there was one."""
        planned = len(self.metadata["options"]["left_out"])
        empty = self.metadata.get("left_out_nothing", 0)
        parts = {"left out": len(self.left_out()), "where no event is": empty}
        return [("events of the plan", planned, parts)] if planned else []

    # Warnings

    def warnings(
        self, warning_type: str | None = None, distinct_id: str | None = None
    ) -> Iterator[WarningRow]:
        """Ingestion warnings in order; distinct_id: only those that name it."""
        where, arguments = "", []
        if warning_type is not None:
            where, arguments = " WHERE type = ?", [as_stored(warning_type)]
        for row in self.database.execute(f"{WARNINGS}{where} ORDER BY rowid", arguments):
            warning = warning_row(row)
            named = (warning.distinct_id, *warning.details.values())
            if distinct_id is None or distinct_id in named:
                yield warning

    def _warning(self, rowid: int) -> WarningRow:
        return warning_row(self.database.execute(f"{WARNINGS} WHERE rowid = ?", (rowid,)).fetchone())

    # Whole tables; each a name of tables.run_tables.TABLES

    def records(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The records of a table, as tables.run_tables describes them; UnknownChoice, NoEvents."""
        from identity_cli.store.reading import queries  # only who wants whole tables needs it

        if table not in queries.RECORDS:
            from identity_cli.errors import UnknownChoice

            raise UnknownChoice("table", table, queries.RECORDS)
        if table == "events" and not self.has_events():
            from identity_cli.errors import NoEvents

            raise NoEvents
        return queries.RECORDS[table](self)

    def person_records(self, found: Iterable[PersonRow]) -> Iterator[tuple[Any, ...]]:
        """Some persons as records of the table of persons."""
        from identity_cli.store.reading import queries

        return queries.person_records(self, found)

    def arrow(self, table: str) -> Any:
        """A table as pyarrow.Table: typed, with real times, lists and JSON; ExtraMissing without pyarrow."""
        from identity_cli.store.reading import frames  # takes its time to import

        return frames.arrow(table, self.records(table))

    def frame(self, table: str, library: str | None = None) -> Any:
        """A table as a data frame: pandas.DataFrame or polars.DataFrame, as the library is called.

        Where none is named, whichever of the two is in use or else installed. JSON stays text.
        """
        from identity_cli.store.reading import frames  # takes its time to import

        return frames.frame(table, self.records(table), library)

    def rejected_lines(self) -> Iterator[str]:
        """The file of lines that could not be used, line by line."""
        path = os.path.join(self._place, _REJECTED)  # noqa: PTH118 -- pathlib alone costs half a start of Python
        try:
            lines = open(path, encoding="utf-8", newline="\n")
        except FileNotFoundError:
            self.check_in_place()
            return
        with lines:
            self.check_in_place()  # what is open now stays what it is
            yield from lines

    # Internal users

    @property
    def internal_users(self) -> dict[str, Any] | None:
        """What was said of internal users, as store.writing.internal_marks writes it; None if nothing was."""
        about: dict[str, Any] | None = self.metadata.get("internal_users")
        return about

    def internal_counts(self) -> dict[str, tuple[int, int]]:
        """Persons, events and distinct_ids: all that persons have, and how many are internal ones'."""
        from identity_cli.store.reading import (
            internal_shown,  # only runs that tell internal users apart need it
        )

        figures = self.database.execute(internal_shown.COUNTS).fetchone()
        return {"persons": figures[:2], "events": figures[2:4], "distinct_ids": figures[4:]}

    def internal_reasons(self, persons: Iterable[int]) -> dict[int, str]:
        """Why each of these persons is internal; those that are not are missing."""
        query = "SELECT person, reason FROM internal_persons WHERE person IN {parts}"
        return dict(self.rows_about(query, persons))

    def internal_reason(self, person: int) -> str | None:
        """Why that person is internal; None if it is not, or if the run was not told who is."""
        try:
            return self.internal_reasons([person]).get(person)
        except sqlite3.OperationalError:  # no table of them
            return None

    def show_internal(self, which: str) -> None:
        """From now on tell of everybody ("include"), without internal persons ("exclude"), or of them "only".

        Persons, ids, links, warnings, events and what waited are narrowed, the books and what
        nobody owns are not. NoInternalUsers if the run was not told who is internal.
        """
        if which == self.shows_internal:
            return
        if self.internal_users is None:
            from identity_cli.errors import NoInternalUsers

            raise NoInternalUsers(self.name)
        from identity_cli.store.reading import internal_shown

        internal_shown.widen(self.database)
        if which != "include":
            internal_shown.narrow(self.database, which, with_events=self.has_events())
        self.shows_internal = which


_COUNTS = {
    "persons": COUNT_STANDING,
    "identified": "SELECT count(*) FROM persons WHERE survivor IS NULL AND identified_seq IS NOT NULL",
    "distinct_ids": "SELECT count(*) FROM distinct_ids",
    "links": "SELECT count(*) FROM links",
    "merges": "SELECT count(*) FROM links WHERE outcome = 'merged'",
    "warnings": "SELECT count(*) FROM warnings",
    "held": "SELECT count(*) FROM held",
    "held_found": "SELECT count(*) FROM held WHERE person_existed",
    "forced": "SELECT count(*) FROM links WHERE outcome = 'merged' AND source_identified",
    "silent": "SELECT count(*) FROM links WHERE outcome = 'attached' AND source_identified",
    "most_ids": "SELECT coalesce((SELECT max(id_count) FROM persons WHERE id_count > 1),"
    " EXISTS (SELECT 1 FROM persons WHERE survivor IS NULL))",
    "rejected": "SELECT count(*) FROM rejected",
}
