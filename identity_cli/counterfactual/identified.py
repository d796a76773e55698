"""Why a person is identified, or is not: which link marked it, or what came of those that named it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from identity_cli.answering import InNotebook
from identity_cli.counterfactual.asked import without_other_id
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.remedies import illegal_ids
from identity_cli.counterfactual.words import words_of
from identity_cli.errors import IdWithoutPerson, LogChanged, LogUnreadable
from identity_cli.origins import Origin
from identity_cli.outcomes import Outcome
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.rows import LinkRow, PersonRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]

REMEDY = (
    "{login}, naming the id that the device had before, marks it; no property does, and no event without a "
    "second id"
)


@dataclass(slots=True)
class Identified(InNotebook):
    """Why the person of an id is identified, or not; person_id: None for an id that has no person.

    reasons: what marked it, or what came of everything that might have. without_log: why the log could
    not be read again; events that name no second id are missing then.
    """

    key: Key
    person_id: str | None
    is_identified: bool
    identified_at: Origin | None = None
    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    without_log: str | None = None


def why_identified(
    run: Run, wanted: str, team_id: int | None = None, on_progress: Progress | None = None
) -> Identified:
    """Explain why the person of a distinct id or person id is identified, or is not.

    An id that never had a person gets an answer too; else errors of Run.find_person. on_progress: told the
    bytes of the log read so far. Without the log the journal answers, see without_log.
    """
    try:
        person = run.find_person(wanted, team_id)
    except IdWithoutPerson as error:
        keys = [key for key in run.keys_of(wanted) if team_id in (None, key[0])]
        return Identified(keys[0], None, False, None, [str(error).rstrip(".")], [_remedy(run, wanted)])
    key = person.team_id, person.creator_distinct_id
    if (person.team_id, wanted) in run.keys_of(wanted):
        key = person.team_id, wanted
    links = run.links_of(run.parts_of(person.person))
    seq = run.identified_seq(person.person)
    if seq is not None:
        reasons = [_marked(run, link) for link in links if link.seq == seq]
        return Identified(key, person.person_id, True, run.origin(seq), reasons)
    found = Identified(key, person.person_id, False, remedies=[_remedy(run, key[1])])
    found.reasons = [_came_to_nothing(run, link, person) for link in links]
    try:
        found.reasons += _without_other_id(run, key, person, on_progress)
    except (LogChanged, LogUnreadable) as error:
        found.without_log = str(error)
    if not found.reasons:
        found.reasons = [f"no {words_of(run).links} of this log names any of its ids"]
    return found


def _remedy(run: Run, distinct_id: str) -> str:
    return REMEDY.format(login=words_of(run).login.format(own=repr(distinct_id)))


def _marked(run: Run, link: LinkRow) -> str:
    source, target = link.source_distinct_id, link.target_distinct_id
    what = f"{link.event} of {target!r} with {source!r}, {link.outcome}"
    return f"{run.origin(link.seq)}: {what}; {words_of(run).marks}"


def _came_to_nothing(run: Run, link: LinkRow, person: PersonRow) -> str:
    source, target = link.source_distinct_id, link.target_distinct_id
    told = f"{run.origin(link.seq)}: {link.event} of {target!r} with {source!r}"
    if link.outcome == Outcome.SAME_ID:
        return f"{told}: both ids are the same, so it links nobody and marks nobody"
    if link.outcome == Outcome.REFUSED_ILLEGAL:
        named = " and ".join(map(repr, illegal_ids(run, source, target)))
        return f"{told}: {named} can be nobody's own id, so it was refused and marks nobody"
    if link.target_person != person.person:
        return f"{told}: {link.outcome}; it is an event of another person, and marks only that"
    return f"{told}: {link.outcome}, which marks nobody under these rules"


def _without_other_id(run: Run, key: Key, person: PersonRow, on_progress: Progress | None) -> Iterator[str]:
    ids = {row.distinct_id for row in run.ids_of(person.person)}
    scope = scope_of(run, [key], on_progress)
    for seq, event, name in without_other_id(run, scope, ids):
        yield f"{run.origin(seq)}: {event} without {name}: with no second id it links and marks nobody"
