"""Why two ids are two persons: what was refused or is missing, and what would join them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from identity_cli.counterfactual.mentions import InVain, Shared, mentions
from identity_cli.counterfactual.remedies import Instead, Remedies, illegal_ids
from identity_cli.counterfactual.resolution import Scope
from identity_cli.errors import IdWithoutPerson, LogChanged, LogUnreadable
from identity_cli.outcomes import Outcome, is_refused
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.rows import LinkRow, PersonRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]
KeyPair = tuple[Key, Key]
Persons = tuple[PersonRow | None, PersonRow | None]

SEND_REAL_ID = "send the id that the library made for the device, or link only once the account's id is known"
REFUSALS: dict[str, str] = {
    Outcome.REFUSED_TAKEN: "but it is joined to somebody already, for good",
    Outcome.REFUSED_FORM: "but it does not look like an id that a library made for a device",
    Outcome.REFUSED_FULL: "but no person may have so many ids",
    Outcome.REFUSED_NO_EFFECT: "which has no effect under these rules",
}


@dataclass(slots=True)
class Apart:
    """As in Why."""

    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    instead: list[Instead] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def apart(
    run: Run, scope: Scope | None, keys: KeyPair, rows: Persons, on_progress: Progress | None = None
) -> Apart:
    """Explain why two ids are two persons, one of which may have none; scope: None without the log."""
    found = Apart()
    between = [*_refused_between(run, rows)]
    tellers = _Refusals(run)
    found.reasons = [_nobody(key) for key, row in zip(keys, rows, strict=True) if row is None]
    found.reasons += [tellers.why(link) for link in between]
    if scope is not None:
        _add_mentions(run, found, (keys, rows, between), on_progress)
    elif not between:
        found.reasons.append(f"no link in this run names both sides{_nearest(run, keys, rows)}")
    if scope is not None:
        _add_remedies(found, Remedies(run, scope, *keys), (between, _illegal_links(run, rows)))
        if not found.remedies and not found.instead:
            found.notes.append(_no_remedy(run, keys))
    return found


def _add_remedies(found: Apart, remedies: Remedies, refused: tuple[list[LinkRow], list[LinkRow]]) -> None:
    between, illegal = refused
    now = remedies.now()
    found.instead = remedies.instead(between) + remedies.legal(illegal)
    force = not found.instead and all(ask.forces for ask, _ in now)
    found.remedies = remedies.in_the_past(between, force=force)
    found.remedies += [f"{asked} would join them now" for _, asked in now]
    if any(ask.forces for ask, _ in now):
        found.notes.append(remedies.unguarded)


def _add_mentions(
    run: Run, found: Apart, about: tuple[KeyPair, Persons, list[LinkRow]], on_progress: Progress | None
) -> None:
    keys, rows, between = about
    ids = [_ids_of(run, key, row) for key, row in zip(keys, rows, strict=True)]
    try:
        told = mentions(run, (ids[0], ids[1]), on_progress)
    except (LogChanged, LogUnreadable):  # a pipe, say, that cannot be read twice
        return
    found.shared = told.shared
    if between:
        return
    found.reasons += map(_in_vain, told.in_vain)
    if not told.in_vain:
        looked = "" if told.are_all else " of the ids looked for"
        found.reasons.append(f"no event in this log names both sides{looked}{_nearest(run, keys, rows)}")


def _ids_of(run: Run, key: Key, row: PersonRow | None) -> list[str]:
    """All ids of a side, the one asked for first."""
    others = [] if row is None else [one.distinct_id for one in run.ids_of(row.person)]
    return list(dict.fromkeys([key[1], *others]))


def _in_vain(one: InVain) -> str:
    more = "" if one.events == 1 else f" and {one.events - 1:,} more"
    return f"{one.origin}{more} names both in vain: {one.why}"


def _nobody(key: Key) -> str:
    return str(IdWithoutPerson(key[1])).rstrip(".")


def _refused_between(run: Run, rows: Persons) -> Iterator[LinkRow]:
    """Refused links that name an id of each person."""
    persons = [row.person for row in rows if row is not None]
    if len(persons) < 2:
        return
    sides = [{one.distinct_id for one in run.ids_of(number)} for number in persons]
    for link in run.links_of(part for number in persons for part in run.parts_of(number)):
        ends = link.source_distinct_id, link.target_distinct_id
        crosses = any(ends[0] in a and ends[1] in b for a, b in (sides, sides[::-1]))
        if is_refused(link.outcome) and crosses:
            yield link


def _illegal_links(run: Run, rows: Persons) -> list[LinkRow]:
    """Links of either person that were refused because an id of theirs was illegal."""
    parts = [part for row in rows if row is not None for part in run.parts_of(row.person)]
    return [link for link in run.links_of(parts) if link.outcome == Outcome.REFUSED_ILLEGAL]


class _Refusals:
    """Why links were refused, each in a sentence."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._since: dict[int, str] = {}
        self._illegal: dict[tuple[str, str], list[str]] = {}

    def why(self, link: LinkRow) -> str:
        """The sentence."""
        where = self._run.origin(link.seq)
        source, target = link.source_distinct_id, link.target_distinct_id
        if link.outcome == Outcome.REFUSED_ILLEGAL:
            illegal = self._illegal_of(source, target)
            named = " and ".join(map(repr, illegal)) or f"{source!r} or {target!r}"
            can = "can be nobody's own id" if len(illegal) < 2 else "can be nobody's own ids"
            return f"refused at {where}: {named} {can}; {SEND_REAL_ID}"
        asked = f"{link.event} asked to merge the person of {source!r} into that of {target!r}, "
        because = REFUSALS.get(link.outcome) or f"but it was identified{self._identified(link.source_person)}"
        return f"refused at {where}: {asked}{because}"

    def _identified(self, person: int | None) -> str:
        if person is None:
            return ""
        if person not in self._since:
            seq = self._run.identified_seq(person)
            self._since[person] = "" if seq is None else f", since {self._run.origin(seq)}"
        return self._since[person]

    def _illegal_of(self, *ends: str) -> list[str]:
        key = ends[0], ends[1]
        if key not in self._illegal:
            self._illegal[key] = illegal_ids(self._run, *ends)
        return self._illegal[key]


def _no_remedy(run: Run, keys: KeyPair) -> str:
    illegal = illegal_ids(run, *(key[1] for key in keys))
    if illegal:
        named = " and ".join(map(repr, illegal))
        return f"nothing joins them: every link with {named} is refused, as nobody's own id; {SEND_REAL_ID}"
    return "nothing joins them under these rules: no event in the place of a refused one, and none sent now"


def _nearest(run: Run, keys: KeyPair, rows: Persons) -> str:
    links = [
        (key[1], link)
        for key, row in zip(keys, rows, strict=True)
        if row is not None
        for link in run.links_of(run.parts_of(row.person))
    ]
    if not links:
        return ", and none links either of them to anybody"
    whose, nearest = max(links, key=lambda item: item[1].seq)
    ends = f"{nearest.source_distinct_id!r} and {nearest.target_distinct_id!r}"
    return (
        f"; the nearest is {run.origin(nearest.seq)}, which is of the person of {whose!r}: "
        f"{nearest.event} of {ends}, {nearest.outcome}"
    )
