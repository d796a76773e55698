"""Who wrote a person's properties: each value's event, and the whole history of one of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from identity_cli.reports.person_report import person
from identity_cli.reports.property_history import in_order, is_stale
from identity_cli.store.reading.rows import ChangeRow, LinkRow, PersonRow, Row
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.counterfactual.unwritten import Unwritten

Progress = Callable[[int], None]


class BlamedValue(Row):
    """One thing that happened to a property.

    what: "set", "set_once" or "unset"; "lost" where a merge dropped the source's value, "brought" where it
    brought it along. person_id, made_with: whose property it was then. replaced: the value before in a
    list, empty if there was none. is_stale: an older event, ingested later, overwrote a newer value. uuid: of
    the event, where the run knows it.
    """

    key: str
    what: str
    value: Any
    replaced: list[Any]
    seq: int
    event: str
    time: str | None
    person_id: str
    made_with: str
    is_stale: bool = False
    uuid: str | None = None


class Blame(Row):
    """The properties of a person: their writes, or with a property its whole history.

    unwritten: of a property, what events say of it that was never written; None where that was not
    asked, or the log is gone.
    """

    person: PersonRow
    entries: list[BlamedValue]
    unwritten: "Unwritten | None" = None

    def to_dict(self) -> dict[str, Any]:
        """As answering.InNotebook."""
        from identity_cli.answering import as_dict  # nobody asks for it at a prompt

        return as_dict(self)

    def frame(self, library: str | None = None) -> Any:
        """As answering.InNotebook."""
        from identity_cli.answering import as_frame  # nobody asks for it at a prompt

        return as_frame(self, library)

    def _repr_html_(self) -> str:
        from identity_cli.answering import as_html  # nobody asks for it at a prompt

        return as_html(self)


def blame(
    run: Run,
    wanted: str,
    key: str | None = None,
    team_id: int | None = None,
    on_progress: Progress | None = None,
) -> Blame:
    """Which event wrote each current value of a person, or all that happened to the property `key`.

    A property's history also reads the log, for what came too late or stands on events alone; on_progress:
    told the bytes read so far. Errors of Run.find_person; UnknownProperty for one that it never had.
    """
    if key is None:
        return _current(run, wanted, team_id)
    person = run.find_person(wanted, team_id)
    history = _History(run, person, key)
    unwritten = _unwritten(run, person, key, (history.entries, on_progress))
    if not history.entries and not (unwritten and unwritten.found):
        known = sorted(history.keys)
        from difflib import get_close_matches

        from identity_cli.errors import UnknownProperty

        raise UnknownProperty(key, get_close_matches(key, known, 3, 0.4) or known[:5])
    return Blame(person, _with_uuids(run, history.entries, history.links), unwritten)


def _current(run: Run, wanted: str, team_id: int | None) -> Blame:
    report = person(run, wanted, team_id)
    parts = run.parts_of(report.person.person)
    makers = run.makers_of(parts)
    entries = [
        BlamedValue(
            *(key, one.operation, one.value, one.replaced, one.seq, one.event, one.time),
            *(parts[one.person], makers[one.person][0], one.is_stale),
        )
        for key, one in report.properties.items()
    ]
    return Blame(report.person, _with_uuids(run, entries, report.links))


def _with_uuids(run: Run, entries: list[BlamedValue], links: list[LinkRow]) -> list[BlamedValue]:
    uuids = run.uuids_of((entry.seq for entry in entries), links)
    return [entry._replace(uuid=uuids.get(entry.seq)) for entry in entries]


def _unwritten(
    run: Run, person: PersonRow, key: str, told: tuple[list[BlamedValue], Progress | None]
) -> "Unwritten | None":
    from identity_cli.counterfactual.unwritten import unwritten  # what is written needs no log
    from identity_cli.errors import LogChanged, LogUnreadable

    entries, on_progress = told
    ids = {row.distinct_id for row in run.ids_of(person.person)}
    written = {run.origin(entry.seq) for entry in entries}
    try:
        return unwritten(run, (person.team_id, ids), key, written, on_progress)
    except (LogChanged, LogUnreadable):
        return None


class _History:
    """All that happened to one property of a person and of those merged into it."""

    def __init__(self, run: Run, person: PersonRow, key: str) -> None:
        self.entries: list[BlamedValue] = []
        self.keys: set[str] = set()
        self._key = key
        self._person_ids = run.parts_of(person.person)
        self._makers = run.makers_of(self._person_ids)
        self._values: dict[int, tuple[Any, str | None]] = {}  # of each person, and its event's time
        self.links = run.links_of(self._person_ids)
        for step in in_order(run.changes_of(self._person_ids), self.links):
            if isinstance(step, LinkRow):
                self._merge(step)
            else:
                self._change(step)

    def _change(self, step: ChangeRow) -> None:
        for operation, key, value, *replaced in step.changes:
            self.keys.add(key)
            if key != self._key:
                continue
            _, before = self._values.get(step.person, (None, None))
            stale = is_stale(operation, step.time, before)
            self._note((operation, value, replaced), step, step.person, stale)
            if operation == "unset":
                self._values.pop(step.person, None)
            else:
                self._values[step.person] = value, step.time

    def _merge(self, link: LinkRow) -> None:
        if link.merged is None or link.merged[0] not in self._values:
            return
        source, target = link.merged
        value, time = self._values.pop(source)
        if target in self._values:
            self._note(("lost", value, [self._values[target][0]]), link, source)
        elif self._key in (link.dropped or ()):
            self._note(("lost", value, []), link, source)
        else:
            self._note(("brought", value, []), link, source)
            self._values[target] = value, time

    def _note(
        self, change: tuple[str, Any, list[Any]], step: ChangeRow | LinkRow, person: int, stale: bool = False
    ) -> None:
        whose = self._person_ids[person], self._makers[person][0]
        about = (*change, step.seq, step.event, step.time)
        self.entries.append(BlamedValue(self._key, *about, *whose, stale))
