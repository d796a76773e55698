"""What a run has of each hour: events by person, links by outcome, warnings by type; all by sender."""

import zlib
from collections.abc import Iterator

from identity_cli.store.reading.rows import Row
from identity_cli.store.reading.run import Run
from identity_cli.tables.period_columns import UNDATED, Columns, id_hash, unpacked


class Sender(Row):
    """A library and its version, as lines name them; None where they do not."""

    lib: str | None
    lib_version: str | None


class EventsOfHour(Row):
    """Events of one person and one sender in an hour; hour: as period_columns counts, None for undated."""

    hour: int | None
    sender: Sender
    person: int | None
    events: int


class NotedInHour(Row):
    """Links of an outcome, or warnings of a type, and how many; hour: as 2023-03-15T13, None for undated."""

    hour: str | None
    sender: Sender
    what: str
    times: int


def events_by_hour(run: Run) -> Iterator[EventsOfHour]:
    """The events of the run; of the persons that it shows. RunUnreadable if its columns are damaged."""
    persons = {
        id_hash(team_id, distinct_id): person
        for team_id, distinct_id, person in run.database.execute(
            "SELECT team_id, distinct_id, person FROM distinct_ids"
        )
    }
    shows_all = run.shows_internal == "include"
    for hour, sender, own, events in counts_by_hour(run):
        if shows_all or own in persons:
            yield EventsOfHour(hour, sender, persons.get(own), events)


def counts_by_hour(run: Run) -> Iterator[tuple[int | None, Sender, int, int]]:
    """Hour, sender, hash of the id, and how many events; of everybody. RunUnreadable as events_by_hour."""
    senders = senders_of(run)
    for part in parts_of(run):
        for hour, sender, own, events in zip(*part, strict=True):
            yield None if hour == UNDATED else hour, senders[sender], own, events


def parts_of(run: Run) -> Iterator[Columns]:
    """The same as it is kept, part by part, in the order of the log. RunUnreadable as events_by_hour."""
    senders = senders_of(run).keys()
    try:
        for row in run.database.execute("SELECT hours, senders, ids, events FROM periods ORDER BY part"):
            part = unpacked(row)
            if not senders >= {*part.senders}:
                raise ValueError("a sender that is none")
            yield part
    except (zlib.error, TypeError, ValueError) as error:
        from identity_cli.errors import RunUnreadable

        raise RunUnreadable(run.name, f"its periods are damaged: {error}") from None


def senders_of(run: Run) -> dict[int, Sender]:
    """Libraries and versions by their numbers, in the order in which they came first."""
    rows = run.database.execute("SELECT sender, lib, lib_version FROM senders ORDER BY sender")
    return {number: Sender(*sender) for number, *sender in rows}


def links_by_hour(run: Run) -> Iterator[NotedInHour]:
    """Links by outcome."""
    return _noted(run, "outcome", "links")


def warnings_by_hour(run: Run) -> Iterator[NotedInHour]:
    """Ingestion warnings by type."""
    return _noted(run, "type", "warnings")


def _noted(run: Run, what: str, table: str) -> Iterator[NotedInHour]:
    query = (
        f"SELECT substr(time, 1, 13), lib, lib_version, {what}, count(*) FROM {table}"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    for hour, lib, lib_version, value, count in run.database.execute(query):
        yield NotedInHour(hour, Sender(lib, lib_version), value, count)
