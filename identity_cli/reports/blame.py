"""Who wrote a person's properties: each value's event, and the whole history of one of them."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from identity_cli.errors import UnknownProperty
from identity_cli.reports.history import in_order
from identity_cli.reports.person import person_report
from identity_cli.store.rows import ChangeRow, LinkRow, PersonRow
from identity_cli.store.run import Run

MERGED = ("lost", "brought")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a property.

    what: "set", "set_once" or "unset"; "lost" where a merge dropped the source's value, "brought" where it
    brought it along. person_id, made_with: whose property it was then. replaced: the value before in a
    list, empty if there was none. is_stale: an older event, ingested later, overwrote a newer value.
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


@dataclass(slots=True)
class Blame:
    """The properties of a person: their writes, or with a property its whole history."""

    person: PersonRow
    entries: list[Entry]


def blame(run: Run, wanted: str, key: str | None = None, team_id: int | None = None) -> Blame:
    """Who wrote each current value of a person, or all that happened to one property; UnknownProperty."""
    history = _History(run, run.find_person(wanted, team_id))
    if key is not None:
        entries = [entry for entry in history.entries if entry.key == key]
        if not entries:
            known = sorted({entry.key for entry in history.entries})
            raise UnknownProperty(key, get_close_matches(key, known, 3, 0.4) or known[:5])
        return Blame(history.person, entries)
    report = person_report(run, wanted, team_id)
    writes = {(entry.key, entry.seq): entry for entry in history.entries if entry.what not in MERGED}
    current = [writes[name, written.seq] for name, written in report.properties.items()]
    return Blame(history.person, current)


_Change = tuple[str, str, Any, list[Any]]


class _History:
    """All that happened to the properties of a person and of those merged into it."""

    def __init__(self, run: Run, person: PersonRow) -> None:
        self.person = person
        self.entries: list[Entry] = []
        self._person_ids = run.parts_of(person.person)
        self._makers = run.makers_of(self._person_ids)
        self._times: dict[tuple[int, str], str | None] = {}  # of the event behind each current value
        self._values: dict[int, dict[str, Any]] = {}
        for step in in_order(run.changes_of(self._person_ids), run.links_of(self._person_ids)):
            if isinstance(step, LinkRow):
                self._merge(step)
            else:
                for operation, key, value, *replaced in step.changes:
                    before = self._times.get((step.person, key))
                    stale = operation == "set" and bool(before and step.time and step.time < before)
                    self._note((key, operation, value, replaced), step, step.person, stale)
                    self._write(step.person, key, operation, value, step.time)

    def _write(self, person: int, key: str, operation: str, value: Any, time: str | None) -> None:
        values = self._values.setdefault(person, {})
        if operation == "unset":
            values.pop(key, None)
            self._times.pop((person, key), None)
        else:
            values[key], self._times[person, key] = value, time

    def _merge(self, link: LinkRow) -> None:
        source, target = link.source_person, link.target_person
        if source is None or target is None:
            return
        values = self._values.setdefault(target, {})
        for key, value in self._values.pop(source, {}).items():
            if key in values:
                self._note((key, "lost", value, [values[key]]), link, source)
            elif key in (link.dropped or ()):
                self._note((key, "lost", value, []), link, source)
            else:
                self._note((key, "brought", value, []), link, source)
                values[key], self._times[target, key] = value, self._times.get((source, key))

    def _note(self, change: _Change, step: ChangeRow | LinkRow, person: int, stale: bool = False) -> None:
        key, what, value, replaced = change
        whose = self._person_ids[person], self._makers[person][0]
        self.entries.append(Entry(key, what, value, replaced, step.seq, step.event, step.time, *whose, stale))
