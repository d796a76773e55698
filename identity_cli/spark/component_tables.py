"""Components replayed one after the other, and what they come to as rows of tables.

The resolver is that of one machine. It is told the log's clock before each event, and set back between
components, whose ids never meet.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from identity_cli.dialects.pairs import FirstLinks
from identity_cli.errors import EngineUnsound
from identity_cli.events import Event
from identity_cli.facts import EventHeld, EventRejected, Fact, PersonCreated
from identity_cli.pieces.log_clock import micros, moment_of
from identity_cli.spark.asked import Asked
from identity_cli.spark.block_rows import PROBE
from identity_cli.spark.layout import Layout
from identity_cli.spark.row_bytes import event_reader, key_in
from identity_cli.spark.told_tables import COUNTED, HELD, PROBED, REJECTED_LINES, told_columns
from identity_cli.tables.journal_columns import STORED
from identity_cli.tables.people import Ids, People, people_of
from identity_cli.tables.person_names import PersonNames
from identity_cli.tables.table import Columns

NOT_SORTED = "rows did not come in the order in which they had been sorted"
STEPS_AT_ONCE = 1_000
FACTS_AT_ONCE = 5_000
PERSONS_AT_ONCE = 5_000
"""After so many a resolver makes way for a new one, at a component's end."""


class Step(NamedTuple):
    """A row in its place in the whole log; clock: the log's, before it, in microseconds."""

    component: int
    seq: int
    kind: int
    clock: int
    payload: bytes
    raw: bytes | None


def in_order(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps; EngineUnsound where they do not come sorted, as then persons come out wrong."""
    before = (-(1 << 63),) * 3
    for step in steps:
        if step[:3] < before:
            raise EngineUnsound(NOT_SORTED)
        before = step[:3]
        yield step


class Told(NamedTuple):
    """Some rows of a table, in columns; seqs: of the event of each, which give their order."""

    table: str
    seqs: Sequence[int]
    columns: Columns


class ComponentTables:
    """The tables of components; iterate once."""

    def __init__(self, steps: Iterable[Step], asked: Asked, layout: Layout) -> None:
        """steps: by component, then seq, then kind."""
        self._steps, self._asked, self._layout = steps, asked, layout
        self._decode: Callable[[bytes], Event] = event_reader(asked.rule_set)
        self._raw: dict[int, bytes] = {}
        self._events = self._unusable = 0
        self._restart()

    def __iter__(self) -> Iterator[Told]:
        for _, component in groupby(self._steps, key=attrgetter("component")):
            while some := [*islice(component, STEPS_AT_ONCE)]:
                self._note(self._resolver.apply_each(self._passing_time(some)))
                if len(self._facts) >= FACTS_AT_ONCE:
                    yield from self._journal()
            self._note(self._resolver.finish())
            self._resolver.rewind()
            if len(self._names) + self._resolver.personless_count >= PERSONS_AT_ONCE:
                yield from self._everybody()
        yield from self._everybody()
        yield Told(COUNTED, [0], [[self._events], [self._unusable]])

    def _restart(self) -> None:
        self._resolver = self._asked.resolver()
        self._names = PersonNames()
        self._first_links = FirstLinks()
        self._facts: list[Fact] = []
        self._probed: list[tuple[Any, ...]] = []

    def _passing_time(self, steps: Iterable[Step]) -> Iterator[tuple[int, Event]]:
        """The events, each when what comes before it is done."""
        resolver = self._resolver
        for step in steps:
            resolver.pass_time_between(step.seq, moment_of(step.clock))
            if step.kind == PROBE:
                self._answer(step)
                continue
            self._events += 1
            event = self._decode(step.payload)
            if step.raw is not None:
                self._raw[step.seq] = step.raw
            for link in self._first_links.of(event):
                resolver.link_between(step.seq, link)
            yield step.seq, event

    def _answer(self, probe: Step) -> None:
        team_id, distinct_id = key_in(probe.payload)
        whose = self._resolver.whose(team_id, distinct_id)
        person, is_identified = (None, False) if whose is None else (whose.person, whose.is_identified)
        self._probed.append((probe.seq, team_id, distinct_id, person, is_identified))

    def _note(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if type(fact) is PersonCreated:
                self._names.add([fact])
            self._facts.append(fact)

    def _journal(self) -> Iterator[Told]:
        """What happened since it was told last."""
        by_kind: dict[type, list[Any]] = defaultdict(list)
        for fact in self._facts:
            by_kind[type(fact)].append(fact)
        self._facts = []
        for kind, (stored, columns_of) in STORED.items():
            if told := by_kind.get(kind):
                yield self._told(stored, columns_of(told), told)
        if rejected := by_kind.get(EventRejected):
            self._unusable += len(rejected)
            seqs = [fact.seq for fact in rejected]
            yield Told(
                REJECTED_LINES,
                seqs,
                [seqs, [fact.reason for fact in rejected], [self._raw[seq] for seq in seqs]],
            )
        if self._probed:
            asked, *columns, persons, identified = zip(*self._probed, strict=True)
            yield Told(PROBED, asked, [*columns, self._names.ids_of(persons), identified])
            self._probed = []
        if self._raw:
            waiting = set(self._resolver.waiting_since(min(self._raw)))
            self._raw = {seq: raw for seq, raw in self._raw.items() if seq in waiting}

    def _told(self, stored: str, columns: Columns, told: Sequence[Any]) -> Told:
        shown = told_columns(stored, columns, self._layout, self._names)
        if stored == HELD:  # to the microsecond, by which is found what let it go
            shown = [*shown, [micros(fact.due) for fact in told if isinstance(fact, EventHeld)]]
        return Told(stored, columns[0], shown)

    def _everybody(self) -> Iterator[Told]:
        """Whose everybody is, of components that are at their end; what comes next begins with nobody."""
        yield from self._journal()
        for left in self._resolver.everybody():
            yield from self._people(people_of(left))
        self._restart()

    def _people(self, people: People | Ids) -> Iterator[Told]:
        if isinstance(people, Ids):
            yield self._ids(people, people.seqs, has_person=False)
            return
        starts = [*accumulate(people.id_counts, initial=0)][:-1]
        made = [people.ids.joined[start] for start in starts]  # the event that made each
        yield Told("persons", made, people.shown())
        yield self._ids(people.ids, people.for_each_id(made), has_person=True)

    def _ids(self, ids: Ids, seqs: Sequence[int], *, has_person: bool) -> Told:
        shown = [ids.teams, ids.texts, ids.person_ids, ids.counts, *self._layout.places(ids.seqs)]
        return Told("distinct_ids", seqs, [*shown, [has_person] * len(seqs)])
