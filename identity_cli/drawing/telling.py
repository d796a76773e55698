"""The story of a person, told from a run and its log."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from identity_cli.counterfactual.words import is_login
from identity_cli.drawing.log_ticks import Ticks
from identity_cli.drawing.story import Joint, Span, Story, Trait
from identity_cli.outcomes import Outcome
from identity_cli.store.reading.rows import ChangeRow, IdRow, LinkRow, PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.tables.graph import FORCED, SILENT
from identity_cli.values.shown import NAMING

MOST_STRANGERS = 12
"""Ids of other persons in one picture; a placeholder id may have been refused to thousands."""
SMALL = 3
"""A stranger of so few ids is shown whole: its login id tells whose it is."""


class Told(NamedTuple):
    """Stories, and why they are without the events in between, where the log could not be read."""

    stories: list[Story]
    missing: str | None


def stories(
    run: Run,
    wanted: Iterable[tuple[PersonRow, str]],
    finding_words: Mapping[int, str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Told:
    """The stories of some persons, each with what to call it, in one pass over the log.

    finding_words: by the seq of an event, a few words; else what the journal alone makes suspicious.
    """
    alone = [((person,), title) for person, title in wanted]
    return joint_stories(run, alone, suspicions(run) if finding_words is None else finding_words, on_progress)


def joint_stories(
    run: Run,
    wanted: Iterable[tuple[Sequence[PersonRow], str]],
    finding_words: Mapping[int, str],
    on_progress: Callable[[int], None] | None = None,
) -> Told:
    """The same, each of one or more persons of a team; the first of them has the first colour."""
    teller = _Teller(run, finding_words)
    drafts = [teller.draft(persons, title) for persons, title in wanted]
    keys = {(one.person.team_id, row.distinct_id) for one in drafts for row in one.rows}
    ticks = Ticks(run, keys, on_progress)
    return Told([teller.finished(draft, ticks) for draft in drafts], ticks.missing)


class _Draft(NamedTuple):
    """A story that lacks its events."""

    story: Story
    person: PersonRow
    rows: list[IdRow]


class _Teller:
    """What the stories of one run share."""

    def __init__(self, run: Run, finding_words: Mapping[int, str]) -> None:
        self._run = run
        self._finding_words = finding_words
        self._is_one_file = len(run.sources()) == 1

    def draft(self, persons: Sequence[PersonRow], title: str) -> _Draft:
        """The story of a person, or of several, all but its events."""
        run, person = self._run, persons[0]
        number = person.person
        parts = {part: id_ for one in persons for part, id_ in run.parts_of(one.person).items()}
        links = run.links_of(parts)
        own = [row for one in persons for row in run.ids_of(one.person)]
        strangers = self._strangers(person, {row.distinct_id for row in own}, links)
        rows = own + strangers
        moments = run.moments({row.joined_seq for row in rows})
        changes = run.changes_of(parts)
        logins = frozenset(link.target_distinct_id for link in links if is_login(link.event))
        story = Story(
            title,
            number,
            [row.distinct_id for row in sorted(own, key=lambda row: (row.seq, row.distinct_id))],
            {row.distinct_id: row.seq for row in rows},
            {row.distinct_id: _joined(row, moments) for row in rows},
            _merged(links),
            _names(run, parts, changes, (own, logins)),
            logins,
            {row.distinct_id: row.event_count for row in rows},
            joints=[self._joint(link) for link in links if link.outcome != Outcome.SAME_ID],
            strangers=[row.distinct_id for row in strangers],
            traits=[*_traits(number, changes)],
        )
        return _Draft(story, person, rows)

    def finished(self, draft: _Draft, ticks: Ticks) -> Story:
        """The story with its events, and with what findings say of them."""
        story = draft.story
        story.ticks = ticks.of(draft.person.team_id, draft.rows, self._where)
        seqs = (*(joint.seq for joint in story.joints), *(tick.seq for tick in story.ticks))
        words = self._finding_words
        story.finding_words = {seq: words[seq] for seq in seqs if seq in words}
        return story

    def _joint(self, link: LinkRow) -> Joint:
        return Joint(
            *(link.seq, link.event, link.time),
            self._where(link.seq),
            *(link.source_distinct_id, link.target_distinct_id, link.outcome),
            link.source_person,
            link.person if link.target_person is None else link.target_person,
            self._finding_words.get(link.seq, ""),
        )

    def _where(self, seq: int) -> str:
        return short_address(self._run, seq, is_one_file=self._is_one_file)

    def _strangers(self, person: PersonRow, own: set[str], links: Iterable[LinkRow]) -> list[IdRow]:
        """Ids of others that the person's links name."""
        others: dict[int, list[str]] = {}
        named = dict.fromkeys(
            one for link in links for one in (link.source_distinct_id, link.target_distinct_id)
        )
        for one in [one for one in named if one not in own][:MOST_STRANGERS]:
            owner = self._run.owner_of(person.team_id, one)
            if owner is not None and owner != person.person:
                others.setdefault(owner, []).append(one)
        rows: list[IdRow] = []
        for owner, ids in others.items():
            is_small = self._run.person(owner).id_count <= SMALL
            rows += self._run.ids_of(owner) if is_small else self._run.ids_named(owner, ids)
        return rows


def short_address(run: Run, seq: int, *, is_one_file: bool) -> str:
    """:296, or of a log of several files b:296, with the file's name cut to its stem."""
    origin = run.origin(seq)
    nth = "" if origin.nth is None else f"#{origin.nth}"
    stem = "" if is_one_file else origin.path.rpartition("/")[2].split(".")[0][:12]
    return f"{stem}:{origin.line}{nth}"


def suspicions(run: Run) -> dict[int, str]:
    """What the journal alone says of links: joined in silence to somebody identified, or merged by force."""
    return {
        **{link.seq: SILENT for link in run.silent_attachments()},
        **{link.seq: FORCED for link in run.forced_merges()},
    }


def _joined(row: IdRow, moments: Mapping[int, int]) -> Span:
    """When an id got its first person; an event that waited gets its person as it is released."""
    released = moments.get(row.joined_seq)
    return Span(row.joined_seq if released is None else released - 0.5, row.joined_person)


def _merged(links: Iterable[LinkRow]) -> dict[int, Span]:
    return {link.merged[0]: Span(link.seq, link.merged[1]) for link in links if link.merged is not None}


def _names(
    run: Run,
    parts: Mapping[int, str],
    changes: Iterable[ChangeRow],
    ids: tuple[Iterable[IdRow], frozenset[str]],
) -> dict[int, str]:
    """What to call each person: its first name or e-mail, else a login id, else the id it began with."""
    rows, logins = ids
    found = {person: creator for person, (creator, _) in run.makers_of(parts).items()}
    for row in rows:
        if row.distinct_id in logins and found.get(row.joined_person) not in logins:
            found[row.joined_person] = row.distinct_id
    for key in reversed(NAMING):
        first: dict[int, str] = {}
        for change, value in _values(changes, key):
            if value:
                first.setdefault(change.person, value)
        found.update(first)
    return found


def _traits(person: int, changes: Iterable[ChangeRow]) -> Iterator[Trait]:
    """Of what tells humans apart, that which the person had several values of."""
    for key in reversed(NAMING):
        values = [
            (change.moment - 0.5 * (change.moment != change.seq), value)
            for change, value in _values([one for one in changes if one.person == person], key)
        ]
        if len({value for _, value in values}) > 1:
            yield Trait(key, values)


def _values(changes: Iterable[ChangeRow], key: str) -> Iterator[tuple[ChangeRow, str]]:
    """What was written under a key, and by which change."""
    for change in changes:
        for _, written, *values in change.changes:
            if written == key and values and _is_said(values[0]):
                yield change, _text(values[0])


def _is_said(value: Any) -> bool:
    return value not in (None, "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
