"""Whole tables of a run: as records, as the lines that could not be used, as data frames."""

# ruff: noqa: PTH118  # pathlib alone costs half a start of Python

import os.path
from collections.abc import Iterable, Iterator
from typing import Any

from identity_cli.store.reading.graph_rows import RunGraphs
from identity_cli.store.reading.rows import PersonRow

_REJECTED = "rejected.ndjson"


class RunTables(RunGraphs):
    """What a run has in tables; each a name of tables.run_tables.TABLES."""

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

        return frames.arrow(self, table)

    def frame(self, table: str, library: str | None = None) -> Any:
        """A table as a data frame: pandas.DataFrame or polars.DataFrame, as the library is called.

        Where none is named, whichever of the two is in use or else installed. JSON stays text.
        """
        from identity_cli.store.reading import frames  # takes its time to import

        return frames.frame(self, table, library)

    def rejected_lines(self) -> Iterator[str]:
        """The file of lines that could not be used, line by line."""
        path = os.path.join(self._place, _REJECTED)
        try:
            lines = open(path, encoding="utf-8", newline="\n")
        except FileNotFoundError:
            self.check_in_place()
            return
        with lines:
            self.check_in_place()  # what is open now stays what it is
            yield from lines
