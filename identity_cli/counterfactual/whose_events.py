"""The events of a person, in order, each with whose it was when it came: the answer to "whose orders"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from identity_cli.answering import InNotebook
from identity_cli.errors import NotOfThatPerson
from identity_cli.events import Event, time_of
from identity_cli.origins import Origin
from identity_cli.reports.as_of import moment_in
from identity_cli.reports.owners import Owner, Owners
from identity_cli.reports.timeline import Timeline
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One event of a person.

    distinct_id: the one that it was sent under. library, version: what sent it, where the line names it.
    then: whose it was when it came, None for nobody's.
    """

    seq: int
    origin: Origin
    uuid: str | None
    time: datetime | None
    event: str
    distinct_id: str
    library: str | None
    version: str | None
    then: Owner | None


@dataclass(frozen=True, slots=True)
class PersonEvents(InNotebook):
    """A person and its events, in the order of the log."""

    person: PersonRow
    events: list[PersonEvent]


def person_events(
    run: Run,
    wanted: str,
    team_id: int | None = None,
    *,
    of: str | None = None,
    since: str | None = None,
    until: str | None = None,
    on_progress: Progress | None = None,
) -> PersonEvents:
    """The events of the person of an id: from the run where it kept them, else from the log.

    of: only those of one of its logins, that is sent under this id, or under no other login's while the
    person went by it. since, until: a line or a time, of a day its beginning and its end; both count in.
    on_progress: told the bytes of the log read so far. Errors of Run.find_person; NotOfThatPerson, BadMoment,
    LogGone, LogChanged.
    """
    row = run.find_person(wanted, team_id)
    bounds = _bound(run, since, "--since"), _bound(run, until, "--until")
    asked = _Asked(run, row)
    is_of = asked.filter_of(of)
    found = asked.kept() if run.has_events() else asked.from_log(on_progress)
    return PersonEvents(row, [one for one in found if is_of(one) and _lies_in(one, bounds)])


Bound = tuple[int, int] | tuple[datetime, datetime] | None


def _bound(run: Run, moment: str | None, option: str) -> Bound:
    return None if moment is None else moment_in(run, moment, option)


def _lies_in(one: PersonEvent, bounds: tuple[Bound, Bound]) -> bool:
    since, until = bounds
    return (since is None or _at(one, since) >= since[0]) and (until is None or _at(one, until) <= until[1])


class _Asked:
    """A person whose events are asked for."""

    def __init__(self, run: Run, row: PersonRow) -> None:
        self._run, self._row = run, row
        self._timeline = Timeline(run, row.person)
        self._rows = self._timeline.rows
        self._owners = Owners(run)

    def filter_of(self, login: str | None) -> Callable[[PersonEvent], bool]:
        """Whether an event is of a login."""
        if login is None:
            return lambda one: True
        if all(row.distinct_id != login for row in self._rows):
            raise NotOfThatPerson(login, self._row.person_id)
        others = self._run.logins_of(self._timeline.parts) - {login}
        return lambda one: (
            one.distinct_id == login
            or (one.distinct_id not in others and one.then is not None and one.then.known_as == login)
        )

    def kept(self) -> Iterator[PersonEvent]:
        """The events that the run kept."""
        ids = (row.distinct_id for row in self._rows)
        for seq, uuid, event, distinct_id, then, time, library, version in self._run.events_kept(
            self._row.team_id, ids
        ):
            yield PersonEvent(
                seq,
                self._run.origin(seq),
                uuid,
                None if time is None else datetime.fromisoformat(time),
                event,
                distinct_id,
                library,
                version,
                self._owners.of(then),
            )

    def from_log(self, on_progress: Progress | None) -> Iterator[PersonEvent]:
        """The events as the log has them."""
        from identity_cli.reading.left_out import uuid_in_text

        found = [*self._in_log(on_progress)]
        seqs = [seq for seq, _, _ in found]
        moments = self._run.moments(seqs)
        for seq, distinct_id, event in found:
            yield PersonEvent(
                seq,
                self._run.origin(seq),
                uuid_in_text(event.uuid),
                time_of(event),
                event.event,
                distinct_id,
                _text(event.properties.lib),
                _text(event.properties.lib_version),
                self._owners.of(self._timeline.owner_at(distinct_id, moments.get(seq, seq))),
            )

    def _in_log(self, on_progress: Progress | None) -> Iterator[tuple[int, str, Event]]:
        # A run that keeps its events needs nothing of what reads logs.
        from identity_cli.counterfactual.component import key_in
        from identity_cli.replaying.again.indexed_log import events_naming
        from identity_cli.replaying.again.rerun import options_of

        keys = {(self._row.team_id, row.distinct_id) for row in self._rows}
        options = options_of(self._run)
        names = {distinct_id for _, distinct_id in keys}
        for seq, event, counts_as, _ in events_naming(self._run, names, on_progress):
            if counts_as == seq and (key := key_in(event, options)) in keys:
                yield seq, key[1], event


def _text(value: Any) -> str | None:
    """What a line names as a library or its version, where that is text."""
    return value if isinstance(value, str) else None


def _at(one: PersonEvent, bound: tuple[int, int] | tuple[datetime, datetime]) -> Any:
    """Where an event stands, as its bound does: its place, or its time, the earliest where it has none."""
    if isinstance(bound[0], int):
        return one.seq
    return one.time or datetime.min.replace(tzinfo=UTC)
